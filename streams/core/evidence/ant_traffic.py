"""Ant traffic: a sequential test of how a plate crosses, since no single crossing of a courier looks like one.

Every crossing of a plate that came back shows or lacks some signs: another port than its usual one, an hour of the day
at which it never crosses, the last crossing only hours ago, a weight above its own mean, and with the inbound feed a
short stay. Each vehicle has its own habit of each sign, a rate that differs widely between honest people (a taxi, a
family with two houses), so the rate has a Beta distribution among those who come back, and another among couriers.
With k signs in n crossings the likelihood ratio is that of two beta-binomial laws,

    B(k + a1, n - k + b1) / B(a1, b1)  :  B(k + a0, n - k + b0) / B(a0, b0)

and the signs' ratios multiply to S. Unlike a sum of constant weights this cannot run away on one odd but steady habit.

A sign is judged by the crossings before it alone (but for `heavy`, whose mean is of all weighings), so as n grows S is
nearly a likelihood-ratio martingale for vehicles that come back, and by Ville's inequality the share of them whose S
exceeds 1/alpha within one history is about alpha at most: the alarm's stated false-alarm rate. A history holds 40
passages and then slides, so over years more will reach it. It holds as far as the rule set's Beta laws do, and
inspections of the random arm are to replace them.

Only a share of smuggling passages are couriers', so what the test weighs is ln(share * S + 1 - share), and no more than
the alarm's own ln(1/alpha).
"""

import math
from typing import Final

from schemas.records import Evidence
from streams.core.evidence.odds import if_it_holds
from streams.core.evidence.past import OwnWeighings, Past
from streams.core.evidence.subject import CAMERAS, Subject
from streams.core.rule_set import BetaLaw, RuleSet
from streams.core.vehicle_history import DAY_SECONDS, SECOND

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
    past = subject.past()
    if len(past.at_s) + 1 < laws.crossings_min:
        return None
    now_s = subject.at // SECOND
    signs = signs_of(past, subject.own_weighings(rules.weight), now_s, subject.passage.port_code)
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
    days = (now_s - past.at_s[0]) / DAY_SECONDS
    said = f"over {len(past.at_s) + 1} southbound crossings in {days:.0f} days its pattern is {math.exp(held):.2g} "
    said += "times as likely for a courier as for those who come back"
    if log_ratio >= alarm:
        said += f"; over the alarm, which at most about {laws.false_alarm_ratio:.0%} of those reach"
    if telling:
        said += ": " + ", ".join(telling)
    return Evidence(
        name="ant_traffic",
        group="repetition",
        log_odds=if_it_holds(laws.courier_share, held),
        explanation=said,
        reading_ids=subject.readings_of(*CAMERAS),
    )


def signs_of(past: Past, own: OwnWeighings, now_s: int, port_code: str) -> dict[str, Sign]:
    """The signs of a vehicle's crossings, the present one the last; by the names in the rule set."""
    return {
        "other_port": _other_port([*past.ports, port_code]),
        "other_hour": _other_hour([*past.at_s, now_s]),
        "short_return": _short_return([*past.at_s, now_s]),
        "heavy": _heavy(own),
        "short_stay": _short_stay(past, now_s),
    }


def _other_port(ports: list[str]) -> Sign:
    """Crossings through another port than the one used most before."""
    counts: dict[str, int] = {}
    usual, most, shown = ports[0], 0, 0
    for port in ports:
        if port != usual:
            shown += 1
        count = counts.get(port, 0) + 1
        counts[port] = count
        if count > most:
            usual, most = port, count
    return Sign(shown, len(ports) - 1)


def _other_hour(at_s: list[int]) -> Sign:
    """Crossings at another time of day than the few before, round the clock."""
    times = [at % DAY_SECONDS for at in at_s]
    shown = 0
    for index in range(HOURS_MIN, len(times)):
        time, alone = times[index], True
        for before in range(max(0, index - HOURS_COMPARED), index):
            apart = abs(time - times[before])
            if apart <= SAME_HOUR_SECONDS or apart >= DAY_SECONDS - SAME_HOUR_SECONDS:
                alone = False
                break
        shown += alone
    return Sign(shown, max(0, len(times) - HOURS_MIN))


def _short_return(at_s: list[int]) -> Sign:
    """Crossings within hours of the one before."""
    shown = 0
    for index in range(1, len(at_s)):
        if at_s[index] - at_s[index - 1] < SHORT_RETURN_SECONDS:
            shown += 1
    return Sign(shown, len(at_s) - 1)


def _short_stay(past: Past, now_s: int) -> Sign:
    """Southbound crossings soon after the northbound one before them; needs the inbound feed."""
    stays_s = [*past.stays_s, now_s - past.came_north_s] if past.came_north_s else past.stays_s
    return Sign(len([stay_s for stay_s in stays_s if stay_s < SHORT_STAY_SECONDS]), len(stays_s))


def _heavy(own: OwnWeighings) -> Sign:
    """Earlier southbound weighings well above the mean; the present one is weighed by `gross_weight`."""
    if len(own.kg) < WEIGHINGS_MIN:
        return Sign(0, 0)
    shown = of = 0
    for kg, sigma, south in zip(own.kg, own.sigma_kg, own.south, strict=True):
        if south:
            of += 1
            shown += kg - own.mean_kg > HEAVY_SIGMAS * sigma
    return Sign(shown, of)


def _log_beta_binomial(sign: Sign, law: BetaLaw) -> float:
    """Log likelihood of the signs' order under a Beta law of the vehicle's rate."""
    return _log_beta(sign.shown + law.a, sign.of - sign.shown + law.b) - _log_beta(law.a, law.b)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
