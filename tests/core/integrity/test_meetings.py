"""Officer and vehicle: what the rotation explains, and what it does not."""

import math
from random import Random
from typing import Any

import pytest

from deploy.commands.oversight import assignment_of
from schemas.records import FindingKind, LaneMode, OperatingMode
from streams.core.integrity.bets import ALPHA_FRIENDS, ALPHA_MEETINGS, VEHICLES_TESTED_MIN, tilted
from streams.core.integrity.meetings import PAIRS_MAX, STRANGER_SECONDS, TILTS, WINDOW_SECONDS
from streams.core.integrity.stage import IntegrityFold
from streams.core.integrity.state import PORT as PORT_PREFIX
from streams.core.integrity.state import VEHICLE
from streams.core.random_draw import RandomKeys
from streams.core.rotation import MINUTE, Shift, draw_rotation, rotation_key
from tests.core.integrity.builders import (
    DAY,
    HOUR,
    OFFICERS,
    PORT,
    SECOND,
    START,
    advance,
    block,
    duty,
    lane,
    outcome,
    selection,
    tick,
)

CROSSINGS = 30


def opened() -> IntegrityFold:
    """A fold that knows the port's lanes."""
    fold = IntegrityFold({})
    advance(fold, *[selection(number, f"first-{number}", -DAY) for number in range(len(OFFICERS))])
    return fold


def shuffled(random: Random) -> tuple[str, ...]:
    return tuple(random.sample(OFFICERS, len(OFFICERS)))


def day_of_meetings(fold: IntegrityFold, day: int, random: Random, officer: str | None, **how: object) -> list[Any]:
    """A block, and a vehicle that takes the officer's lane in it, or always lane 2."""
    officers = shuffled(random)
    lane_number = 2 if officer is None else officers.index(officer)
    prefix = str(how.pop("prefix", "rotation:"))
    seconds = float(str(how.pop("seconds", HOUR)))
    crossing = outcome(lane_number, f"car-{day}", day * DAY + 600.0, vehicle_token="token", **how)
    return [*advance(fold, *block(officers, day * DAY, prefix, seconds)), *advance(fold, crossing)]


def test_a_vehicle_that_always_finds_the_same_officer_is_told_of_once_with_its_passages() -> None:
    fold, random = opened(), Random(1)
    found = [f for day in range(16) for f in day_of_meetings(fold, day, random, "officer-3")]
    (finding,) = of_pairs(found)
    assert (finding.kind, finding.officer_id, finding.vehicle_token) == (FindingKind.MEETINGS, "officer-3", "token")
    assert finding.operating_mode is OperatingMode.OPERATIONAL
    # The pair is the vehicle's first of 500 or more: ln(500 x 1 x 2 / 0.0025) = 12.9. Among six officers a meeting is
    # allowed 1.1 / 6, and the large bet gains ln(64 / (1 + 63 x 1.1 / 6)) = 1.63 with each: the ninth reaches it.
    assert finding.log_e_threshold == pytest.approx(math.log(VEHICLES_TESTED_MIN * 2 / ALPHA_MEETINGS), abs=0.002)
    gain = math.log(TILTS[1] / (1 + (TILTS[1] - 1) * 1.1 / 6))
    needed = math.ceil((math.log(VEHICLES_TESTED_MIN * 2 / ALPHA_MEETINGS) + math.log(2)) / gain)
    assert (finding.events, finding.trials, finding.revision) == (needed, needed, 1)
    assert finding.expected == pytest.approx(needed * 1.1 / 6, abs=0.01)
    assert len(finding.passages) == needed + 1 and finding.passages[0].endswith("car-0")
    assert "officer-3" in finding.message


