"""House rules for schemas, and what a registry's compatibility check lets through but readers do not survive.

Each rule is a function from a schema (and an older one) to findings; `check_schema` and `check_change` list them.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import avro.schema
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType

NAMESPACE_PATTERN: Final = re.compile(r"border\.v\d+$")
# Every logical type of Avro that is a point in time, a time of day, a date or a duration.
TIME_PATTERN: Final = re.compile(r"(local-)?timestamp-|time-|date$|duration$")
# A quantity's name ends in its unit; these words at the end of a name promise a quantity.
QUANTITIES_WITHOUT_UNIT: Final = re.compile(
    r"(^|_)(weight|load|loads|speed|length|distance|spacings?|duration|temperature)$"
)


@dataclass(frozen=True)
class Finding:
    """One broken rule: where, which, and what to do."""

    schema: str
    field: str
    rule: str
    remedy: str


def nested(schema: Any) -> Iterator[Any]:
    """Every record and enum in a schema, itself first."""
    if isinstance(schema, list):
        for branch in schema:
            yield from nested(branch)
    elif isinstance(schema, dict):
        if schema["type"] in ("record", "enum"):
            yield schema
            for field in schema.get("fields", ()):
                yield from nested(field["type"])
        elif schema["type"] == "array":
            yield from nested(schema["items"])
        elif isinstance(schema["type"], dict | list):
            yield from nested(schema["type"])


def check_schema(schema: Any) -> list[Finding]:
    """Findings in one schema on its own."""
    return [
        Finding(schema["name"], where, rule, remedy)
        for named in nested(schema)
        for check in (check_named, check_enum, check_fields)
        for where, rule, remedy in check(named)
    ]


def check_named(named: Any) -> Iterator[tuple[str, str, str]]:
    """Docs, namespace and aliases of a record or enum."""
    if not named.get("doc"):
        yield named["name"], "doc", "say what it is in one sentence"
    if not NAMESPACE_PATTERN.match(named.get("namespace", "")):
        yield named["name"], "namespace", "use border.v<major version>"
    if named.get("aliases"):
        yield named["name"], "no_aliases", "a rename breaks readers that ignore aliases: add a field instead"


def check_enum(named: Any) -> Iterator[tuple[str, str, str]]:
    """An enum starts with UNKNOWN, which is its default: what an older reader makes of a symbol it does not know."""
    if named["type"] == "enum" and not (named["symbols"][:1] == ["UNKNOWN"] and named.get("default") == "UNKNOWN"):
        yield named["name"], "enum_unknown", "make UNKNOWN the first symbol and the default"


def check_fields(named: Any) -> Iterator[tuple[str, str, str]]:
    """Docs, optional values, times, units and aliases of a record's fields."""
    for field in named.get("fields", ()):
        where, kind = f"{named['name']}.{field['name']}", field["type"]
        if not field.get("doc"):
            yield where, "doc", "say what it is in one sentence"
        if field.get("aliases"):
            yield where, "no_aliases", "a rename breaks readers that ignore aliases: add a field instead"
        if isinstance(kind, list) and (kind[0] != "null" or len(kind) != 2 or field.get("default", 0) is not None):
            yield where, "optional", 'write ["null", T] with default null'
        logical = logical_type(kind)
        is_time, is_micros = TIME_PATTERN.match(logical or "") is not None, logical == "timestamp-micros"
        if is_time != is_micros or is_micros != field["name"].endswith("_at"):
            yield where, "time_at", "times, and only times, are timestamp-micros in UTC with a name ending in _at"
        if QUANTITIES_WITHOUT_UNIT.search(field["name"]):
            yield where, "unit", "end the name in its unit, for instance _kg, _m, _mps"


def logical_type(kind: Any) -> str | None:
    """The logical type of a field, looked for behind an optional and in an array."""
    if isinstance(kind, list):
        return next((logical_type(branch) for branch in kind if branch != "null"), None)
    if not isinstance(kind, dict):
        return None
    return kind.get("logicalType") or logical_type(kind.get("items"))


def check_change(old: Any, new: Any) -> list[Finding]:
    """Findings in a schema that is to follow an older one.

    Either must read what the other wrote (FULL), by the Apache avro library's word, and none of the changes that such
    a check lets through may be in it. Compared with every older version in turn, that is FULL_TRANSITIVE.
    """
    old_named = {named["name"]: named for named in nested(old)}
    findings = []
    for named in nested(new):
        before = old_named.get(named["name"])
        if before is not None:
            checks: tuple[Callable[[Any, Any], Iterator[tuple[str, str, str]]], ...] = (enum_changes, field_changes)
            for check in checks:
                findings += [Finding(new["name"], *found) for found in check(before, named)]
    return findings + [Finding(new["name"], *found) for found in resolution_failures(old, new)]


def resolution_failures(old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    """What keeps the new schema from reading old data, or the old one from reading new data."""
    old_schema, new_schema = (avro.schema.parse(json.dumps(schema)) for schema in (old, new))
    for rule, reader, writer in (("backward", new_schema, old_schema), ("forward", old_schema, new_schema)):
        result = ReaderWriterCompatibilityChecker().get_compatibility(reader, writer)
        if result.compatibility is SchemaCompatibilityType.incompatible:
            places, why = ", ".join(sorted(result.locations)), "; ".join(sorted(result.messages))
            yield f"{new['name']} {places}", rule, f"{why}: add optional fields only, or a new major version"


def enum_changes(old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    """A symbol added or removed: allowed where the enum has a default, but Python's `avro` readers then raise."""
    if new["type"] != "enum" or old["type"] != "enum":
        return
    for symbol in new["symbols"]:
        if symbol not in old["symbols"]:
            yield f"{new['name']}.{symbol}", "enum_symbol_added", "add an optional field, or a new major version"
    for symbol in old["symbols"]:
        if symbol not in new["symbols"]:
            yield f"{new['name']}.{symbol}", "enum_symbol_removed", "keep it: old records hold it"


def field_changes(old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    """Renames through aliases, and times whose unit changes under the same bytes."""
    before = {field["name"]: field for field in old.get("fields", ())}
    for field in new.get("fields", ()):
        where = f"{new['name']}.{field['name']}"
        for alias in field.get("aliases", ()):
            if alias in before:
                yield where, "alias_rename", f"keep {alias} and add {field['name']} as an optional field"
        if field["name"] in before:
            was, now = logical_type(before[field["name"]]["type"]), logical_type(field["type"])
            if was != now:
                yield where, "logical_type_changed", f"it was {was}: values would be off by a factor; add a new field"
