"""What is known of the vehicles at the lights, and what a controller that asks is told.

    Selection, Override, LightAnswer ─► see(record)                  the last passages of each lane
    a controller's question          ─► ask(question, …)             the light, or None: nothing fresh yet
    nothing fresh by its deadline    ─► fall_back(question, …)       red or green by lot, never silently green

What is told, the first that applies:

1. the last override by an officer at this stop, by the log's order and the broker's clock, not the terminals';
2. what this vehicle was shown before, even if by lot and its selection has come since: the driver has seen it;
3. the selection of this passage;
4. once the caller has waited long enough, the lot that was told before, or else red or green by lot.

A question is by the passage's number in its lane, or by the AT_LIGHT reading that the controller itself sent. A lot
that was told before the vehicle came to the light counts for nothing: whoever can ask could else choose it in place of
the selection. So does what is of long ago: a lane may count anew, and a light must never show what another vehicle was
given.
"""

from collections import OrderedDict, deque
from typing import Any, Final, TypeVar

import msgspec

from schemas.records import Light, LightAnswer, LightAnswerReason, OperatingMode, Override, Selection
from streams.core.light.questions import CLOCKS_APART_MAX, Question, at_light, lot_of, was_told_early
from streams.core.outcomes import validation
from streams.core.outcomes.state import OVERRIDES_MAX
from streams.core.random_draw import RandomKeys
from streams.core.stage import ID_LENGTH_MAX, Record, Rejected
from streams.core.vehicle_history import port_of

Kept = TypeVar("Kept")

SECOND: Final = 1_000_000

# Vehicles between a lane's stop line and its exit, and those just gone, are fewer than ten. With fewer kept, a question
# that comes again late would be answered anew; with many more, one lane's flood of records would fill memory.
PASSAGES_PER_LANE_MAX: Final = 64

# The border has under 400 southbound lanes, in one or two operating modes; more are a fault, and the oldest go.
LANES_MAX: Final = 2_048

# How old a selection may be and still be of the vehicle that stands there: an officer may hold one for some minutes
# [assumed]. Too long, and a lane that counts anew shows the light of the vehicle that had the number before.
FRESH_SECONDS: Final = 15 * 60

# A record this far ahead of this machine's clock is of a broken clock, and would stay fresh for as long.
AHEAD_SECONDS_MAX: Final = 300

# Lots drawn in one lane within a minute. No vehicle passes a light each second: whoever asks for more asks for vehicles
# that are not there, and each lot is a record for ever.
FALLBACKS_PER_MINUTE_MAX: Final = 60


class TooManyQuestions(Exception):
    """More vehicles of one lane are asked for than can pass it; no light is drawn for this one."""


class Told:
    """What a controller is told. `record` is written to the log if `is_new`; else it was when it was told first.

    `is_repeat`: the vehicle was told the same before. A repeat is new where only it tells that the light was shown now.
    """

    def __init__(self, record: LightAnswer, *, is_new: bool, is_repeat: bool) -> None:
        self.record = record
        self.is_new = is_new
        self.is_repeat = is_repeat

    @property
    def light(self) -> Light:
        """RED or GREEN."""
        return self.record.light


class Passage:
    """One vehicle at the light: at its last stop, if it stopped more than once."""

    def __init__(self) -> None:
        self.selection: Selection | None = None
        self.override: Override | None = None
        self.override_at = 0
        self.override_ids: deque[str] = deque(maxlen=OVERRIDES_MAX)
        self.shown: LightAnswer | None = None


class Lane:
    """The last passages of one lane in one operating mode, oldest first, and whose the readings were."""

    def __init__(self) -> None:
        self.passages: OrderedDict[str, Passage] = OrderedDict()
        self.passage_ids: OrderedDict[str, str] = OrderedDict()
        self.unplaced: OrderedDict[str, LightAnswer] = OrderedDict()
        self.drawn_at: deque[int] = deque(maxlen=FALLBACKS_PER_MINUTE_MAX)
        self.told_again_at = 0
        self.answered_at = 0

    def passage(self, passage_id: str) -> Passage:
        """The passage, new if it is not known; the oldest goes if there are too many."""
        known = self.passages.get(passage_id)
        if known is None:
            known = self.passages[passage_id] = Passage()
            self.shrink()
        return known

    def asked_for(self, question: Question) -> tuple[str | None, int | None]:
        """Id and number of the passage that is asked for; None for a reading whose vehicle is not known."""
        if question.reading_id is None:
            return question.vehicle, question.number
        passage_id = self.passage_ids.get(question.reading_id)
        passage = None if passage_id is None else self.passages.get(passage_id)
        if passage is None:
            return None, None
        if passage.selection is not None:
            return passage_id, passage.selection.passage_number
        return (None, None) if passage.shown is None else (passage_id, passage.shown.passage_number)

    def shrink(self) -> None:
        """Forget the oldest passages beyond PASSAGES_PER_LANE_MAX."""
        while len(self.passages) > PASSAGES_PER_LANE_MAX:
            self.passages.popitem(last=False)

    def next_at(self, now: int) -> int:
        """A time for an answer, now, but later than the last: answers of a lane have an order, and ids of their own.

        After a clock that was set back it is now all the same: the stage refuses what is ahead of the broker's.
        """
        self.answered_at = now if now < self.answered_at - SECOND else max(now, self.answered_at + 1)
        return self.answered_at


