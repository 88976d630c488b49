"""Files and standard input into the gateway."""

import asyncio
import errno
import io
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from producers.emulators.speech import loop_line
from producers.gateway.files import WatchedDirectory, oldest_first, read_standard_input
from producers.gateway.intake import LANE_QUEUE, QUEUES, Intake
from producers.gateway.process import schemas_kept
from producers.gateway.telemetry import GatewayTelemetry
from producers.site import Site, load_site
from producers.spool.spool import Spool
from producers.spool.store import SpoolStore
from tests.support import eventually

SCHEMAS = schemas_kept()
INPUTS = {
    "directory": '{ kind = "directory", directory = "in", pattern = "*.txt", done_directory = "done" }',
    "stdin": '{ kind = "stdin" }',
}


def site_of(directory: Path, kind: str) -> Site:
    """One loop that comes in this way."""
    (directory / "site.toml").write_text(
        'site = "2301-test"\nspool_directory = "spool"\n[[devices]]\ndevice_id = "loop-1"\nlane_id = "2301/01"\n'
        f'sensor = "ENTRY_LOOP"\nformat = "loop_line"\ninput = {INPUTS[kind]}\n'
    )
    return load_site(directory / "site.toml")


def lines(site: Site, first: int, count: int) -> bytes:
    """So many lines of the loop."""
    at = time.time_ns() // 1000
    return b"".join(loop_line(site.devices[0].device, first + i, at + i) + b"\n" for i in range(count))


def put(directory: Path, name: str, content: bytes) -> None:
    """Put a file there as it should be: written elsewhere, and moved."""
    (directory / f".{name}").write_bytes(content)
    (directory / f".{name}").rename(directory / name)


def test_files_are_taken_whole_and_put_away_with_the_reasons_of_what_was_refused(tmp_path: Path) -> None:
    site = site_of(tmp_path, "directory")
    source = tmp_path / "in"
    source.mkdir()

    async def run() -> None:
        spool = Spool(SpoolStore(tmp_path / "spool", QUEUES, SCHEMAS, bytes_max=1 << 30), QUEUES, 0.005)
        intake = Intake(site, spool, GatewayTelemetry(["loop-1"], QUEUES))
        watching = asyncio.create_task(WatchedDirectory(site.devices[0], intake).run())
        put(source, "a.txt", lines(site, 1, 5_000))  # more than are taken at once
        put(source, "b.txt", lines(site, 6_000, 2) + b"no reading\n" + lines(site, 6_002, 1))
        put(source, "other.csv", b"not ours")
        both = (tmp_path / "done" / "a.txt", source / "rejected" / "b.txt")
        await asyncio.to_thread(eventually, lambda: all(file.exists() for file in both))
        assert spool.counts[LANE_QUEUE].readings == 5_003
        reasons = (source / "rejected" / "b.txt.reason").read_text()
        assert reasons.startswith("MALFORMED line 3")
        assert reasons.endswith("3 readings of this file were taken; to take the others, mend it and move it back\n")
        assert sorted(file.name for file in source.iterdir()) == [".taking", "other.csv", "rejected"]
        # A kill before it was moved away: the same readings, with the same ids.
        (tmp_path / "done" / "a.txt").rename(source / "a.txt")
        await asyncio.to_thread(eventually, (tmp_path / "done" / "a.txt").exists)
        page = await spool.read(LANE_QUEUE, 0, 1 << 60, 20_000)
        assert len(page) == 10_003
        assert len({kept.reading_id for kept in page}) == 5_003
        watching.cancel()
        await spool.close()

    asyncio.run(run())


def test_a_file_that_cannot_be_put_away_is_taken_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producers.gateway.files.SCAN_SECONDS", 0.01)
    site = site_of(tmp_path, "directory")
    (tmp_path / "done").write_text("in the way")
    (tmp_path / "in").mkdir()

    async def run() -> None:
        spool = Spool(SpoolStore(tmp_path / "spool", QUEUES, SCHEMAS, bytes_max=1 << 30), QUEUES, 0.005)
        telemetry = GatewayTelemetry(["loop-1"], QUEUES)
        watching = asyncio.create_task(WatchedDirectory(site.devices[0], Intake(site, spool, telemetry)).run())
        put(tmp_path / "in", "a.txt", lines(site, 1, 10))
        await asyncio.to_thread(eventually, lambda: spool.counts[LANE_QUEUE].readings)
        put(tmp_path / "in", "a.txt", lines(site, 11, 5))  # another one of the same name, which waits
        await asyncio.sleep(0.3)  # thirty looks
        assert spool.counts[LANE_QUEUE].readings == 10
        (tmp_path / "done").unlink()
        await asyncio.to_thread(eventually, (tmp_path / "done" / "a.txt.1").exists)
        assert spool.counts[LANE_QUEUE].readings == 15
        assert (tmp_path / "done" / "a.txt").read_bytes().count(b"\n") == 10
        watching.cancel()
        await spool.close()

    asyncio.run(run())


