"""Files put into a directory, and what another program writes into the gateway: inputs that nobody answers.

    directory/x.json ─► .taking/x.json ─► on disk in the spool ─► done_directory, or removed
                                      └─► a rejection in it ─► rejected/x.json, with x.json.reason beside it

Who puts a file there writes it elsewhere on the same disk and moves it, so that it is whole. A file is read again after
a kill before it was put away: its readings have the same ids then. With no room in the spool files stay where they
are, and standard input is not read. What was read of that and is not on disk when the process ends is lost: what must
not be comes in by files.
"""

import asyncio
import itertools
import shutil
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from producers.formats.reading_format import ITEMS_MAX, LINE_BYTES_MAX, PAYLOAD_BYTES_MAX, Framing, Rejection
from producers.formats.reading_format import Device as FormatDevice
from producers.gateway.intake import Intake, Taken
from producers.site import DirectoryInput, SiteDevice
from producers.spool.errors import SpoolFull

TAKING: Final = ".taking"
REJECTED: Final = "rejected"
SCAN_SECONDS: Final = 0.5
# How long to wait for room in the spool before it is tried again.
ROOM_SECONDS: Final = 1.0
# Files of one look into a directory; the others are for the next one.
FILES_MAX: Final = 1_000
# Rejections that a .reason file tells; of more only their number.
REASONS_MAX: Final = 1_000


async def take_when_there_is_room(intake: Intake, device: FormatDevice, payload: bytes) -> Taken:
    """As Intake.take, however long the spool is full."""
    while True:
        try:
            return await intake.take(device, payload)
        except SpoolFull:
            await asyncio.sleep(ROOM_SECONDS)


def portions(file: Path, framing: Framing) -> Iterator[bytes]:
    """A file in pieces that are taken at once: itself, or so many of its lines. One that is too large is cut behind the
    bound, so that it is refused without having been read."""
    with file.open("rb") as opened:
        if framing is Framing.DOCUMENT:
            yield opened.read(PAYLOAD_BYTES_MAX + 1)
            return
        lines, size = list[bytes](), 0
        # A longer line comes in pieces, each refused by itself.
        while line := opened.readline(4 * LINE_BYTES_MAX):
            if len(lines) >= ITEMS_MAX or size + len(line) > PAYLOAD_BYTES_MAX // 2:
                yield b"".join(lines)
                lines, size = [], 0
            lines.append(line)
            size += len(line)
        yield b"".join(lines)


@dataclass
class _Read:
    """What became of a file; of `rejected` only the first reasons are kept."""

    accepted: int = 0
    rejected: int = 0
    reasons: list[Rejection] = field(default_factory=list)


