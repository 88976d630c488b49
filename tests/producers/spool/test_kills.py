"""The spool under kill -9 and power cuts: real processes that are really killed, and files cut in mid-write."""

import asyncio
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from producers.spool.errors import SpoolCorrupt
from producers.spool.spool import Spool
from producers.spool.store import FILE
from tests.producers.spool.builders import LANES, QUEUES, entry, ids, store_in

STATEMENTS = 30  # of two rounds, in each of which the child keeps, reads, removes and gives back


def run_child(directory: Path, first: int, statement: int | None = None, seconds: float | None = None) -> list[str]:
    """Run the child until it kills itself before a statement, or is killed so long after its first line; its lines."""
    command = [sys.executable, "-P", "-m", "tests.producers.spool.child", str(directory), str(first)]
    with subprocess.Popen(
        [*command, *([str(statement)] if statement else [])], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        first_line = child.stdout.readline() if seconds else ""
        try:
            child.wait(seconds or 30)
            assert child.returncode == -9
        except subprocess.TimeoutExpired:
            child.kill()
        # The last line may be cut.
        return (first_line + child.stdout.read()).split("\n")[:-1]


class Told:
    """What the child's lines say, over several lives."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.sent: list[str] = []
        self.next = 1

    def hear(self, lines: list[str], held: list[str]) -> None:
        """The lines of one life, and what the spool holds after it. What was on its way may be there or not."""
        for line in lines:
            kind, *rest = line.split()
            if kind == "kept":
                self.kept += [f"scale-2301/01/{n}" for n in range(int(rest[0]), int(rest[1]) + 1)]
            else:
                self.sent.append(rest[0])
        self.kept += [reading_id for reading_id in held if reading_id not in set(self.kept)]
        self.next = 1 + max((int(reading_id.rsplit("/", 1)[1]) for reading_id in self.kept), default=0)


def in_order_of_first(sent: list[str]) -> list[str]:
    """Without repetitions."""
    return list(dict.fromkeys(sent))


@pytest.mark.parametrize("statement", range(1, STATEMENTS + 1))
def test_a_kill_before_any_statement_loses_nothing_that_was_kept(tmp_path: Path, statement: int) -> None:
    told = Told()
    lines = run_child(tmp_path, 1, statement)
    store = store_in(tmp_path)
    held = ids(store)
    store.close()
    told.hear(lines, held)
    assert in_order_of_first(told.sent + held) == told.kept
    # What was kept before stays in front of what comes later.
    told.hear(run_child(tmp_path, told.next, STATEMENTS), [])
    store = store_in(tmp_path)
    assert set(told.kept) <= set(told.sent) | set(ids(store))
    store.close()


@pytest.mark.parametrize("seed", range(3))
def test_kills_at_random_moments_lose_nothing_and_keep_the_order(tmp_path: Path, seed: int) -> None:
    draw, told = random.Random(seed), Told()
    for _ in range(4):
        lines = run_child(tmp_path, told.next, seconds=draw.uniform(0.1, 0.6))
        store = store_in(tmp_path)
        held = ids(store)
        store.close()
        told.hear(lines, held)
        assert in_order_of_first(told.sent + held) == told.kept
    assert len(told.sent) > 100


def power_cut(source: Path, target: Path) -> Path:
    """What is on disk at a moment, as after a power cut; the write-ahead log's file."""
    target.mkdir()
    for name in (FILE, f"{FILE}-wal"):
        shutil.copyfile(source / name, target / name)
    return target / f"{FILE}-wal"


@pytest.mark.parametrize("seed", range(8))
def test_a_torn_tail_is_dropped_whole_and_what_came_before_it_stays(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    store = store_in(tmp_path / "running")
    sizes, log = list[int](), tmp_path / "running" / f"{FILE}-wal"
    for batch in range(6):
        store.append([entry(batch * 10 + i) for i in range(10)])
        sizes.append(log.stat().st_size)
    whole = draw.randrange(6)  # batches that are wholly on disk
    cut_log = power_cut(tmp_path / "running", tmp_path / "cut")
    end = sizes[whole]
    if whole < 5:
        end += draw.randrange(sizes[whole + 1] - sizes[whole])
    with cut_log.open("r+b") as file:
        file.truncate(end)
        if draw.random() < 0.5:  # or what was to come there had not been written yet
            file.seek(0, 2)
            file.write(draw.randbytes(draw.randrange(1, 20_000)))
    found = store_in(tmp_path / "cut")
    assert ids(found) == [f"scale-2301/01/{number}" for number in range((whole + 1) * 10)]
    found.append([entry(1_000)])
    assert ids(found)[-1] == "scale-2301/01/1000"
    found.close()
    store.close()


def damaged(tmp_path: Path) -> Path:
    """A closed spool's file that holds 2,000 readings."""
    store = store_in(tmp_path)
    store.append([entry(number) for number in range(2_000)])
    store.close()
    return tmp_path / FILE


def test_a_file_that_is_no_spool_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = damaged(tmp_path)
    file.write_bytes(b"x" * 8_192)
    with pytest.raises(SpoolCorrupt, match=r"damaged .* Move spool\.db and spool\.db-wal aside"):
        store_in(tmp_path)
    assert file.read_bytes() == b"x" * 8_192


def test_a_page_of_noise_is_found_at_the_start(tmp_path: Path) -> None:
    file = damaged(tmp_path)
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 4096 // 2 * 4096)
        opened.write(random.Random(1).randbytes(4096))
    with pytest.raises(SpoolCorrupt, match="damaged"):
        store_in(tmp_path)


def test_a_file_cut_short_is_found_at_the_start(tmp_path: Path) -> None:
    file = damaged(tmp_path)
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)
    with pytest.raises(SpoolCorrupt, match="damaged"):
        store_in(tmp_path)


def test_a_reading_that_changed_on_disk_is_put_apart_and_the_others_go_on(tmp_path: Path) -> None:
    file = damaged(tmp_path)
    content = file.read_bytes()
    at = content.index(b"scale-2301/01/777")
    file.write_bytes(content[:at] + b"scale-2301/99/777" + content[at + 17 :])

    async def read() -> None:
        spool = Spool(store_in(tmp_path), QUEUES, 0.01)
        page = await spool.read(LANES, 777, 1 << 60, 1)  # it alone would be read
        assert [kept.reading_id for kept in page] == ["scale-2301/01/778"]
        page = await spool.read(LANES, 0, 1 << 60, 3_000)
        assert [kept.reading_id for kept in page] == [f"scale-2301/01/{n}" for n in range(2_000) if n != 777]
        await spool.close()
        assert spool.damaged == 1
        assert spool.counts[LANES].readings == 1_999

    asyncio.run(read())
    store = store_in(tmp_path)
    assert store.damaged() == 1
    assert store._db.execute("SELECT queue, position, reading_id FROM damaged").fetchall() == [
        (LANES, 778, "scale-2301/99/777")
    ]
    store.close()