def watched(tmp_path: Path, body: Callable[[Site, Intake], Awaitable[None]]) -> None:
    """Run a test while the loop's directory is watched."""
    site = site_of(tmp_path, "directory")
    (tmp_path / "in").mkdir()

    async def run() -> None:
        spool = Spool(SpoolStore(tmp_path / "spool", QUEUES, SCHEMAS, bytes_max=1 << 30), QUEUES, 0.005)
        intake = Intake(site, spool, GatewayTelemetry(["loop-1"], QUEUES))
        watching = asyncio.create_task(WatchedDirectory(site.devices[0], intake).run())
        await body(site, intake)
        watching.cancel()
        await spool.close()

    asyncio.run(run())


def test_a_file_that_cannot_be_put_away_does_not_keep_back_the_next_one(tmp_path: Path) -> None:
    async def body(site: Site, _intake: Intake) -> None:
        # With `.reason` behind it this name is longer than a file system takes.
        put(tmp_path / "in", "a" * 248 + ".txt", b"no reading\n")
        put(tmp_path / "in", "b.txt", lines(site, 1, 2))
        await asyncio.to_thread(eventually, (tmp_path / "done" / "b.txt").exists)

    watched(tmp_path, body)


def test_files_may_be_put_away_on_another_disk(tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other file system here")

    async def body(site: Site, _intake: Intake) -> None:
        put(tmp_path / "in", "a.txt", lines(site, 1, 2))
        await asyncio.to_thread(eventually, (tmp_path / "done" / "a.txt").exists)
        taking = tmp_path / "in" / ".taking"
        await asyncio.to_thread(eventually, lambda: not list(taking.iterdir()))  # it is a copy first

    with tempfile.TemporaryDirectory(dir=other) as directory:
        (tmp_path / "done").symlink_to(directory)
        watched(tmp_path, body)


def test_a_long_file_of_nothing_costs_neither_the_other_devices_their_turn_nor_memory(tmp_path: Path) -> None:
    async def body(_site: Site, intake: Intake) -> None:
        put(tmp_path / "in", "a.txt", b"none\n" * 100_000)
        turns, told = 0, tmp_path / "in" / "rejected" / "a.txt.reason"
        count = intake.telemetry.registry.get_sample_value
        labels = {"device": "loop-1", "reason": "MALFORMED"}
        async with asyncio.timeout(60):
            while not (tmp_path / "in" / "rejected" / "a.txt").exists():  # it is moved after what is told of it
                turns += 0 < (count("border_gateway_rejections_total", labels) or 0) < 100_000
                await asyncio.sleep(0)
        assert turns > 10  # it is taken 2,000 lines at once
        text = told.read_text()
        assert text.count("MALFORMED") == 1_000
        assert "and 99,000 more\n0 readings of this file" in text

    watched(tmp_path, body)


def test_standard_input_waits_for_room_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = site_of(tmp_path, "stdin")
    content = lines(site, 1, 3_000)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    monkeypatch.setattr("producers.gateway.files.ROOM_SECONDS", 0.01)

    async def run() -> None:
        spool = Spool(SpoolStore(tmp_path / "spool", QUEUES, SCHEMAS, bytes_max=300_000), QUEUES, 0.005)
        intake = Intake(site, spool, GatewayTelemetry(["loop-1"], QUEUES))
        reading = asyncio.create_task(read_standard_input(site.devices[0].device, intake))
        ids, after = list[str](), 0
        async with asyncio.timeout(60):
            while len(ids) < 3_000:
                for kept in await spool.read(LANE_QUEUE, after, 1 << 60, 500):
                    ids.append(kept.reading_id)
                    after = kept.position
                    spool.acknowledge(LANE_QUEUE, [after])
                await asyncio.sleep(0.01)
            await reading
        assert ids == [f"loop-1/{number:07}" for number in range(1, 3_001)]
        await spool.close()

    asyncio.run(run())


@pytest.mark.parametrize("pattern", ["**.txt", ".", "[", "**"])
def test_no_pattern_ends_the_gateway_or_reads_what_was_put_away(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "rejected").mkdir()
    for file in (tmp_path / "a.txt", tmp_path / "rejected" / "b.txt"):
        file.write_text("")
    assert {file.name for file in oldest_first(tmp_path, pattern)} == ({"a.txt"} if "**" in pattern else set())


def test_a_standard_input_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = site_of(tmp_path, "stdin")

    class Gone(io.BytesIO):
        """A terminal that was closed."""

        def readline(self, _size: int | None = -1) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Gone()))
    told = list[tuple[str, str]]()

    async def run() -> None:
        spool = Spool(SpoolStore(tmp_path / "spool", QUEUES, SCHEMAS, bytes_max=1 << 30), QUEUES, 0.005)
        telemetry = GatewayTelemetry(["loop-1"], QUEUES)
        monkeypatch.setattr(telemetry, "outage", lambda *said: told.append(said))
        async with asyncio.timeout(60):
            await read_standard_input(site.devices[0].device, Intake(site, spool, telemetry))
        await spool.close()

    asyncio.run(run())
    assert told == [("stdin", "loop-1: Input/output error")]
