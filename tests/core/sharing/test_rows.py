"""What of a record is shareable at all."""

from dataclasses import dataclass

import pytest

from schemas.records import AlertKind, Direction, ListKind, MatchKind, OutcomeState, PassageState, Severity
from streams.core.sharing.agreement import FIELDS, Dataset, parse_agreement
from streams.core.sharing.blinding import BUCKET_MIN, bucket_bits, bucket_of, least_bits, padded, question_of
from streams.core.sharing.rows import is_agreed, shared_row
from tests.core.vehicles.builders import START, passage
from tests.sharing.builders import agreement_text, alert, crossing, dataset, find


def test_a_last_revision_southbound_is_a_crossing() -> None:
    row = shared_row(crossing(1, "abc 1234"))
    assert row is not None and (row.dataset, row.plate, row.record_id) == (Dataset.CROSSINGS, "ABC1234", "2301/03/1")
    assert row.values is not None and set(row.values) == set(FIELDS[Dataset.CROSSINGS])


def test_what_is_no_crossing_is_not_shared() -> None:
    assert shared_row(passage()) is None  # its readings may still change
    assert shared_row(crossing(1, None)) is None
    assert shared_row(crossing(1, "ABC1234", direction=Direction.NORTHBOUND)) is None
    assert shared_row(crossing(1, "ABC1234", state=PassageState.RETRACTED)) is None
    assert shared_row("text") is None


def test_an_alert_is_shared_but_one_of_a_lanes_light() -> None:
    row = shared_row(alert(1, "ABC1234"))
    assert row is not None and row.values is not None and set(row.values) == set(FIELDS[Dataset.ALERTS])
    assert shared_row(alert(1, None, kind=AlertKind.LIGHT_FALLBACK)) is None
    called_off = shared_row(alert(1, None, 2, severity=Severity.MINOR))
    assert called_off is not None and called_off.values is None


def test_finds_are_inspections_that_found_something() -> None:
    row = shared_row(find(1, 3))
    assert row is not None and row.values is not None and row.values["firearms"] == 3
    assert set(row.values) == set(FIELDS[Dataset.FINDS])
    nothing = shared_row(find(1, 0))
    assert nothing is not None and nothing.values is None
    assert shared_row(find(1, 0, state=OutcomeState.PASSED)) is None


def test_hits_of_lists_that_are_not_agreed_are_not_told() -> None:
    (shared,) = parse_agreement(agreement_text("MX-A", dataset("ALERTS", list_kinds=["STOLEN"]))).datasets
    for list_kind, told in ((ListKind.STOLEN, True), (ListKind.INTELLIGENCE, False), (ListKind.WANTED, False)):
        row = shared_row(alert(1, "ABC1234", list_kind=list_kind))
        assert row is not None and is_agreed(shared, row) is told
    risk = shared_row(alert(1, "ABC1234", kind=AlertKind.RISK, match=MatchKind.NONE, list_kind=ListKind.UNKNOWN))
    assert risk is not None and is_agreed(shared, risk) and not is_agreed(shared, risk._replace(port_code="2402"))


@dataclass
class Case:
    crossings: int
    bits: int


@pytest.mark.parametrize("case", [Case(0, 0), Case(127, 0), Case(128, 1), Case(100_000, 10), Case(10**15, 32)])
def test_a_bucket_holds_enough_vehicles_to_hide_one(case: Case) -> None:
    assert bucket_bits(case.crossings) == case.bits
    assert case.bits in (0, 32) or case.crossings >> case.bits >= BUCKET_MIN
    assert least_bits(case.crossings) <= case.bits


@pytest.mark.parametrize(
    ("crossings", "bits"), [(0, 0), (8_192, 0), (8_193, 1), (16_384, 1), (16_385, 2), (233_000, 5)]
)
def test_an_answer_holds_no_more_than_can_be_sent(crossings: int, bits: int) -> None:
    assert least_bits(crossings) == bits and crossings / (1 << bits) <= 8_192


def test_a_buckets_number_is_a_labels_first_bits() -> None:
    assert bucket_of(b"\xff\x00\x00\x00....", 8) == 0xFF
    assert bucket_of(b"\xff\x00\x00\x00....", 0) == 0
    assert bucket_of(b"\x12\x34\x56\x78....", 32) == 0x12345678


def test_texts_of_any_length_look_alike() -> None:
    assert len(padded(b"{}")) == len(padded(b"{" + b" " * 400 + b"}")) == 512


def test_a_question_is_of_a_plates_letters_and_digits() -> None:
    assert question_of("abc-12 34") == b"ABC1234"
    with pytest.raises(ValueError, match="at least one letter"):
        question_of("- -")


def test_the_time_of_a_crossing_is_that_at_the_light() -> None:
    row = shared_row(crossing(1, "ABC1234", START))
    assert row is not None and row.at == START
