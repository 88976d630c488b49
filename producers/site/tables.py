"""TOML tables into structs, with everything that is wrong at once, where a decoder stops at the first mistake."""

import difflib
import math
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeVar, cast, get_args

import msgspec

MESSAGE: Final = re.compile(r"^(?P<text>.*?)(?: - at `\$(?P<place>.*)`)?$", re.DOTALL)
Table = TypeVar("Table", bound=msgspec.Struct)


class Problem(NamedTuple):
    """One thing that is wrong: the key, and the reason with what to do."""

    key: str
    text: str


def joined(place: str, name: str) -> str:
    """A key within a table."""
    return f"{place}.{name}" if place else name


def struct_of(table: object, struct: type[Table], place: str, problems: list[Problem]) -> Table | None:
    """The struct in a table; None, and what is wrong added to the problems, if it is not one."""
    if not isinstance(table, Mapping):
        problems.append(Problem(place, "must be a table"))
        return None
    before = len(problems)
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    tag = struct.__struct_config__.tag_field
    for name in table:
        if name not in fields and name != tag:
            problems.append(Problem(joined(place, str(name)), unknown_text(str(name), list(fields))))
    values: dict[str, Any] = {}
    for name, field in fields.items():
        key = joined(place, name)
        if name not in table:
            if field.required:
                problems.append(Problem(key, "is missing"))
            continue
        values[field.name] = value_of(table[name], field.type, key, problems)
    return struct(**values) if len(problems) == before else None


def value_of(value: object, kind: Any, key: str, problems: list[Problem]) -> Any:
    """One value of a table, converted; what is wrong is added to the problems."""
    parts = [part for part in get_args(kind) or (kind,) if isinstance(part, type) and issubclass(part, msgspec.Struct)]
    if len(parts) == 1:
        return struct_of(value, parts[0], key, problems)
    if parts:
        return tagged_of(value, parts, key, problems)
    if isinstance(value, float) and not math.isfinite(value):
        problems.append(Problem(key, "must be a finite number"))
        return None
    try:
        return msgspec.convert(value, kind, dec_hook=path_of)
    except msgspec.ValidationError as error:
        match = MESSAGE.match(str(error))
        text, inner = (match["text"], match["place"] or "") if match else (str(error), "")
        problems.append(Problem(key + inner, reason_of(text, kind)))
        return None


def path_of(kind: type, value: object) -> object:
    """A path in a text, which the decoder does not know."""
    if isinstance(value, str) and 0 < len(value) <= 400 and "\0" not in value:
        return kind(value)
    raise ValueError("must be a path")


def tagged_of(value: object, parts: list[type[msgspec.Struct]], key: str, problems: list[Problem]) -> Any:
    """One of several tables, told apart by their kind."""
    if not isinstance(value, Mapping):
        problems.append(Problem(key, "must be a table"))
        return None
    by_tag = {str(part.__struct_config__.tag): part for part in parts}
    field = cast(str, parts[0].__struct_config__.tag_field)
    tag = value.get(field)
    if not isinstance(tag, str) or tag not in by_tag:
        problems.append(Problem(joined(key, field), f"must be one of {', '.join(by_tag)}"))
        return None
    return struct_of(value, by_tag[tag], key, problems)


def unknown_text(name: str, known: list[str]) -> str:
    """What is said of a name that means nothing, with the one that was probably meant."""
    near = difflib.get_close_matches(name, known, 1)
    return (
        f"there is no such key; did you mean {near[0]}?"
        if near
        else f"there is no such key; there are {', '.join(known)}"
    )


def reason_of(text: str, kind: Any) -> str:
    """A decoder's message in the words of this file."""
    if "matching regex" in text:
        pattern = next((part.pattern for part in metas_of(kind) if part.pattern), "")
        return f"must have the form {pattern.removeprefix('^').removesuffix(chr(92) + 'Z')}"
    text = re.sub(r"^Expected `\w+` (?=[<>])", "must be ", text).replace("`", "")
    return text[:1].lower() + text[1:]


def metas_of(kind: Any) -> list[msgspec.Meta]:
    """The bounds that stand in a type, at any depth."""
    own = list(getattr(kind, "__metadata__", ()))
    return own + [meta for part in get_args(kind) for meta in metas_of(part)]
