"""Ant traffic: a sequential test of how a plate crosses, since no single crossing of a courier looks like one.

Every crossing of a plate that came back shows or lacks some signs: another port than its usual one, an hour of the day
at which it never crosses, the last crossing only hours ago, a weight above its own mean, and with the inbound feed a
short stay. Each vehicle has its own habit of each sign, a rate that differs widely between honest people (a taxi, a
family with two houses), so the rate has a Beta distribution among those who come back, and another among couriers.
With k signs in n crossings the likelihood ratio is that of two beta-binomial laws,

    B(k + a1, n - k + b1) / B(a1, b1)  :  B(k + a0, n - k + b0) / B(a0, b0)

and the signs' ratios multiply to S. Unlike a sum of constant weights this cannot run away on one odd but steady habit.

A sign is judged once, as the vehicle crosses, by the crossings before it alone, and only counts are kept
(`Habit`), so they lose nothing when a history of 40 passages slides. So for vehicles that come back S is a
likelihood-ratio martingale for as long as it is counted, however many crossings that are, and by Ville's inequality at
most a share alpha of them ever sees it exceed 1/alpha: the alarm's stated false-alarm rate. Counts start again after a
year, since people move and plates change hands, and a courier who was honest for years should not hide behind them;
so the rate is one for each year of a plate. That the alarm is reached is told once within such a year, the first time:
how often a ratio comes back to its bound has no such rate. The rate holds as far as the rule set's Beta laws do and the
signs of a crossing say nothing of one another, and inspections of the random arm are to replace the laws.

Only a share of smuggling passages are couriers', so what the test weighs is ln(share * S + 1 - share), and no more than
the alarm's own ln(1/alpha).
"""

import math
from collections.abc import Sequence
from typing import Final

from schemas.records import Evidence
from streams.core.evidence.gross_weight import corrected_weight_kg
from streams.core.evidence.odds import if_it_holds
from streams.core.evidence.past import weighing_sigma_kg
from streams.core.evidence.subject import CAMERAS, Subject
from streams.core.rule_set import AntTraffic, BetaLaw, RuleSet, SignName
from streams.core.vehicle_history import DAY_SECONDS, SECOND
from streams.core.vehicle_state import Habit

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

# A weighing this many sigmas above the own mean, both uncertain: 6.7 % of a normal law lie there.
HEAVY_SIGMAS: Final = 1.5

# Of fewer weighings the mean follows each of them.
WEIGHINGS_MIN: Final = 4


# The signs in the order in which a Habit counts them; another order needs a new version of the state.
SIGNS: Final[tuple[SignName, ...]] = ("other_port", "other_hour", "short_return", "heavy", "short_stay")
HEAVY: Final = 3

# How long is counted before the counts start again.
COUNTED_DAYS: Final = 365


