"""The dashboards as files: what Grafana needs of each, and only metrics that a process or a rule has."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.grafana.generate import DASHBOARDS, DIRECTORY, drifted
from tests.deploy.prometheus.test_generated import KNOWN, TARGET_LABELS, TEXT

FILES = {path.stem: json.loads(path.read_text()) for path in sorted(DIRECTORY.glob("*.json"))}
FIXED_UIDS = {"overview", "port", "lane", "stages", "kafka", "rail", "outcomes"}
# Prometheus' own, and the families of rules that are named by a pattern.
FOREIGN = {"up", "ALERTS"}
CLOSED_LABELS = TARGET_LABELS | {
    *(
        "process",
        "result",
        "objective",
        "mode",
        "lanes",
        "lane",
        "role",
        "directory",
        "kind",
        "queue",
        "reason",
        "device",
        "sensor",
        "topic",
    ),
    *("taken", "event", "part", "source", "partition", "day", "count", "end", "arm", "evidence"),
}


def panels_of(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Its panels without the headings."""
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def queries_of(dashboard: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Panel and PromQL of each query."""
    for panel in panels_of(dashboard):
        for target in panel["targets"]:
            yield f"{dashboard['uid']}: {panel['title']} {target['refId']}", target["expr"]


def test_the_files_are_those_of_the_definitions() -> None:
    assert drifted() == [], "run: python -m deploy.grafana.generate"
    assert set(FILES) == {one.uid for one in DASHBOARDS} == {f"border-{name}" for name in FIXED_UIDS}


@pytest.mark.parametrize("uid", FILES)
def test_every_panel_has_a_unit_a_meaning_a_place_of_its_own_and_the_chosen_source(uid: str) -> None:
    dashboard = FILES[uid]
    assert dashboard["templating"]["list"][0]["name"] == "DS_PROMETHEUS"
    assert dashboard["uid"] == uid
    taken = set[tuple[int, int]]()
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(numbers) == len(set(numbers))
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells
    for panel in panels_of(dashboard):
        assert panel["fieldConfig"]["defaults"]["unit"] and panel["description"] and panel["targets"], panel["title"]
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert {source["uid"] for source in sources} == {"${DS_PROMETHEUS}"}, panel["title"]


@pytest.mark.parametrize("uid", FILES)
def test_links_lead_to_dashboards_that_are_there_and_give_what_they_ask_for(uid: str) -> None:
    dashboard = FILES[uid]
    assert {link["url"] for link in dashboard["links"]} == {f"/d/{other}" for other in FILES if other != uid}
    for panel in panels_of(dashboard):
        for link in panel["fieldConfig"]["defaults"].get("links", ()):
            path, _, rest = link["url"].partition("?")
            wanted = {one["name"] for one in FILES[path.removeprefix("/d/")]["templating"]["list"]}
            given = set(re.findall(r"var-(\w+)=", rest))
            assert given and given <= wanted, (panel["title"], given)
            of_series = set(re.findall(r"__field\.labels\.(\w+)", rest))
            for target in panel["targets"]:
                assert of_series <= labels_kept(target["expr"]), (panel["title"], target["expr"])


def labels_kept(expr: str) -> set[str]:
    """Labels that the outermost aggregation leaves a series, all if there is none."""
    found = re.search(r"(?:sum|max|min|count) by \(([^)]*)\)", expr)
    return {name.strip() for name in found[1].split(",")} if found else labels_of(expr)


def labels_of(expr: str) -> set[str]:
    """Labels of the metrics of a query."""
    return {label for name in re.findall(r"border_\w+", expr) for label in KNOWN.get(name, (set(), set()))[0]}


@pytest.mark.parametrize("uid", FILES)
def test_every_metric_of_a_query_is_one_that_a_process_serves_or_a_rule_records(uid: str) -> None:
    recorded = set(re.findall(r"record: (\S+)", TEXT))
    for where, expr in queries_of(FILES[uid]):
        bare = re.sub(r'"[^"]*"', '""', expr)
        for name in re.findall(r"\b(?:border|process)_[a-z0-9_]+\b", bare):
            base = re.sub(r"_sum$", "_count", name)
            assert base in KNOWN, (where, name)
        for pattern in re.findall(r'__name__=~"([^"]*)"', expr):
            assert any(re.fullmatch(pattern, name) for name in recorded), (where, pattern)
        for labels in re.findall(r"\bby \(([^)]*)\)", expr):
            assert {one.strip() for one in labels.split(",")} <= CLOSED_LABELS | {"le"}, where
    legends = [target["legendFormat"] for panel in panels_of(FILES[uid]) for target in panel["targets"]]
    assert {label for legend in legends for label in re.findall(r"{{(\w+)}}", legend)} <= CLOSED_LABELS