class LightBoard:
    """One process's view of the lights. Records must be seen in the order of their partition, each once.

    `red_share`: probability of red of a lot, 0 to 1.
    """

    def __init__(self, keys: RandomKeys, red_share: float) -> None:
        self._keys = keys
        self._red_share = red_share
        self._lanes: OrderedDict[tuple[str, OperatingMode], Lane] = OrderedDict()

    def see(self, record: Record) -> None:
        """Take in one record of the lanes' decisions, from the log or kept from before a restart.

        What the outcomes stage refuses is passed over here: there it becomes a dead letter and is counted.
        """
        value = record.value
        try:
            if isinstance(value, Selection):
                validation.check_place(value, record.key)
                validation.check_selection(value)
                self._see_selection(value)
            elif isinstance(value, Override):
                validation.check_place(value, record.key)
                validation.check_override(value, record.appended_at)
                self._see_override(value, record.appended_at)
            elif isinstance(value, LightAnswer):
                validation.check_answer(value, record.key, record.appended_at)
                self._see_answer(value)
        except Rejected:
            return

    def knows(self, lane_id: str, mode: OperatingMode) -> bool:
        """Whether the log told of a vehicle in this lane: one of a port that was published since may be in no file."""
        return (lane_id, mode) in self._lanes

    def ask(self, question: Question, asked_at: int, now: int, controller_id: str | None) -> Told | None:
        """The light of a vehicle; None while nothing fresh is known of it. Times in microseconds, this machine's."""
        lane = self._lanes.get((question.lane_id, question.mode))
        if lane is None:
            return None
        passage_id, number = lane.asked_for(question)
        passage = None if passage_id is None else lane.passages.get(passage_id)
        if passage is None:
            return None
        selection, override, shown = passage.selection, passage.override, passage.shown
        if shown is not None and not is_fresh(shown.answered_at, now):
            shown = None
        if override is not None and is_fresh(passage.override_at, now):
            light, reason = override.light, LightAnswerReason.OVERRIDE
            if shown is not None and shown.reason is reason and shown.light is light:
                return Told(shown, is_new=False, is_repeat=True)
        elif shown is not None:
            if shown.fallback and selection is None:
                return None  # it may have been told before the vehicle came, whose selection is on its way
            return Told(shown, is_new=False, is_repeat=True)
        elif selection is not None and is_fresh(at_light(selection), now):
            light, reason = selection.light, LightAnswerReason.SELECTION
        else:
            return None
        reading_id = question.reading_id if selection is None else selection.at_light_reading_id
        passage.shown = made = LightAnswer(
            **named(question, lane.next_at(now)),
            passage_id=passage_id,
            passage_number=number,
            at_light_reading_id=reading_id,
            light=light,
            fallback=False,
            reason=reason,
            asked_at=asked_at,
            controller_id=controller_id,
        )
        return Told(made, is_new=True, is_repeat=False)

    def fall_back(self, question: Question, asked_at: int, now: int, controller_id: str | None) -> Told:
        """The light, by lot unless something fresh is known now. Raises TooManyQuestions."""
        told = self.ask(question, asked_at, now, controller_id)
        if told is not None:
            return told
        lane = self._lane(question.lane_id, question.mode)
        passage_id, number = lane.asked_for(question)
        known = None if passage_id is None else lane.passages.get(passage_id)
        before = lane.unplaced.get(question.reading_id or "") if known is None else known.shown
        if before is not None and is_fresh(before.answered_at, now):
            return self._told_again(lane, known, before, asked_at, now, controller_id)
        # A clock that was set back must not keep the lane dark.
        if len(lane.drawn_at) == FALLBACKS_PER_MINUTE_MAX and 0 <= now - lane.drawn_at[0] < 60 * SECOND:
            raise TooManyQuestions
        lane.drawn_at.append(now)
        of_long_ago = known is not None and known.selection is not None
        reason = LightAnswerReason.OLD_SELECTION if of_long_ago else LightAnswerReason.NO_SELECTION
        answered_at = lane.next_at(now)
        key_id, key = self._keys.key_of(port_of(question.lane_id), answered_at)
        made = LightAnswer(
            **named(question, answered_at),
            passage_id=passage_id,
            passage_number=number,
            at_light_reading_id=question.reading_id,
            light=Light.RED if lot_of(key, question.vehicle, reason) < self._red_share else Light.GREEN,
            fallback=True,
            reason=reason,
            propensity=self._red_share,
            random_key_id=key_id,
            asked_at=asked_at,
            controller_id=controller_id,
        )
        if passage_id is None:
            keep(lane.unplaced, question.reading_id or "", made)
        else:
            # What was known is of another vehicle that had the number, or of this one's stop of long ago.
            fresh = lane.passages[passage_id] = Passage()
            lane.passages.move_to_end(passage_id)
            fresh.shown = made
            lane.shrink()
        return Told(made, is_new=True, is_repeat=False)

    def _told_again(
        self, lane: Lane, known: Passage | None, before: LightAnswer, asked_at: int, now: int, controller_id: str | None
    ) -> Told:
        """The lot of before. It is written again if the vehicle may have come since: only that tells what it saw."""
        if now - before.answered_at <= CLOCKS_APART_MAX or 0 <= now - lane.told_again_at < SECOND:
            return Told(before, is_new=False, is_repeat=True)
        lane.told_again_at = now
        answered_at = lane.next_at(now)
        again = msgspec.structs.replace(
            before,
            answer_id=answer_id_of(before.lane_id, before.operating_mode, answered_at),
            asked_at=asked_at,
            answered_at=answered_at,
            controller_id=controller_id,
        )
        if known is not None:
            known.shown = again
        else:
            keep(lane.unplaced, again.at_light_reading_id or "", again)
        return Told(again, is_new=True, is_repeat=True)

    def _lane(self, lane_id: str, mode: OperatingMode) -> Lane:
        lane = self._lanes.get((lane_id, mode))
        if lane is None:
            lane = self._lanes[lane_id, mode] = Lane()
            if len(self._lanes) > LANES_MAX:
                self._lanes.popitem(last=False)
        return lane

    def _see_selection(self, selection: Selection) -> None:
        lane = self._lane(selection.lane_id, selection.operating_mode)
        passage = lane.passage(selection.passage_id)
        if passage.selection is not None:
            passage.override_ids.clear()
            passage.override = None  # it was of the stop before
        passage.selection = selection
        if passage.shown is not None and not is_of_stop(passage.shown, selection):
            passage.shown = None
        reading_id = selection.at_light_reading_id
        if reading_id is None or len(reading_id) > ID_LENGTH_MAX or reading_id in lane.passage_ids:
            return
        keep(lane.passage_ids, reading_id, selection.passage_id)
        drawn = lane.unplaced.pop(reading_id, None)
        if drawn is not None:
            self._show(passage, drawn)

    def _see_override(self, override: Override, appended_at: int) -> None:
        passage = self._lane(override.lane_id, override.operating_mode).passage(override.passage_id)
        if override.override_id not in passage.override_ids:  # else a terminal says again what may be changed since
            passage.override_ids.append(override.override_id)
            passage.override, passage.override_at = override, appended_at

    def _see_answer(self, said: LightAnswer) -> None:
        lane = self._lane(said.lane_id, said.operating_mode)
        lane.answered_at = max(lane.answered_at, said.answered_at)
        reading_id = said.at_light_reading_id or ""
        passage_id = said.passage_id
        if passage_id is None:
            passage_id = lane.passage_ids.get(reading_id)
        elif reading_id and reading_id not in lane.passage_ids:
            keep(lane.passage_ids, reading_id, passage_id)
        drawn = lane.unplaced.get(reading_id)
        if passage_id is not None:
            lane.unplaced.pop(reading_id, None)
            self._show(lane.passage(passage_id), said)
        elif drawn is None or drawn.answered_at < said.answered_at:
            keep(lane.unplaced, reading_id, said)

    def _show(self, passage: Passage, said: LightAnswer) -> None:
        if passage.selection is not None and not is_of_stop(said, passage.selection):
            return
        if passage.shown is None or passage.shown.answered_at < said.answered_at:
            passage.shown = said


