"""Plates, purchasers and serial numbers are masked wherever a person looks, unless asked for."""

from typing import Any, Final

MASKED_FIELDS: Final = frozenset(
    {"plate", "plate_key", "other_plate", "purchaser_id", "firearm_serial_number", "serial_number"}
)
MASK: Final = "•"
SHOWN_CHARACTERS: Final = 2  # enough to tell two neighbours in a queue apart, too few to name one vehicle of a border


def mask_plate(plate: str) -> str:
    """`ABC1234` becomes `•••••34`; anything as short as what is shown is masked whole."""
    if len(plate) <= SHOWN_CHARACTERS:
        return MASK * len(plate)
    return MASK * (len(plate) - SHOWN_CHARACTERS) + plate[-SHOWN_CHARACTERS:]


def masked(value: Any) -> Any:
    """A decoded record (dicts, lists, scalars) with what stands in MASKED_FIELDS masked, at any depth."""
    if isinstance(value, dict):
        return {
            name: mask_plate(item) if name in MASKED_FIELDS and isinstance(item, str) else masked(item)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    return value
