"""The generated files, the example configuration, and every metric that a rule names against the code's registries."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import Histogram

from deploy.prometheus.generate import drifted
from deploy.prometheus.rules import SOURCES
from deploy.prometheus.targets import OTHER_JOBS, write_targets
from deploy.prometheus.watching import DIRECTORY
from deploy.prometheus.yaml_text import to_yaml
from deploy.stages import STAGE_NAMES
from tests.deploy.prometheus.series import normal
from tests.deploy.prometheus.tools import RULES, run, tool
from tests.exposition import REGISTRIES

# Prometheus' own, and those of Debian's prometheus-node-exporter.
FOREIGN = {"up", "node_filesystem_avail_bytes", "node_filesystem_size_bytes"}
PLATFORM = {
    "processes": [{"name": "lanes-0", "stage": "lanes", "metrics_port": 9101}],
    "gateways": [{"name": "gateway-2301", "port_code": "2301", "metrics_port": 8600}],
}
RULE_FILES = [RULES / "objectives.yml", RULES / "symptoms.yml"]


def test_the_generated_files_are_those_of_the_toml_files() -> None:
    assert drifted() == [], "run: python -m deploy.prometheus.generate"


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_promtool_takes_the_rules(path: Path) -> None:
    assert "SUCCESS" in run(tool("promtool"), "check", "rules", path)


def test_promtool_takes_the_example_configuration_with_a_local_platforms_targets(tmp_path: Path) -> None:
    shutil.copy(DIRECTORY / "prometheus.yml", tmp_path)
    shutil.copytree(RULES, tmp_path / "rules")
    write_targets(tmp_path / "targets", PLATFORM)
    said = run(tool("promtool"), "check", "config", tmp_path / "prometheus.yml")
    assert "WARNING" not in said and "SUCCESS" in said


def test_targets_that_a_site_has_written_stay(tmp_path: Path) -> None:
    gateways = tmp_path / "gateway.json"
    gateways.write_text('[{"targets": ["10.1.0.1:8600"]}]')
    write_targets(tmp_path, {"processes": [], "gateways": []})
    assert gateways.read_text() == '[{"targets": ["10.1.0.1:8600"]}]'
    assert {path.stem for path in tmp_path.iterdir()} == {"stage", *OTHER_JOBS}


def samples() -> Iterator[tuple[str, set[str], set[str]]]:
    """Each name that the code's registries can have, with its labels, and its bounds if it is a bucket."""
    for make in REGISTRIES.values():
        registry = make()
        for collector in registry._collector_to_names:
            for family in collector.collect():
                found = {label for sample in family.samples for label in sample.labels}
                labels = found | set(getattr(collector, "_labelnames", ())) | set(getattr(family, "_labelnames", ()))
                if family.type == "histogram":
                    of = collector._upper_bounds if isinstance(collector, Histogram) else ()
                    bounds = {str(bound) for bound in of} | {s.labels["le"] for s in family.samples if "le" in s.labels}
                    yield f"{family.name}_bucket", labels | {"le"}, bounds
                    yield f"{family.name}_count", labels, set()
                else:
                    yield family.name + ("_total" if family.type == "counter" else ""), labels, set()


KNOWN = {name: (labels, bounds) for name, labels, bounds in samples()}
TARGET_LABELS = {"job", "instance", "stage", "site", "port"}
TEXT = "".join(
    re.sub(r"^\s*(summary|description|runbook_url): .*$", "", path.read_text(), flags=re.M) for path in RULE_FILES
)
NAMES = set(re.findall(r"(?<![\w:])((?:border|node|process)_\w+)(?![\w:])", TEXT))


def test_every_metric_that_a_rule_names_is_one_that_a_process_serves() -> None:
    assert len(NAMES) > 40
    assert NAMES - FOREIGN - set(KNOWN) == set()


def test_every_label_and_every_bound_that_a_rule_asks_for_is_there() -> None:
    asked = re.findall(r"(?<![\w:])((?:border|process)_\w+)\{([^}]*)\}", TEXT)
    assert asked
    for name, matchers in asked:
        labels, bounds = KNOWN[name]
        for label, bound in re.findall(r'(\w+)(?:=~|!~|!=|=)\\?"([^"\\]*)', matchers):
            assert label in labels | TARGET_LABELS, (name, label)
            assert label != "le" or bound in bounds, (name, bound, bounds)


def test_the_series_of_the_tests_are_ones_that_a_process_serves() -> None:
    for series in normal():
        name, _, rest = series.partition("{")
        if name not in FOREIGN:
            labels = set(re.findall(r'(\w+)="', rest))
            assert labels <= KNOWN[name][0] | TARGET_LABELS, series


def test_every_stage_has_its_input_among_the_rules() -> None:
    assert tuple(SOURCES) == STAGE_NAMES


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"name": "plain", "on": "yes", "for": "5m", "le": "1e3"}, 'name: plain\n"on": "yes"\nfor: 5m\nle: "1e3"\n'),
        ({"le": ["x: y", "#"]}, 'le:\n  - "x: y"\n  - "#"\n'),
        ({"rules": [{"le": 1, "is": [True]}, []]}, "rules:\n  - le: 1\n    is:\n      - true\n  - []\n"),
        ({"expr": "up\n  and\nup", "labels": {}}, "expr: |-\n  up\n    and\n  up\nlabels: {}\n"),
        ({"text": 'say "x" \\ \t'}, 'text: "say \\"x\\" \\\\ \\t"\n'),
    ],
    ids=["words", "signs", "nested", "blocks", "escapes"],
)
def test_yaml_is_written_so_that_no_text_is_taken_for_anything_else(value: dict[str, object], text: str) -> None:
    assert to_yaml(value) == text  # type: ignore[arg-type]