def test_a_log_with_one_vehicle_in_four_can_be_corrected_for_all_of_them() -> None:
    fold, random = IntegrityFold({}, corrected_for=lambda vehicles: 4 * VEHICLES_TESTED_MIN * vehicles), Random(1)
    advance(fold, *[selection(number, f"first-{number}", -DAY) for number in range(len(OFFICERS))])
    (finding,) = of_pairs([f for day in range(16) for f in day_of_meetings(fold, day, random, "officer-3")])
    assert finding.log_e_threshold == pytest.approx(math.log(4 * VEHICLES_TESTED_MIN * 2 / ALPHA_MEETINGS), abs=0.002)


def of_pairs(found: list[Any]) -> list[Any]:
    """The findings about one vehicle."""
    return [one for one in found if one.vehicle_token is not None]


def test_twice_the_meetings_make_a_second_revision_and_nothing_between() -> None:
    fold, random = opened(), Random(2)
    found = [f for day in range(25) for f in day_of_meetings(fold, day, random, "officer-3")]
    found = of_pairs(found)
    assert [one.revision for one in found] == [1, 2]
    assert found[1].events == 2 * found[0].events and found[0].finding_id == found[1].finding_id


def test_a_commuter_in_a_favourite_lane_meets_whom_the_lot_sends_there() -> None:
    for seed in range(20):
        fold, random = opened(), Random(seed)
        assert [f for day in range(80) for f in day_of_meetings(fold, day, random, None)] == []


@pytest.mark.parametrize(("prefix", "seconds"), [("post:", HOUR), ("rotation:", 2 * HOUR)])
def test_without_a_drawn_rotation_nobody_is_tested(prefix: str, seconds: float) -> None:
    fold, random = opened(), Random(3)
    found = [
        f
        for day in range(CROSSINGS)
        for f in day_of_meetings(fold, day, random, "officer-3", prefix=prefix, seconds=seconds)
    ]
    assert found == []
    assert fold.counters["crossings_without_rotation"] == CROSSINGS
    assert not any(key.startswith(VEHICLE) for key in fold.take_changes())


def bridges_of(seed: int, bridges: int, vehicles: int, days: int) -> tuple[IntegrityFold, list[Any]]:
    """Bridges of three lanes, a team of four for each, drawn one by one; every vehicle takes always the same bridge."""
    fold, random, found = IntegrityFold({}), Random(seed), list[Any]()
    advance(fold, *[selection(number, f"first-{number}", -DAY) for number in range(3 * bridges)])
    keys = RandomKeys(b"s" * 32)
    for day in range(days):
        start = START // MINUTE * MINUTE + day * DAY * SECOND
        for bridge in range(bridges):
            lanes = tuple(lane(3 * bridge + number) for number in range(3))
            team = tuple(f"{bridge}-{number}" for number in range(4))
            shift = Shift(start, start + 60 * MINUTE, team, lanes)
            for drawn in draw_rotation(rotation_key(keys, PORT, start), shift):
                found += advance(fold, assignment_of(drawn, PORT, start - HOUR * SECOND))
        for vehicle in range(vehicles):
            lane_number = 3 * (vehicle % bridges) + random.randrange(3)
            crossing = outcome(lane_number, f"{day}-{vehicle}", day * DAY + 60 + vehicle, vehicle_token=f"t{vehicle}")
            found += advance(fold, crossing)
    return fold, found


def test_lanes_drawn_in_groups_accuse_nobody_of_the_commuters_of_their_bridge() -> None:
    fold, found = bridges_of(1, 4, 80, 40)
    assert found == [] and not fold.counters


def test_an_insider_at_a_bridge_of_its_own_drawing_is_found() -> None:
    fold, random, found = opened(), Random(11), list[Any]()
    for day in range(25):
        for start, drawing in ((0, "1-one"), (3, "1-other")):
            officers = random.sample(OFFICERS[start : start + 3], 3)
            for number, officer in enumerate(officers):
                found += advance(fold, duty(start + number, officer, day * DAY, day * DAY + HOUR, drawing=drawing))
            if start:
                place = start + officers.index("officer-4")
                found += advance(fold, outcome(place, f"c{day}", day * DAY + 600, vehicle_token="token"))
    (finding, *_) = of_pairs(found)
    # A third of the crossings was allowed, and a tenth more: ln(64 / (1 + 63 x 1.1 / 3)) = 0.98 with each.
    assert finding.officer_id == "officer-4"
    assert finding.expected == pytest.approx(finding.trials * 1.1 / 3, abs=0.02)


