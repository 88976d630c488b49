"""The vehicle turned back in one lane of the port and came through another one within the hour.

Whoever sees the X-ray van or one officer rather than another may do so, and so does who took the lane for the wrong
vehicles or saw a shorter queue. No source says which is how frequent; until inspections do, the two shares of the rule
set are equal and it weighs nothing. The officer is told.
"""

import math

from schemas.records import Evidence
from streams.core.evidence.subject import CAMERAS, Subject
from streams.core.rule_set import RuleSet


def lane_switch(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of a plate that turned back in another lane of this port; None for all others."""
    passage = subject.passage
    lanes = [lane_id for lane_id in subject.turned_back if lane_id != passage.lane_id]
    lanes = [lane_id for lane_id in lanes if lane_id.partition("/")[0] == passage.port_code]
    if not lanes:
        return None
    shares = rules.lane_switch
    return Evidence(
        name="lane_switch",
        group="repetition",
        log_odds=math.log(shares.smuggling_share / shares.ordinary_share),
        explanation=f"the plate turned back in lane {lanes[-1]} within the hour before",
        reading_ids=subject.readings_of(*CAMERAS),
    )
