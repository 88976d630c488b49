"""How often the plate came south: what booth officers have been shown since 2001, and that it is worth little.

Commuters cross daily, so frequency alone cannot tell a courier from them. The crossings of 30 days fall into a band;
its weight is the log of P(band | smuggling passage) / P(band | ordinary passage) from the rule set. How the plate
crosses, which says more, is weighed by `ant_traffic`; both rest on the same passages and share a group.
"""

import math

from schemas.records import Evidence
from streams.core.evidence.subject import CAMERAS, Subject
from streams.core.rule_set import RuleSet
from streams.core.vehicle_history import DAY_SECONDS, SECOND, lane_of, port_of

BAND_DAYS = 30


def repetition(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of the number of earlier southbound crossings; None for a plate that was not read."""
    if subject.passage.plate is None:
        return None
    now_s = subject.at // SECOND
    ages_s = [now_s - passed.at_s for passed in subject.passed if not passed.inbound]
    count = _within(ages_s, BAND_DAYS)
    for band in rules.repetition:
        if count <= band.crossings_max:
            break
    else:
        return None
    if not ages_s:
        said = "no earlier southbound crossing is known"
    else:
        ids = [passed.passage_id for passed in subject.passed if not passed.inbound]
        windows = ", ".join([f"{_within(ages_s, days)} in {name}" for days, name in WINDOWS])
        ports, lanes = len({port_of(one) for one in ids}), len({lane_of(one) for one in ids})
        said = f"earlier southbound crossings: {windows}, through {_some(ports, 'port')} and {_some(lanes, 'lane')}"
    return Evidence(
        name="repetition",
        group="repetition",
        log_odds=math.log(band.smuggling_share / band.ordinary_share),
        explanation=said,
        reading_ids=subject.readings_of(*CAMERAS),
    )


WINDOWS = ((1, "24 h"), (3, "72 h"), (30, "30 days"), (90, "90 days"))


def _within(ages_s: list[int], days: int) -> int:
    return sum([1 for age_s in ages_s if age_s < days * DAY_SECONDS])


def _some(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
