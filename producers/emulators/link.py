"""How an emulated device reaches its gateway: one connection of lines or of HTTP, what is said on it, the answers."""

import asyncio
import json
from dataclasses import dataclass
from typing import Final

# What does not come in this time does not come: the device tries again.
ANSWER_SECONDS: Final = 10.0
CUT: Final = "the line was cut"
NO_ROOM: Final = 503


@dataclass(frozen=True)
class Way:
    """How a device reaches the gateway: `is_http` or lines; the key is shown to either."""

    host: str
    port: int
    key: str
    is_http: bool


@dataclass(frozen=True)
class Answer:
    """What a gateway says of a line or of a post."""

    ids: tuple[str, ...] = ()
    """Of readings that are kept."""

    refused: tuple[str, ...] = ()
    """Why the others are not."""

    is_full: bool = False
    """No room: to be said again."""


class Unanswered(ConnectionError):
    """The line was cut, or nothing came in time."""


class Link:
    """A connection that is made when it is needed. What it raises is an OSError; then `hang_up`, and say it again."""

    def __init__(self, way: Way, device_id: str) -> None:
        self._way, self._device_id = way, device_id
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def is_http(self) -> bool:
        """Whether it posts, so that one thing at a time is said."""
        return self._way.is_http

    async def writer(self) -> asyncio.StreamWriter:
        """What is written into, once connected and known to the gateway."""
        if self._open is not None and self.is_http and self._open[0].at_eof():
            self.hang_up()  # it was silent for too long
        if self._open is None:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._connect()
        assert self._open is not None
        return self._open[1]

    def request(self, payload: bytes) -> bytes:
        """What goes over the connection for a payload."""
        if not self._way.is_http:
            return payload + b"\n"
        head = (
            f"POST /devices/{self._device_id}/readings HTTP/1.1\r\nHost: {self._way.host}\r\n"
            f"Authorization: Bearer {self._way.key}\r\nContent-Length: {len(payload)}\r\n\r\n"
        )
        return head.encode() + payload

    async def answer(self) -> Answer:
        """The answer to the first thing that has none yet."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if self._open is None:
                    raise Unanswered(CUT)
                reader = self._open[0]
                return await (self._http_answer(reader) if self._way.is_http else line_answer(reader))
        except (TimeoutError, EOFError) as error:
            raise Unanswered(str(error)) from error

    def hang_up(self) -> None:
        """Close the connection."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    async def _connect(self) -> None:
        reader, writer = await asyncio.open_connection(self._way.host, self._way.port)
        self._open = reader, writer
        if not self._way.is_http:
            writer.write(f"AUTH {self._way.key}\n".encode())
            if await reader.readline() != b"OK\n":
                raise Unanswered(f"the key was refused, or {CUT}")

    async def _http_answer(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        body = await reader.readexactly(length)
        if "connection: close" in head:
            self.hang_up()
        if status == NO_ROOM:
            return Answer(is_full=True)
        told = json.loads(body) if status in (200, 400, 401, 413, 415, 422) else {}
        refused = tuple(f"{one['at']} {one['text']}".strip() for one in told.get("rejected", ()))
        return Answer(tuple(told.get("accepted", ())), refused)


async def line_answer(reader: asyncio.StreamReader) -> Answer:
    """The answer to a line that is one reading."""
    line = (await reader.readline()).decode("ascii", "replace")
    if not line.endswith("\n"):
        raise Unanswered(CUT)
    verb, _, rest = line.strip().partition(" ")
    if verb == "ACK":
        return Answer((rest,))
    return Answer(is_full=True) if rest.startswith("FULL") else Answer(refused=(rest,))
