"""A southern-border crossing, as the example file describes it, and changes that put it in force."""

from pathlib import Path
from typing import Any

from schemas.records import ChangeKind, ReferenceChange

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "MX-370.toml"
CODE = "MX-370"
TEXT = EXAMPLE.read_text()
CAR_LANE, OTHER_CAR_LANE, TRUCK_LANE = f"{CODE}/01", f"{CODE}/02", f"{CODE}/05"
CHANGED_AT = 1_790_000_000_000_000


def text_with(*changes: tuple[str, str]) -> str:
    """The example's text with some parts replaced."""
    text = TEXT
    for was, now in changes:
        assert text.count(was) == 1, was
        text = text.replace(was, now)
    return text


def plain_text(mode: str, numbers: str = "01-02") -> str:
    """The example's port with these lanes alone, all of one mode and the standard layout."""
    head = TEXT.partition("utc_offset_hours = -6\n")
    return f'{head[0]}{head[1]}\n[[lanes]]\nnumbers = "{numbers}"\nmode = "{mode}"\n'


def port_change(text: str | None = TEXT, **fields: Any) -> ReferenceChange:
    """Puts a port in force; `fields` override."""
    values: dict[str, Any] = {
        "change_id": "port-change",
        "kind": ChangeKind.PORT,
        "changed_by": "engineer-1",
        "changed_at": CHANGED_AT,
        "port_text": text,
        "approved_by": "chief-2",
    }
    return ReferenceChange(**values | fields)
