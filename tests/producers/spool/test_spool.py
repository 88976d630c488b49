"""The spool: order, room, a full disk that is really full, and what it refuses."""

import asyncio
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from producers.spool.entries import Entry, Pin
from producers.spool.errors import SpoolCorrupt, SpoolError, SpoolFull, SpoolInUse
from producers.spool.spool import Spool, runs_of
from producers.spool.store import FILE, RESERVE_FILE
from tests.producers.spool.builders import LANES, QUEUES, RAIL, entry, ids, store_in

EVERYTHING = 1 << 60


def test_runs_of_positions() -> None:
    assert runs_of([7, 3, 2, 1, 9, 8]) == [(1, 3), (7, 9)]
    assert runs_of([]) == []


def test_each_queue_keeps_its_own_order_over_a_restart(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    for number in range(10):
        store.append([entry(number), entry(number, "2304/R1", RAIL)])
    store.remove(LANES, [(1, 4)])
    store.close()
    store = store_in(tmp_path)
    store.append([entry(10)])
    assert ids(store) == [f"scale-2301/01/{number}" for number in range(4, 11)]
    assert ids(store, RAIL) == [f"scale-2304/R1/{number}" for number in range(10)]
    assert store.held(LANES) == (7, 4_000, 11)
    store.close()


def test_no_position_that_a_mark_speaks_of_is_given_again(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.append([entry(number) for number in range(10)])
    store.set_mark(LANES, "backlog", 10)
    store.remove(LANES, [(1, 10)])
    store.close()
    store = store_in(tmp_path)
    store.append([entry(11)])
    assert store.mark(LANES, "backlog") == 10
    assert store.read(LANES, 10, EVERYTHING, 10)[0].reading_id == "scale-2301/01/11"
    store.close()


def test_no_position_of_a_damaged_reading_is_given_again(tmp_path: Path) -> None:
    for number in (1, 2):  # each time the only reading changes on disk, and is put apart
        store = store_in(tmp_path)
        store.append([entry(number)])
        store._db.execute("UPDATE entries_0 SET body = x'00'")
        assert ids(store) == []
        assert store.damaged() == number
        store.close()
    found = sqlite3.connect(tmp_path / FILE).execute("SELECT reading_id FROM damaged ORDER BY position").fetchall()
    assert found == [("scale-2301/01/1",), ("scale-2301/01/2",)]


def pinned(number: int, name: str, rank: int) -> Entry:
    return entry(number)._replace(pin=Pin(name, rank))


def test_what_is_pinned_stays_when_it_is_delivered_the_highest_rank_of_each_name(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.append([pinned(1, "a", 5), pinned(2, "b", 1), entry(3)])
    store.append([pinned(4, "a", 4), pinned(5, "b", 1)])
    store.remove(LANES, [(1, 5)])
    store.close()
    store = store_in(tmp_path)
    assert ids(store) == []
    found = [(one.name, one.rank, one.body) for one in store.pinned()]
    assert found == [("b", 1, entry(5).body), ("a", 5, entry(1).body)]
    store.close()


def test_a_pin_is_kept_with_its_reading_or_not_at_all(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.append([pinned(1, "a", 1)])
    store._db.execute("CREATE TRIGGER refuse BEFORE UPDATE ON pinned BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(SpoolError):
        store.append([pinned(2, "a", 2)])
    assert ids(store) == ["scale-2301/01/1"] and store.pinned()[0].rank == 1
    store.close()


def test_a_pin_that_changed_on_disk_stops_the_start(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.append([pinned(1, "a", 1)])
    store._db.execute("UPDATE pinned SET rank = 2")
    with pytest.raises(SpoolCorrupt, match="a has changed on disk"):
        store.pinned()
    store.close()


def test_the_position_before_a_time_is_found_whatever_was_removed(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.append([entry(number) for number in range(1, 101)])  # accepted at 1,000 to 100,000 µs, positions 1 to 100
    store.remove(LANES, [(20, 70)])
    found = [store.position_before(LANES, at) for at in (0, 1_001, 19_001, 50_000, 71_001, 1_000_000)]
    assert found == [0, 1, 19, 19, 71, 100]
    store.close()


def test_two_processes_on_one_spool_are_refused(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    command = [sys.executable, "-P", "-m", "tests.producers.spool.child", str(tmp_path), "1"]
    other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "SpoolInUse: another gateway keeps its readings" in other.stderr
    store.append([entry(1)])
    store.close()
    again = store_in(tmp_path)  # and a lock of a process that has ended keeps nobody out
    with pytest.raises(SpoolInUse):
        store_in(tmp_path)
    again.close()


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError, match="make the directory writable, or choose another one as spool_directory"):
        store_in(tmp_path / "file" / "spool")


def test_room_is_given_back_once_readings_are_delivered(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    for start in range(0, 60_000, 1_000):
        store.append([entry(start + i) for i in range(1_000)])
    full = store.used_bytes()
    store.remove(LANES, [(1, 59_000)])
    assert store.used_bytes() < full / 20
    assert (tmp_path / FILE).stat().st_size > full / 2
    while store.give_back(0):
        pass
    assert (tmp_path / FILE).stat().st_size < full / 20
    store.close()


def test_bytes_max_bounds_the_file_and_deliveries_make_room(tmp_path: Path) -> None:
    store, number = store_in(tmp_path, bytes_max=1 << 20), 0
    with pytest.raises(SpoolFull, match=r"holds its 1,048,576 bytes.*spool_bytes_max"):
        while True:
            store.append([entry(number + i) for i in range(100)])
            number += 100
    assert (1 << 20) <= store.used_bytes() < (1 << 20) + 100 * 400
    assert len(ids(store)) == number  # the oldest stay
    store.remove(LANES, [(1, number // 2)])
    store.append([entry(number)])
    store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("may not mount a file system here; the limit of a file's size is tested all the same")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(store_append: object, number: int) -> int:
    """Append batches of 100 until there is no room; the number of the first reading that was refused."""
    with pytest.raises(SpoolFull, match="full"):
        while True:
            store_append([entry(number + i) for i in range(100)])  # type: ignore[operator]
            number += 100
    return number


def test_a_full_disk_keeps_what_it_has_and_delivers_it(small_disk: Path) -> None:
    store = store_in(small_disk, reserve_bytes=256 << 10)
    refused_from = fill(store.append, 0)
    with pytest.raises(SpoolFull):
        store.append([entry(1_000_000)])
    assert not (small_disk / RESERVE_FILE).exists()
    assert ids(store) == [f"scale-2301/01/{number}" for number in range(refused_from)]
    store.remove(LANES, [(1, refused_from)])  # Kafka is back: deleting needs room too
    store.append([entry(refused_from)])
    assert (small_disk / RESERVE_FILE).exists()
    assert ids(store) == [f"scale-2301/01/{refused_from}"]
    store.close()


def test_a_disk_that_others_fill_is_told_and_goes_on_when_they_make_room(small_disk: Path) -> None:
    store = store_in(small_disk, reserve_bytes=256 << 10)
    store.append([entry(number) for number in range(1_000)])
    with (small_disk / "other").open("wb", buffering=0) as other, pytest.raises(OSError, match="No space"):
        while True:
            other.write(b"x" * 4_096)
    refused_from = fill(store.append, 1_000)
    with (small_disk / "other").open("ab", buffering=0) as other, pytest.raises(OSError, match="No space"):
        while True:
            other.write(b"x" * 4_096)  # our reserve too: now not even a deletion has room
    store.close()
    store = store_in(small_disk, reserve_bytes=256 << 10)  # a restart on a full disk loses nothing either
    assert store.is_full
    assert len(ids(store)) == refused_from
    with pytest.raises(SpoolFull):
        store.append([entry(1_000_000)])
    (small_disk / "other").unlink()
    store.append([entry(refused_from)])
    assert len(ids(store)) == refused_from + 1
    store.close()


def test_a_limit_of_the_files_size_is_as_a_full_disk(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    store = store_in(tmp_path, reserve_bytes=256 << 10)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
        refused_from = fill(store.append, 0)
        assert len(ids(store)) == refused_from
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    store.append([entry(refused_from)])
    assert len(ids(store)) == refused_from + 1
    store.close()


def test_many_devices_share_one_sync_and_each_waits_for_it(tmp_path: Path) -> None:
    groups: list[int] = []

    async def devices() -> None:
        store = store_in(tmp_path)
        spool = Spool(store, QUEUES, 0.02, lambda readings, _seconds: groups.append(readings))

        async def send(lane: str) -> None:
            for number in range(20):
                before = spool.counts[LANES].readings
                await spool.append([entry(number, lane)])
                assert spool.counts[LANES].readings > before

        await asyncio.gather(*(send(f"2301/{lane:02}") for lane in range(50)))
        assert spool.counts[LANES].readings == spool.counts[LANES].last == sum(groups) == 1_000
        for lane in range(50):
            page = await spool.read(LANES, 0, EVERYTHING, 1_000)
            of_lane = [kept.reading_id for kept in page if kept.key == f"2301/{lane:02}"]
            assert of_lane == [f"scale-2301/{lane:02}/{number}" for number in range(20)]
        spool.acknowledge(LANES, range(1, 991))
        await spool.close()

    asyncio.run(devices())
    assert len(groups) < 200  # 1,000 readings
    store = store_in(tmp_path)
    assert store.held(LANES).readings == 10  # what was acknowledged is gone after a stop in order
    store.close()


def test_the_disk_gets_its_room_back_while_the_spool_is_in_use(tmp_path: Path) -> None:
    async def devices() -> None:
        spool = Spool(store_in(tmp_path), QUEUES, 0.001)
        for start in range(0, 60_000, 1_000):
            await spool.append([entry(start + i) for i in range(1_000)])
        full = spool.used_bytes
        spool.acknowledge(LANES, range(1, 60_001))
        size, number = full, 60_000
        async with asyncio.timeout(60):
            while size > full / 2:  # 4 MiB stay for what comes next
                await spool.append([entry(number)])
                size, number = (tmp_path / FILE).stat().st_size, number + 1
                await asyncio.sleep(0.01)
        await spool.close()

    asyncio.run(devices())


def test_with_groups_of_one_each_has_its_own_sync(tmp_path: Path) -> None:
    groups: list[int] = []

    async def devices() -> None:
        spool = Spool(store_in(tmp_path), QUEUES, 0.0, lambda readings, _seconds: groups.append(readings), 1)
        await asyncio.gather(*(spool.append([entry(number), entry(number + 100)]) for number in range(20)))
        await spool.close()

    asyncio.run(devices())
    assert groups == [2] * 20


def test_a_spool_that_fails_lets_nobody_wait(tmp_path: Path) -> None:
    async def broken() -> None:
        store = store_in(tmp_path)
        spool = Spool(store, QUEUES, 0.02)
        await spool.append([entry(1)])
        await spool._call(store._db.close)  # as if the disk had gone
        with pytest.raises(SpoolError):
            await spool.append([entry(2)])
        await spool.failed.wait()
        with pytest.raises(SpoolError):
            await spool.append([entry(3)])
        await spool.close()

    asyncio.run(broken())
