"""Properties of the vehicles fold over random logs: batches, crashes and restarts change nothing."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import body_of
from schemas.records import PassageState, Score
from streams.core import vehicle_history as history
from streams.core.stage import Output
from streams.core.vehicles import watchlist
from tests.core.crashes import folded_through_crashes
from tests.core.vehicles.builders import (
    DAY,
    RULES,
    SECOND,
    START,
    add,
    association,
    default_text,
    entry,
    final,
    fold,
    passage,
    record,
    remove,
    rule_set_change,
    tick,
    xray_alarm,
)

PLATES = ("ABC1234", "A8C1234", "XYZ9876", "HJK5550", None)


def random_log(seed: int, length: int = 120) -> list[Any]:
    draw, log, at = random.Random(seed), [], START
    for number in range(length):
        at += draw.choice((SECOND, 600 * SECOND, 6 * 3600 * SECOND, 5 * DAY))
        kind = draw.randrange(10)
        plate = draw.choice(PLATES)
        extra = xray_alarm() if draw.random() < 0.2 else {}
        if kind < 4:
            log.append(passage(number, plate, at, gross_weight_kg=draw.gauss(1800, 200), **extra))
        elif kind < 6:
            log.append(final(draw.randrange(number + 1), plate, at, gross_weight_kg=draw.gauss(1800, 200), **extra))
        elif kind == 6:
            log.append(passage(draw.randrange(number + 1), plate, at, revision=3, state=PassageState.RETRACTED))
        elif kind == 7:
            told = association(draw.choice(PLATES[:4]) or "", f"OTH{draw.randrange(6):04d}", at)
            hit = {"hit_log_odds": 3.7, "hit_at": at}
            log.append(draw.choice((tick(draw.randrange(3), at), told, msgspec.structs.replace(told, **hit))))
        elif kind == 8:
            listed = entry(f"entry-{draw.randrange(4)}", draw.choice(PLATES[:4]) or "", valid_until_at=at + 9 * DAY)
            log.append(draw.choice((add(listed), remove(listed.entry_id))))
        else:
            version = f"v{number}"
            log.append(rule_set_change(default_text().replace(RULES.version, version), version))
    return log


def in_one_batch(log: list[Any]) -> tuple[list[bytes], dict[bytes, bytes]]:
    stored: dict[bytes, bytes] = {}
    folding, outputs = fold(stored), list[Output]()
    for value in log:
        folding.advance(record(value), outputs)
    folding.take_changes()
    return [body_of(output.value) for output in outputs], stored


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_batches_restarts_and_roll_backs_change_no_output_and_no_state(seed: int, cuts_seed: int) -> None:
    log, cuts = random_log(seed), random.Random(cuts_seed)
    expected, expected_state = in_one_batch(log)
    written, committed = folded_through_crashes(fold, [record(value) for value in log], cuts, 11)
    outputs = [body_of(value) for value in written]
    command = f"seeds {seed} and {cuts_seed}: pytest {__file__}"
    assert outputs == expected, command
    # A restart rebuilds the expiry index exactly, so a key may be swept sooner than by the lazy index: what has
    # expired may differ, and nothing else.
    now_s = max(value.watermark_at for value in log if hasattr(value, "watermark_at")) // SECOND
    assert unexpired(committed, now_s) == unexpired(expected_state, now_s), command


def unexpired(stored: dict[bytes, bytes], now_s: int) -> dict[bytes, Any]:
    """Stored states as they count at a time; watchlist entries are swept late too, so they are left to the outputs."""
    states = {
        key: history.without_expired(history.decode(value), now_s) for key, value in stored.items() if key[1:2] == b":"
    }
    rest = {key: value for key, value in stored.items() if key[1:2] != b":" and not key.startswith(watchlist.PREFIX)}
    return {key: state for key, state in states.items() if state != history.EMPTY} | rest


@pytest.mark.parametrize("seed", range(5))
def test_every_score_adds_up_and_every_reading_it_names_is_of_the_passage(seed: int) -> None:
    folding = fold()
    evidence_seen = set()
    for value in random_log(seed, 400):
        outputs: list[Output] = []
        folding.advance(record(value), outputs)
        for score in (output.value for output in outputs if isinstance(output.value, Score)):
            assert score.log_odds == pytest.approx(
                score.prior_log_odds + sum(evidence.log_odds for evidence in score.evidence), abs=1e-9
            )
            known = {reading.reading_id for reading in value.readings}
            for evidence in score.evidence:
                evidence_seen.add(evidence.name)
                assert set(evidence.reading_ids) <= known
                assert not any(plate in evidence.explanation for plate in PLATES if plate)
    assert {"gross_weight", "watchlist_exact", "ant_traffic"} <= evidence_seen
