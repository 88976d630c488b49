"""Whom lights burden: how often vehicles that carry nothing are red, and how often reds carry, group by group.

parts of the month, by lane mode and group ─► false reds of each group
                                            └► group against all others ─► disparities beyond chance

| measure   | of                                                      | counts                                  |
|-----------|---------------------------------------------------------|-----------------------------------------|
| FALSE_RED | vehicles in which nothing was found                     | those over the threshold                |
| HIT_RATE  | vehicles over the threshold whose inspection has ended  | those in which something was found      |

Nobody knows what passed without an inspection. It is taken to be empty: of 2,000 vehicles one is loaded, so that errs
by far less than any difference that is told. What the lot found in a group stands beside each disparity: it alone says
whether the group carries more than others.

- A group is compared with all others of its kind at its port, as if these were spread over lane modes, and over traffic
  with and without a selection policy, as the group is: trucks are scored and budgeted apart, so an issuer of trucks
  would differ from one of cars whatever its drivers carry.
- Hours are compared only where no policy holds. A policy refers as many in an hour as its inspectors can take, so how
  many are red at night is what people have set, and every month would tell them so again. Ports are not compared at
  all, for the same reason.
- A commuter is red day after day or never, so passages are not independent. Vehicles are put into PARTS parts by their
  pseudonym, and how far the parts lie apart says how unsure a rate is (random groups, Wolter 2007 chapter 2): whatever
  one vehicle does stays in one part, and nothing of it has to be remembered.
- Pseudonyms change every 90 days, and then one vehicle is in two parts and looks like two. In a month that holds such a
  day how far the parts lie apart counts twice, and vehicles count half: no vehicle can be more than two. (The variance
  of a sum of two is at most twice the sum of theirs.) So of every third month less is found, and no more by chance.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from schemas.records import Disparity, DisparityMeasure, Estimate, GroupEstimate, GroupKind, RateEstimate
from streams.core.disparities import Comparison, Side, disparate
from streams.core.estimates.estimate import KINDS, PREFIX_LENGTH, detected_rate, rate_estimate
from streams.core.estimates.intervals import NOTHING, TAIL, proportion
from streams.core.estimates.parts import (
    FAIRNESS,
    FIELDS,
    HITS,
    HOUR,
    INSPECTED,
    PARTS,
    PASSAGES,
    PLATE_FORMAT,
    POLICY,
    RED,
)
from streams.core.estimates.state import Tally
from streams.core.estimates.tallies import merge
from streams.core.small_counts import effective_cases
from streams.core.vehicle_tokens import windows_in

# Chance, at most, that a port's month tells any disparity where no group differs: at 28 ports one in three months.
FAMILY_ERROR: Final = 0.01

MEASURES: Final = (DisparityMeasure.FALSE_RED, DisparityMeasure.HIT_RATE)

Cells = Mapping[str, Sequence[int]]
Counted = tuple[list[int], list[int]]
"""Cases and events, by part."""


@dataclass(frozen=True)
class Stratum:
    """A group and its others in one lane mode, with or without a policy."""

    own: Counted
    others: Counted


def with_fairness(estimate: Estimate, cells: Cells, tallies: Mapping[str, Tally]) -> Estimate:
    """An estimate with its false reds and disparities."""
    windows = windows_in(estimate.from_at, estimate.until_at)
    comparisons = comparisons_of(cells, windows)
    told = []
    for (name, measure), compared in sorted(comparisons.items()):
        found = disparate(compared, len(comparisons), FAMILY_ERROR)
        if found is None:
            continue
        prefix = name[:PREFIX_LENGTH]
        others = [other for other in tallies if other.startswith(prefix) and other != name]
        told.append(
            Disparity(
                kind=KINDS[prefix],
                name=name[PREFIX_LENGTH:],
                measure=measure,
                own=rate_estimate(found[0]),
                others=rate_estimate(found[1]),
                own_violation=violation_of([tallies[name]] if name in tallies else []),
                others_violation=violation_of([tallies[other] for other in others]),
            )
        )
    return msgspec.structs.replace(
        estimate,
        groups=tuple([with_false_red(group, cells, windows) for group in estimate.groups]),
        disparities=tuple(told),
        comparisons=len(comparisons),
        family_error=FAMILY_ERROR,
    )


def with_false_red(group: GroupEstimate, cells: Cells, windows: int) -> GroupEstimate:
    """A group's figures with its false reds, if it is of a kind that they are counted of."""
    prefix = PLATE_FORMAT if group.kind is GroupKind.PORT else _PREFIXES.get(group.kind)
    if prefix is None:
        return group
    of_group = [
        counted(DisparityMeasure.FALSE_RED, counts)
        for key, counts in sorted(cells.items())
        if key.partition(":")[2] == prefix + group.name or (group.kind is GroupKind.PORT and f":{prefix}" in key)
    ]
    return msgspec.structs.replace(group, false_red=false_red_of(of_group, windows))


def false_red_of(strata: Sequence[Counted], windows: int = 1) -> RateEstimate:
    """A rate with its 95 % interval, from cases and events in each stratum, of vehicles with a pseudonym a window."""
    cases = sum([sum(one[0]) for one in strata])
    if not cases:
        return rate_estimate(NOTHING)
    events = sum([sum(one[1]) for one in strata])
    side, effect = side_of(strata, [1.0] * len(strata), windows)
    # None or all of them say nothing of how they vary: then each vehicle is one case.
    worth = min(cases, vehicles_in([one[0] for one in strata], windows)) if events in (0, cases) else cases / effect
    worth = effective_cases(worth, min(max(side.events - 1.0, 1.0), side.degrees_max), TAIL)
    interval = proportion(worth * events / cases, worth)
    return RateEstimate(rate=events / cases, low=interval.low, high=interval.high)


