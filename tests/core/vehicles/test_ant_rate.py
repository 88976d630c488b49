"""The ant test's false-alarm rate, over years of plates that keep exactly to the rule set's laws of honest people.

Each plate's rates are drawn from the laws, each crossing's signs from the rates, and a crossing is made that shows just
these signs. The stage sees nothing but passages: what it counts and says is compared with what was drawn, and whom it
alerts of with who is over the alarm.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import pytest

from schemas.records import Alert, AlertKind, Direction, Evidence, Score
from streams.core.evidence.ant_traffic import (
    COUNTED_DAYS,
    HOURS_COMPARED,
    HOURS_MIN,
    SAME_HOUR_SECONDS,
    SIGNS,
    WEIGHINGS_MIN,
)
from streams.core.evidence.odds import if_it_holds
from streams.core.vehicle_history import HISTORY_SECONDS, PASSAGES_MAX
from streams.core.vehicle_state import Habit
from streams.core.vehicles.stage import VehiclesFold
from tests.core.vehicles.builders import SECOND, advance, final, fold, outputs_of
from tests.core.vehicles.subjects import DAY_S, HOUR_S, START_S
from tests.core.vehicles.test_ant_traffic import ALARM, LAWS, at_most, kept_of, next_chance

PORTS = ("2301", "2302", "2303", "2304", "2305", "2307", "2309", "2310")
YEARS = 2
ALARM_LOG = -math.log(ALARM)

# A day and more between crossings, or within the day: a step of 50 minutes makes each time of day another hour.
STEP_S = SAME_HOUR_SECONDS + 300
NEXT_S = {False: 3 * DAY_S, True: 600}


@dataclass
class Traveller:
    """A plate with its rates, and what it has shown so far."""

    draw: Random
    rates: dict[str, float]
    ports: list[str] = field(default_factory=lambda: ["2301"])
    times_s: list[int] = field(default_factory=lambda: [START_S])

    def next_signs(self) -> dict[str, bool]:
        return {name: self.draw.random() < self.rates[name] for name in SIGNS}

    def next_time_s(self, signs: dict[str, bool]) -> int:
        """Within hours or days later, at a time of day that is that of one of the last crossings or of none."""
        soonest_s = self.times_s[-1] + NEXT_S[signs["short_return"]]
        if not signs["other_hour"]:
            return soonest_s
        for step in range(1, 14):
            at_s = soonest_s + step * STEP_S
            apart_s = [(at_s - one) % DAY_S for one in self.times_s[-HOURS_COMPARED:]]
            if all(SAME_HOUR_SECONDS < one < DAY_S - SAME_HOUR_SECONDS for one in apart_s):
                return at_s
        raise AssertionError("no hour is left")

    def next_port(self, signs: dict[str, bool], at_s: int) -> str:
        """The port used most in the 90 days before, the first to be so of several, or another one."""
        used, usual = Counter[str](), ""
        for port, before_s in list(zip(self.ports, self.times_s, strict=True))[-PASSAGES_MAX:]:
            if before_s > at_s - HISTORY_SECONDS:
                used[port] += 1
                usual = port if used[port] > used[usual] else usual
        return next(port for port in PORTS if (port != usual) == signs["other_port"])


def honest(draw: Random) -> Traveller:
    laws = {name: LAWS.signs[name].ordinary for name in SIGNS}
    return Traveller(draw, {name: draw.betavariate(law.a, law.b) for name, law in laws.items()})


def courier(draw: Random) -> Traveller:
    laws = {name: LAWS.signs[name].courier for name in SIGNS}
    return Traveller(draw, {name: draw.betavariate(law.a, law.b) for name, law in laws.items()})


@dataclass
class Drawn:
    """What was drawn in a year of a plate, and its likelihood ratio, step by step."""

    since_day: int
    shown: Counter[str] = field(default_factory=Counter)
    of: Counter[str] = field(default_factory=Counter)
    log_ratio: float = 0.0

    def add(self, name: str, sign: bool) -> None:
        law = LAWS.signs[name]
        shown, of = self.shown[name], self.of[name]
        self.log_ratio += math.log(next_chance(law.courier, shown, of, sign))
        self.log_ratio -= math.log(next_chance(law.ordinary, shown, of, sign))
        self.shown[name] += sign
        self.of[name] += 1


def cross(folding: VehiclesFold, number: int, at_s: int, port: str, kg: float) -> tuple[Evidence | None, list[Alert]]:
    """What the test says as a crossing ends, and the alerts of it."""
    crossed = final(number, at=at_s * SECOND, lane_id=f"{port}/03", port_code=port, gross_weight_kg=kg, readings=())
    outputs = advance(folding, crossed)
    (score,) = outputs_of(outputs, Score)
    said = next((said for said in score.evidence if said.name == "ant_traffic"), None)
    return said, outputs_of(outputs, Alert)


def come_north(folding: VehiclesFold, number: int, at_s: int) -> None:
    north = {"direction": Direction.NORTHBOUND, "lane_id": "2301/N03", "gross_weight_kg": None}
    advance(folding, final(number, at=at_s * SECOND, **north))


def years_over(one: Traveller) -> int:
    """In how many of its YEARS a plate is ever over the alarm; what is counted and said of it is what was drawn, and an
    alert tells of it at once, and once in a year."""
    folding, over = fold(), [False] * YEARS
    cross(folding, 0, START_S, "2301", 1800.0)
    # The first crossing is judged by none; a year is counted from it, and another from the first one after that.
    drawn, year, told = Drawn(START_S // DAY_S), 0, 0
    while True:
        number, signs = len(one.times_s), one.next_signs()
        at_s = one.next_time_s(signs)
        port = one.next_port(signs, at_s)
        if at_s // DAY_S - drawn.since_day >= COUNTED_DAYS:
            drawn, year = Drawn(at_s // DAY_S), year + 1
            if year == YEARS:
                assert folding.counters.get("ant_alarms", 0) == told == sum(over)
                return told
        heavy = signs["heavy"] and number >= WEIGHINGS_MIN
        drawn.add("other_port", signs["other_port"])
        drawn.add("short_return", signs["short_return"])
        if number >= HOURS_MIN:
            drawn.add("other_hour", signs["other_hour"])
        if not signs["short_return"]:
            come_north(folding, number, at_s - (HOUR_S if signs["short_stay"] else 4 * HOUR_S))
            drawn.add("short_stay", signs["short_stay"])
        said, alerts = cross(folding, number, at_s, port, 2080.0 if heavy else 1800.0)
        is_first = drawn.log_ratio >= ALARM_LOG and said is not None and not over[year]
        # Who is back from another port within minutes is alerted of for that.
        assert {one.kind for one in alerts} <= {AlertKind.PATTERN, AlertKind.RISK}
        assert ["crosses as couriers do" in one.summary for one in alerts] in ([True] * is_first, [False])
        told += sum("crosses as couriers do" in one.summary for one in alerts)
        assert (said is not None) == (drawn.of["other_port"] + 1 >= LAWS.crossings_min)
        if said is not None:
            held = min(drawn.log_ratio, ALARM_LOG)
            assert said.log_odds == pytest.approx(if_it_holds(LAWS.courier_share, held))
            assert ("over the alarm" in said.explanation) == (drawn.log_ratio >= ALARM_LOG)
            over[year] |= "over the alarm" in said.explanation
        if number >= WEIGHINGS_MIN:  # a weighing is counted after it was weighed for itself
            drawn.add("heavy", heavy)
        one.ports.append(port)
        one.times_s.append(at_s)
        folding.take_changes()
        shown, of = (tuple([counts[name] for name in SIGNS]) for counts in (drawn.shown, drawn.of))
        assert kept_of(folding).habit == Habit(drawn.since_day, shown, of, over[year])


def test_plates_of_the_honest_laws_are_alerted_of_in_a_year_no_oftener_than_stated() -> None:
    # Ville's inequality, for all signs at once: the rate is one for each year of a plate.
    draw, plates = Random(8), 150
    over = sum(years_over(honest(draw)) for _ in range(plates))
    assert over <= at_most(plates * YEARS)


def test_plates_of_the_couriers_laws_are_alerted_of_far_oftener() -> None:
    draw, plates = Random(9), 25
    assert sum(years_over(courier(draw)) for _ in range(plates)) >= 0.25 * plates * YEARS
