"""A light service on its two servers, without a log behind it, and clients of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from schemas.layout import load_lanes
from schemas.records import Light, LightAnswer, Selection
from streams.core.light.board import LightBoard
from streams.core.random_draw import RandomKeys
from streams.http_server import HttpServer
from streams.light.http import light_app
from streams.light.lines import LineServer
from streams.light.server import HTTP_CONNECTIONS_MAX
from streams.light.service import LightService
from streams.light.telemetry import LightTelemetry
from tests.core.outcomes.builders import record, selection

HOST = "127.0.0.1"


@dataclass
class Kept:
    """Answers as they are handed on to be kept and delivered."""

    answers: list[LightAnswer] = field(default_factory=list)
    lanes: list[str] = field(default_factory=list)

    def put(self, answer: LightAnswer) -> None:
        self.answers.append(answer)

    def remember_lane(self, lane_id: str) -> None:
        self.lanes.append(lane_id)


@dataclass
class Serving:
    """Where it listens, and what it was told."""

    service: LightService
    telemetry: LightTelemetry
    kept: Kept
    lines_port: int
    http_port: int
    ready: bool = False

    def see(self, *selections: Selection) -> None:
        self.service.see([record(one) for one in selections])

    def count(self, name: str, **labels: str) -> float:
        return self.telemetry.registry.get_sample_value(name, labels) or 0.0

    async def ask(self, *lines: str) -> list[str]:
        """An answer for each line, in the order in which they come."""
        reader, writer = await asyncio.open_connection(HOST, self.lines_port)
        writer.write("".join(line + "\n" for line in lines).encode())
        answers = [(await reader.readline()).decode().rstrip("\n") for _ in lines]
        writer.close()
        return answers

    async def get(self, path: str, *headers: str, host: str = "light") -> tuple[int, str]:
        """Status and body of one request, which says who asks unless its headers do or are to leave it out."""
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close", *(headers or ("X-Controller-Id: c-1",))]
        said = await self.send("".join(line + "\r\n" for line in [*lines, ""]).encode())
        head, _, body = said.decode().partition("\r\n\r\n")
        return int(head.split()[1]), body

    async def send(self, request: bytes) -> bytes:
        """All that is answered to these bytes until the server ends it."""
        reader, writer = await asyncio.open_connection(HOST, self.http_port)
        writer.write(request)
        said = await reader.read()
        writer.close()
        return said


def fresh(number: int = 1, light: Light = Light.RED, **fields: object) -> Selection:
    """A selection of a moment ago."""
    return selection(number, light, selected_at=time.time_ns() // 1000, **fields)


@asynccontextmanager
async def serving(wait_seconds: float = 0.0, red_share: float = 0.0) -> AsyncIterator[Serving]:
    """Both servers on free ports; by lot all is green unless told."""
    kept, telemetry = Kept(), LightTelemetry()
    board = LightBoard(RandomKeys(b"s" * 32), red_share)
    service = LightService(board, load_lanes(), kept, telemetry, wait_seconds)
    lines = LineServer(service, telemetry)
    running = Serving(service, telemetry, kept, 0, 0)
    http = HttpServer(light_app(service, telemetry, lambda: running.ready, ["light"]), HTTP_CONNECTIONS_MAX)
    running.lines_port, running.http_port = await lines.start(HOST, 0), await http.start(HOST, 0)
    try:
        yield running
    finally:
        await lines.stop()
        await http.stop()


def run(conversation: Callable[[Serving], Awaitable[None]], wait_seconds: float = 0.0, red_share: float = 0.0) -> None:
    """One conversation with a server of its own, which must end within a minute."""

    async def main() -> None:
        async with asyncio.timeout(60), serving(wait_seconds, red_share) as running:
            await conversation(running)

    asyncio.run(main())