def comparisons_of(cells: Cells, windows: int = 1) -> dict[tuple[str, DisparityMeasure], Comparison]:
    """Every group against its others, where both have enough events, by prefixed name and measure. `windows` of the
    pseudonyms that the cells' days lie in."""
    made = {}
    for prefix in FAIRNESS:
        by_stratum: dict[str, dict[str, Sequence[int]]] = {}
        for key, counts in cells.items():
            stratum, _, name = key.partition(":")
            if name.startswith(prefix) and not (prefix == HOUR and stratum.endswith(POLICY)):
                by_stratum.setdefault(stratum, {})[name] = counts
        names = sorted({name for groups in by_stratum.values() for name in groups})
        totals = {stratum: summed(groups.values()) for stratum, groups in by_stratum.items()}
        for name in names:
            for measure in MEASURES:
                strata = [
                    Stratum(counted(measure, groups[name]), counted(measure, without(totals[stratum], groups[name])))
                    for stratum, groups in sorted(by_stratum.items())
                    if name in groups
                ]
                compared = comparison_of(strata, windows)
                if compared is not None and compared.is_worth_making:
                    made[name, measure] = compared
    return made


def comparison_of(strata: Sequence[Stratum], windows: int) -> Comparison | None:
    """A group against its others, weighted stratum by stratum as it is itself; None if no stratum has both."""
    both = [one for one in strata if sum(one.own[0]) and sum(one.others[0])]
    if not both:
        return None
    weights = [sum(one.own[0]) / sum(one.others[0]) for one in both]
    others, effect = side_of([one.others for one in both], weights, windows)
    # Where commuters happen to be few among the reds, the rate is low and seems sure as well. So a group's vehicles are
    # taken to be alike at least as much as the others are: else 3 % of even months told of one.
    own, _ = side_of([one.own for one in both], [1.0] * len(both), windows, effect)
    # No more than the group has vehicles: one that crosses all day is one, however often others like it would be red.
    expected = min(others.rate * own.cases / effect, vehicles_in([one.own[0] for one in both], windows))
    return Comparison(own, others, max(own.events, expected))


def side_of(
    strata: Sequence[Counted], weights: Sequence[float], windows: int, effect_min: float = 1.0
) -> tuple[Side, float]:
    """One side, each stratum's cases and events times its weight, and how many times the variance is that which as many
    independent cases would have: `effect_min` at least."""
    left = [0.0] * PARTS
    cases = events = squared = independent = 0.0
    for (cases_by_part, events_by_part), weight in zip(strata, weights, strict=True):
        here, seen = sum(cases_by_part), sum(events_by_part)
        rate = seen / here if here else 0.0
        cases += weight * here
        events += weight * seen
        squared += weight * weight * seen
        independent += weight * weight * here * rate * (1.0 - rate)
        for part in range(PARTS):
            left[part] += weight * (events_by_part[part] - rate * cases_by_part[part])
    # Never less than if each passage were another vehicle's: fewer than that is chance, and would tell what is none.
    variance = max(effect_min * independent, windows * PARTS / (PARTS - 1.0) * sum([one * one for one in left]))
    effect = variance / independent if independent else 1.0
    alike = events * events / squared / effect if squared else 0.0
    seen_in = min(alike, vehicles_in([one[0] for one in strata], windows))
    return Side(cases, events / cases if cases else 0.0, variance, seen_in, PARTS - 1.0), effect


def vehicles_in(cases: Iterable[Sequence[int]], windows: int = 1) -> float:
    """How many vehicles that cross equally often would fill the parts as unevenly, each in a part a window."""
    by_part = [sum(column) for column in zip(*cases, strict=True)]
    total = sum(by_part)
    mean = total / PARTS
    spread = windows * PARTS / (PARTS - 1.0) * sum([(one - mean) * (one - mean) for one in by_part])
    return total * total / spread if spread * total > total * total else float(total)


def counted(measure: DisparityMeasure, counts: Sequence[int]) -> Counted:
    """Cases and events of a measure, by part. A revision may count a referral whose passage was counted in another
    group, as its plate was read before; then there are as many cases as events."""
    hits = counts[HITS::FIELDS]
    if measure is DisparityMeasure.HIT_RATE:
        return list(counts[INSPECTED::FIELDS]), list(hits)
    events = [red - hit for red, hit in zip(counts[RED::FIELDS], hits, strict=True)]
    passages = [passed - hit for passed, hit in zip(counts[PASSAGES::FIELDS], hits, strict=True)]
    return [max(pair) for pair in zip(passages, events, strict=True)], events


def summed(counts: Iterable[Sequence[int]]) -> list[int]:
    """Counts added up, field by field."""
    return [sum(column) for column in zip(*counts, strict=True)]


def without(total: Sequence[int], own: Sequence[int]) -> list[int]:
    """What is left of counts."""
    return [one - other for one, other in zip(total, own, strict=True)]


def violation_of(tallies: Iterable[Tally]) -> RateEstimate:
    """What the lot says of some groups together."""
    together = Tally()
    for tally in tallies:
        merge(together, tally)
    return rate_estimate(detected_rate(together.alone, together.also))


_PREFIXES: Final = {KINDS[prefix]: prefix for prefix in FAIRNESS}
