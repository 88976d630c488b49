"""Writes `records.py` and `wire.py` from the `.avsc` files, so that the schema is the only source of a record's shape.

    python -m schemas.generate            # rewrite both
    python -m schemas.generate --check    # exit 1 if they are not what the schemas say

Avro to Python: string str, long and int int (timestamps stay integer microseconds since 1970, UTC), double float,
array tuple, enum StrEnum, record a frozen msgspec Struct, `["null", T]` T | None with default None.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any, Final

from schemas.generate_wire import PRIMITIVES, render_wire

SCHEMA_DIRECTORY: Final = Path(__file__).parent
LINE_LENGTH: Final = 120

HEADER: Final = '''\
"""Record types of the contract, made from the .avsc files by `python -m schemas.generate`; not to be edited.

Times are integer microseconds since 1970, UTC; field docs stand in the schemas.
"""

from enum import StrEnum

import msgspec

'''


def load_schemas() -> dict[str, Any]:
    """Every top-level schema by file stem, which is its record's name; sorted by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(SCHEMA_DIRECTORY.glob("*.avsc"))}


class RecordWriter:
    """Collects one class per named type, each after the types that it uses."""

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}
        self._schemas: dict[str, Any] = {}

    def type_of(self, schema: Any) -> str:
        """Python type for an Avro type; defines named types on the way. Raises ValueError on what we do not use."""
        if isinstance(schema, str):
            return PRIMITIVES.get(schema) or schema.rpartition(".")[2]
        if isinstance(schema, list):
            if len(schema) != 2 or schema[0] != "null":
                raise ValueError(f"only ['null', T] unions are used here, not {schema}")
            return f"{self.type_of(schema[1])} | None"
        kind = schema["type"]
        if kind == "array":
            return f"tuple[{self.type_of(schema['items'])}, ...]"
        if kind in ("record", "enum"):
            return self._define(schema)
        return self.type_of(kind)

    def _define(self, schema: Any) -> str:
        name = str(schema["name"])
        known = self._schemas.setdefault(name, schema)
        if known != schema:
            raise ValueError(f"{name} is defined differently in two .avsc files; make the definitions equal")
        if name not in self.sources:
            self.sources[name] = self._enum(schema) if schema["type"] == "enum" else self._record(schema)
        return name

    def _enum(self, schema: Any) -> str:
        symbols = "".join(f'    {symbol} = "{symbol}"\n' for symbol in schema["symbols"])
        return f"class {schema['name']}(StrEnum):\n{docstring(schema)}\n{symbols}"

    def _record(self, schema: Any) -> str:
        fields = ""
        for field in schema["fields"]:
            default = ""
            if "default" in field:
                default = " = ()" if field["default"] == [] else f" = {field['default']!r}"
            fields += f"    {field['name']}: {self.type_of(field['type'])}{default}\n"
        options = "msgspec.Struct, frozen=True, kw_only=True, gc=False"
        return f"class {schema['name']}({options}):\n{docstring(schema)}\n{fields}"


def docstring(schema: Any) -> str:
    """The schema's doc as a docstring, broken before the line limit."""
    lines, line = [], '    """'
    for word in re.split(r"\s+", schema["doc"]):
        if len(line) + len(word) + 4 > LINE_LENGTH:
            lines.append(line.rstrip())
            line = "    "
        line += word + " "
    lines.append(line.rstrip())
    closing = '"""\n' if len(lines) == 1 else '\n    """\n'
    return "\n".join(lines) + closing


def render_records(schemas: dict[str, Any]) -> str:
    """Source text of records.py."""
    writer = RecordWriter()
    for schema in schemas.values():
        writer.type_of(schema)
    names = "".join(f"    {name},\n" for name in schemas)
    listing = f"# Types that stand in a topic on their own, one .avsc file each.\nRECORD_TYPES = (\n{names})\n"
    return HEADER + "\n" + "\n\n".join(writer.sources.values()) + "\n\n" + listing


def render() -> dict[Path, str]:
    """Source text of each generated file."""
    schemas = load_schemas()
    return {
        SCHEMA_DIRECTORY / "records.py": render_records(schemas),
        SCHEMA_DIRECTORY / "wire.py": render_wire(schemas),
    }


def drifted() -> list[Path]:
    """The generated files that are not what the schemas say."""
    return [path for path, source in render().items() if path.read_text() != source]


def main() -> int:
    """Rewrite or check the generated files; returns the exit status."""
    if "--check" in sys.argv[1:]:
        stale = drifted()
        for path in stale:
            print(f"schemas/{path.name} differs from the schemas; run: python -m schemas.generate", file=sys.stderr)
        return 1 if stale else 0
    for path, source in render().items():
        path.write_text(source)
    return 0


if __name__ == "__main__":
    sys.exit(main())
