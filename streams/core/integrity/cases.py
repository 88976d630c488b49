"""Referred vehicles until all reports of them are in: each is counted once, as its last outcome tells of it.

What an officer has to answer for is the light that the vehicle saw, not the one selected: where the dead-man rule's lot
gave it, a red lot is a red light like any other, and a red selection that was never shown is none.
"""

from typing import Final

from schemas.records import Light, Outcome, OutcomeState
from streams.core.integrity.state import DAY_SECONDS, SECOND, Case

# Reports are completed on the next shift, and those of a weekend on Monday [assumed]; sooner, and whoever writes them
# late is taken for one who did not inspect.
SETTLED_SECONDS: Final = 3 * DAY_SECONDS


def light_given(outcome: Outcome) -> Light:
    """The light before an officer changed it; UNKNOWN where nothing tells, or the records do not agree on what the
    vehicle saw. Then nothing is tested."""
    given = outcome.light_given or Light.UNKNOWN
    if not outcome.overrides and outcome.shown_light not in (None, given):
        return Light.UNKNOWN
    return given


def is_referred(outcome: Outcome) -> bool:
    """Whether there is anything to count but a green light."""
    return light_given(outcome) is Light.RED or outcome.overrides > 0 or bool(outcome.inspection_ids)


def is_too_late(outcome: Outcome, selected_at: int, own_at: int) -> bool:
    """Whether a correction comes when its case may be settled already: it would be counted twice."""
    return outcome.revision > 1 and max(outcome.closed_at, own_at) >= selected_at + SETTLED_SECONDS * SECOND


def case_of(outcome: Outcome, due_s: int) -> Case:
    """What is counted of an outcome."""
    seconds = None
    started_at, ended_at = outcome.inspection_started_at, outcome.inspection_ended_at
    if outcome.state is OutcomeState.INSPECTED and started_at is not None and ended_at is not None:
        seconds = (ended_at - started_at) // SECOND
    is_red = light_given(outcome) is Light.RED
    made_green = is_red and outcome.final_light is Light.GREEN
    return Case(
        due_s,
        outcome.revision,
        outcome.lane_mode,
        is_red,
        outcome.state,
        outcome.officer_on_duty_id,
        outcome.override_officer_id if made_green else None,
        outcome.inspection_officer_ids,
        seconds,
        bool(outcome.exams_missing),
    )