def keep(kept: OrderedDict[str, Kept], key: str, value: Kept) -> None:
    """Add to what a lane keeps by reading; the oldest goes if there are too many."""
    kept[key] = value
    if len(kept) > PASSAGES_PER_LANE_MAX:
        kept.popitem(last=False)


def named(question: Question, answered_at: int) -> dict[str, Any]:
    """What every answer to a question says alike."""
    return {
        "answer_id": answer_id_of(question.lane_id, question.mode, answered_at),
        "lane_id": question.lane_id,
        "port_code": port_of(question.lane_id),
        "operating_mode": question.mode,
        "answered_at": answered_at,
    }


def answer_id_of(lane_id: str, mode: OperatingMode, answered_at: int) -> str:
    """A lane's answers differ in their times (`Lane.next_at`)."""
    return f"{lane_id} {mode} {answered_at}"


def is_of_stop(said: LightAnswer, selection: Selection) -> bool:
    """Whether an answer was told to this vehicle, at the stop of its last selection.

    What is no lot was told of a vehicle that stood there; of which stop, its reading says, however clocks differ.
    """
    reading_id = selection.at_light_reading_id
    if reading_id is not None and said.at_light_reading_id == reading_id and not said.fallback:
        return True
    return not was_told_early(said.answered_at, at_light(selection))


def is_fresh(at: int, now: int) -> bool:
    """Whether what was told then can be of the vehicle that stands at the light now."""
    return -AHEAD_SECONDS_MAX * SECOND <= now - at <= FRESH_SECONDS * SECOND
