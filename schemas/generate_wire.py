"""Source of `wire.py`: one function per record type that writes its Avro body, and one that reads it.

Straight-line code for one schema needs no dictionary between bytes and record, which is what a general Avro library
spends most of its time on. Types are those that `generate.py` knows; anything else is a ValueError there.
"""

import re
from typing import Any, Final

HEADER: Final = '''\
"""Avro bodies of the contract's records, made from the .avsc files by `python -m schemas.generate`; not to be edited.

`write_<record>` returns the body; `read_<record>` returns the record and the offset behind it, which lies beyond the
bytes if they were cut short. Readers raise ValueError, IndexError or struct.error for bytes that are no such record.
"""

from collections.abc import Callable
from typing import Any, Final

from schemas import records
from schemas.primitives import (
    BYTES,
    DOUBLE,
    NULL,
    PRESENT,
    add_bytes,
    add_long,
    read_boolean,
    read_count,
    read_int,
    read_long,
    read_size,
)
'''

SIZE: Final = "size, at = read_size(data, at)"
TEMPLATES_WRITE: Final = {
    "long": "add_long(out, {value})",
    "int": "add_long(out, {value})",
    "boolean": "out.append(BYTES[1] if {value} else BYTES[0])",
    "double": "out.append(DOUBLE.pack({value}))",
    "string": "add_bytes(out, {value}.encode())",
    "bytes": "add_bytes(out, {value})",
}
TEMPLATES_READ: Final = {
    "long": ["{target}, at = read_long(data, at)"],
    "int": ["{target}, at = read_int(data, at)"],
    "boolean": ["{target}, at = read_boolean(data, at)"],
    "double": ["{target} = DOUBLE.unpack_from(data, at)[0]", "at += 8"],
    "string": [SIZE, "{target} = data[at : at + size].decode()", "at += size"],
    "bytes": [SIZE, "{target} = data[at : at + size]", "at += size"],
}
PRIMITIVES: Final = {
    "string": "str",
    "long": "int",
    "int": "int",
    "double": "float",
    "boolean": "bool",
    "bytes": "bytes",
}
INDENT: Final = "    "


