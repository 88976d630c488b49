"""Writes the part of YAML that rules and routes need: maps, lists, texts, numbers, truth. PromQL stands as a block.

No YAML library is among the dependencies, and nothing here reads YAML: promtool and amtool do, in the tests.
"""

import json
import re
from typing import Final

Value = str | int | float | bool | list["Value"] | dict[str, "Value"]

# Texts that no reader of YAML takes for anything else: words, names of rules, durations.
_PLAIN: Final = re.compile(r"[A-Za-z_][\w:./-]*[\w/]|\d+(ms|s|m|h|d)")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off"})
_STEP: Final = "  "


def to_yaml(value: Value) -> str:
    """A document, its lines ended."""
    return "\n".join(_lines(value)) + "\n"


def _lines(value: Value) -> list[str]:
    if isinstance(value, dict) and value:
        return [line for key, one in value.items() for line in _entry(f"{_scalar(key)}:", one)]
    if isinstance(value, list) and value:
        return [line for one in value for line in _item(one)]
    return [_scalar(value)]


def _entry(head: str, value: Value) -> list[str]:
    if isinstance(value, str) and "\n" in value.strip():
        return [f"{head} |-", *(f"{_STEP}{line}".rstrip() for line in value.strip().splitlines())]
    if isinstance(value, (dict, list)) and value:
        return [head, *(_STEP + line for line in _lines(value))]
    return [f"{head} {_scalar(value)}"]


def _item(value: Value) -> list[str]:
    first, *rest = _lines(value)
    return [f"- {first}", *(_STEP + line for line in rest)]


def _scalar(value: Value) -> str:
    if isinstance(value, str):
        is_plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
        return value if is_plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
