"""How plates cross in simulated traffic: `python -m tests.evaluation.measure_habits [first world] [worlds]`.

For each lane mode and sign of `ant_traffic`: the Beta law of its rate among plates that came back, by moments, and the
share of plates whose test ever reached the alarm. What it prints is what `ordinary` in a rule set's [ant_traffic]
should be for this traffic. It looks at passages, as a site can at its own. Smugglers, whom worlds do not thin, are left
out: among all plates they would be one in a thousand.
"""

import sys
from collections import defaultdict
from dataclasses import replace

from deploy.evaluation.passages import revisions
from deploy.stages import load_rule_set
from producers.simulator.crossings import crossings, draw_world
from schemas.layout import load_lanes, load_ports
from schemas.records import Direction, LaneMode, Passage
from streams.core.evidence.ant_traffic import Sign, ant_traffic, signs_of
from streams.core.evidence.past import OwnWeighings, Past
from streams.core.evidence.subject import Subject
from streams.core.plates import normalise_plate
from streams.core.travel import TravelTimes
from streams.core.vehicle_history import PASSAGES_MAX
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
        for mode, plates in passages_of(world).items():
            alarms = sum(reaches_alarm(passages) for passages in plates)
            print(
                f"world {world} {mode} {len(plates)} plates, {alarms} ever over the alarm ({alarms / len(plates):.1%})"
            )
            signs: dict[str, list[Sign]] = defaultdict(list)
            for passages in plates:
                for name, sign in signs_at_the_end(passages).items():
                    signs[name].append(sign)
            for name, shown in signs.items():
                print(f"    {name:13} {law_of([sign for sign in shown if sign.of])}")


def passages_of(seed: int) -> dict[LaneMode, list[list[Passage]]]:
    """The southbound passages of each plate with enough of them, by lane mode; an ordinary vehicle stands for many."""
    world = replace(draw_world(seed), keep_one_in=KEEP_ONE_IN)
    by_plate: dict[tuple[str, str | None], list[Passage]] = defaultdict(list)
    for _, passage, crossing in revisions(crossings(world, seed), load_lanes()):
        southbound = passage.direction is not Direction.NORTHBOUND
        if passage.plate and southbound and has_crossed(passage) and crossing.weight > 1:
            by_plate[normalise_plate(passage.plate), passage.jurisdiction].append(passage)
    by_mode: dict[LaneMode, list[list[Passage]]] = defaultdict(list)
    for passages in by_plate.values():
        if len(passages) >= CROSSINGS_MIN and passages[0].lane_mode in RULES.ant_traffic:
            by_mode[passages[0].lane_mode].append(sorted(passages, key=at_of))
    return by_mode


def at_of(passage: Passage) -> int:
    """When it was at the light."""
    return passage.at_light_received_at or passage.watermark_at


def reaches_alarm(passages: list[Passage]) -> bool:
    """Whether the test was ever over the alarm as the passages came."""
    passed = [passed_by(passage, at_of(passage)) for passage in passages]
    for number, passage in enumerate(passages):
        before = tuple(passed[max(0, number - PASSAGES_MAX) : number])
        said = ant_traffic(Subject(passage, at_of(passage), before, None, 1.0, TRAVEL), RULES)
        if said is not None and "over the alarm" in said.explanation:
            return True
    return False


def signs_at_the_end(passages: list[Passage]) -> dict[str, Sign]:
    """Signs of the last passages, as the test counts them."""
    passed = [passed_by(passage, at_of(passage)) for passage in passages][-PASSAGES_MAX:]
    before, last = passed[:-1], passages[-1]
    return signs_of(Past(before), OwnWeighings(before, RULES.weight), at_of(last) // 1_000_000, last.port_code)


def law_of(signs: list[Sign]) -> str:
    """Mean rate and the Beta law with its first two moments."""
    if not signs:
        return "never could be shown"
    rates = [sign.shown / sign.of for sign in signs]
    mean = sum(rates) / len(rates)
    if not 0.0 < mean < 1.0:
        return f"mean {mean:.3f}"
    variance = sum((rate - mean) ** 2 for rate in rates) / len(rates)
    # Of a beta-binomial rate over n crossings: mean (1 - mean) (1/n + (1 - 1/n) / (a + b + 1)).
    per_crossing = sum(1 / sign.of for sign in signs) / len(signs)
    spread = max(0.001, (variance / (mean * (1 - mean)) - per_crossing) / (1 - per_crossing))
    total = 1 / spread - 1
    return f"mean {mean:.3f}, Beta({mean * total:.2f}, {(1 - mean) * total:.2f})"


if __name__ == "__main__":
    main()