def snake_case(name: str) -> str:
    """`PlateRead` as `plate_read`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class WireWriter:
    """Emits one function after another; `named` grows with the enums and records met on the way."""

    def __init__(self) -> None:
        self._named: dict[str, Any] = {}
        self._lines: list[str] = []
        self._depth = 0
        self.tables: dict[str, list[str]] = {}
        """Symbol tables of enums, by enum."""

    def functions(self, schema: Any) -> str:
        """Both functions of a top-level record."""
        self._resolve(schema)
        self._lines, name = [], schema["name"]
        function = snake_case(name)
        self._emit(f"def write_{function}(record: records.{name}) -> bytes:")
        self._depth = 1
        self._emit(f'"""Body of a {name}."""', "out: list[bytes] = []")
        self._write_fields(schema, "record")
        self._emit('return b"".join(out)')
        self._depth = 0
        self._emit("", "", f"def read_{function}(data: bytes, at: int) -> tuple[records.{name}, int]:")
        self._depth = 1
        self._emit(f'"""A {name} whose body starts at an offset."""')
        made = self._read_fields(schema, "")
        self._emit(f"return {made}, at")
        self._depth = 0
        return "\n".join(self._lines) + "\n"

    def _emit(self, *lines: str) -> None:
        self._lines += [INDENT * self._depth + line if line else "" for line in lines]

    def _resolve(self, schema: Any) -> Any:
        """A schema with its name, if it is only named, looked up; logical types left out."""
        if isinstance(schema, str):
            return schema if schema in PRIMITIVES else self._named[schema.rpartition(".")[2]]
        if isinstance(schema, dict) and schema["type"] in ("record", "enum"):
            self._named[schema["name"]] = schema
            if schema["type"] == "enum":
                self._add_tables(schema)
        elif isinstance(schema, dict) and schema["type"] != "array":
            return self._resolve(schema["type"])
        return schema

    def _add_tables(self, schema: Any) -> None:
        name = schema["name"]
        table = snake_case(name).upper()
        symbols = "".join(f"{INDENT}records.{name}.{symbol},\n" for symbol in schema["symbols"])
        self.tables[name] = [
            f"{table}: Final = (\n{symbols})",
            f"{table}_BYTES: Final[dict[str, bytes]] = {{one: BYTES[at << 1] for at, one in enumerate({table})}}",
        ]

    def _python_type(self, schema: Any) -> str:
        if isinstance(schema, list):
            return f"{self._python_type(schema[1])} | None"
        if isinstance(schema, str):
            return PRIMITIVES[schema]
        if schema["type"] == "array":
            return f"tuple[{self._python_type(self._resolve(schema['items']))}, ...]"
        return f"records.{schema['name']}"

    # Writing

    def _write_fields(self, schema: Any, value: str) -> None:
        for field in schema["fields"]:
            place = f"{value}.{field['name']}"  # of a record within a record it has several dots
            self._write(self._resolve(field["type"]), place, place.replace(".", "_"))

    def _write(self, schema: Any, value: str, unique: str) -> None:
        if isinstance(schema, list):
            self._emit(f"{unique} = {value}", f"if {unique} is None:", f"{INDENT}out.append(NULL)", "else:")
            self._depth += 1
            self._emit("out.append(PRESENT)")
            self._write(self._resolve(schema[1]), unique, f"{unique}_there")
            self._depth -= 1
        elif isinstance(schema, str):
            self._emit(TEMPLATES_WRITE[schema].format(value=value))
        elif schema["type"] == "enum":
            self._emit(f"out.append({snake_case(schema['name']).upper()}_BYTES[{value}])")
        elif schema["type"] == "record":
            self._write_fields(schema, value)
        else:
            self._emit(f"if {value}:")
            self._depth += 1
            self._emit(f"add_long(out, len({value}))", f"for {unique}_item in {value}:")
            self._depth += 1
            self._write(self._resolve(schema["items"]), f"{unique}_item", f"{unique}_item_value")
            self._depth -= 2
            self._emit("out.append(NULL)")

    # Reading

    def _read_fields(self, schema: Any, prefix: str) -> str:
        """Emits what reads every field; returns the expression that makes the record of them."""
        arguments = []
        for field in schema["fields"]:
            target = prefix + field["name"]
            self._read(self._resolve(field["type"]), target)
            arguments.append(f"{field['name']}={target}")
        return f"records.{schema['name']}({', '.join(arguments)})"

    def _read(self, schema: Any, target: str) -> None:
        if isinstance(schema, list):
            there = f"{target}_there"
            inner = self._resolve(schema[1])
            self._emit(f"{target}: {self._python_type(inner)} | None = None", "branch = data[at]", "at += 1")
            self._emit("if branch == 2:")
            self._depth += 1
            self._read(inner, there)
            self._emit(f"{target} = {there}")
            self._depth -= 1
            self._emit("elif branch:", f'{INDENT}raise ValueError("a union has no such branch")')
        elif isinstance(schema, str):
            self._emit(*[line.format(target=target) for line in TEMPLATES_READ[schema]])
        elif schema["type"] == "enum":
            self._emit(SIZE, f"{target} = {snake_case(schema['name']).upper()}[size]")
        elif schema["type"] == "record":
            self._emit(f"{target} = {self._read_fields(schema, f'{target}_')}")
        else:
            self._read_array(schema, target)

    def _read_array(self, schema: Any, target: str) -> None:
        inner = self._resolve(schema["items"])
        kind = self._python_type(inner)
        self._emit(f"{target}: tuple[{kind}, ...] = ()", "if data[at] == 0:", f"{INDENT}at += 1", "else:")
        self._depth += 1
        self._emit(f"{target}_items: list[{kind}] = []", f"{target}_count, at = read_count(data, at)")
        self._emit(f"while {target}_count:")
        self._depth += 1
        self._emit(f"for _ in range({target}_count):")
        self._depth += 1
        self._read(inner, f"{target}_item")
        self._emit(f"{target}_items.append({target}_item)")
        self._depth -= 1
        self._emit(f"{target}_count, at = read_count(data, at)")
        self._depth -= 1
        self._emit(f"{target} = tuple({target}_items)")
        self._depth -= 1


def render_wire(schemas: dict[str, Any]) -> str:
    """Source text of wire.py."""
    writer = WireWriter()
    functions = [writer.functions(schema) for schema in schemas.values()]
    tables = [line for lines in writer.tables.values() for line in lines]
    writes = "".join(f"{INDENT}records.{name}: write_{snake_case(name)},\n" for name in schemas)
    reads = "".join(f"{INDENT}records.{name}: read_{snake_case(name)},\n" for name in schemas)
    listing = (
        f"WRITERS: Final[dict[type, Callable[[Any], bytes]]] = {{\n{writes}}}\n"
        f"READERS: Final[dict[type, Callable[[bytes, int], tuple[Any, int]]]] = {{\n{reads}}}\n"
    )
    return HEADER + "\n" + "\n".join(tables) + "\n\n\n" + "\n\n".join(functions) + "\n\n" + listing
