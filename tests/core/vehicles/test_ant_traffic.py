"""The sequential test of how a plate crosses: honest habits seldom reach the alarm, a courier's mostly do."""

import math
from collections.abc import Callable
from random import Random

import msgspec
import pytest

from schemas.records import Direction, LaneMode, Score
from streams.core import vehicle_history as history
from streams.core.evidence.ant_traffic import COUNTED_DAYS, SIGNS, _log_beta_binomial, ant_traffic, with_crossing
from streams.core.evidence.subject import Subject
from streams.core.rule_set import BetaLaw
from streams.core.vehicle_history import PASSAGES_MAX
from streams.core.vehicle_state import Habit, PassedBy, Vehicle
from streams.core.vehicles.stage import VehiclesFold
from tests.core.vehicles.builders import DAY, RULES, START, advance, final, fold, outputs_of, passage, tick
from tests.core.vehicles.subjects import DAY_S, HOUR_S, START_S, TYPE_I, subject

LAWS = RULES.ant_traffic[LaneMode.PASSENGER]
ALARM = LAWS.false_alarm_ratio
YEAR_START_S = START_S - COUNTED_DAYS * DAY_S


def at_most(cases: int) -> float:
    """Alarms among honest plates: three sigmas above the stated rate."""
    return cases * ALARM + 3 * math.sqrt(cases * ALARM * (1 - ALARM))


def crossings(draw: Random, ports: tuple[str, ...], times: list[int], weight_kg: float = 1800.0) -> list[PassedBy]:
    return [
        PassedBy(
            at_s, f"{draw.choice(ports)}/{draw.randrange(1, 9):02d}/{n}", round(draw.gauss(weight_kg, 110)), TYPE_I, 2
        )
        for n, at_s in enumerate(sorted(times))
    ]


def commuter(draw: Random) -> list[PassedBy]:
    """Home from work at about the same hour on five days a week."""
    hour = draw.uniform(13, 20)
    times = [
        YEAR_START_S + day * DAY_S + int((hour + draw.gauss(0, 0.4)) * HOUR_S)
        for day in range(COUNTED_DAYS)
        if day % 7 < 5
    ]
    return crossings(draw, ("2301",), [time for time in times if draw.random() < 0.9])


def taxi(draw: Random) -> list[PassedBy]:
    """Two or three trips a day, at any hour."""
    trips = draw.randrange(2 * COUNTED_DAYS, 3 * COUNTED_DAYS)
    return crossings(draw, ("2301",), [START_S - draw.randrange(COUNTED_DAYS * DAY_S) for _ in range(trips)])


def shopper(draw: Random) -> list[PassedBy]:
    """Every week or two, at any hour of the day."""
    times = [
        START_S - draw.randrange(1, COUNTED_DAYS) * DAY_S + draw.randrange(14 * HOUR_S)
        for _ in range(draw.randrange(24, 72))
    ]
    return crossings(draw, ("2301",), times)


def courier(draw: Random) -> list[PassedBy]:
    """Every two to four days for 60 days, at any hour, through three ports, some days twice."""
    times = [START_S - draw.randrange(60) * DAY_S + draw.randrange(18 * HOUR_S) for _ in range(draw.randrange(16, 30))]
    return crossings(draw, ("2301", "2305", "2309"), times)


def subjects_of(passed: list[PassedBy], inbound: tuple[PassedBy, ...] = ()) -> list[Subject]:
    """Each crossing with its past, as the stage would look at it."""
    seen, habit = [], None
    for number, now in enumerate(passed):
        before = tuple(passed[max(0, number - PASSAGES_MAX) : number])
        north = tuple([one for one in inbound if one.at_s <= now.at_s])
        port_code = now.passage_id.partition("/")[0]
        one = subject(before, inbound=north, port_code=port_code, gross_weight_kg=float(now.weight_kg) or None)
        one.at, one.habit = now.at_s * 1_000_000, habit
        habit = with_crossing(one, RULES)
        seen.append(one)
    return seen


def reaches_alarm(passed: list[PassedBy]) -> bool:
    """Whether the test is ever over the alarm while the crossings come one by one."""
    said = [ant_traffic(seen, RULES) for seen in subjects_of(passed)]
    return any(one is not None and "over the alarm" in one.explanation for one in said)


@pytest.mark.parametrize(("habit", "plates"), [(commuter, 150), (shopper, 400), (taxi, 40)])
def test_honest_habits_reach_the_alarm_within_a_year_no_oftener_than_stated(
    habit: Callable[[Random], list[PassedBy]], plates: int
) -> None:
    draw = Random(5)
    assert sum(reaches_alarm(habit(draw)) for _ in range(plates)) <= at_most(plates)


