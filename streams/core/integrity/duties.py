"""Who stands in which lane of a port, and who was drawn for it by lot: what meetings are tested against."""

from collections.abc import Mapping
from typing import Final

import msgspec

from schemas.records import LaneMode, OfficerAssignment, OperatingMode
from streams.core.integrity.state import DAY_SECONDS, ROSTER, SECOND, LaneRoster
from streams.core.integrity.timed import TimedStates
from streams.core.outcomes.state import Duty, Roster
from streams.core.rotation import BLOCK_MINUTES_MAX, MINUTE, drawing_of

# An outcome is told at most half a day after its selection, or not counted. Corrections of older duties change nothing.
KEPT_SECONDS: Final = 2 * DAY_SECONDS

# Answers kept ready by lane mode: outcomes come from minutes to hours after their selections, so from several blocks.
ANSWERS_MAX: Final = 8
# Ports and modes whose answers are kept ready; hostile port codes would otherwise fill memory.
PLACES_MAX: Final = 512


class Drawn:
    """Whom one drawing has put into a port's lanes of one mode, at a time.

    `is_lot`: for an hour at most, and nobody twice. `redrawn_at`: when the lot was last drawn for the lane that waited
    longest.
    """

    def __init__(self, duties: dict[str, Duty]) -> None:
        self.officers = {lane_id: duty.officer_id for lane_id, duty in duties.items()}
        self.present = frozenset(self.officers.values())
        self.redrawn_at = min([duty.from_at for duty in duties.values()], default=0)
        self.is_lot = len(self.present) == len(duties) and all(
            duty.until_at - duty.from_at <= BLOCK_MINUTES_MAX * MINUTE for duty in duties.values()
        )


class OnDuty:
    """Who is drawn for which of a port's lanes of one mode, from a time until another in which it is the same
    (microseconds).

    Each lane belongs to the drawing of its duty, and what was drawn together stays together: the lots of another bridge
    say nothing of whom one meets at this one. What was told beside the lot, a swap or a post, changes nothing here:
    whom the lot has sent to the lane that a driver takes is as likely any of those drawn with him, and whoever could
    take lanes out of the test by a duty of some seconds could choose what is tested.
    """

    def __init__(self, from_at: int, until_at: int, duties: dict[str, Duty]) -> None:
        self.from_at = from_at
        self.until_at = until_at
        by_drawing: dict[str, dict[str, Duty]] = {}
        for lane_id, duty in duties.items():
            by_drawing.setdefault(drawing_of(duty.assignment_id) or "", {})[lane_id] = duty
        self._drawn: dict[str, Drawn] = {}
        for together in by_drawing.values():
            self._drawn |= dict.fromkeys(together, Drawn(together))

    def drawn_with(self, lane_id: str) -> Drawn | None:
        """Who was drawn together with the officer of a lane, himself among them; None if nobody was drawn for it."""
        return self._drawn.get(lane_id)


def drawn_at(roster: Roster, at: int) -> Duty | None:
    """The duty that the lot gave at a time; of overlapping ones that which began last."""
    for duty in reversed(roster.duties):
        if duty.from_at <= at < duty.until_at and drawing_of(duty.assignment_id) is not None:
            return duty
    return None


def over_s_of(kept: LaneRoster) -> int:
    """A lane's roster is needed until its last duty is no longer asked for."""
    return max([duty.until_at // SECOND for duty in kept.roster.duties], default=0) + KEPT_SECONDS


class Duties:
    """The rosters of all lanes, with answers kept ready: they follow from the rosters alone."""

    def __init__(self, rosters: TimedStates[LaneRoster]) -> None:
        self._rosters = rosters
        self._answers: dict[tuple[OperatingMode, str, LaneMode], list[OnDuty]] = {}

    def add(self, assignment: OfficerAssignment) -> None:
        """Take a duty into its lane's roster in the place of what it replaces; those of days ago are forgotten."""
        key = ROSTER + assignment.lane_id.encode()
        before = self._rosters.get(key)
        duty = Duty(assignment.from_at, assignment.until_at, assignment.assignment_id, assignment.officer_id)
        roster = (Roster() if before is None else before.roster).with_duty(duty)
        oldest = assignment.received_at - KEPT_SECONDS * SECOND
        roster = Roster(tuple([duty for duty in roster.duties if duty.until_at > oldest]))
        if before is None:
            after = LaneRoster(0, roster)
            after = msgspec.structs.replace(after, due_s=over_s_of(after))
        else:
            after = LaneRoster(before.due_s, roster)
        self._rosters.put(key, after)
        self._answers.clear()

    def officer_in(self, lane_id: str, at: int) -> Duty | None:
        """The duty in a lane at a time."""
        kept = self._rosters.get(ROSTER + lane_id.encode())
        return None if kept is None else kept.roster.duty_at(at)

    def on_duty(
        self, port: tuple[OperatingMode, str], mode: LaneMode, at: int, lanes: Mapping[str, LaneMode]
    ) -> OnDuty:
        """Who is drawn for a port's lanes of a mode at a time; `lanes` are those known so far."""
        place = (*port, mode)
        answers = self._answers.get(place)
        if answers is None:
            if len(self._answers) >= PLACES_MAX:
                self._answers.clear()
            answers = self._answers[place] = []
        for known in answers:
            if known.from_at <= at < known.until_at:
                return known
        answer = self._asked([lane_id for lane_id, other in lanes.items() if other is mode], at)
        answers.insert(0, answer)
        del answers[ANSWERS_MAX:]
        return answer

    def forget_answers(self) -> None:
        """After lanes or rosters changed, or were rolled back."""
        self._answers.clear()

    def _asked(self, lane_ids: list[str], at: int) -> OnDuty:
        """Over every duty of the lanes, since a later one may begin over one that goes on."""
        from_at, until_at = 0, 1 << 62
        duties: dict[str, Duty] = {}
        for lane_id in lane_ids:
            kept = self._rosters.get(ROSTER + lane_id.encode())
            if kept is None:
                continue
            for duty in kept.roster.duties:
                for change_at in (duty.from_at, duty.until_at):
                    if change_at <= at:
                        from_at = max(from_at, change_at)
                    else:
                        until_at = min(until_at, change_at)
            drawn = drawn_at(kept.roster, at)
            if drawn is not None:
                duties[lane_id] = drawn
        return OnDuty(from_at, until_at, duties)
