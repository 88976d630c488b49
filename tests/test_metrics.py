"""The metrics of every kind of process: named as Prometheus wants them, few enough, and as their page says.

`python -m tests.test_metrics` writes the page's tables.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from producers.formats.reading_format import Reason
from schemas.telemetry.exposition import PROCESSES, exposed
from streams.runtime.dead_letters import REASONS
from tests.exposition import REGISTRIES, complaints_of, full_worker, stage_events, text_of

PAGE = Path(__file__).parent.parent / "deploy" / "prometheus" / "README.md"
SERIES_PER_WORKER_MAX = 3_000
LABELS = {
    *("process", "stage", "version", "topic", "reason", "event", "partition", "group", "taken", "port", "mode"),
    *("lanes", "kind", "result", "dataset", "part", "device", "queue", "source", "day", "count", "arm", "end"),
    *("lane", "evidence", "measure", "sensor", "role", "directory"),
}
COMMON = "every"


def families(process: str) -> Iterator[tuple[Metric, tuple[str, ...]]]:
    """Each family of a process with its labels, in their order."""
    registry = REGISTRIES[process]()
    for collector in registry._collector_to_names:
        for family in collector.collect():
            names = getattr(collector, "_labelnames", None)
            yield family, tuple(getattr(family, "_labelnames", ()) if names is None else names)


def tables() -> dict[str, list[str]]:
    """The rows of each process's table, and of what every process has."""
    found = {process: {row_of(*one) for one in families(process)} for process in REGISTRIES}
    common = set.intersection(*found.values())
    return {COMMON: sorted(common)} | {process: sorted(rows - common) for process, rows in found.items()}


def row_of(family: Metric, labels: tuple[str, ...]) -> str:
    """One line of a table; a counter by the name that queries use."""
    name = f"{family.name}_total" if family.type == "counter" else family.name
    return f"| `{name}` | {family.type} | {', '.join(labels)} | {family.documentation} |"


def with_tables(text: str) -> str:
    """The page with its tables as the code has them."""
    for process, rows in tables().items():
        before, mark, after = text.partition(f"<!-- {process} -->\n")
        assert mark, f"{PAGE} has no table {process}"
        table = "\n".join(["| metric | type | labels | meaning |", "| --- | --- | --- | --- |", *rows])
        rest = re.sub(r"^\n*(\|[^\n]*\n)*\n*", "", after)
        text = f"{before}{mark}\n{table}\n" + (f"\n{rest}" if rest else "")
    return text


def test_the_page_of_metrics_is_that_of_the_code() -> None:
    assert PAGE.read_text() == with_tables(PAGE.read_text()), "run: python -m tests.test_metrics"


def test_every_kind_of_process_is_looked_at() -> None:
    assert set(REGISTRIES) == set(PROCESSES)


@pytest.mark.parametrize("process", REGISTRIES)
def test_promtool_has_no_complaint(process: str) -> None:
    assert complaints_of(text_of(REGISTRIES[process]())) == ""


def test_promtool_complains_of_a_name_that_is_wrong() -> None:
    assert "total" in complaints_of("# HELP border_x_total X.\n# TYPE border_x_total gauge\nborder_x_total 1\n")


@pytest.mark.parametrize("process", REGISTRIES)
def test_names_begin_with_border_and_labels_are_those_that_are_known(process: str) -> None:
    for family, labels in families(process):
        assert family.name.startswith(("border_", "process_")), family.name
        assert set(labels) <= LABELS, (family.name, labels)


@pytest.mark.parametrize("process", REGISTRIES)
def test_whoever_accepts_openmetrics_gets_it(process: str) -> None:
    text, content_type = exposed(REGISTRIES[process](), "application/openmetrics-text; version=1.0.0, text/plain")
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert [family.name for family in text_string_to_metric_families(text.decode())]


def test_whoever_asks_for_nothing_gets_prometheus_own_text_without_times_of_creation() -> None:
    text, content_type = exposed(REGISTRIES["stage"](), None)
    assert content_type.startswith("text/plain; version=0.0.4") and b"_created" not in text


def test_a_worker_of_a_border_of_28_ports_has_fewer_than_3000_series() -> None:
    assert len(stage_events()) > 50
    samples = [sample for family in full_worker().registry.collect() for sample in family.samples]
    assert 400 < len(samples) < SERIES_PER_WORKER_MAX


def test_dead_letters_have_the_reasons_that_are_listed_and_other() -> None:
    (found,) = [one for one in full_worker().registry.collect() if one.name == "border_dead_letters"]
    assert {sample.labels["reason"] for sample in found.samples} == {*REASONS, "other"}


def said_in(directory: str, function: str) -> set[str]:
    """The texts that the code of a package hands to a function first."""
    root = Path(__file__).parent.parent / directory
    return {
        node.args[0].value
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") == function
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def test_whatever_is_counted_by_a_closed_set_is_there_from_the_start() -> None:
    refusals = said_in("streams/light", "refused") | said_in("streams/light", "_refusal")
    parts, told = said_in("streams/sharing", "outage"), said_in("deploy/canary", "outage")
    strangers = {Reason.UNKNOWN_DEVICE, Reason.UNAUTHORISED}
    for process, metric, label, expected in (
        ("light", "border_light_refusals", "reason", refusals),
        ("light", "border_light_answers", "kind", {"selection", "override", "fallback"}),
        ("light", "border_light_answer_seconds", "kind", {"selection", "override", "fallback"}),
        ("sharing", "border_sharing_outages", "part", parts),
        ("canary", "border_canary_outages", "part", told),
        ("gateway", "border_gateway_strangers", "reason", strangers),
        ("gateway", "border_gateway_delivery_seconds", "topic", {"lane"}),
    ):
        assert expected
        (found,) = [family for family, _ in families(process) if family.name == metric]
        assert {sample.labels[label] for sample in found.samples} == expected, metric


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
