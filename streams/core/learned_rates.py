"""Hit and false-alarm rates of X-ray units, learned from what inspections found.

    inspections ─► counts by unit, detector, quality ─► Beta posterior ─► a proposal that a person must accept

Only vehicles that were drawn by lot are like the traffic: of those that were referred because the software raised an
alarm, all have an alarm, and counting them would find a hit rate of 1. Two ways are honest:

- RANDOM_ONLY, the default: vehicles drawn by lot, each counting 1, whatever else spoke for them.
- BY_PROPENSITY: all inspected vehicles, each counting 1 / its chance of being inspected by any cause: 1 for what the
  risk or a list referred anyway, the random arm's propensity for the others (Horvitz and Thompson 1952). The variance
  of such a rate p, sum w^2 (y - p)^2 / (sum w)^2, is at most p (1 - p) * max w / sum w, so it is worth at least
  sum w / max w equal cases and is counted as so many. Kish's (sum w)^2 / (sum w^2) would promise far more here, since
  the weight depends on the answer: every alarm counts 1, and the few clearances that the lot brought carry the doubt.

The prior is the rule set's rate of all units, worth `prior_inspections` cases, never the unit's own table, which may
rest on the same inspections. An inspection that missed a gun counts as empty: at 1 in 2,000 that moves a false-alarm
rate by less than a thousandth, and a hit rate not at all unless inspectors miss what the X-ray misses, which no count
of inspections can show.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from schemas.records import ScanDecision, ScanQuality
from streams.core.beta import beta_quantile
from streams.core.rule_set import DetectorRates, LearningRules, XrayRules

# Share of the posterior inside an interval.
CREDIBILITY: Final = 0.95

# Significant digits of a proposed rate: finer than any number of inspections can tell.
DIGITS: Final = 4


class Sample(Enum):
    """Which inspections are counted, and how."""

    RANDOM_ONLY = "random only"
    BY_PROPENSITY = "by propensity"


@dataclass(frozen=True)
class Inspection:
    """A vehicle that was scanned and then searched.

    `propensity`: the chance, known before, that it would be inspected by any cause. `found`: a gun or ammunition was.
    """

    device: str
    machine_decision: ScanDecision
    operator_decision: ScanDecision
    quality: ScanQuality
    propensity: float
    random_draw: bool
    found: bool


@dataclass(frozen=True)
class LearnedRate:
    """A rate with its credible interval. `inspections` were counted, worth `effective` equal ones; if they are too few
    the rate is the prior's and `learned` is False."""

    rate: float
    low: float
    high: float
    inspections: int
    effective: float
    learned: bool


@dataclass(frozen=True)
class LearnedRates:
    """Of one unit, detector (a table of `xray` in a rule set) and scan quality."""

    device: str
    detector: str
    quality: ScanQuality
    hit: LearnedRate
    false_alarm: LearnedRate


class _Count:
    """Cases, and the alarms among them, by weight."""

    def __init__(self) -> None:
        self.cases = 0
        self.weight = 0.0
        self.alarms = 0.0


class _Counts:
    """Of one unit, detector and quality: vehicles with and without a gun, and the largest weight of any."""

    def __init__(self) -> None:
        self.with_gun = _Count()
        self.without = _Count()
        self.weight_max = 0.0

    def add(self, weight: float, found: bool, alarm: bool) -> None:
        count = self.with_gun if found else self.without
        count.cases += 1
        count.weight += weight
        count.alarms += weight if alarm else 0.0
        self.weight_max = max(self.weight_max, weight)


