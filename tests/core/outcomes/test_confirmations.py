"""A person's word on a watchlist hit reaches the outcome, whenever it comes; the last one in the log counts."""

from itertools import permutations
from typing import Any

import pytest

from schemas.records import HitConfirmationReason, Light, OperatingMode
from streams.core.outcomes.outcome import INSPECTION_SECONDS, OVERRIDE_SECONDS
from streams.core.outcomes.stage import OutcomesFold
from streams.core.outcomes.state import CONFIRMATIONS_MAX, case_key, decode_case
from streams.core.stage import Record, Rejected
from tests.core.outcomes.builders import advance, at, confirmation, inspection, record, score, selection, tick


def fold() -> OutcomesFold:
    return OutcomesFold(0, {})


def test_nobodys_word_is_null() -> None:
    told = advance(fold(), selection(), score(), inspection())[-1]
    assert (told.hit_confirmed, told.hit_confirmation_reason) == (None, None)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_last_word_in_the_log_counts_whatever_else_comes_between(order: tuple[int, ...]) -> None:
    parts: list[list[Any]] = [
        [selection(light=Light.GREEN), score()],
        [confirmation(confirmed=True, seconds=60)],
        [confirmation(confirmed=False, seconds=90)],
        [inspection()],
    ]
    folding = fold()
    told = advance(folding, *[value for place in order for value in parts[place]], tick(INSPECTION_SECONDS))[-1]
    rejected_last = order.index(2) > order.index(1)
    reason = HitConfirmationReason.MISREAD if rejected_last else HitConfirmationReason.SEEN_ON_VEHICLE
    assert (told.hit_confirmed, told.hit_confirmation_reason) == (not rejected_last, reason)
    assert advance(folding, confirmation(confirmed=True, seconds=60), confirmation(seconds=90)) == []  # repeats


def test_a_terminal_whose_clock_is_ahead_does_not_beat_what_is_said_later() -> None:
    ahead = confirmation(confirmed=True, seconds=60, compared_at=at(260))
    (told,) = advance(fold(), selection(), score(), ahead, confirmation(seconds=120), inspection())
    assert (told.hit_confirmed, told.hit_confirmation_reason) == (False, HitConfirmationReason.MISREAD)


def test_words_are_known_again_up_to_a_bound() -> None:
    folding = fold()
    advance(folding, selection(), score())
    words = [confirmation(confirmed=number % 2 == 0, seconds=60 + number) for number in range(CONFIRMATIONS_MAX + 5)]
    advance(folding, *words, words[-CONFIRMATIONS_MAX])
    stored = folding.take_changes()[case_key(OperatingMode.OPERATIONAL, words[0].passage_id)]
    assert stored is not None
    kept = [one.confirmation_id for one in decode_case(stored).confirmations]
    assert kept == [word.confirmation_id for word in words[-CONFIRMATIONS_MAX:]]


@pytest.mark.parametrize(("light", "due"), [(Light.RED, INSPECTION_SECONDS), (Light.GREEN, OVERRIDE_SECONDS)])
def test_a_word_on_a_hit_postpones_nothing(light: Light, due: int) -> None:
    folding = fold()
    said = confirmation(confirmed=True, seconds=due - 60)
    assert advance(folding, selection(light=light), score(), said, tick(due - 1)) == []
    (told,) = advance(folding, tick(due))
    assert (told.final_light, told.hit_confirmed) == (light, True)


def test_a_word_after_the_outcome_makes_a_revision() -> None:
    folding = fold()
    (first,) = advance(folding, selection(light=Light.GREEN), score(), tick(OVERRIDE_SECONDS + 1))
    (second,) = advance(folding, confirmation(confirmed=True, seconds=2 * OVERRIDE_SECONDS))
    assert (first.revision, first.hit_confirmed) == (1, None)
    assert (second.revision, second.hit_confirmed) == (2, True)
    assert second.hit_confirmation_reason is HitConfirmationReason.SEEN_ON_VEHICLE


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"reason": HitConfirmationReason.UNKNOWN}, "impossible_value"),
        ({"reason": HitConfirmationReason.SEEN_ON_VEHICLE}, "impossible_value"),
        ({"confirmed": True, "reason": HitConfirmationReason.MISREAD}, "impossible_value"),
        ({"officer_id": ""}, "impossible_value"),
        ({"confirmation_id": ""}, "impossible_value"),
        ({"lane_id": "2301/04"}, "wrong_key"),
        ({"compared_at": at(10_000)}, "clock_ahead"),
        ({"received_at": at(20_000_000)}, "clock_ahead"),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], reason: str) -> None:
    said = record(confirmation(**fields))
    if reason == "wrong_key":
        said = Record(b"2301/03", said.value, said.appended_at)
    with pytest.raises(Rejected) as refused:
        fold().advance(said, [])
    assert refused.value.reason == reason


def test_a_word_on_a_passage_long_gone_is_refused() -> None:
    folding = fold()
    advance(folding, tick(3 * 24 * 3600))
    with pytest.raises(Rejected) as refused:
        folding.advance(record(confirmation(seconds=0)), [])
    assert refused.value.reason == "late"