def test_most_couriers_who_shop_around_reach_the_alarm() -> None:
    draw = Random(7)
    assert sum(reaches_alarm(courier(draw)) for _ in range(100)) >= 60


def next_chance(law: BetaLaw, shown: int, of: int, sign: bool) -> float:
    """Probability of the next sign, or of its absence, after so many."""
    chance = (shown + law.a) / (of + law.a + law.b)
    return chance if sign else 1.0 - chance


def test_the_ratio_of_a_habit_is_the_product_of_its_steps() -> None:
    law, log_product, shown = LAWS.signs["other_port"].courier, 0.0, 0
    for before, sign in enumerate([False, True, True, False, False, True]):
        log_product += math.log(next_chance(law, shown, before, sign))
        shown += sign
    assert _log_beta_binomial(3, 6, law) == pytest.approx(log_product)


def test_a_beta_binomial_law_is_a_probability_over_all_orders() -> None:
    law = BetaLaw(a=0.9, b=2.1)
    total = sum(math.comb(6, k) * math.exp(_log_beta_binomial(k, 6, law)) for k in range(7))
    assert total == pytest.approx(1.0)


def habit_of(passed: list[PassedBy]) -> Habit:
    habit = with_crossing(subjects_of(passed)[-1], RULES)
    assert habit is not None
    return habit


def test_the_signs_are_counted_as_the_rule_set_says() -> None:
    at = START_S - START_S % DAY_S  # midnight
    past = [
        PassedBy(at + 17 * HOUR_S, "2301/03/1"),
        PassedBy(at + DAY_S + 17 * HOUR_S + 900, "2301/04/2"),
        PassedBy(at + DAY_S + 20 * HOUR_S, "2305/01/3"),  # another port and hour, three hours later
        PassedBy(at + 2 * DAY_S + 16 * HOUR_S + 2700, "2301/03/5"),  # in the country for less than two hours
    ]
    north = PassedBy(at + 2 * DAY_S + 15 * HOUR_S, "2301/90/4")
    habit = with_crossing(subjects_of(past, (north,))[-1], RULES)
    assert habit is not None
    counts = dict(zip(SIGNS, zip(habit.shown, habit.of, strict=True), strict=True))
    assert counts == {
        "other_port": (1, 3), "other_hour": (1, 2), "short_return": (1, 3), "heavy": (0, 0), "short_stay": (1, 1),
    }  # fmt: skip


def test_a_weighing_well_above_its_own_mean_is_counted_and_the_present_one_is_left_to_its_own_evidence() -> None:
    weights = (1800, 1820, 1780, 1810, 1795, 2300, 1800)
    past = [PassedBy(START_S - (7 - n) * DAY_S, f"2301/03/{n}", kg, TYPE_I, 2) for n, kg in enumerate(weights)]
    assert (habit_of(past).shown[3], habit_of(past).of[3]) == (1, 3)  # of the first four nothing is known
    at_2300 = ant_traffic(subjects_of(past[:6])[-1], RULES)
    lighter = ant_traffic(subjects_of([*past[:5], past[4]])[-1], RULES)
    assert at_2300 is not None and lighter is not None and "weight" not in at_2300.explanation


def test_counts_start_again_after_a_year_and_not_before() -> None:
    def one(day: int) -> PassedBy:
        return PassedBy(START_S + day * DAY_S, f"2301/03/{day}")

    days = list(range(0, 400, 20))
    counted = [habit_of([one(day) for day in days[: number + 1]]).of[0] for number in range(1, len(days))]
    # 0, 20 ... 360 are within the year: 18 crossings after the first. 380 is the first of another one.
    assert counted == [*range(1, 19), 1]


def test_after_the_counts_start_again_nothing_is_said_until_enough_are_counted() -> None:
    days = [*range(0, 365, 20), *range(365, 373)]
    passed = [PassedBy(START_S + day * DAY_S, f"2301/03/{day}") for day in days]
    said = [ant_traffic(one, RULES) for one in subjects_of(passed)]
    spoke = [day for day, one in zip(days, said, strict=True) if one is not None]
    assert LAWS.crossings_min == 4
    assert spoke == [*range(60, 365, 20), *range(367, 373)]
    third = said[days.index(367)]
    assert third is not None
    assert third.explanation.startswith("3 southbound crossings within 3 days, ")


