"""The fold: whom it compares, what it tells, what it keeps, and that order, batches and restarts change nothing."""

import random
from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import body_of
from schemas.records import Association, Crossing, OperatingMode, Tick
from streams.core.convoys import stage as convoys
from streams.core.convoys.companions import COMPANY_SECONDS
from streams.core.convoys.stage import KEPT_SECONDS, NEIGHBOURS_MAX, ConvoysFold
from streams.core.keyed_state import OtherVersion
from streams.core.plates import key_of
from streams.core.stage import Output, Record, Rejected
from streams.core.times import WATERMARKS_KEY
from tests.core.convoys.traffic import DAY_S, SECOND, START_S, advance, crossing, record, tick
from tests.core.crashes import folded_through_crashes
from tests.core.vehicles.builders import association

NOW_S = START_S + 12 * 3600


def regular(plate: str, at_s: int = NOW_S, **fields: object) -> Crossing:
    """The ninth crossing, the others at odd hours of the days before: who crosses with it now did so every time."""
    past = [(NOW_S - (9 - n) * DAY_S + n * 7000, "2301") for n in range(8)]
    return crossing(plate, at_s, past, **fields)


def plates_in(stored: dict[bytes, bytes]) -> list[str]:
    return sorted(convoys.decode(value).plate for key, value in stored.items() if key != WATERMARKS_KEY)


def test_both_companions_are_told_of_each_other_under_their_own_keys() -> None:
    fold, outputs = ConvoysFold({}), list[Output]()
    for value in (regular("AAA0001"), regular("BBB0002", NOW_S + 90)):
        fold.advance(record(value), outputs)
    told = [output.value for output in outputs]
    assert [(one.plate, one.other_plate) for one in told] == [("BBB0002", "AAA0001"), ("AAA0001", "BBB0002")]  # type: ignore[attr-defined]
    assert [output.key for output in outputs] == [key_of("BBB0002", "").encode(), key_of("AAA0001", "").encode()]
    for one in told:
        assert isinstance(one, Association)
        assert one.joint_crossings == 9
        assert one.expires_at == (NOW_S + 90 + COMPANY_SECONDS) * SECOND
        assert one.hit_log_odds is None and one.hit_at is None
    assert fold.counters == {"companions_met": 1}


def test_a_hit_is_told_to_the_companion_only() -> None:
    fold = ConvoysFold({})
    listed = regular("AAA0001", hit_log_odds=3.7, hit_entry_id="entry-1")
    of_other, of_hit = advance(fold, listed, regular("BBB0002", NOW_S + 90))
    assert (of_other.plate, of_other.hit_log_odds, of_other.hit_at) == ("BBB0002", 3.7, NOW_S * SECOND)
    assert (of_other.hit_entry_id, of_other.passage_id) == ("entry-1", listed.passage_id)
    assert (of_hit.plate, of_hit.hit_log_odds, of_hit.hit_at, of_hit.hit_entry_id) == ("AAA0001", None, None, None)


@pytest.mark.parametrize(
    "other",
    [
        regular("BBB0002", NOW_S + 181),
        regular("BBB0002", NOW_S + 90, port_code="2302"),
        regular("BBB0002", NOW_S + 90, operating_mode=OperatingMode.SIMULATED),
        regular("AAAOOO1", NOW_S + 90),
        crossing("BBB0002", NOW_S + 90, [(NOW_S - n * DAY_S, "2304") for n in range(8, 0, -1)]),
    ],
    ids=["later", "other-port", "other-mode", "own-misread", "stranger"],
)
def test_others_are_no_companions(other: Crossing) -> None:
    assert advance(ConvoysFold({}), regular("AAA0001"), other) == []


def test_a_passage_told_twice_is_kept_once() -> None:
    stored: dict[bytes, bytes] = {}
    fold = ConvoysFold(stored)
    advance(fold, regular("AAA0001"), regular("AAA0001"))
    fold.take_changes()
    assert len(stored) == 1


def test_crossings_are_kept_for_stragglers_and_no_longer() -> None:
    stored: dict[bytes, bytes] = {}
    fold = ConvoysFold(stored)
    advance(fold, regular("AAA0001"), regular("CCC0003", NOW_S + KEPT_SECONDS - 1))
    assert len(advance(fold, regular("BBB0002", NOW_S + 90))) == 2
    advance(fold, regular("DDD0004", NOW_S + KEPT_SECONDS + 100))
    fold.take_changes()
    assert plates_in(stored) == ["CCC0003", "DDD0004"]
    advance(fold, regular("EEE0005", NOW_S))
    assert fold.counters["late_crossings"] == 1


def test_a_quiet_port_forgets_its_crossings_when_time_goes_on_in_every_source() -> None:
    stored: dict[bytes, bytes] = {}
    fold = ConvoysFold(stored)
    advance(fold, regular("AAA0001"), regular("BBB0002", port_code="2302"), tick(0, NOW_S), tick(7, NOW_S))
    advance(fold, tick(0, NOW_S + 86_400), tick(7, NOW_S + KEPT_SECONDS - 1))
    fold.take_changes()
    assert len(plates_in(stored)) == 2
    fold = ConvoysFold(stored)
    advance(fold, tick(7, NOW_S + KEPT_SECONDS))
    fold.take_changes()
    assert plates_in(stored) == []
    advance(fold, regular("BBB0002", NOW_S))  # a straggler that would lie there until the next tick
    assert fold.counters["late_crossings"] == 1 and fold.take_changes() == {}


