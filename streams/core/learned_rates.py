"""Hit and false-alarm rates of X-ray units, learned from what inspections found.

    drawn vehicles ─► counts by unit, detector, quality and answer ─► Beta posterior ─► a proposal that a person accepts

Only vehicles that were drawn by lot are like the traffic, whatever else spoke for them: of those that were referred
because the software raised an alarm, all have an alarm, and counting them would find a hit rate of 1.

Of the drawn not all are inspected, and officers skip a vehicle that its scan cleared sooner than one with an alarm. So
of each answer of a detector those inspected stand for those that were skipped, and count as drawn / inspected each
(weighting classes, Oh and Scheuren 1983, as for the rate of violations). The variance of such a rate p, sum w^2 (y -
p)^2 / (sum w)^2, is at most p (1 - p) * max w / sum w, so it is worth at least sum w / max w equal cases and is counted
as so many. If of one answer nobody was inspected, nothing is learned.

The prior is the rule set's rate of all units, worth `prior_inspections` cases, never the unit's own table, which may
rest on the same inspections. An inspection that missed a gun counts as empty: at 1 in 2,000 that moves a false-alarm
rate by less than a thousandth, and a hit rate not at all unless inspectors miss what the X-ray misses, which no count
of inspections can show.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas.records import ScanDecision, ScanQuality
from streams.core.beta import beta_quantile
from streams.core.rule_set import DetectorRates, LearningRules, XrayRules

# Share of the posterior inside an interval.
CREDIBILITY: Final = 0.95

# Significant digits of a proposed rate: finer than any number of inspections can tell.
DIGITS: Final = 4


@dataclass(frozen=True)
class DrawnScan:
    """A scanned vehicle that the lot drew. `inspected`: it was searched; `found`: a gun or ammunition was."""

    device: str
    machine_decision: ScanDecision
    operator_decision: ScanDecision
    quality: ScanQuality
    inspected: bool
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


class _Answer:
    """Drawn vehicles of one answer, ALARM or not, of a unit's detector at one quality."""

    def __init__(self) -> None:
        self.drawn = 0
        self.with_gun = 0
        self.empty = 0

    def add(self, inspected: bool, found: bool) -> None:
        self.drawn += 1
        if inspected:
            self.with_gun += found
            self.empty += not found

    @property
    def weight(self) -> float:
        """How many of the drawn each inspected one stands for."""
        return self.drawn / (self.with_gun + self.empty)


def learned_rates(scans: Iterable[DrawnScan], rules: XrayRules) -> tuple[LearnedRates, ...]:
    """Rates of every unit, detector and quality of which a drawn vehicle was inspected, in that order."""
    counts: dict[tuple[str, str, ScanQuality], dict[bool, _Answer]] = {}
    for scan in scans:
        for detector, decision in _answers(scan):
            answers = counts.setdefault((scan.device, detector, scan.quality), {})
            answers.setdefault(decision is ScanDecision.ALARM, _Answer()).add(scan.inspected, scan.found)
    learned = []
    for (device, detector, quality), answers in sorted(counts.items()):
        prior = _priors(rules)[detector].get(quality)
        if prior is None or not any(one.with_gun + one.empty for one in answers.values()):
            continue  # the rule set says that such a scan says nothing, or nobody looked
        alarm, clear = answers.get(True, _Answer()), answers.get(False, _Answer())
        cases = _cases(alarm, alarm.with_gun, clear, clear.with_gun)
        hit = _posterior(cases, prior.hit_rate, rules.learning)
        cases = _cases(alarm, alarm.empty, clear, clear.empty)
        false_alarm = _posterior(cases, prior.false_alarm_rate, rules.learning)
        learned.append(LearnedRates(device, detector, quality, hit, false_alarm))
    return tuple(learned)


def proposed_rates(learned: Iterable[LearnedRates]) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    """The rates that were learned and may stand in a rule set, as its `xray.devices`: by unit, detector and quality."""
    devices: dict[str, dict[str, dict[str, dict[str, float]]]] = {}
    for one in learned:
        rates = _proposed(one)
        if rates is not None:
            devices.setdefault(one.device, {}).setdefault(one.detector, {})[str(one.quality)] = rates
    return devices