def ant_traffic(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of how a plate crosses; None until enough crossings are counted, or for a mode without rules."""
    laws = rules.ant_traffic.get(subject.passage.lane_mode)
    if laws is None or not subject.past().at_s:
        return None
    habit = _habit_of(subject)
    if not subject.counted:
        # The present weighing is weighed by `gross_weight`.
        present = [sign if place != HEAVY else None for place, sign in enumerate(signs_of(subject, rules))]
        habit = _with_signs(habit, present)
    if habit.of[0] + 1 < laws.crossings_min:
        return None
    log_ratio, telling = 0.0, []
    for place, name in enumerate(SIGNS):
        law, shown, of = laws.signs.get(name), habit.shown[place], habit.of[place]
        if law is None or not of:
            continue
        weight = _log_beta_binomial(shown, of, law.courier) - _log_beta_binomial(shown, of, law.ordinary)
        log_ratio += weight
        if weight > 0.0:
            telling.append(f"{law.said_as} in {shown} of {of}")
    alarm = _alarm_of(laws)
    held = min(log_ratio, alarm)
    days = subject.at // SECOND // DAY_SECONDS - habit.since_day + 1
    said = f"{habit.of[0]} southbound crossings within {days} {'day' if days == 1 else 'days'}, each compared with "
    said += f"those before it, have a pattern {_in_figures(math.exp(held))} times as likely for a courier as for those "
    said += "who come back"
    if log_ratio >= alarm:
        said += f"; over the alarm, which at most about {stated_rate(laws)} of those reach in a year"
    if telling:
        said += ": " + ", ".join(telling)
    return Evidence(
        name="ant_traffic",
        group="repetition",
        log_odds=if_it_holds(laws.courier_share, held),
        explanation=said,
        reading_ids=subject.readings_of(*CAMERAS),
    )


def reaches_alarm(subject: Subject, evidence: Sequence[Evidence], rules: RuleSet) -> bool:
    """Whether the alarm is reached by the present crossing for the first time within the year that is counted; by the
    score's evidence, which is at its bound exactly if the alarm is reached."""
    passage = subject.passage
    if passage.at_light_at is None and passage.left_at is None:
        return False  # whoever turned back has not crossed
    for said in evidence:
        if said.name == "ant_traffic":
            laws = rules.ant_traffic[passage.lane_mode]
            return said.log_odds >= if_it_holds(laws.courier_share, _alarm_of(laws)) and not _habit_of(subject).alarmed
    return False


def stated_rate(laws: AntTraffic) -> str:
    """The share of vehicles that come back which reach the alarm within a year, at most: `2%`."""
    return f"{_in_figures(laws.false_alarm_ratio * 100)}%"


def with_crossing(subject: Subject, rules: RuleSet, told: bool = False) -> Habit | None:
    """The vehicle's habit with the present crossing counted, and whether its alarm was told; as it was if that is
    counted already, or has none before it to be judged by: the vehicle's first, or one that comes so late that all it
    could be compared with came after."""
    if subject.counted or not subject.past().at_s:
        return subject.habit
    habit = _with_signs(_habit_of(subject), signs_of(subject, rules))
    return Habit(habit.since_day, habit.shown, habit.of, True) if told else habit


def _alarm_of(laws: AntTraffic) -> float:
    """Log of the likelihood ratio at which the alarm is reached, as of Ville's inequality."""
    return -math.log(laws.false_alarm_ratio)


def signs_of(subject: Subject, rules: RuleSet) -> list[bool | None]:
    """Whether the present crossing shows each of SIGNS; None of what it could not show."""
    past, now_s = subject.past(), subject.at // SECOND
    return [
        _other_port(past.ports, subject.passage.port_code),
        _other_hour(past.at_s, now_s),
        now_s - past.at_s[-1] < SHORT_RETURN_SECONDS if past.at_s else None,
        _heavy(subject, rules),
        now_s - past.came_north_s < SHORT_STAY_SECONDS if past.came_north_s else None,
    ]


def _habit_of(subject: Subject) -> Habit:
    """What was counted up to the present crossing."""
    habit, today = subject.habit, subject.at // SECOND // DAY_SECONDS
    if habit is None:
        past = subject.past()
        return Habit(past.at_s[0] // DAY_SECONDS if past.at_s else today)
    if today - habit.since_day >= COUNTED_DAYS:
        return Habit(today)
    # A late crossing may be older than the first one counted.
    return Habit(min(today, habit.since_day), habit.shown, habit.of, habit.alarmed)


def _with_signs(habit: Habit, signs: Sequence[bool | None]) -> Habit:
    return Habit(
        habit.since_day,
        tuple([shown + (sign is True) for shown, sign in zip(habit.shown, signs, strict=True)]),
        tuple([of + (sign is not None) for of, sign in zip(habit.of, signs, strict=True)]),
        habit.alarmed,
    )


def _other_port(ports: list[str], port_code: str) -> bool | None:
    """A crossing through another port than the one used most before."""
    if not ports:
        return None
    counts: dict[str, int] = {}
    usual, most = ports[0], 0
    for port in ports:
        count = counts.get(port, 0) + 1
        counts[port] = count
        if count > most:
            usual, most = port, count
    return port_code != usual


def _other_hour(at_s: list[int], now_s: int) -> bool | None:
    """A crossing at another time of day than the few before, round the clock."""
    if len(at_s) < HOURS_MIN:
        return None
    for before_s in at_s[-HOURS_COMPARED:]:
        apart_s = (now_s - before_s) % DAY_SECONDS
        if apart_s <= SAME_HOUR_SECONDS or apart_s >= DAY_SECONDS - SAME_HOUR_SECONDS:
            return False
    return True


def _heavy(subject: Subject, rules: RuleSet) -> bool | None:
    """A weighing well above the mean of those before it, as far as that is known."""
    own, kg = subject.own_weighings(rules.weight), corrected_weight_kg(subject.passage)
    if kg is None or len(own.kg) < WEIGHINGS_MIN:
        return None
    sigma_kg = weighing_sigma_kg(kg, subject.passage.scale_type, rules.weight)
    return kg - own.mean_kg > HEAVY_SIGMAS * math.sqrt(sigma_kg * sigma_kg + 1.0 / own.precision)


def _log_beta_binomial(shown: int, of: int, law: BetaLaw) -> float:
    """Log likelihood of a sign's order under a Beta law of the vehicle's rate."""
    return _log_beta(shown + law.a, of - shown + law.b) - _log_beta(law.a, law.b)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _in_figures(number: float) -> str:
    """A number as people write it, to two figures at least; below a thousandth it only says so."""
    if number < 0.001:
        return "less than 0.001"
    return f"{number:,.0f}" if number >= 10.0 else f"{number:.2g}"
