"""A rule set or policy in force other than the one required.

Mechanism: whoever can change the rules can blind them. An audit found the wrong targeting criteria in 23 % of 254 rail
shipments (DHS OIG, by strtrade.com).

Requirements are told by people (`border require`) and apply to every port. Nothing is left to chance, so there is no
statistic: the first selection under another version is a finding, once for each port, version and requirement.

What honest people do to trip it: a version that is published later than it was required from, which GRACE_SECONDS bears
for as long as a change takes to reach the last lane.
"""

from typing import Final

from schemas.records import OversightRequirement, Selection
from streams.core.integrity.state import DAY_SECONDS, SECOND, Requirement, Requirements
from streams.core.stage import Rejected

# A change reaches all lanes within seconds of its place in the log; selections under way keep theirs [assumed].
GRACE_SECONDS: Final = 10 * 60
# Remembered, those to come among them. Beyond, those go that a later one has superseded; what is in force or to come
# never does, so one more than that is refused.
REQUIREMENTS_MAX: Final = 32
# Versions of one port that were told of; beyond, the oldest may be told of again.
TOLD_MAX: Final = 64
KEPT_SECONDS: Final = 10 * 365 * DAY_SECONDS


def with_requirement(kept: Requirements | None, told: OversightRequirement) -> Requirements:
    """The requirements with one more; one of the same id is replaced.

    Raises Rejected `too_many` if there is no room, and nothing that is superseded to make some.
    """
    made = Requirement(told.requirement_id, told.valid_from_at, told.rule_set_version, told.policy_version)
    others = [] if kept is None else [one for one in kept.requirements if one.requirement_id != made.requirement_id]
    ordered = sorted([*others, made], key=_by_time)
    while len(ordered) > REQUIREMENTS_MAX:
        if not is_in_force(ordered[1], told.received_at):
            raise Rejected("too_many", f"{REQUIREMENTS_MAX} requirements are in force or to come")
        del ordered[0]
    due_s = told.received_at // SECOND + KEPT_SECONDS if kept is None else kept.due_s
    return Requirements(due_s, tuple(ordered))


def over_s_of(kept: Requirements) -> int:
    """A requirement is in force until another one is: it is kept while nobody requires anything for ten years."""
    return max([one.valid_from_at // SECOND for one in kept.requirements]) + KEPT_SECONDS


def required_of(kept: Requirements | None, at: int) -> Requirement | None:
    """What has to be in force at a time."""
    if kept is not None:
        for one in reversed(kept.requirements):
            if is_in_force(one, at):
                return one
    return None


def is_in_force(one: Requirement, at: int) -> bool:
    """Whether a requirement's time has come, and what it asks for has had time to reach the lanes."""
    return one.valid_from_at + GRACE_SECONDS * SECOND <= at


def is_other(selection: Selection, required: Requirement) -> bool:
    """Whether a selection was made under other rules than those required."""
    if selection.rule_set_version != required.rule_set_version:
        return True
    return required.policy_version is not None and selection.policy_version != required.policy_version


def told_of(selection: Selection, required: Requirement) -> str:
    """Under what a port remembers that it was told of."""
    return f"{required.requirement_id}\n{selection.rule_set_version}\n{selection.policy_version}"


def _by_time(one: Requirement) -> tuple[int, str]:
    return one.valid_from_at, one.requirement_id
