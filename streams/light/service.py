"""From a question to its answer, on one event loop.

1. what the board has at once: an override, what was told before, a fresh selection;
2. else wait, up to `wait_seconds`, and look again whenever something of that lane comes from the log;
3. else the lot, if the lane is one that there is.
4. A new answer is kept in the journal and handed to the writer before the controller hears it: neither waits for the
   broker, so nothing that is away can keep a vehicle waiting.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final, Protocol

from schemas.records import LightAnswer, OperatingMode, Override, Selection
from streams.core.light.board import LANES_MAX, LightBoard, Told, TooManyQuestions
from streams.core.light.questions import Question
from streams.core.stage import ID_LENGTH_MAX, Record
from streams.light.telemetry import LightTelemetry

NUMBER_MAX: Final = 2**62

# Questions that wait for a selection of one lane at once; further ones are refused. One vehicle stands at a light, and
# fewer than ten lie between stop line and exit: who asks for more must not cost other lanes their wait.
WAITING_PER_LANE_MAX: Final = 16

# Questions that wait to see whether there is such a lane, in all: it may be of a port that was published since.
WAITING_UNKNOWN_MAX: Final = 64


class Refused(Exception):
    """The question cannot be answered; the message says why, in words for a controller's log."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Answers(Protocol):
    """Where answers go."""

    def put(self, answer: LightAnswer) -> None:
        """Keep and deliver one; never waits for the broker."""

    def remember_lane(self, lane_id: str) -> None:
        """Keep that there is such a lane."""


class LightService:
    """Answers controllers, from one event loop. `lanes`: those known at the start; the log tells of others."""

    def __init__(
        self,
        board: LightBoard,
        lanes: Collection[str],
        answers: Answers,
        telemetry: LightTelemetry,
        wait_seconds: float,
    ) -> None:
        self._board = board
        self._lanes = set(lanes)
        self._answers = answers
        self._telemetry = telemetry
        self._wait_seconds = wait_seconds
        for lane_id in lanes:
            telemetry.knows(lane_id)
        self._waiting: dict[tuple[str, OperatingMode], set[asyncio.Event]] = defaultdict(set)
        self._waiting_count = 0
        self._waiting_unknown = 0

    @property
    def waiting(self) -> int:
        """Questions that wait for a selection now."""
        return self._waiting_count

    def see(self, records: Iterable[Record]) -> None:
        """Take in records of the lanes' decisions, and wake who waits for one of them."""
        for record in records:
            try:
                self._board.see(record)
            except Exception as error:  # one record that the board cannot bear must not keep the others from it
                self._telemetry.outage("record", error)
                continue
            value = record.value
            if isinstance(value, Selection):
                self._remember_lane(value)
            if isinstance(value, (Selection, Override)):
                for event in self._waiting.get((value.lane_id, value.operating_mode), ()):
                    event.set()

    def _remember_lane(self, selection: Selection) -> None:
        """A lane that no file knows is of a port that was published; after a restart in the dark nobody tells of it."""
        lane_id = selection.lane_id
        if lane_id in self._lanes or not self._board.knows(lane_id, selection.operating_mode):
            return
        if len(self._lanes) < LANES_MAX:
            self._lanes.add(lane_id)
            self._telemetry.knows(lane_id)
            self._answers.remember_lane(lane_id)

    async def answer(self, question: Question, controller_id: str | None) -> Told:
        """What to show. Raises Refused for a lane or vehicle that cannot be, or too many of them."""
        asked_at, started = now(), time.monotonic()
        self._check(question, controller_id)
        told = self._board.ask(question, asked_at, now(), controller_id)
        if told is None:
            told = await self._waited(question, asked_at, controller_id, started + self._wait_seconds)
        if told is None:
            if not self._knows(question):
                raise self._refusal("unknown_lane", "there is no such lane")
            try:
                told = self._board.fall_back(question, asked_at, now(), controller_id)
            except TooManyQuestions as error:
                raise self._refusal("too_many", "more vehicles are asked for than can pass this lane") from error
        if told.is_new:
            self._answers.put(told.record)
        self._telemetry.told(told, time.monotonic() - started)
        return told

    def _knows(self, question: Question) -> bool:
        return question.lane_id in self._lanes or self._board.knows(question.lane_id, question.mode)

    def _check(self, question: Question, controller_id: str | None) -> None:
        if question.mode is OperatingMode.UNKNOWN:
            raise self._refusal("unknown_mode", "UNKNOWN is no operating mode")
        if question.number is not None and not 0 < question.number < NUMBER_MAX:
            raise self._refusal("impossible_number", "a passage's number is 1 or more")
        if question.reading_id is not None and not 0 < len(question.reading_id) <= ID_LENGTH_MAX:
            raise self._refusal("impossible_reading", f"a reading's id has 1 to {ID_LENGTH_MAX} characters")
        if controller_id is not None and not 0 < len(controller_id) <= ID_LENGTH_MAX:
            raise self._refusal("impossible_controller", f"a controller's id has 1 to {ID_LENGTH_MAX} characters")

    def _refusal(self, reason: str, message: str) -> Refused:
        self._telemetry.refused(reason)
        return Refused(reason, message)

    async def _waited(self, question: Question, asked_at: int, controller_id: str | None, until: float) -> Told | None:
        """What comes in time, or None. Raises Refused if too many wait."""
        place, event = (question.lane_id, question.mode), asyncio.Event()
        is_unknown = not self._knows(question)
        if is_unknown and self._waiting_unknown >= WAITING_UNKNOWN_MAX:
            raise self._refusal("unknown_lane", "there is no such lane")
        if len(self._waiting.get(place, ())) >= WAITING_PER_LANE_MAX:
            raise self._refusal("too_many", "more vehicles are asked for than can pass this lane")
        self._waiting[place].add(event)
        self._waiting_count += 1
        self._waiting_unknown += is_unknown
        try:
            while (left := until - time.monotonic()) > 0:
                try:
                    async with asyncio.timeout(left):
                        await event.wait()
                except TimeoutError:
                    return None
                event.clear()
                told = self._board.ask(question, asked_at, now(), controller_id)
                if told is not None:
                    return told
            return None
        finally:
            self._waiting_count -= 1
            self._waiting_unknown -= is_unknown
            self._waiting[place].discard(event)
            if not self._waiting[place]:
                del self._waiting[place]


def now() -> int:
    """This machine's clock, microseconds."""
    return time.time_ns() // 1000