@pytest.mark.parametrize("is_own_lane", [False, True])
def test_a_duty_of_some_seconds_beside_the_lot_takes_no_meeting_out(is_own_lane: bool) -> None:
    fold, random, found = opened(), Random(12), list[Any]()
    for day in range(16):
        officers = shuffled(random)
        own = officers.index("officer-3")
        swapped = own if is_own_lane else (own + 1) % len(OFFICERS)
        found += advance(fold, *block(officers, day * DAY))
        found += advance(fold, duty(swapped, "x", day * DAY + 599, day * DAY + 602, prefix="swap "))
        found += advance(fold, outcome(own, f"c{day}", day * DAY + 600, vehicle_token="token"))
    assert [(one.officer_id, one.trials) for one in of_pairs(found)] == [("officer-3", 9)]


def test_a_drawing_made_anew_replaces_the_one_before() -> None:
    fold, found = opened(), list[Any]()
    for day in range(16):
        for number, officer in enumerate(OFFICERS):
            found += advance(fold, duty(number, officer, day * DAY, day * DAY + HOUR, drawing="1-ffff"))
        officers = OFFICERS[day % 6 :] + OFFICERS[: day % 6]
        for number, officer in enumerate(officers):
            found += advance(fold, duty(number, officer, day * DAY, day * DAY + HOUR, drawing="1-0000"))
        found += advance(fold, outcome(3, f"c{day}", day * DAY + 600, vehicle_token="token"))
    assert found == []


def test_crossings_between_two_drawings_count_once() -> None:
    # The second meets the same officer by the same lot, however often the driver comes back.
    fold = opened()
    advance(fold, *block(OFFICERS, 0))
    assert advance(fold, *[outcome(3, f"c-{n}", 60.0 * n, vehicle_token="token") for n in range(1, 50)]) == []


def test_a_correction_of_an_outcome_is_no_further_meeting() -> None:
    fold, random, found = opened(), Random(4), list[Any]()
    for day in range(5):
        found += day_of_meetings(fold, day, random, "officer-3")
    for day in range(5, 30):
        found += day_of_meetings(fold, day, random, "officer-3", revision=2)
    assert found == []


def test_modes_are_worlds_of_their_own() -> None:
    fold, random, found = opened(), Random(5), list[Any]()
    advance(
        fold,
        *[selection(n, f"drill-{n}", -DAY, operating_mode=OperatingMode.EXERCISE) for n in range(len(OFFICERS))],
    )
    # 7 meetings in each of two worlds are too few, 14 in one would be enough.
    for day in range(14):
        mode = OperatingMode.EXERCISE if day % 2 else OperatingMode.OPERATIONAL
        found += day_of_meetings(fold, day, random, "officer-3", operating_mode=mode)
    assert found == []


def test_only_officers_in_lanes_of_the_vehicle_s_kind_count() -> None:
    fold, random = IntegrityFold({}), Random(6)
    advance(fold, selection(0, "first-0", -DAY), selection(1, "first-1", -DAY))
    for number in range(2, 6):
        advance(fold, selection(number, f"first-{number}", -DAY, lane_mode=LaneMode.TRUCK))
    for _ in range(3):
        officers = shuffled(random)
        advance(fold, *block(officers, 0), outcome(0, "car", 600.0, vehicle_token="token"))
    assert fold.counters["crossings_without_rotation"] == 3  # two car lanes are too few