class WatchedDirectory:
    """One device's directory. `run` until it is cancelled."""

    def __init__(self, one: SiteDevice, intake: Intake) -> None:
        assert isinstance(one.input, DirectoryInput)
        self._device, self._way, self._intake = one.device, one.input, intake
        self._taking = one.input.directory / TAKING
        # What was taken and could not be put away: it must not be taken again every half second.
        self._left: dict[Path, _Read] = {}

    async def run(self) -> None:
        """Look into the directory again and again."""
        while True:
            try:
                for file in await asyncio.to_thread(self._claimed):
                    await self._take_and_put_away(file)
            except OSError as error:
                self._tell(error)
            await asyncio.sleep(SCAN_SECONDS)

    async def _take_and_put_away(self, file: Path) -> None:
        try:
            if file not in self._left:
                self._left[file] = await self._take(file)
            await asyncio.to_thread(self._put_away, file, self._left[file])
            del self._left[file]
        except OSError as error:  # not ours to read or to move, or a full disk: the next file may be another matter
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        self._intake.telemetry.outage("directory", f"{self._device.device_id}: {error.strerror}")

    def _claimed(self) -> list[Path]:
        """Files to take, the oldest first; each was moved where its owner does not put another one in its place."""
        self._taking.mkdir(parents=True, exist_ok=True)
        files = oldest_first(self._taking, "*")
        for file in oldest_first(self._way.directory, self._way.pattern):
            claimed = self._taking / file.name
            # One of the same name as one that could not be put away yet waits for that.
            if len(files) < FILES_MAX and not claimed.exists():
                files.append(file.replace(claimed))
        return files

    async def _take(self, file: Path) -> _Read:
        read = _Read()
        for portion in portions(file, self._intake.framing(self._device)):
            taken = await take_when_there_is_room(self._intake, self._device, portion)
            read.accepted += len(taken.accepted)
            read.rejected += len(taken.rejections)
            read.reasons += taken.rejections[: REASONS_MAX - len(read.reasons)]
            await asyncio.sleep(0)  # what is all refused waits for no disk, and the other devices have their turn
        return read

    def _put_away(self, file: Path, read: _Read) -> None:
        if not read.rejected and self._way.done_directory is None:
            file.unlink()
            return
        directory = self._way.directory / REJECTED if read.rejected else self._way.done_directory
        assert directory is not None
        directory.mkdir(parents=True, exist_ok=True)
        target = free_name(directory, file.name)
        if read.rejected:
            told = [f"{one.reason} {one}\n" for one in read.reasons]
            if read.rejected > len(read.reasons):
                told.append(f"and {read.rejected - len(read.reasons):,} more\n")
            told.append(
                f"{read.accepted:,} readings of this file were taken; to take the others, mend it and move it back\n"
            )
            target.with_name(f"{target.name}.reason").write_text("".join(told), encoding="utf-8")
        shutil.move(file, target)  # which may be on another disk


def oldest_first(directory: Path, pattern: str) -> list[Path]:
    """Regular files of a directory, but for hidden ones; FILES_MAX at most."""
    found = []
    for file in directory.iterdir():  # `glob` refuses some patterns, and goes into directories by others
        try:
            if (
                fnmatchcase(file.name, pattern)
                and not file.name.startswith(".")
                and file.is_file()
                and not file.is_symlink()
            ):
                found.append((file.stat().st_mtime_ns, file.name, file))
        except FileNotFoundError:  # its owner took it away
            continue
    return [file for _, _, file in sorted(found)[:FILES_MAX]]


def free_name(directory: Path, name: str) -> Path:
    """A path of this name that does not exist there: `a.txt`, else `a.txt.1` and so on."""
    numbered = (directory / (f"{name}.{number}" if number else name) for number in itertools.count())
    return next(path for path in numbered if not path.exists())


async def read_standard_input(device: FormatDevice, intake: Intake) -> None:
    """Take lines from standard input to its end, or until cancelled: a thread reads, one line after another."""
    queue: asyncio.Queue[bytes | None] = asyncio.Queue(ITEMS_MAX)
    loop = asyncio.get_running_loop()
    is_document = intake.framing(device) is Framing.DOCUMENT
    most = PAYLOAD_BYTES_MAX if is_document else 4 * LINE_BYTES_MAX

    def read() -> None:
        try:
            try:
                while line := sys.stdin.buffer.readline(most + 1):
                    asyncio.run_coroutine_threadsafe(queue.put(line), loop).result()
            except OSError as error:  # its terminal has gone
                intake.telemetry.outage("stdin", f"{device.device_id}: {error.strerror}")
            asyncio.run_coroutine_threadsafe(queue.put(None), loop).result()
        except (RuntimeError, CancelledError):  # the loop has ended
            pass

    # Not awaited: nothing wakes a thread that waits for input, and the process must end all the same.
    threading.Thread(target=read, name="stdin", daemon=True).start()
    while (line := await queue.get()) is not None:
        lines = [line]
        while not is_document and not queue.empty() and len(lines) < ITEMS_MAX:
            more = queue.get_nowait()
            if more is None:
                await take_when_there_is_room(intake, device, b"".join(lines))
                return
            lines.append(more)
        if payload := b"".join(lines).strip():
            await take_when_there_is_room(intake, device, payload)
