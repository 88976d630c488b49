"""How plates cross in simulated traffic: `python -m tests.evaluation.measure_habits [first world] [worlds]`.

For each lane mode and sign of `ant_traffic`: the Beta law of its rate among plates that came back, by moments, and the
share of plates whose test ever reached the alarm, and the same share of couriers. What it prints is what `ordinary` in
a rule set's [ant_traffic] should be for this traffic. It looks at passages, as a site can at its own. Smugglers, whom
worlds do not thin, are left out of the laws: among all plates they would be one in a thousand.
"""

import sys
from collections import defaultdict
from dataclasses import replace

from deploy.evaluation.passages import revisions
from deploy.stages import load_rule_set
from producers.simulator.actors import Actor
from producers.simulator.crossings import crossings, draw_world
from schemas.layout import load_lanes, load_ports
from schemas.records import Direction, LaneMode, Passage
from streams.core.evidence.ant_traffic import SIGNS, ant_traffic, with_crossing
from streams.core.evidence.subject import Subject
from streams.core.plates import normalise_plate
from streams.core.travel import TravelTimes
from streams.core.vehicle_history import PASSAGES_MAX
from streams.core.vehicle_state import Habit
from streams.core.vehicles.stage import has_crossed, passed_by

RULES = load_rule_set("")
TRAVEL = TravelTimes(load_ports())
KEEP_ONE_IN = 100
CROSSINGS_MIN = 8


def main() -> None:
    """Print the laws of each world."""
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    worlds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    for world in range(first, first + worlds):
        by_mode, couriers = passages_of(world)
        caught = sum(folded(passages)[0] for passages in couriers)
        print(f"world {world} {len(couriers)} couriers, {caught} ever over the alarm ({caught / len(couriers):.1%})")
        for mode, plates in by_mode.items():
            ends = [folded(passages) for passages in plates]
            alarms = sum(alarm for alarm, _ in ends)
            print(
                f"world {world} {mode} {len(plates)} plates, {alarms} ever over the alarm ({alarms / len(plates):.1%})"
            )
            habits = [habit for _, habit in ends if habit is not None]
            for place, name in enumerate(SIGNS):
                counts = [(habit.shown[place], habit.of[place]) for habit in habits if habit.of[place]]
                print(f"    {name:13} {law_of(counts)}")


def passages_of(seed: int) -> tuple[dict[LaneMode, list[list[Passage]]], list[list[Passage]]]:
    """The southbound passages of each plate with enough of them, of ordinary vehicles by lane mode, and of couriers."""
    world = replace(draw_world(seed), keep_one_in=KEEP_ONE_IN)
    by_plate: dict[tuple[str, str | None], list[Passage]] = defaultdict(list)
    couriers: dict[tuple[str, str | None], list[Passage]] = defaultdict(list)
    for _, passage, crossing in revisions(crossings(world, seed), load_lanes()):
        southbound = passage.direction is not Direction.NORTHBOUND
        if passage.plate and southbound and has_crossed(passage):
            # An ordinary vehicle stands for many.
            kind = by_plate if crossing.weight > 1 else couriers if crossing.truth.actor is Actor.ANT else None
            if kind is not None:
                kind[normalise_plate(passage.plate), passage.jurisdiction].append(passage)
    by_mode: dict[LaneMode, list[list[Passage]]] = defaultdict(list)
    for passages in by_plate.values():
        if len(passages) >= CROSSINGS_MIN and passages[0].lane_mode in RULES.ant_traffic:
            by_mode[passages[0].lane_mode].append(sorted(passages, key=at_of))
    enough = [sorted(passages, key=at_of) for passages in couriers.values() if len(passages) >= CROSSINGS_MIN]
    return by_mode, enough


def at_of(passage: Passage) -> int:
    """When it was at the light."""
    return passage.at_light_received_at or passage.watermark_at


def folded(passages: list[Passage]) -> tuple[bool, Habit | None]:
    """Whether the test was ever over the alarm as the passages came, and what was counted in the end."""
    passed = [passed_by(passage, at_of(passage)) for passage in passages]
    alarm, habit = False, None
    for number, passage in enumerate(passages):
        before = tuple(passed[max(0, number - PASSAGES_MAX) : number])
        subject = Subject(passage, at_of(passage), before, None, 1.0, TRAVEL, habit=habit)
        said = ant_traffic(subject, RULES)
        alarm = alarm or (said is not None and "over the alarm" in said.explanation)
        habit = with_crossing(subject, RULES)
    return alarm, habit


def law_of(counts: list[tuple[int, int]]) -> str:
    """Mean rate and the Beta law with its first two moments."""
    if not counts:
        return "never could be shown"
    rates = [shown / of for shown, of in counts]
    mean = sum(rates) / len(rates)
    if not 0.0 < mean < 1.0:
        return f"mean {mean:.3f}"
    variance = sum((rate - mean) ** 2 for rate in rates) / len(rates)
    # Of a beta-binomial rate over n crossings: mean (1 - mean) (1/n + (1 - 1/n) / (a + b + 1)).
    per_crossing = sum(1 / of for _, of in counts) / len(counts)
    spread = max(0.001, (variance / (mean * (1 - mean)) - per_crossing) / (1 - per_crossing))
    total = 1 / spread - 1
    return f"mean {mean:.3f}, Beta({mean * total:.2f}, {(1 - mean) * total:.2f})"


if __name__ == "__main__":
    main()
