"""The catalogue of evidence is closed, and no evidence can see what must not be evidence."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.records import FairnessGroup
from streams.core import evidence as evidence_package
from streams.core.evidence import EVIDENCE
from streams.core.evidence.catalogue import EVIDENCE_CATALOGUE
from streams.core.rule_set_lint import FORBIDDEN_WORDS

CORE = Path(evidence_package.__path__[0]).parent
EVIDENCE_FILES = sorted(Path(evidence_package.__path__[0]).glob("*.py"))
# What a vehicle is counted by when it is asked whom lights burden.
FAIRNESS_FIELDS = frozenset({"fairness_group", "plate_format", "local_hour", *FairnessGroup.__struct_fields__})
# What a passage says of its plate's issuer, its people and who stood in the booth.
FORBIDDEN_FIELDS = FORBIDDEN_WORDS | FAIRNESS_FIELDS | {"officer_id"}
# Where those groups are made, carried and counted; nothing that scores, selects or sets a threshold is among them.
MAY_COUNT = {
    "outcomes/outcome.py",
    "outcomes/kept.py",
    "outcomes/validation.py",
    "estimates/parts.py",
    "estimates/validation.py",
}


def names_built(source: str) -> Iterator[str]:
    """Names of Evidence(name=...) that stand there as texts."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Evidence":
            for argument in node.keywords:
                if argument.arg == "name" and isinstance(argument.value, ast.Constant):
                    yield argument.value.value


def fields_read(source: str) -> set[str]:
    """Attributes that the code takes, by dot or by getattr, and keys that it looks up."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            found |= {one.value for one in node.args if isinstance(one, ast.Constant)}
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            found.add(node.slice.value)
    return found


def test_every_rule_is_described_by_its_own_name_in_one_line() -> None:
    assert {rule.__name__ for rule in EVIDENCE} <= EVIDENCE_CATALOGUE.keys()
    assert all(text.endswith(".") and "\n" not in text and len(text) <= 120 for text in EVIDENCE_CATALOGUE.values())


def test_no_name_is_built_that_is_not_described() -> None:
    built = {name for path in CORE.rglob("*.py") for name in names_built(path.read_text())}
    assert built, "the names of evidence are built otherwise than this test looks for"
    assert built <= EVIDENCE_CATALOGUE.keys()


def test_nothing_is_described_that_no_code_names() -> None:
    texts = {
        node.value
        for path in CORE.rglob("*.py")
        if path.name != "catalogue.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {name for name in EVIDENCE_CATALOGUE if not name.endswith("_cap")} <= texts


@pytest.mark.parametrize("path", EVIDENCE_FILES, ids=lambda path: path.name)
def test_evidence_never_reads_the_issuer_or_the_people(path: Path) -> None:
    assert not fields_read(path.read_text()) & FORBIDDEN_FIELDS


@pytest.mark.parametrize(
    "code", ["subject.passage.jurisdiction", "getattr(passage, 'jurisdiction')", "vars(passage)['jurisdiction']"]
)
def test_reading_the_issuer_would_be_found(code: str) -> None:
    assert fields_read(code) & FORBIDDEN_FIELDS


def test_no_name_of_evidence_is_a_forbidden_word() -> None:
    assert not [name for name in EVIDENCE_CATALOGUE if set(name.split("_")) & FORBIDDEN_WORDS]


def test_fairness_groups_are_read_only_where_they_are_carried_and_counted() -> None:
    reading = {
        path.relative_to(CORE).as_posix()
        for path in CORE.rglob("*.py")
        if fields_read(path.read_text()) & FAIRNESS_FIELDS
    }
    assert reading == MAY_COUNT


def test_the_light_is_told_before_its_groups_are_made() -> None:
    """The one file that makes them puts them into the selection and uses them for nothing else."""
    source = ast.parse((CORE / "vehicles/decisions.py").read_text())
    calls = [
        node
        for node in ast.walk(source)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "fairness_group_of"
    ]
    passed_on = [
        argument.value
        for node in ast.walk(source)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Selection"
        for argument in node.keywords
        if argument.arg == "fairness_group"
    ]
    assert len(calls) == 1 and calls == passed_on
    makers = [path for path in CORE.rglob("*.py") if "fairness_groups import" in path.read_text()]
    assert [path.name for path in makers] == ["decisions.py"]
