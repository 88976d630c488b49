"""Lines on TCP: what a device's serial server, or a device itself, writes; an answer to each line.

| a device sends | it gets |
|---|---|
| `AUTH KEY`, first, unless its address tells who it is | `OK`, or `NAK UNAUTHORISED` and the end |
| a line of its format, or a document on one line | `ACK <reading_id>` for each reading of it, once it is on disk |
| a line that is no reading | `NAK <REASON> <what is wrong>` |
| a line there is no room for | `NAK FULL <why>`: to be sent again |
| a blank line, or one that begins with # | nothing |

Answers come in the order of the lines, which need not be waited for: so many of a connection may be under way that a
device fills a sync's time with the next lines. More are not read meanwhile, and TCP tells the device to wait.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Final

from producers.formats.reading_format import (
    LINE_BYTES_MAX,
    PAYLOAD_BYTES_MAX,
    Framing,
    Reason,
)
from producers.gateway.identity import Identities
from producers.gateway.intake import Intake, Pending
from producers.site import SiteDevice
from producers.spool.errors import SpoolError, SpoolFull

# A device that is silent for longer is taken for gone.
IDLE_SECONDS: Final = 600.0
# Who does not say in time who it is goes.
AUTH_SECONDS: Final = 10.0
# A device that does not take its answers for this long is cut off: it sends again what it was not told of.
SEND_SECONDS: Final = 10.0
# Who still sends behind the end has this long to see it.
PART_SECONDS: Final = 0.5
# What the first line begins with, and a key behind it.
AUTH: Final = b"AUTH "
# Lines of one connection under way.
UNDER_WAY_MAX: Final = 256
# Of more, who has been silent longest goes for who comes.
CONNECTIONS_MAX: Final = 256

_Answer = Pending | bytes


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.answers: asyncio.Queue[_Answer | None] = asyncio.Queue(UNDER_WAY_MAX)


class LinePort:
    """One port, with the devices that may come in by it. `start`, and `stop` before the loop ends."""

    def __init__(self, devices: Sequence[SiteDevice], intake: Intake, identities: Identities) -> None:
        self._devices, self._intake, self._identities = devices, intake, identities
        documents = any(intake.framing(one.device) is Framing.DOCUMENT for one in devices)
        self._line_bytes_max = PAYLOAD_BYTES_MAX if documents else LINE_BYTES_MAX
        self._open: dict[_Connection, None] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server
        self._is_stopping = asyncio.Event()

    @property
    def open_connections(self) -> int:
        """How many are open."""
        return len(self._open)

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port, chosen by the system for 0. Raises OSError if it cannot be had."""
        limit = self._line_bytes_max + 1
        self._server = await asyncio.start_server(self._serve, host, port, limit=limit, backlog=256)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Read no more, answer what was read, and end all connections."""
        self._server.close()
        self._is_stopping.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEND_SECONDS):
                await asyncio.gather(*self._serving, return_exceptions=True)
        for connection in list(self._open):
            connection.writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        connection = _Connection(reader, writer)
        if len(self._open) >= CONNECTIONS_MAX:
            next(iter(self._open)).writer.transport.abort()
        self._open[connection] = None
        try:
            one = await self._identify(connection)
            if one is not None:
                await self._converse(connection, one)
            await self._part(connection)
        except OSError:  # it has gone, or the way to it has
            pass
        finally:
            self._open.pop(connection, None)
            writer.close()

    async def _part(self, connection: _Connection) -> None:
        """End a connection so that who still sends hears the last answer: a line closed on unread bytes drops it."""
        if connection.writer.transport.is_closing():
            return
        connection.writer.write_eof()
        async with asyncio.timeout(PART_SECONDS):
            while await connection.reader.read(LINE_BYTES_MAX):
                pass

    async def _identify(self, connection: _Connection) -> SiteDevice | None:
        peer = connection.writer.get_extra_info("peername")
        one = self._identities.by_address(self._devices, str(peer[0])) if peer else None
        if one is not None:
            return one
        try:
            async with asyncio.timeout(AUTH_SECONDS):
                words = (await connection.reader.readuntil(b"\n")).split()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            words = []
        if len(words) == 2 and words[0] == b"AUTH":
            one = self._identities.by_key(self._devices, words[1])
        if one is None:
            self._intake.telemetry.stranger(Reason.UNAUTHORISED)
            connection.writer.write(b"NAK UNAUTHORISED the first line is AUTH and this device's key\n")
        else:
            connection.writer.write(b"OK\n")
        await self._drain(connection)
        return one

    async def _converse(self, connection: _Connection, one: SiteDevice) -> None:
        answering = asyncio.create_task(self._answer(connection))
        reading = asyncio.create_task(self._read(connection, one))
        stopping = asyncio.create_task(self._is_stopping.wait())
        tasks: list[asyncio.Task[Any]] = [answering, reading, stopping]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():  # it sends no more, or we take no more: it still hears of what it sent
                reading.cancel()
                # A task of its own: there is no room for the end, ever, if what takes the answers fails.
                tasks.append(asyncio.create_task(connection.answers.put(None)))
            await answering
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, connection: _Connection, one: SiteDevice) -> None:
        device = one.device
        is_document = self._intake.framing(device) is Framing.DOCUMENT
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    line = await connection.reader.readuntil(b"\n")
            except asyncio.IncompleteReadError as error:
                if error.partial.strip():
                    self._intake.telemetry.rejected(device.device_id, Reason.MALFORMED)
                    await connection.answers.put(b"NAK MALFORMED the line was cut short; send it again, with its end\n")
                return
            except asyncio.LimitOverrunError:
                self._intake.telemetry.rejected(device.device_id, Reason.TOO_LARGE)
                text = f"NAK TOO_LARGE a line has at most {self._line_bytes_max:,} bytes\n"
                await connection.answers.put(text.encode())
                return
            if connection in self._open:
                self._open[connection] = self._open.pop(connection)
            line = line.strip()
            if not line or (is_document and line.startswith(b"#")):
                continue
            if line.startswith(AUTH):
                # By its address it is this device. Were it another one of there, its readings would be of this one.
                if self._identities.by_key([one], line.removeprefix(AUTH).strip()) is None:
                    self._intake.telemetry.stranger(Reason.UNAUTHORISED)
                    await connection.answers.put(
                        b"NAK UNAUTHORISED another device comes from this address without a key\n"
                    )
                    return
                await connection.answers.put(b"OK\n")
                continue
            try:
                await connection.answers.put(self._intake.begin(device, line))
            except SpoolFull:
                await connection.answers.put(b"NAK FULL no room; send it again later\n")
            except SpoolError:
                return

    async def _answer(self, connection: _Connection) -> None:
        while (answer := await connection.answers.get()) is not None:
            said = answer if isinstance(answer, bytes) else await told(answer)
            if connection.writer.transport.is_closing():  # uvloop has other errors for that
                raise ConnectionResetError
            connection.writer.write(said)
            if connection.answers.empty() or connection.writer.transport.get_write_buffer_size() > LINE_BYTES_MAX:
                await self._drain(connection)
        await self._drain(connection)

    async def _drain(self, connection: _Connection) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await connection.writer.drain()
        except (TimeoutError, ConnectionError):
            connection.writer.transport.abort()
            raise


async def told(pending: Pending) -> bytes:
    """What a device is told of a line, once its readings are on disk or refused."""
    lines = [f"NAK {one.reason} {one}" for one in pending.taken.rejections]
    try:
        await pending.done
        lines += [f"ACK {reading_id}" for reading_id in pending.taken.accepted]
    except SpoolFull:
        lines.append("NAK FULL no room; send it again later")
    return "".join(f"{line}\n" for line in lines).encode("ascii", "replace")
