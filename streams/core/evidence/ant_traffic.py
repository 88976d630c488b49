"""Ant traffic: a sequential test of how a plate crosses, since no single crossing of a courier looks like one.

Every crossing of a plate that came back shows or lacks some signs: another port than its usual one, an hour of the day
at which it never crosses, the last crossing only hours ago, a weight above its own mean, and with the inbound feed a
short stay. Each vehicle has its own habit of each sign, a rate that differs widely between honest people (a taxi, a
family with two houses), so the rate has a Beta distribution among those who come back, and another among couriers.
With k signs in n crossings the likelihood ratio is that of two beta-binomial laws,

    B(k + a1, n - k + b1) / B(a1, b1)  :  B(k + a0, n - k + b0) / B(a0, b0)

and the signs' ratios multiply to S. Unlike a sum of constant weights this cannot run away on one odd but steady habit.

A sign is judged by the crossings before it alone, so as n grows S is a likelihood-ratio martingale for vehicles that
come back, and by Ville's inequality the share of them whose S ever exceeds 1/alpha is at most alpha: the alarm's stated
false-alarm rate. It holds as far as the rule set's Beta laws do, and inspections of the random arm are to replace them.
The test restarts as passages leave the history.

Only a share of smuggling passages are couriers', so what the test weighs is ln(share * S + 1 - share), and no more than
the alarm's own ln(1/alpha).
"""

import math
from typing import Final

from schemas.records import Evidence
from streams.core.evidence.gross_weight import OwnWeighings
from streams.core.evidence.subject import CAMERAS, Subject
from streams.core.rule_set import BetaLaw, RuleSet, WeightRules
from streams.core.vehicle_history import DAY_SECONDS, SECOND, port_of
from streams.core.vehicle_state import PassedBy

# Two crossings at times of day closer than this are of one habit: queues and traffic lights make half an hour of it.
SAME_HOUR_SECONDS: Final = 2700

# A time of day is compared with those of so many crossings before, at least and at most: more would make every hour of
# a frequent crosser its own.
HOURS_MIN: Final = 2
HOURS_COMPARED: Final = 5

# An interval below this is a second trip within the day rather than the next day's.
SHORT_RETURN_SECONDS: Final = 12 * 3600

# Time in the United States from the northbound to the southbound crossing that is an errand rather than a day's work.
SHORT_STAY_SECONDS: Final = 3 * 3600

# A weighing this many sigmas above the own mean: 6.7 % of a normal law lie there.
HEAVY_SIGMAS: Final = 1.5

# Of fewer weighings the mean follows each of them.
WEIGHINGS_MIN: Final = 4


class Sign:
    """How many of the crossings that could show a sign showed it."""

    def __init__(self, shown: int, of: int) -> None:
        self.shown = shown
        self.of = of


def ant_traffic(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of how a plate crosses; None below the crossings that make a habit, or for a mode without rules."""
    laws = rules.ant_traffic.get(subject.passage.lane_mode)
    if laws is None:
        return None
    now = PassedBy(subject.at // SECOND, subject.passage.passage_id)
    south = [passed for passed in subject.passed if not passed.inbound]
    if len(south) + 1 < laws.crossings_min:
        return None
    signs = signs_of([*subject.passed, now], rules.weight)
    log_ratio, telling = 0.0, []
    for name, law in laws.signs.items():
        sign = signs.get(name)
        if sign is None or not sign.of:
            continue
        weight = _log_beta_binomial(sign, law.courier) - _log_beta_binomial(sign, law.ordinary)
        log_ratio += weight
        if weight > 0.0:
            telling.append(f"{law.said_as} in {sign.shown} of {sign.of}")
    alarm = -math.log(laws.false_alarm_ratio)
    held = min(log_ratio, alarm)
    days = (now.at_s - south[0].at_s) / DAY_SECONDS
    said = (
        f"over {len(south) + 1} southbound crossings in {days:.0f} days its pattern is {math.exp(held):.2g} times as "
    )
    said += "likely for a courier as for those who come back"
    if log_ratio >= alarm:
        said += f"; over the alarm, which {laws.false_alarm_ratio:.1%} of those ever reach"
    if telling:
        said += ": " + ", ".join(telling)
    return Evidence(
        name="ant_traffic",
        group="repetition",
        log_odds=math.log(laws.courier_share * math.exp(held) + 1.0 - laws.courier_share),
        explanation=said,
        reading_ids=subject.readings_of(*CAMERAS),
    )


def signs_of(passed: list[PassedBy], rules: WeightRules) -> dict[str, Sign]:
    """The signs of a vehicle's crossings, oldest first, the last one included; by the names in the rule set."""
    south = [one for one in passed if not one.inbound]
    return {
        "other_port": _other_port(south),
        "other_hour": _other_hour(south),
        "short_return": _short_return(south),
        "heavy": _heavy(passed, rules),
        "short_stay": _short_stay(passed),
    }


def _other_port(south: list[PassedBy]) -> Sign:
    """Crossings through another port than the one used most before."""
    counts: dict[str, int] = {}
    usual, shown = port_of(south[0].passage_id), 0
    for one in south:
        port = port_of(one.passage_id)
        if port != usual:
            shown += 1
        counts[port] = counts.get(port, 0) + 1
        if counts[port] > counts.get(usual, 0):
            usual = port
    return Sign(shown, len(south) - 1)


def _other_hour(south: list[PassedBy]) -> Sign:
    """Crossings at another time of day than the few before, round the clock."""
    times = [one.at_s % DAY_SECONDS for one in south]
    shown = 0
    for index in range(HOURS_MIN, len(times)):
        for earlier in times[max(0, index - HOURS_COMPARED) : index]:
            apart = abs(times[index] - earlier)
            if min(apart, DAY_SECONDS - apart) <= SAME_HOUR_SECONDS:
                break
        else:
            shown += 1
    return Sign(shown, max(0, len(times) - HOURS_MIN))


def _short_return(south: list[PassedBy]) -> Sign:
    """Crossings within hours of the one before."""
    shown = 0
    for index in range(1, len(south)):
        if south[index].at_s - south[index - 1].at_s < SHORT_RETURN_SECONDS:
            shown += 1
    return Sign(shown, len(south) - 1)


def _heavy(passed: list[PassedBy], rules: WeightRules) -> Sign:
    """Earlier weighings well above the mean of both directions; the present one is weighed by `gross_weight`."""
    own = OwnWeighings(passed, rules)
    south = [one for one in passed if one.weight_kg and not one.inbound]
    if own.number < WEIGHINGS_MIN:
        return Sign(0, 0)
    return Sign(sum([1 for one in south if own.excess_sigmas(one, rules) > HEAVY_SIGMAS]), len(south))


def _short_stay(passed: list[PassedBy]) -> Sign:
    """Southbound crossings soon after the northbound one before them; needs the inbound feed."""
    shown = of = 0
    for index in range(1, len(passed)):
        if passed[index - 1].inbound and not passed[index].inbound:
            of += 1
            if passed[index].at_s - passed[index - 1].at_s < SHORT_STAY_SECONDS:
                shown += 1
    return Sign(shown, of)


def _log_beta_binomial(sign: Sign, law: BetaLaw) -> float:
    """Log likelihood of the signs' order under a Beta law of the vehicle's rate."""
    return _log_beta(sign.shown + law.a, sign.of - sign.shown + law.b) - _log_beta(law.a, law.b)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
