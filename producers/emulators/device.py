"""One emulated device: it says one thing after the other, each until it is told that it is kept, with bad manners.

drop        cuts the line before it hears the answer, and says it again: the gateway has it, or not
duplicate   says again what it was told is kept
swap        says the next one first
garbage     says something that is no reading, which must be refused
slow        writes a few bytes at a time
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from producers.emulators.link import ANSWER_SECONDS, Link, Way
from producers.emulators.speech import SPEECH
from producers.formats.reading_format import Device

RETRY_SECONDS: Final = 0.05
SLOW_PIECES: Final = 5
SLOW_SECONDS: Final = 0.02


@dataclass(frozen=True)
class Manners:
    """How often, as shares of all that is said."""

    drop: float = 0.0
    duplicate: float = 0.0
    swap: float = 0.0
    garbage: float = 0.0
    slow: float = 0.0


BAD_MANNERS: Final = Manners(drop=0.05, duplicate=0.05, swap=0.05, garbage=0.03, slow=0.05)


@dataclass
class Record:
    """What an emulated device knows afterwards."""

    kept: dict[str, None] = field(default_factory=dict)
    """Ids that it was told are kept, in the order in which it first said them."""

    waits: list[float] = field(default_factory=list)
    """Seconds from saying something to being told that it is kept, of what was said once."""

    refused: int = 0
    """Garbage that was refused."""

    full: int = 0
    """Times that it was told there is no room."""

    cut: int = 0
    """Times that the line was cut, by it or by the gateway."""

    wrong: list[str] = field(default_factory=list)
    """What must not be: readings refused, garbage taken."""


class Full(Exception):
    """No room: to be said again."""


class EmulatedDevice:
    """Speaks its format over a socket. `run` says so many things, `rate` a second, 0 for as fast as it is answered."""

    def __init__(self, device: Device, way: Way, seed: int, manners: Manners = BAD_MANNERS) -> None:
        self.device, self.record = device, Record()
        self._link, self._manners = Link(way, device.device_id), manners
        self._draw = random.Random(f"{seed} {device.device_id}")

    async def run(self, count: int, rate: float = 0.0, first: int = 1) -> None:
        """Say so many things, numbered from `first` on, until all are kept."""
        started, number, last = time.monotonic(), first, first + count - 1
        while number <= last:
            if rate:
                await asyncio.sleep(max(0.0, started + (number - first) / rate - time.monotonic()))
            at = time.time_ns() // 1000
            said = [SPEECH[self.device.format](self.device, number + i, at + i) for i in range(2)]
            if number < last and self._draw.random() < self._manners.swap:
                await self._until_kept(said[1])
                await self._until_kept(said[0])
                number += 2
            else:
                await self._until_kept(said[0])
                number += 1
            if self._draw.random() < self._manners.garbage:
                await self._say_garbage()
        self._link.hang_up()

    async def _until_kept(self, payload: bytes) -> None:
        started, is_first = time.monotonic(), True
        while True:
            try:
                if self._draw.random() < self._manners.drop:
                    await self._say_and_drop(payload)
                ids = await self._say(payload)
                break
            except Full:
                self.record.full += 1
            except OSError:
                self.record.cut += 1
                self._link.hang_up()
            is_first = False
            await asyncio.sleep(RETRY_SECONDS)
        if not ids:
            self.record.wrong.append(f"refused: {payload[:80]!r}")
        if is_first:
            self.record.waits.append(time.monotonic() - started)
        self.record.kept.update(dict.fromkeys(ids))
        if self._draw.random() < self._manners.duplicate:
            with contextlib.suppress(OSError, Full):
                if await self._say(payload) != ids:
                    self.record.wrong.append(f"another id of the same: {ids}")

    async def _say_garbage(self) -> None:
        garbage = bytes(self._draw.randrange(33, 127) for _ in range(self._draw.randrange(1, 300)))
        try:
            ids = await self._say(b"x" + garbage)
        except Full:
            return
        except OSError:
            self._link.hang_up()
            return
        if ids:
            self.record.wrong.append(f"garbage was taken as {ids}")
        self.record.refused += 1

    async def _say(self, payload: bytes) -> Sequence[str]:
        """Say it, and wait for the answer; the ids that are kept, none if it was refused. Raises OSError or Full."""
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._write(await self._link.writer(), self._link.request(payload))
        answer = await self._link.answer()
        if answer.is_full:
            raise Full
        return answer.ids

    async def _say_and_drop(self, payload: bytes) -> None:
        writer = await self._link.writer()
        request = self._link.request(payload)
        # In the middle of it, or behind its end: then it may be kept.
        writer.write(request[: self._draw.choice((len(request) // 2, len(request)))])
        await writer.drain()
        self.record.cut += 1
        self._link.hang_up()

    async def _write(self, writer: asyncio.StreamWriter, request: bytes) -> None:
        if self._draw.random() >= self._manners.slow:
            writer.write(request)
        else:
            size = len(request) // SLOW_PIECES + 1
            for start in range(0, len(request), size):
                writer.write(request[start : start + size])
                await writer.drain()
                await asyncio.sleep(SLOW_SECONDS)
        await writer.drain()
