"""How often the plate came south: what booth officers have been shown since 2001, and that it is worth little.

Commuters cross daily, so frequency alone cannot tell a courier from them. The crossings of 30 days fall into a band;
its weight is the log of P(band | smuggling passage) / P(band | ordinary passage) from the rule set. How the plate
crosses, which says more, is weighed by `ant_traffic`; both rest on the same passages and share a group.
"""

import math
from typing import Final

from schemas.records import Evidence
from streams.core.evidence.subject import CAMERAS, Subject
from streams.core.rule_set import RuleSet
from streams.core.vehicle_history import DAY_SECONDS, PASSAGES_MAX, SECOND

# How long ago a crossing may be, in seconds, to count in a window.
WINDOWS: Final = (
    (DAY_SECONDS, "24 h"),
    (3 * DAY_SECONDS, "72 h"),
    (30 * DAY_SECONDS, "30 days"),
    (90 * DAY_SECONDS, "90 days"),
)
BAND_WINDOW: Final = 2


def repetition(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of the number of earlier southbound crossings; None for a plate that was not read."""
    if subject.passage.plate is None:
        return None
    past = subject.past()
    now_s = subject.at // SECOND
    counts = [0] * len(WINDOWS)
    for at_s in past.at_s:
        age_s = now_s - at_s
        for place, (seconds, _) in enumerate(WINDOWS):
            if age_s < seconds:
                counts[place] += 1
    count = counts[BAND_WINDOW]
    for band in rules.repetition:
        if count <= band.crossings_max:
            break
    else:
        return None
    if not past.at_s:
        said = "no earlier southbound crossing is known"
    else:
        windows = ", ".join([f"{counts[place]} in {name}" for place, (_, name) in enumerate(WINDOWS)])
        ports, lanes = _some(len(set(past.ports)), "port"), _some(len(set(past.lanes)), "lane")
        at_least = "at least " if len(subject.passed) >= PASSAGES_MAX else ""
        said = f"earlier southbound crossings: {at_least}{windows}, through {ports} and {lanes}"
    return Evidence(
        name="repetition",
        group="repetition",
        log_odds=math.log(band.smuggling_share / band.ordinary_share),
        explanation=said,
        reading_ids=subject.readings_of(*CAMERAS),
    )


def _some(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
