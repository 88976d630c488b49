"""Properties of the vehicles fold over random logs: batches, crashes and restarts change nothing."""

import random
from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import body_of
from schemas.records import Direction, PassageState, ReferenceChange, Score
from streams.core import vehicle_history as history
from streams.core.stage import Output
from streams.core.vehicles import watchlist
from streams.core.vehicles.stage import SWEEP_MAX
from tests.core.crashes import folded_through_crashes
from tests.core.ports import CAR_LANE, CODE, port_change, text_with
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
    of_hit,
    passage,
    record,
    remove,
    rule_set_change,
    suppress,
    suppression,
    tick,
    unsuppress,
    xray_alarm,
)

PLATES = ("ABC1234", "A8C1234", "XYZ9876", "HJK5550", None)


def random_log(seed: int, length: int = 120) -> list[Any]:
    draw, log, at = random.Random(seed), list[Any](), START
    for number in range(length):
        at += draw.choice((SECOND, 600 * SECOND, 6 * 3600 * SECOND, 5 * DAY))
        # A lane may be hours or days behind the others, whose ticks have moved the partition's clock.
        log += random_records(draw, number, max(START, at - draw.choice((0, 0, 0, 6 * 3600 * SECOND, 12 * DAY))))
    return log


def random_records(draw: random.Random, number: int, at: int) -> list[Any]:
    kind, plate = draw.randrange(14), draw.choice(PLATES)
    fields: dict[str, Any] = {"gross_weight_kg": draw.gauss(1800, 200)}
    if draw.random() < 0.2:
        fields |= {"lane_id": CAR_LANE, "port_code": CODE}
    if kind in (10, 11):
        fields |= {"direction": Direction.NORTHBOUND, "lane_id": "2301/N03"}
    elif draw.random() < 0.2:
        fields |= xray_alarm()
    if kind < 4:
        return [passage(number, plate, at, **fields)]
    if kind < 6 or kind == 10:
        return [final(draw.randrange(number + 1), plate, at, **fields)]
    if kind in (6, 11):
        fields |= {"revision": 3, "state": PassageState.RETRACTED}
        return [passage(draw.randrange(number + 1), plate, at, **fields)]
    if kind == 7:
        told = association(draw.choice(PLATES[:4]) or "", f"OTH{draw.randrange(6):04d}", at)
        hit = msgspec.structs.replace(told, **of_hit(at, f"entry-{draw.randrange(4)}"))
        return [draw.choice((tick(draw.randrange(3), at), told, hit))]
    if kind in (8, 12):
        return [random_change(draw, at)]
    if kind == 9:
        version = f"v{number}"
        return [rule_set_change(default_text().replace(RULES.version, version), version)]
    # Every source speaks at once, so that the partition's clock moves and what has expired is swept.
    return [tick(source, at) for source in range(3)]


def random_change(draw: random.Random, at: int) -> ReferenceChange:
    """A change of the watchlist or a port; what it says of a plate may be said already, or never have been."""
    plate, number, until = draw.choice(PLATES[:4]) or "", draw.randrange(4), at + draw.choice((1, 9)) * DAY
    listed = entry(f"entry-{number}", plate, valid_until_at=until)
    suppressed = suppression(f"other-{number}", plate, valid_until_at=until)
    return draw.choice(
        (
            add(listed),
            remove(listed.entry_id),
            suppress(suppressed),
            unsuppress(suppressed.suppression_id),
            port_change(text_with(("random_propensity = 0.1", f"random_propensity = 0.{number + 1}"))),
        )
    )


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
    assert committed == expected_state, command


def test_what_expires_all_at_once_is_swept_over_several_ticks_however_often_the_worker_dies() -> None:
    # More plates, entries and suppressions than one tick sweeps. Some of the plates come again before all are swept,
    # and some through a lane that is three days behind, by whose clock the entries still hold.
    flood, cuts = SWEEP_MAX + 300, random.Random(3)
    log: list[Any] = []
    for number in range(flood):
        plate, until = f"FLD{number:04d}", START + 8 * DAY
        log.append(final(number, plate, START + number * SECOND))
        log.append(add(entry(f"entry-{number}", plate, valid_until_at=until)))
        if number % 2:
            log.append(suppress(suppression(f"other-{number}", plate, valid_until_at=until)))
    later = START + 10 * DAY
    for step in range(6):
        at = later + step * 60 * SECOND
        log.append(tick(0, at))
        for number in range(9):
            plate = f"FLD{(step * 601 + number * 37) % flood:04d}"
            log.append(passage(flood + 18 * step + number, plate, later - 3 * DAY, lane_id="2301/04"))
            log.append(final(flood + 18 * step + 9 + number, plate, at))
    expected, expected_state = in_one_batch(log)
    written, committed = folded_through_crashes(fold, [record(value) for value in log], cuts, 400)
    assert [body_of(value) for value in written] == expected
    assert unexpired(committed, later) == unexpired(expected_state, later)
    # What came again stays; all else is gone, by both ways.
    for state in (committed, expected_state):
        assert len([key for key in state if key[1:2] == b":"]) == len(unexpired(state, later)) - 1
        assert not [key for key in state if key.startswith((watchlist.PREFIX, watchlist.SUPPRESSION_PREFIX))]


def unexpired(stored: dict[bytes, bytes], now_at: int) -> dict[bytes, Any]:
    """Stored states as they count at a time: all of them may be swept late."""
    counting: dict[bytes, Any] = {}
    for key, value in stored.items():
        if key[1:2] == b":":
            state = history.without_expired(history.decode(value), now_at // SECOND)
            if state != history.EMPTY:
                counting[key] = state
        elif key.startswith((watchlist.PREFIX, watchlist.SUPPRESSION_PREFIX)):
            if msgspec.msgpack.decode(value)["valid_until_at"] > now_at:
                counting[key] = value
        else:
            counting[key] = value
    return counting


def test_random_logs_reach_what_they_are_to_try() -> None:
    counters: Counter[str] = Counter()
    for seed in range(10):
        folding = fold()
        for value in random_log(seed):
            folding.advance(record(value), [])
        counters.update(folding.counters)
    wanted = {"inbound_passages", "retractions", "keys_expired", "watchlist_entries_expired", "associations"}
    assert all(counters[name] >= 10 for name in wanted), counters


def test_every_score_adds_up_and_every_reading_it_names_is_of_the_passage() -> None:
    evidence_seen = set()
    for seed in range(5):
        folding = fold()
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
    assert {"gross_weight", "watchlist_exact", "ant_traffic", "convoy"} <= evidence_seen