def learned_rates(
    inspections: Iterable[Inspection], rules: XrayRules, sample: Sample = Sample.RANDOM_ONLY
) -> tuple[LearnedRates, ...]:
    """Rates of every unit, detector and quality that was inspected, in that order.

    Raises ValueError for a propensity outside (0, 1].
    """
    counts: dict[tuple[str, str, ScanQuality], _Counts] = {}
    for one in inspections:
        if not 0.0 < one.propensity <= 1.0:
            raise ValueError("an inspection's propensity must be above 0 and at most 1")
        if sample is Sample.RANDOM_ONLY and not one.random_draw:
            continue
        weight = 1.0 if sample is Sample.RANDOM_ONLY else 1.0 / one.propensity
        for detector, decision in _answers(one):
            key = (one.device, detector, one.quality)
            counts.setdefault(key, _Counts()).add(weight, one.found, decision is ScanDecision.ALARM)
    learned = []
    for (device, detector, quality), count in sorted(counts.items()):
        prior = _priors(rules)[detector].get(quality)
        if prior is None:
            continue  # the rule set says that such a scan says nothing
        hit = _posterior(count.with_gun, count.weight_max, prior.hit_rate, rules.learning)
        false_alarm = _posterior(count.without, count.weight_max, prior.false_alarm_rate, rules.learning)
        learned.append(LearnedRates(device, detector, quality, hit, false_alarm))
    return tuple(learned)


def proposed_rates_text(learned: Iterable[LearnedRates]) -> str:
    """The rates that were learned as tables of a rule set, each with what it rests on; empty if there are none.

    A proposal: a person puts it into a rule set, which a second one approves. Nothing applies it.
    """
    tables: dict[tuple[str, str], list[str]] = {}
    for one in learned:
        if one.hit.learned or one.false_alarm.learned:
            tables.setdefault((one.device, one.detector), []).append(_line(one))
    if not tables:
        return ""
    head = f"# Proposed from inspections, with {CREDIBILITY:.0%} credible intervals; in force only if published.\n"
    return head + "\n".join(
        f"[xray.devices.{_quoted(device)}.{detector}]\n" + "".join(lines)
        for (device, detector), lines in tables.items()
    )


def _answers(one: Inspection) -> list[tuple[str, ScanDecision]]:
    """The answers of an inspected vehicle, by the table of rates that each belongs to."""
    answers: list[tuple[str, ScanDecision]] = []
    if one.machine_decision is not ScanDecision.UNKNOWN:
        answers.append(("machine", one.machine_decision))
    if one.operator_decision is not ScanDecision.UNKNOWN:
        after = {ScanDecision.ALARM: "operator_after_alarm", ScanDecision.CLEAR: "operator_after_clear"}
        answers.append((after.get(one.machine_decision, "operator"), one.operator_decision))
    return answers


def _priors(rules: XrayRules) -> Mapping[str, Mapping[ScanQuality, DetectorRates]]:
    return {
        "machine": rules.machine,
        "operator": rules.operator,
        "operator_after_alarm": rules.operator_after_alarm,
        "operator_after_clear": rules.operator_after_clear,
    }


def _posterior(count: _Count, weight_max: float, prior_rate: float, learning: LearningRules) -> LearnedRate:
    effective = count.weight / weight_max
    learned = effective >= learning.inspections_min
    alarms = effective * count.alarms / count.weight if learned else 0.0
    silent = effective - alarms if learned else 0.0
    a = learning.prior_inspections * prior_rate + alarms
    b = learning.prior_inspections * (1.0 - prior_rate) + silent
    tail = 0.5 * (1.0 - CREDIBILITY)
    low, high = beta_quantile(tail, a, b), beta_quantile(1.0 - tail, a, b)
    return LearnedRate(a / (a + b), low, high, count.cases, effective, learned)


def _line(one: LearnedRates) -> str:
    hit, false_alarm = f"{one.hit.rate:.{DIGITS}g}", f"{one.false_alarm.rate:.{DIGITS}g}"
    why = f"hits: {_basis(one.hit)}; false alarms: {_basis(one.false_alarm)}"
    if not 1.0 > float(hit) > float(false_alarm):
        return f"# {one.quality}: nothing to propose, since hits are not above false alarms. {why}\n"
    return f"# {why}\n{one.quality} = {{ hit_rate = {hit}, false_alarm_rate = {false_alarm} }}\n"


def _basis(rate: LearnedRate) -> str:
    interval = f"{rate.low:.3f} to {rate.high:.3f}"
    if not rate.learned:
        return f"the prior, {interval}, since {rate.inspections} inspections are too few"
    worth = "" if rate.effective == rate.inspections else f" (worth {rate.effective:.0f} equal ones)"
    return f"{interval} from {rate.inspections} inspections{worth} and the prior"


def _quoted(name: str) -> str:
    """A name as a TOML basic string, whatever is in it."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