def test_a_roll_back_of_a_tick_keeps_what_it_would_have_dropped() -> None:
    fold = ConvoysFold({})
    advance(fold, regular("AAA0001"))
    fold.take_changes()
    advance(fold, tick(0, NOW_S + KEPT_SECONDS))
    fold.roll_back()
    assert len(advance(fold, regular("BBB0002", NOW_S + 90))) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        Tick(source_topic="border.lane.readings.v1", source_partition=0, watermark_at=NOW_S * SECOND),
        Tick(source_topic="border.passages.v1", source_partition=12, watermark_at=NOW_S * SECOND),
        Tick(source_topic="border.passages.v1", source_partition=0, watermark_at=1),
        Tick(source_topic="border.passages.v1", source_partition=0, watermark_at=4_102_444_800 * SECOND),
    ],
)
def test_a_tick_of_no_source_or_time_is_refused(wrong: Tick) -> None:
    with pytest.raises(Rejected):
        ConvoysFold({}).advance(Record(b"0", wrong, NOW_S * SECOND), [])


def test_a_port_keeps_a_bounded_number() -> None:
    stored: dict[bytes, bytes] = {}
    fold = ConvoysFold(stored, kept_max=5)
    advance(fold, *(regular(f"AAA{n:04d}", NOW_S + n) for n in range(20)))
    fold.take_changes()
    assert len(stored) == 5


def test_only_the_nearest_neighbours_are_compared() -> None:
    fold = ConvoysFold({})
    strangers = [crossing(f"SSS{n:04d}", NOW_S + 60, [(NOW_S - n * 3, "2304")] * 4) for n in range(NEIGHBOURS_MAX)]
    assert advance(fold, regular("AAA0001", NOW_S), *strangers) == []
    assert advance(fold, regular("BBB0002", NOW_S + 61)) == []  # all strangers stand nearer than its companion
    assert len(advance(ConvoysFold({}), regular("AAA0001"), *strangers[1:], regular("BBB0002", NOW_S + 61))) == 2


@pytest.mark.parametrize(
    ("key", "fields", "reason"),
    [
        (b"2302", {}, "wrong_key"),
        (b"2301", {"operating_mode": OperatingMode.UNKNOWN}, "impossible_value"),
        (b"2301", {"earlier_port_codes": ()}, "impossible_value"),
        (b"2301", {"hit_log_odds": 3.7}, "impossible_value"),
        (b"2301", {"earlier_at": (1,) * 129, "earlier_port_codes": ("2301",) * 129}, "impossible_value"),
        (b"2301", {"crossed_at": (START_S - DAY_S) * SECOND}, "impossible_value"),
        (b"2301", {"crossed_at": 4_102_444_800 * SECOND}, "impossible_value"),
        (b"2301", {"earlier_at": (1,), "earlier_port_codes": ("2301",)}, "impossible_value"),
        (b"2301", {"crossed_at": 1, "earlier_at": (), "earlier_port_codes": ()}, "impossible_value"),
        (b"2301", {"crossed_at": (NOW_S + 302) * SECOND}, "clock_ahead"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(key: bytes, fields: dict[str, object], reason: str) -> None:
    fold = ConvoysFold({})
    with pytest.raises(Rejected) as refused:
        fold.advance(Record(key, msgspec.structs.replace(regular("AAA0001"), **fields), (NOW_S + 1) * SECOND), [])
    assert refused.value.reason == reason
    assert fold.take_changes() == {}


def test_a_crossing_from_the_future_does_not_blind_its_port() -> None:
    fold, ahead = ConvoysFold({}), regular("FFF0009", NOW_S + 3600)
    advance(fold, regular("AAA0001"))
    with pytest.raises(Rejected, match="ahead of the broker"):
        fold.advance(Record(b"2301", ahead, NOW_S * SECOND), [])
    assert len(advance(fold, regular("BBB0002", NOW_S + 90))) == 2


def test_another_record_is_refused() -> None:
    with pytest.raises(Rejected, match="Association does not belong"):
        ConvoysFold({}).advance(Record(b"2301", association(), NOW_S * SECOND), [])


def test_state_of_another_version_is_refused() -> None:
    with pytest.raises(OtherVersion, match="a crossing is stored in version 01"):
        ConvoysFold({b"key": b"\x01"})


def some_crossings(seed: int) -> list[Crossing]:
    """Companions and strangers at two ports within minutes, some of them told twice."""
    draw, made = random.Random(seed), []
    for number in range(14):
        at_s, port = NOW_S + draw.randrange(KEPT_SECONDS), draw.choice(("2301", "2302"))
        made.append(regular(f"AAA{number:04d}", at_s, port_code=port, passage_id=f"{port}/01/{number}"))
    return made + draw.choices(made, k=2)


def bag(told: list[Association]) -> Counter[bytes]:
    return Counter(body_of(one) for one in told)


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_change_what_is_told(seed: int, draw: random.Random) -> None:
    given_order = some_crossings(seed)[:14]
    shuffled = given_order.copy()
    draw.shuffle(shuffled)
    assert bag(advance(ConvoysFold({}), *given_order)) == bag(advance(ConvoysFold({}), *shuffled))


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_batches_restarts_and_roll_backs_change_no_output_and_no_state(seed: int, cuts_seed: int) -> None:
    cuts, log = random.Random(cuts_seed), list[Crossing | Tick]()
    for number, value in enumerate(some_crossings(seed)):
        log += [value, tick(number % 2, NOW_S + number * 120)]  # up to 13 minutes after the last port's last crossing
    log += [regular("ZZZ0009", NOW_S + KEPT_SECONDS + 60), tick(0, NOW_S + KEPT_SECONDS + 600)]
    expected_state: dict[bytes, bytes] = {}
    whole = ConvoysFold(expected_state)
    expected = advance(whole, *log)
    whole.take_changes()
    told, committed = folded_through_crashes(ConvoysFold, [record(value) for value in log], cuts, 4)
    assert told == expected
    assert committed == expected_state