def test_several_vehicles_that_each_come_seldom_are_told_of_together() -> None:
    fold, random, found = opened(), Random(8), list[Any]()
    # Each gains 1.63 with a meeting after the first: seven are too few by themselves (12.9 + 0.7), and five make it
    # suspected (8): the seventh and eighth count. Ten such are made, where ln(20 / 0.0025) + 0.7 = 9.7 is asked.
    for day in range(8 * 5):
        officers = shuffled(random)
        crossing = outcome(officers.index("officer-3"), f"c-{day}", day * DAY + 600, vehicle_token=f"t-{day % 5}")
        found += advance(fold, *block(officers, day * DAY), crossing)
    (finding,) = found
    assert (finding.kind, finding.officer_id, finding.vehicle_token) == (FindingKind.MEETINGS, "officer-3", None)
    assert (finding.events, finding.trials) == (6, 6)
    assert finding.log_e_value >= finding.log_e_threshold == pytest.approx(math.log(20 / ALPHA_FRIENDS), abs=0.002)


def test_suspected_vehicles_that_meet_in_one_lot_count_once() -> None:
    fold, random, found = opened(), Random(9), list[Any]()
    for day in range(7):  # suspected after six meetings, or seven
        officers = shuffled(random)
        lane_number = officers.index("officer-3")
        crossings = [
            outcome(lane_number, f"c-{day}-{n}", day * DAY + 60 * n, vehicle_token=f"t-{n}") for n in range(20)
        ]
        found += advance(fold, *block(officers, day * DAY), *crossings)
    assert found == []


def test_a_stranger_is_forgotten_after_a_month_and_a_regular_after_the_window() -> None:
    fold, random, stored = opened(), Random(7), dict[bytes, bytes]()
    fold = IntegrityFold(stored)
    advance(fold, *[selection(number, f"first-{number}", -DAY) for number in range(len(OFFICERS))])
    day_of_meetings(fold, 0, random, None)
    fold.take_changes()
    assert kinds(stored, VEHICLE) == 1
    advance(fold, tick(STRANGER_SECONDS + 600))
    fold.take_changes()
    assert kinds(stored, VEHICLE) == 0
    for day in range(31, 31 + 100, 10):
        day_of_meetings(fold, day, random, None)
        advance(fold, tick(day * DAY + 700))
        fold.take_changes()
    assert kinds(stored, VEHICLE) == 1
    advance(fold, tick(31 * DAY + WINDOW_SECONDS + 31 * DAY))
    fold.take_changes()
    assert kinds(stored, VEHICLE) == 0
    assert kinds(stored, PORT_PREFIX) == 1


def kinds(stored: dict[bytes, bytes], prefix: bytes) -> int:
    return sum(key.startswith(prefix) for key in stored)


def test_a_commuter_s_pairs_are_bounded() -> None:
    stored: dict[bytes, bytes] = {}
    fold = IntegrityFold(stored)
    advance(fold, *[selection(number, f"first-{number}", -DAY) for number in range(3)])
    for day in range(60):
        officers = (f"a{day}", f"b{day}", f"c{day}")  # nobody is met twice
        advance(fold, *block(officers, day * DAY), outcome(0, f"c-{day}", day * DAY + 60, vehicle_token="t"))
    fold.take_changes()
    (vehicle,) = [state for key, state in stored.items() if key.startswith(VEHICLE)]
    assert vehicle.count(b"/99/c-") == PAIRS_MAX


@pytest.mark.parametrize("tilt", TILTS)
@pytest.mark.parametrize("chance", [1.1 / 3, 1.1 / 7, 1.1 / 64])
def test_a_bet_gains_nothing_in_the_mean_if_the_hypothesis_holds(tilt: float, chance: float) -> None:
    gain, loss = tilted(chance, tilt)
    mean = chance * math.exp(gain / 1000) + (1 - chance) * math.exp(loss / 1000)
    assert 0.998 < mean <= 1.0
