"""The line protocol: a question a line, an answer a line, in ASCII, on TCP.

| a controller sends | it gets |
|---|---|
| `LIGHT 2301/03 1042` | `RED 2301/03 1042` or `GREEN 2301/03 1042` |
| `LIGHT 2301/03 7 EXERCISE` | the same of a drill; TEST, TRAINING and SIMULATED likewise |
| `READING 2301/03 id-of-its-at-light-reading` | `RED 2301/03 id-of-its-at-light-reading` |
| `HELLO controller-3` | `HELLO controller-3`: who asks from now on, for the log |
| `PING` | `PONG` |
| `HELP` | these lines, in short |

Many questions may be sent at once; each is answered as soon as its answer is known, so answers repeat what they are to.
What cannot be answered gets `ERROR` and why. Who speaks HTTP is cut off: a page of any site can have a browser send
lines in the body of a request. Nothing tells what a light rests on: whoever sees it could tell a random referral from
another.
"""

import asyncio
from typing import Final

from schemas.records import OperatingMode
from streams.core.light.questions import Question
from streams.core.stage import ID_LENGTH_MAX
from streams.light.service import LightService, Refused
from streams.light.telemetry import LightTelemetry

LINE_BYTES_MAX: Final = 512

# A controller that is silent for longer must send PING, or is taken for gone.
IDLE_SECONDS: Final = 600.0

# A controller that does not take its answers for this long is cut off.
SEND_SECONDS: Final = 5.0

# Questions of one connection under way at once; further lines are not read meanwhile.
UNDER_WAY_MAX: Final = 64

# Every lane of the border and as many again. Of more, who has been silent longest goes for who comes.
CONNECTIONS_MAX: Final = 1_024

# A number with more would not fit the log's 64 bits.
NUMBER_DIGITS_MAX: Final = 18

HELP: Final = (
    "HELP LIGHT lane number [mode] | READING lane reading-id [mode] | HELLO controller-id | PING | HELP"
    ", for instance LIGHT 2301/03 1042"
)


class Malformed(ValueError):
    """A line that is no question; the message says why, without repeating it."""


def question_of(words: list[str]) -> Question:
    """The question in a line's words. Raises Malformed."""
    if len(words) not in (3, 4):
        raise Malformed("a question is a verb, a lane, a number or reading, and perhaps a mode")
    mode = OperatingMode.OPERATIONAL
    if len(words) == 4:
        if words[3] not in list(OperatingMode):
            raise Malformed("there is no such mode")
        mode = OperatingMode(words[3])
    if words[0] == "READING":
        return Question(words[1], mode, None, words[2])
    if not words[2].isdigit() or len(words[2]) > NUMBER_DIGITS_MAX:
        raise Malformed(f"a passage's number is up to {NUMBER_DIGITS_MAX} digits")
    return Question(words[1], mode, int(words[2]))


def is_http(line: bytes) -> bool:
    """Whether a line is the first of a request in HTTP, whose other lines were chosen by whoever had it sent."""
    words = line.split()
    return len(words) == 3 and words[2].startswith(b"HTTP/")


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.controller_id: str | None = None
        self.under_way: set[asyncio.Task[None]] = set()
        self.room = asyncio.Semaphore(UNDER_WAY_MAX)

    async def send(self, line: str) -> None:
        """Send one line; cut off who does not take it."""
        if self.writer.is_closing():
            return
        self.writer.write(line.encode("ascii", "replace") + b"\n")
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.writer.drain()
        except (TimeoutError, ConnectionError):
            self.writer.transport.abort()


class LineServer:
    """Serves the line protocol. `start`, and `stop` before the loop ends."""

    def __init__(self, service: LightService, telemetry: LightTelemetry) -> None:
        self._service = service
        self._telemetry = telemetry
        # By when each was heard last, the one silent longest first.
        self._open: dict[_Connection, None] = {}
        self._server: asyncio.Server

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port, chosen by the system for 0. Raises OSError if it is taken."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=LINE_BYTES_MAX, backlog=256)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Listen no more and end all connections."""
        self._server.close()
        for connection in list(self._open):
            connection.writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(reader, writer)
        if len(self._open) >= CONNECTIONS_MAX:
            next(iter(self._open)).writer.transport.abort()
        self._open[connection] = None
        self._telemetry.connections(len(self._open))
        try:
            await self._converse(connection)
        except (ConnectionError, TimeoutError):
            pass
        finally:
            for task in connection.under_way:
                task.cancel()
            self._open.pop(connection, None)
            self._telemetry.connections(len(self._open))
            writer.close()

    async def _converse(self, connection: _Connection) -> None:
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    line = await connection.reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:  # it sends no more, and still hears what it asked for
                await asyncio.gather(*connection.under_way, return_exceptions=True)
                return
            except asyncio.LimitOverrunError:
                self._telemetry.refused("too_long")
                await connection.send(f"ERROR a line has at most {LINE_BYTES_MAX} bytes")
                return
            if connection in self._open:
                self._open[connection] = self._open.pop(connection)
            if is_http(line):
                self._telemetry.refused("malformed")
                return
            await self._heard(connection, line)

    async def _heard(self, connection: _Connection, line: bytes) -> None:
        try:
            words = line.decode("ascii").split()
        except UnicodeDecodeError:
            words = [""]
        verb = words[0] if words else ""
        if verb in ("LIGHT", "READING"):
            await connection.room.acquire()
            task = asyncio.create_task(self._answer(connection, words))
            connection.under_way.add(task)
            task.add_done_callback(connection.under_way.discard)
        elif verb == "PING" and len(words) == 1:
            await connection.send("PONG")
        elif verb == "HELLO" and len(words) == 2 and len(words[1]) <= ID_LENGTH_MAX:
            connection.controller_id = words[1]
            await connection.send(f"HELLO {words[1]}")
        elif verb == "HELP":
            await connection.send(HELP)
        else:
            self._telemetry.refused("malformed")
            await connection.send("ERROR HELP tells what can be asked")

    async def _answer(self, connection: _Connection, words: list[str]) -> None:
        asked = " ".join(words[1:])
        try:
            told = await self._service.answer(question_of(words), connection.controller_id)
            await connection.send(f"{told.light} {asked}")
        except Malformed as error:
            self._telemetry.refused("malformed")
            await connection.send(f"ERROR {error}: {asked}")
        except Refused as error:
            await connection.send(f"ERROR {error}: {asked}")
        except Exception:
            self._telemetry.refused("failed")
            await connection.send(f"ERROR the light server failed: {asked}")
            raise
        finally:
            connection.room.release()
