"""Evidence of one group rests on one cause, so its sum has bounds; what exceeds them is taken back in its own line.

A heavy load shows in the gross weight and on the rear axle, an X-ray analyst looks at what the software marked, and a
courier's crossings make both the count and the pattern. Adding such weights as if they were independent would count one
cause twice. The line keeps a score the plain sum of its evidence.
"""

from schemas.records import Evidence
from streams.core.rule_set import RuleSet


def group_caps(evidence: list[Evidence], rules: RuleSet) -> list[Evidence]:
    """One line for each group whose sum is out of its bounds, in the order of the rule set."""
    caps = []
    for group, bounds in rules.groups.items():
        members = [said for said in evidence if said.group == group]
        total = sum([said.log_odds for said in members])
        held = max(bounds.log_odds_min, min(bounds.log_odds_max, total))
        if held == total:
            continue
        readings = {reading: None for said in members for reading in said.reading_ids}
        caps.append(
            Evidence(
                name=f"{group}_cap",
                group=group,
                log_odds=held - total,
                explanation=f"evidence of {group} rests on one cause; its sum of {total:+.2f} is held to {held:+.2f}",
                reading_ids=tuple(readings),
            )
        )
    return caps