def proposed_rates_text(learned: Iterable[LearnedRates]) -> str:
    """The rates that were learned as tables of a rule set, each with what it rests on; empty if there are none.

    A proposal: a person puts it into a rule set, which a second one approves. Nothing applies it.
    """
    told: dict[tuple[str, str], list[LearnedRates]] = {}
    for one in learned:
        if one.hit.learned or one.false_alarm.learned:
            told.setdefault((one.device, one.detector), []).append(one)
    # A table without rates would be one too many where the rule set has its own for the unit.
    tables = {place: rates for place, rates in told.items() if any(map(_proposed, rates))}
    nothing = [(place, one) for place, rates in told.items() if place not in tables for one in rates]
    if not told:
        return ""
    head = f"# Proposed from inspections, with {CREDIBILITY:.0%} credible intervals; in force only if published.\n"
    head += "".join(f"# {_quoted(device)}.{detector}: {_line(one)[2:]}" for (device, detector), one in nothing)
    return head + "\n".join(
        f"[xray.devices.{_quoted(device)}.{detector}]\n" + "".join(map(_line, rates))
        for (device, detector), rates in tables.items()
    )


def _answers(one: DrawnScan) -> list[tuple[str, ScanDecision]]:
    """The answers that a scanned vehicle got, by the table of rates that each belongs to."""
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


class _Cases(NamedTuple):
    """Inspected vehicles with a gun, or without: how many, how many equal ones they are worth, alarms among those."""

    inspections: int
    effective: float
    alarms: float


def _cases(alarm: _Answer, alarms: int, clear: _Answer, silent: int) -> _Cases:
    """So many inspected ones of either answer, by the weights of all that were drawn with it."""
    inspected = [one for one in (alarm, clear) if one.drawn]
    if not all(one.with_gun + one.empty for one in inspected):
        return _Cases(alarms + silent, 0.0, 0.0)
    heaviest = max([one.weight for one in inspected])
    alarms_worth = alarms * alarm.weight / heaviest if alarms else 0.0
    silent_worth = silent * clear.weight / heaviest if silent else 0.0
    return _Cases(alarms + silent, alarms_worth + silent_worth, alarms_worth)


def _posterior(cases: _Cases, prior_rate: float, learning: LearningRules) -> LearnedRate:
    learned = cases.effective >= learning.inspections_min
    alarms, silent = (cases.alarms, cases.effective - cases.alarms) if learned else (0.0, 0.0)
    a = learning.prior_inspections * prior_rate + alarms
    b = learning.prior_inspections * (1.0 - prior_rate) + silent
    tail = 0.5 * (1.0 - CREDIBILITY)
    low, high = beta_quantile(tail, a, b), beta_quantile(1.0 - tail, a, b)
    return LearnedRate(a / (a + b), low, high, cases.inspections, cases.effective, learned)


def _proposed(one: LearnedRates) -> dict[str, float] | None:
    """Both rates, rounded; None if neither was learned, or hits are not above false alarms."""
    hit, false_alarm = (float(f"{rate.rate:.{DIGITS}g}") for rate in (one.hit, one.false_alarm))
    if not (one.hit.learned or one.false_alarm.learned) or not 1.0 > hit > false_alarm:
        return None
    return {"hit_rate": hit, "false_alarm_rate": false_alarm}


def _line(one: LearnedRates) -> str:
    rates = _proposed(one)
    why = f"hits: {_basis(one.hit)}; false alarms: {_basis(one.false_alarm)}"
    if rates is None:
        return f"# {one.quality}: nothing to propose, since hits are not above false alarms. {why}\n"
    inline = ", ".join(f"{name} = {rate}" for name, rate in rates.items())
    return f"# {why}\n{one.quality} = {{ {inline} }}\n"


def _basis(rate: LearnedRate) -> str:
    interval = f"{rate.low:.3f} to {rate.high:.3f}"
    if not rate.learned:
        few = f"{rate.inspections} inspections are too few"
        if rate.inspections and not rate.effective:
            few = "of one of its answers no drawn vehicle was inspected"
        return f"the prior, {interval}, since {few}"
    worth = "" if rate.effective == rate.inspections else f" (worth {rate.effective:.0f} equal ones)"
    return f"{interval} from {rate.inspections} inspections{worth} and the prior"


def _quoted(name: str) -> str:
    """A name as a TOML basic string, whatever is in it."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
