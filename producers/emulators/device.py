"""One emulated device: it says one thing after the other, each until it is told that it is kept, with bad manners.

drop        cuts the line before it hears the answer, and says it again: the gateway has it, or not
duplicate   says again what it was told is kept
swap        says the next one first
garbage     says something that is no reading, which must be refused
slow        writes a few bytes at a time
"""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from producers.emulators.speech import SPEECH
from producers.formats.reading_format import Device

# What does not come in this time does not come: the device tries again.
ANSWER_SECONDS: Final = 10.0
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


@dataclass(frozen=True)
class Way:
    """How it reaches the gateway: `is_http` or lines; the key is shown to either."""

    host: str
    port: int
    key: str
    is_http: bool


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


class Unanswered(ConnectionError):
    """The line was cut, or nothing came in time."""


class Full(Exception):
    """No room: to be said again."""


class EmulatedDevice:
    """Speaks its format over a socket. `run` says so many things, `rate` a second, 0 for as fast as it is answered."""

    def __init__(self, device: Device, way: Way, seed: int, manners: Manners = BAD_MANNERS) -> None:
        self.device, self.record = device, Record()
        self._way, self._manners = way, manners
        self._draw = random.Random(f"{seed} {device.device_id}")
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

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
        self._hang_up()

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
                self._hang_up()
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
            self._hang_up()
            return
        if ids:
            self.record.wrong.append(f"garbage was taken as {ids}")
        self.record.refused += 1

    async def _say(self, payload: bytes) -> Sequence[str]:
        """Say it, and wait for the answer; the ids that are kept, none if it was refused. Raises OSError or Full."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                reader, writer = await self._connected()
                await self._write(writer, self._request(payload))
                return await (self._http_answer(reader) if self._way.is_http else self._line_answer(reader))
        except (TimeoutError, EOFError) as error:
            raise Unanswered(str(error)) from error

    async def _say_and_drop(self, payload: bytes) -> None:
        _, writer = await self._connected()
        request = self._request(payload)
        # In the middle of it, or behind its end: then it may be kept.
        writer.write(request[: self._draw.choice((len(request) // 2, len(request)))])
        await writer.drain()
        self.record.cut += 1
        self._hang_up()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._line is None:
            reader, writer = await asyncio.open_connection(self._way.host, self._way.port)
            self._line = reader, writer
            if not self._way.is_http:
                writer.write(f"AUTH {self._way.key}\n".encode())
                if await reader.readline() != b"OK\n":
                    raise Unanswered("the key was refused, or the line cut")
        return self._line

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line[1].close()
            self._line = None

    def _request(self, payload: bytes) -> bytes:
        if not self._way.is_http:
            return payload + b"\n"
        head = (
            f"POST /devices/{self.device.device_id}/readings HTTP/1.1\r\nHost: {self._way.host}\r\n"
            f"Authorization: Bearer {self._way.key}\r\nContent-Length: {len(payload)}\r\n\r\n"
        )
        return head.encode() + payload

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

    async def _line_answer(self, reader: asyncio.StreamReader) -> Sequence[str]:
        line = (await reader.readline()).decode("ascii", "replace")
        if not line.endswith("\n"):
            raise Unanswered("the line was cut")
        verb, _, rest = line.strip().partition(" ")
        if verb == "NAK" and rest.startswith("FULL"):
            raise Full
        return [rest] if verb == "ACK" else []

    async def _http_answer(self, reader: asyncio.StreamReader) -> Sequence[str]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        body = await reader.readexactly(length)
        if "connection: close" in head:
            self._hang_up()
        if status == 503:
            raise Full
        ids: list[str] = json.loads(body)["accepted"] if status in (200, 422) else []
        return ids
