"""A well-behaved device: it says what it is given in order, without waiting for each answer, until all is kept.

Lines: WINDOW of them are under way at once. Posts: one at a time, with all that has come since the last one. When the
line is cut it connects again and says again what it has no answer to, under the same ids; with no room, likewise.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from producers.emulators.link import ANSWER_SECONDS, Answer, Link, Unanswered, Way

WINDOW: Final = 64
RETRY_SECONDS: Final = 0.5
FULL_SECONDS: Final = 1.0


class Speaker:
    """One device; for the loop's thread. `document` makes one post of several words.

    `kept` is told the ids of readings as the gateway acknowledges them, `refused` why one was not taken.
    """

    def __init__(
        self,
        device_id: str,
        way: Way,
        document: Callable[[Iterable[bytes]], bytes],
        kept: Callable[[Sequence[str]], None],
        refused: Callable[[str], None],
    ) -> None:
        self.device_id = device_id
        self._link, self._document = Link(way, device_id), document
        self._kept, self._refused = kept, refused
        self._waiting: deque[bytes] = deque()
        self._under_way: deque[bytes] = deque()
        self._changed = asyncio.Event()

    def say(self, words: bytes) -> None:
        """Have something said once what came before it has been."""
        self._waiting.append(words)
        self._changed.set()

    async def run(self) -> None:
        """Speak until cancelled."""
        try:
            while True:
                await self._until_changed(lambda: bool(self._waiting))
                try:
                    await (self._post() if self._link.is_http else self._speak())
                except OSError:
                    self._say_again()
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._link.hang_up()

    async def _until_changed(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def _say_again(self) -> None:
        self._link.hang_up()
        self._waiting.extendleft(reversed(self._under_way))
        self._under_way.clear()

    async def _post(self) -> None:
        while self._waiting and len(self._under_way) < WINDOW:
            self._under_way.append(self._waiting.popleft())
        await self._write(self._link.request(self._document(self._under_way)))
        answer = await self._link.answer()
        if answer.is_full:
            await asyncio.sleep(FULL_SECONDS)
            raise Unanswered("no room")
        self._settle(answer)
        if self._under_way:  # a post is answered as a whole
            self._refused(f"{self.device_id}: {len(self._under_way)} readings have no answer")
            self._under_way.clear()

    async def _speak(self) -> None:
        """Write lines and take their answers, side by side, until the line is cut."""
        await self._link.writer()
        answering = asyncio.create_task(self._take_answers())
        try:
            while not answering.done():
                await self._until_changed(
                    lambda: answering.done() or (bool(self._waiting) and len(self._under_way) < WINDOW)
                )
                while self._waiting and len(self._under_way) < WINDOW and not answering.done():
                    self._under_way.append(self._waiting.popleft())
                    self._changed.set()
                    await self._write(self._link.request(self._under_way[-1]))
            await answering
        finally:
            answering.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await answering

    async def _take_answers(self) -> None:
        try:
            while True:
                await self._until_changed(lambda: bool(self._under_way))
                answer = await self._link.answer()
                if answer.is_full:
                    await asyncio.sleep(FULL_SECONDS)
                    raise Unanswered("no room")
                self._settle(answer)
                self._changed.set()
        finally:
            self._changed.set()

    def _settle(self, answer: Answer) -> None:
        """Take in an answer to the first of what is under way."""
        for why in answer.refused:
            self._under_way.popleft()
            self._refused(f"{self.device_id}: {why}")
        for _ in answer.ids:
            self._under_way.popleft()
        if answer.ids:
            self._kept(answer.ids)

    async def _write(self, request: bytes) -> None:
        async with asyncio.timeout(ANSWER_SECONDS):
            writer = await self._link.writer()
            writer.write(request)
            await writer.drain()
