"""Plates are masked unless asked for."""

import msgspec

from streams.console.privacy import mask_plate, masked
from tests.schemas.sample_records import sample_records


def test_only_the_last_two_characters_are_shown() -> None:
    assert mask_plate("ABC1234") == "•••••34"


def test_what_is_as_short_as_what_is_shown_is_masked_whole() -> None:
    assert mask_plate("A1") == "••"


def test_plates_are_masked_at_any_depth() -> None:
    shown = masked({"plate": "ABC1234", "plate_candidates": [{"plate": "ABC1Z34", "confidence": 0.5}], "revision": 1})
    assert shown == {"plate": "•••••34", "plate_candidates": [{"plate": "•••••34", "confidence": 0.5}], "revision": 1}


def test_purchasers_and_serial_numbers_are_masked_too() -> None:
    shown = masked({"purchaser_id": "P123", "firearm_serial_number": "S456", "found": [{"serial_number": "S789"}]})
    assert shown == {"purchaser_id": "••23", "firearm_serial_number": "••56", "found": [{"serial_number": "••89"}]}


def test_no_record_of_the_contract_shows_a_plate() -> None:
    plate = "SECRET99"
    for record in sample_records(seed=9, each=5):
        fields = msgspec.to_builtins(record, builtin_types=(bytes,))
        for name, value in fields.items():
            if "plate" in name and isinstance(value, str):
                fields[name] = plate
        assert plate not in str(masked(fields))
