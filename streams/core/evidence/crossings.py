"""The plate came through more often than vehicles that come back do: Poisson likelihood ratios of two windows.

k crossings in t days weigh k * ln(courier rate / ordinary rate) - (courier rate - ordinary rate) * t, capped, since a
commuter or a shuttle is not Poisson. The windows do not overlap (the last 24 h, and 24 to 72 h ago), so nothing is
counted twice. The 72 h count is what booth officers have been shown since 2001.
"""

import math

from schemas.records import Evidence
from streams.core.evidence.subject import CAMERAS, Subject
from streams.core.rule_set import RuleSet
from streams.core.vehicle_history import SECOND

DAY_SECONDS = 24 * 3600


def crossings_24h(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of the crossings in the last 24 hours."""
    return _crossings(subject, rules, "crossings_24h", 0, 1)


def crossings_72h(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of the crossings 24 to 72 hours ago."""
    return _crossings(subject, rules, "crossings_72h", 1, 3)


def _crossings(subject: Subject, rules: RuleSet, name: str, from_days: int, to_days: int) -> Evidence | None:
    if not subject.earlier:
        return None  # a first crossing says nothing: a courier has a first one too
    now_s = subject.at // SECOND
    newest_s, oldest_s = now_s - from_days * DAY_SECONDS, now_s - to_days * DAY_SECONDS
    count = sum([1 for earlier in subject.earlier if oldest_s < earlier.at_s <= newest_s])
    if count == 0:
        return None  # absence would mostly measure how often the readers misread this plate
    crossings = rules.crossings
    ratio = math.log(crossings.courier_per_day / crossings.ordinary_per_day)
    expected = (crossings.courier_per_day - crossings.ordinary_per_day) * (to_days - from_days)
    log_odds = count * ratio - expected
    window = f"{from_days * 24} to {to_days * 24} h ago" if from_days else f"in the last {to_days * 24} h"
    return Evidence(
        name=name,
        group="repetition",
        log_odds=max(-crossings.log_odds_max, min(crossings.log_odds_max, log_odds)),
        explanation=f"{count} earlier southbound crossing{'s' if count > 1 else ''} {window}",
        reading_ids=subject.readings_of(*CAMERAS),
    )
