"""Event time to wall time."""

import time

import pytest

from producers.pacing import live, paced
from producers.simulator import simulate


def test_speed_zero_waits_for_nothing_and_changes_nothing() -> None:
    plain = list(simulate("rush-hour", seed=1, seconds=30))
    assert list(paced(simulate("rush-hour", seed=1, seconds=30), 0)) == plain


def test_speed_divides_the_time_between_readings() -> None:
    readings = [item for item in simulate("rush-hour", seed=1, seconds=60) if item.truth is not None]
    simulated_seconds = (readings[-1].due_at_us - readings[0].due_at_us) / 1e6
    started = time.monotonic()
    assert len(list(paced(readings, speed=simulated_seconds))) == len(readings)
    assert 1.0 <= time.monotonic() - started < 3.0  # the span shrinks to one second; 2 s for a busy machine


def test_a_negative_speed_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        list(paced([], -1))


def test_live_readings_bear_the_present_time_and_keep_their_relations() -> None:
    simulated = list(simulate("rush-hour", seed=1, seconds=60))[:120]
    before = time.time_ns() // 1000
    moved = []
    for item in live(simulated):
        moved.append(item)
        if "repeated" not in item.faults:
            assert 0 <= time.time_ns() // 1000 - item.reading.received_at < 2_000_000
    assert len(moved) == len(simulated)
    for old, new in zip(simulated, moved, strict=True):
        assert new.reading.received_at >= before
        assert new.reading.reading_id == old.reading.reading_id
        old_age = old.reading.received_at - old.reading.observed_at
        assert new.reading.received_at - new.reading.observed_at == old_age


def test_a_repetition_is_the_same_content_when_live_too() -> None:
    simulated = list(simulate("rush-hour", seed=1, seconds=600))
    repeated = next(item for item in simulated if "repeated" in item.faults)
    first = next(item for item in simulated if item.reading == repeated.reading)
    sent = list(live([first, repeated]))
    assert sent[0].reading == sent[1].reading
    assert sent[0].reading.received_at != first.reading.received_at
