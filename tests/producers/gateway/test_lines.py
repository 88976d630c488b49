"""Lines into the gateway, over real sockets."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
import uvloop

import producers.gateway.lines
from deploy.chaos.edge_site import way_of, write_site
from producers.emulators.speech import loop_line
from producers.gateway.identity import Identities
from producers.gateway.intake import LANE_QUEUE, QUEUES, Intake
from producers.gateway.lines import LinePort
from producers.gateway.process import schemas_kept
from producers.gateway.telemetry import GatewayTelemetry
from producers.site import TcpInput, load_site
from producers.spool.spool import Spool
from producers.spool.store import SpoolStore

DEVICES = {"loop-1": ("loop_line", "2301/01"), "loop-2": ("loop_line", "2301/02")}
SCHEMAS = schemas_kept()


class Lines:
    """A port of both loops, and clients of it."""

    def __init__(self, directory: Path, bytes_max: int = 1 << 30) -> None:
        self.site = load_site(write_site(directory, DEVICES))
        self.spool = Spool(SpoolStore(directory / "spool", QUEUES, SCHEMAS, bytes_max=bytes_max), QUEUES, 0.005)
        self.telemetry = GatewayTelemetry(DEVICES, QUEUES)
        self.intake = Intake(self.site, self.spool, self.telemetry)
        self.port = LinePort(self.site.devices, self.intake, Identities(self.site.devices))
        self.number = 0

    async def start(self) -> None:
        """Listen."""
        self.number = await self.port.start("127.0.0.1", 0)

    async def client(self, device_id: str | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection, as a device if it is given."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number)
        if device_id is not None:
            writer.write(f"AUTH {way_of(self.site, device_id).key}\n".encode())
            assert await reader.readline() == b"OK\n"
        return reader, writer

    def said(self, device_id: str, number: int) -> bytes:
        """A line of a device."""
        one = self.site.device(device_id)
        assert one is not None
        return loop_line(one.device, number, time.time_ns() // 1000) + b"\n"


def with_lines(directory: Path, body: Callable[[Lines], Awaitable[None]], bytes_max: int = 1 << 30) -> None:
    """Run a test against a port."""

    async def run() -> None:
        lines = Lines(directory, bytes_max)
        await lines.start()
        try:
            async with asyncio.timeout(60):
                await body(lines)
        finally:
            await lines.port.stop()
            await lines.spool.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # the gateway's: it is stricter than asyncio's
        runner.run(run())


def test_each_line_is_answered_in_order_once_it_is_on_disk(tmp_path: Path) -> None:
    async def body(lines: Lines) -> None:
        reader, writer = await lines.client("loop-1")
        for number in range(1, 101):  # without waiting for answers
            writer.write(lines.said("loop-1", number))
            if number == 50:
                writer.write(b"\n# a comment\nno reading at all\n")
        answers = [(await reader.readline()).decode() for _ in range(101)]
        assert answers[50].startswith("NAK MALFORMED ")
        del answers[50]
        assert answers == [f"ACK loop-1/{number:07}\n" for number in range(1, 101)]
        assert lines.spool.counts[LANE_QUEUE].readings == 100
        assert [kept.reading_id for kept in await lines.spool.read(LANE_QUEUE, 0, 1 << 60, 200)] == [
            f"loop-1/{number:07}" for number in range(1, 101)
        ]

    with_lines(tmp_path, body)


def test_a_key_decides_which_device_it_is_and_a_wrong_one_ends_the_line(tmp_path: Path) -> None:
    async def body(lines: Lines) -> None:
        reader, writer = await lines.client("loop-2")
        writer.write(lines.said("loop-2", 1))
        assert await reader.readline() == b"ACK loop-2/0000001\n"
        (kept,) = await lines.spool.read(LANE_QUEUE, 0, 1 << 60, 10)
        assert kept.key == "2301/02"
        for first in (b"AUTH wrong\n", lines.said("loop-1", 1), b"GET / HTTP/1.1\r\n", b"x" * 100_000):
            reader, writer = await lines.client(None)
            writer.write(first)
            assert (await reader.read()).startswith(b"NAK UNAUTHORISED")
        assert (
            lines.telemetry.registry.get_sample_value("border_gateway_strangers_total", {"reason": "UNAUTHORISED"})
            == 4.0
        )

    with_lines(tmp_path, body)


def test_who_does_not_say_who_it_is_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producers.gateway.lines, "AUTH_SECONDS", 0.3)

    async def body(lines: Lines) -> None:
        started = time.monotonic()
        reader, writer = await lines.client(None)
        writer.write(b"AUT")
        assert (await reader.read()).startswith(b"NAK UNAUTHORISED")
        assert time.monotonic() - started < 9  # without it a device has ten seconds

    with_lines(tmp_path, body)


def test_a_line_without_end_is_refused_at_its_bound(tmp_path: Path) -> None:
    async def body(lines: Lines) -> None:
        reader, writer = await lines.client("loop-1")
        writer.write(lines.said("loop-1", 1) + b"y" * 1_000_000)
        assert await reader.readline() == b"ACK loop-1/0000001\n"
        assert (await reader.readline()).startswith(b"NAK TOO_LARGE a line has at most 4,096 bytes")
        assert await reader.read() == b""

    with_lines(tmp_path, body)


def test_a_line_that_is_cut_is_no_reading(tmp_path: Path) -> None:
    async def body(lines: Lines) -> None:
        reader, writer = await lines.client("loop-1")
        writer.write(lines.said("loop-1", 1) + lines.said("loop-1", 2).strip())
        writer.write_eof()
        assert await reader.readline() == b"ACK loop-1/0000001\n"
        assert (await reader.readline()).startswith(b"NAK MALFORMED the line was cut short")
        assert lines.spool.counts[LANE_QUEUE].readings == 1

    with_lines(tmp_path, body)


def test_a_full_spool_says_so_line_by_line(tmp_path: Path) -> None:
    async def body(lines: Lines) -> None:
        reader, writer = await lines.client("loop-1")
        taken = 0
        while True:
            writer.write(lines.said("loop-1", taken + 1))
            answer = await reader.readline()
            if not answer.startswith(b"ACK"):
                break
            taken += 1
        assert answer == b"NAK FULL no room; send it again later\n"
        assert lines.spool.counts[LANE_QUEUE].readings == taken > 0
        lines.spool.acknowledge(LANE_QUEUE, range(1, taken + 1))  # Kafka has them
        while not answer.startswith(b"ACK"):
            writer.write(lines.said("loop-1", taken + 1))
            answer = await reader.readline()
        assert answer == f"ACK loop-1/{taken + 1:07}\n".encode()

    with_lines(tmp_path, body, bytes_max=260_000)


def test_of_too_many_connections_the_silent_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producers.gateway.lines, "CONNECTIONS_MAX", 3)

    async def body(lines: Lines) -> None:
        silent = [await lines.client("loop-1") for _ in range(3)]
        reader, writer = await lines.client("loop-2")
        writer.write(lines.said("loop-2", 1))
        assert await reader.readline() == b"ACK loop-2/0000001\n"
        with pytest.raises(OSError):
            if await silent[0][0].read() == b"":
                raise ConnectionResetError

    with_lines(tmp_path, body)


def test_devices_that_break_off_leave_no_error_and_do_not_keep_the_port_from_its_end(tmp_path: Path) -> None:
    errors = list[object]()

    async def body(lines: Lines) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: errors.append(context))
        for turn in range(20):
            _, writer = await lines.client("loop-1")
            writer.write(b"".join(lines.said("loop-1", 1_000 * turn + number) for number in range(1, 300)))
            await asyncio.sleep(0.001 * (turn % 5))
            writer.transport.abort()
        await lines.port.stop()

    with_lines(tmp_path, body)
    assert errors == []


def test_a_device_that_takes_no_answers_does_not_hold_its_connection_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(lines: Lines) -> None:
        ended, stuck = asyncio.Event(), asyncio.Event()

        class Line:
            """A device that has sent as many lines as may be under way, and goes; its answers do not leave."""

            def __init__(self) -> None:
                self.answers: asyncio.Queue[object] = asyncio.Queue(1)

        async def answer(connection: Line) -> None:
            await stuck.wait()
            raise ConnectionResetError

        async def read(connection: Line, _one: object) -> None:
            await connection.answers.put(b"the last")
            asyncio.get_running_loop().call_later(0.05, stuck.set)

        async def converse() -> None:
            try:
                await lines.port._converse(Line(), lines.site.devices[0])  # type: ignore[arg-type]
            except ConnectionResetError:
                ended.set()

        monkeypatch.setattr(lines.port, "_answer", answer)
        monkeypatch.setattr(lines.port, "_read", read)
        task = asyncio.create_task(converse())
        await asyncio.wait([task], timeout=10)
        assert ended.is_set()

    with_lines(tmp_path, body)


def test_who_shows_another_devices_key_is_not_taken_for_the_device_of_its_address(tmp_path: Path) -> None:
    async def body(lines: Lines) -> None:
        first, second = lines.site.devices
        assert isinstance(first.input, TcpInput)
        here = msgspec.structs.replace(first.input, addresses=("127.0.0.1",))
        devices = (msgspec.structs.replace(first, input=here), second)
        port = LinePort(devices, lines.intake, Identities(devices))
        lines.number = await port.start("127.0.0.1", 0)
        try:
            reader, writer = await lines.client(None)
            writer.write(f"AUTH {way_of(lines.site, 'loop-2').key}\n".encode() + lines.said("loop-2", 1))
            assert (await reader.readline()).startswith(b"NAK UNAUTHORISED")
            assert await reader.read() == b""
            assert lines.spool.counts[LANE_QUEUE].readings == 0
            reader, writer = await lines.client("loop-1")  # its own key does no harm
            writer.write(lines.said("loop-1", 1))
            assert await reader.readline() == b"ACK loop-1/0000001\n"
        finally:
            await port.stop()

    with_lines(tmp_path, body)
