"""Each house rule with a schema that breaks it."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from schemas.generate import load_schemas
from schemas.lint import check_change, check_schema

TICK = load_schemas()["Tick"]
HEARTBEAT = load_schemas()["Heartbeat"]


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "doc": "A field.", **more}


def with_field(**options: Any) -> Any:
    schema = copy.deepcopy(TICK)
    schema["fields"].append(field(**options))
    return schema


def with_enum(**changes: Any) -> Any:
    schema = copy.deepcopy(HEARTBEAT)
    enum = next(f["type"] for f in schema["fields"] if f["name"] == "status")
    enum.update(changes)
    return schema


def without_namespace() -> Any:
    return {**copy.deepcopy(TICK), "namespace": "border"}


TIME = {"type": "long", "logicalType": "timestamp-micros"}
MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
DATE = {"type": "int", "logicalType": "date"}
BROKEN: dict[str, Callable[[], Any]] = {
    "doc": lambda: with_field(name="note", kind=["null", "string"], default=None, doc=""),
    "optional": lambda: with_field(name="note", kind=["string", "null"], default=""),
    "time_at": lambda: with_field(name="sent", kind=TIME),
    "time_at: millis": lambda: with_field(name="sent_at", kind=MILLIS),
    "time_at: millis under another name": lambda: with_field(name="sent", kind=MILLIS),
    "time_at: a plain number": lambda: with_field(name="sent_at", kind="long"),
    "time_at: a list of dates": lambda: with_field(name="sent", kind={"type": "array", "items": DATE}, default=[]),
    "unit": lambda: with_field(name="axle_load", kind="double"),
    "no_aliases": lambda: with_field(name="note", kind=["null", "string"], default=None, aliases=["remark"]),
    "enum_unknown": lambda: with_enum(symbols=["OPERATING", "UNKNOWN"]),
    "namespace": without_namespace,
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_schema_that_breaks_a_rule_is_found(rule: str) -> None:
    assert rule.partition(":")[0] in {finding.rule for finding in check_schema(BROKEN[rule]())}


@pytest.mark.parametrize("name", load_schemas())
def test_our_schemas_break_no_rule(name: str) -> None:
    assert check_schema(load_schemas()[name]) == []


def rules_of(old: Any, new: Any) -> set[str]:
    return {finding.rule for finding in check_change(old, new)}


def test_an_enum_symbol_added_is_found() -> None:
    symbols = next(f["type"] for f in HEARTBEAT["fields"] if f["name"] == "status")["symbols"]
    assert rules_of(HEARTBEAT, with_enum(symbols=[*symbols, "ASLEEP"])) == {"enum_symbol_added"}


def test_micros_changed_to_millis_is_found() -> None:
    new = copy.deepcopy(TICK)
    new["fields"][-1]["type"]["logicalType"] = "timestamp-millis"
    assert rules_of(TICK, new) == {"logical_type_changed"}


def test_a_rename_by_alias_is_found() -> None:
    new = copy.deepcopy(TICK)
    new["fields"][0].update(name="origin_topic", aliases=["source_topic"])
    assert "alias_rename" in rules_of(TICK, new)


def test_an_optional_field_added_is_allowed() -> None:
    assert rules_of(TICK, with_field(name="note", kind=["null", "string"], default=None)) == set()


def test_an_enum_symbol_removed_is_found() -> None:
    symbols = next(f["type"] for f in HEARTBEAT["fields"] if f["name"] == "status")["symbols"]
    assert rules_of(HEARTBEAT, with_enum(symbols=symbols[:-1])) == {"enum_symbol_removed"}


def test_a_field_without_default_added_cannot_be_read_from_old_records() -> None:
    assert rules_of(TICK, with_field(name="note", kind="string")) == {"backward"}


def test_a_field_without_default_removed_cannot_be_missing_for_old_readers() -> None:
    new = copy.deepcopy(TICK)
    del new["fields"][0]
    assert rules_of(TICK, new) == {"forward"}


def test_a_number_that_becomes_text_breaks_both_ways() -> None:
    new = copy.deepcopy(TICK)
    new["fields"][1]["type"] = "string"
    assert rules_of(TICK, new) == {"backward", "forward"}
