"""A reading field by field, with what the contract says of each; plates masked unless they are asked for."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
from rich.table import Column, Table
from rich.text import Text

from producers.formats.reading_format import Reading
from schemas.generate import load_schemas
from streams.console.privacy import masked


def told_of(reading: Reading) -> dict[str, Any]:
    """A reading as JSON, behind its type."""
    return {"type": type(reading).__name__, **msgspec.to_builtins(reading)}


def shown_of(told: dict[str, Any], reveal: bool) -> dict[str, Any]:
    """What is shown of it."""
    hidden: dict[str, Any] = told if reveal else masked(told)
    return hidden


def table_of(told: dict[str, Any], reveal: bool) -> Table:
    """A reading field by field."""
    fields = dict(shown_of(told, reveal))
    kind = fields.pop("type")
    columns = Column("field", no_wrap=True), Column("value", overflow="fold", ratio=2), Column("what it is", ratio=3)
    table = Table(*columns, title=kind, title_justify="left")
    for name, value in fields.items():
        shown = time_text(value) if name.endswith("_at") and isinstance(value, int) else plain_text(value)
        table.add_row(name, Text(shown), Text(docs_of(kind).get(name, ""), style="dim"))
    return table


@cache
def docs_of(kind: str) -> dict[str, str]:
    """What the contract says of a record's fields."""
    return {field["name"]: field["doc"] for field in load_schemas()[kind]["fields"]}


def time_text(at: int) -> str:
    """Microseconds UTC as people read them."""
    moment = datetime.fromtimestamp(at / 1e6, UTC)
    return moment.isoformat(sep=" ", timespec="milliseconds").replace("+00:00", "Z")


def plain_text(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return "-"
    if isinstance(value, dict):
        return ", ".join(f"{name} {plain_text(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(map(plain_text, value)) or "none"
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1 else str(value)
