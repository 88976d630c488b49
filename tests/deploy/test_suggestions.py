"""What becomes of a suggestion, and the entry that two people make of it."""

import time

import msgspec
import pytest

from deploy.errors import UserError
from deploy.suggestions import State, entry_of, state_of
from schemas.records import (
    ListKind,
    OperatingMode,
    Suggestion,
    SuggestionReason,
    SuggestionReasonKind,
    SuggestionState,
)

NOW = time.time_ns() // 1_000
DAY = 24 * 3600 * 1_000_000
REASON = SuggestionReason(kind=SuggestionReasonKind.SHORT_TIMES_TO_CRIME, explanation="3 of 3", evidence_ids=("T1",))
SUGGESTED = Suggestion(
    suggestion_id="s-1",
    revision=1,
    state=SuggestionState.SUGGESTED,
    operating_mode=OperatingMode.OPERATIONAL,
    plate="TST0001",
    reasons=(REASON,),
    link_id="L1",
    source="registration record",
    case_number="C1",
    legal_basis="order 7",
    valid_until_at=NOW + 30 * DAY,
    suggested_at=NOW,
)
WITHDRAWN = msgspec.structs.replace(SUGGESTED, revision=2, state=SuggestionState.WITHDRAWN, reasons=())
ENTRY = entry_of(SUGGESTED, "a-1", "a-2", 50, "officers")


def test_an_entry_says_nothing_of_traces_and_ends_with_the_link() -> None:
    assert (ENTRY.entry_id, ENTRY.list_kind) == ("s-1", ListKind.STRAW_PURCHASER_LINKED)
    assert ENTRY.valid_until_at == SUGGESTED.valid_until_at
    assert "T1" not in str(ENTRY) and "3 of 3" not in str(ENTRY)


def test_a_simulated_suggestion_becomes_an_entry_that_no_real_vehicle_meets() -> None:
    simulated = msgspec.structs.replace(SUGGESTED, operating_mode=OperatingMode.SIMULATED)
    assert entry_of(simulated, "a-1", "a-2", 50, "officers").list_kind is ListKind.TEST


@pytest.mark.parametrize(
    ("suggestion", "people", "message"),
    [
        (WITHDRAWN, ("a-1", "a-2"), "was withdrawn"),
        (msgspec.structs.replace(SUGGESTED, valid_until_at=NOW), ("a-1", "a-2"), "has ended"),
        (SUGGESTED, ("a-1", " A-1"), "second person"),
        (SUGGESTED, ("a-1", ""), "second person"),
    ],
)
def test_nobody_alone_and_nothing_that_is_gone_makes_an_entry(
    suggestion: Suggestion, people: tuple[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        entry_of(suggestion, *people, 50, "officers")


def test_what_a_person_has_to_do_is_told() -> None:
    assert state_of(SUGGESTED, None, NOW) is State.OPEN
    assert state_of(SUGGESTED, ENTRY, NOW) is State.ACCEPTED
    assert state_of(WITHDRAWN, ENTRY, NOW) is State.BASELESS
    assert state_of(WITHDRAWN, None, NOW) is State.WITHDRAWN
    assert state_of(msgspec.structs.replace(SUGGESTED, plate="TST0002"), ENTRY, NOW) is State.CHANGED
    assert state_of(SUGGESTED, None, NOW + 31 * DAY) is State.EXPIRED
    assert state_of(WITHDRAWN, ENTRY, NOW + 31 * DAY) is State.WITHDRAWN  # the entry has ended by itself