@pytest.mark.parametrize(
    ("false_alarm_ratio", "times", "share"),
    [(0.004, "250 times as likely", "about 0.4% of"), (0.02, "50 times as likely", "about 2% of")],
)
def test_likelihoods_and_rates_are_told_in_figures_that_people_read(
    false_alarm_ratio: float, times: str, share: str
) -> None:
    laws = msgspec.structs.replace(LAWS, false_alarm_ratio=false_alarm_ratio)
    rules = msgspec.structs.replace(RULES, ant_traffic={LaneMode.PASSENGER: laws})
    ports = [f"23{number:02d}" for number in range(30)]
    passed = [PassedBy(START_S + n * 50 * HOUR_S, f"{ports[n]}/03/{n}") for n in range(30)]
    said = ant_traffic(subjects_of(passed)[-1], rules)
    assert said is not None and times in said.explanation and share in said.explanation


def test_a_habit_that_no_courier_has_is_told_as_less_than_a_thousandth() -> None:
    passed = [PassedBy(START_S + day * DAY_S, f"2301/03/{day}") for day in range(300)]
    said = ant_traffic(subjects_of(passed)[-1], RULES)
    assert said is not None and "a pattern less than 0.001 times as likely" in said.explanation


def test_times_of_day_are_compared_round_midnight() -> None:
    at = START_S - START_S % DAY_S
    habit = habit_of([PassedBy(at + day * DAY_S + (600, -600)[day % 2], "2301/03/1") for day in range(4)])
    assert (habit.shown[1], habit.of[1]) == (0, 2)


def test_too_few_crossings_make_no_habit() -> None:
    assert ant_traffic(subject(tuple(crossings(Random(1), ("2301",), [START_S - DAY_S]))), RULES) is None
    assert ant_traffic(subject(lane_mode=LaneMode.BUS), RULES) is None
    assert with_crossing(subject(), RULES) is None


def test_the_stage_counts_each_crossing_once_and_beyond_what_a_history_keeps() -> None:
    folding, number = fold(), 0
    for number in range(PASSAGES_MAX + 20):
        ended = final(number, at=START + number * DAY)
        advance(folding, ended, ended)
    outputs = advance(folding, passage(number + 1, at=START + (number + 1) * DAY))
    (said,) = [e.explanation for e in outputs_of(outputs, Score)[0].evidence if e.name == "ant_traffic"]
    # The first one could not be compared with any.
    assert said.startswith(f"{PASSAGES_MAX + 20} southbound crossings within {PASSAGES_MAX + 21} days, ")


def kept_of(folding: VehiclesFold) -> Vehicle:
    (stored,) = [value for key, value in folding._stored.items() if key.startswith(b"o:")]
    (vehicle,) = history.decode(stored).vehicles
    return vehicle


def test_a_late_passage_older_than_all_that_is_kept_leaves_the_counts() -> None:
    folding = fold()
    advance(folding, *[final(number, at=START + number * DAY) for number in range(6)])
    folding.take_changes()
    before = kept_of(folding)
    advance(folding, final(9, at=START - DAY))
    folding.take_changes()
    after = kept_of(folding)
    assert len(after.passages) == 7 and after.passages[0].at_s == START_S - DAY_S
    assert after.habit == before.habit and after.habit is not None and after.habit.of[0] == 5


def test_the_counts_outlive_the_southbound_passages_as_long_as_the_vehicle_is_known() -> None:
    folding, north = fold(), {"direction": Direction.NORTHBOUND, "lane_id": "2301/N03"}
    advance(folding, *[final(number, at=START + number * DAY) for number in range(6)])
    for day in (60, 94):
        advance(folding, final(100 + day, at=START + day * DAY, **north))
    advance(folding, tick(0, START + 100 * DAY))
    folding.take_changes()
    assert kept_of(folding).passages == ()
    advance(folding, final(9, at=START + 101 * DAY))
    folding.take_changes()
    kept = kept_of(folding).habit
    assert kept is not None and kept.of[0] == 5


def test_a_crossing_that_is_final_again_is_the_same_evidence_as_it_was() -> None:
    folding = fold()
    advance(folding, *[final(number, at=START + number * DAY) for number in range(6)])
    said = []
    for revision in (2, 3):
        # Not weighed: a crossing's own weighing is counted with it, and no evidence before.
        value = final(6, at=START + 6 * DAY, revision=revision, gross_weight_kg=None)
        (score,) = outputs_of(advance(folding, value), Score)
        said += [(one.log_odds, one.explanation) for one in score.evidence if one.name == "ant_traffic"]
    assert len(said) == 2 and said[0] == said[1]
