"""Cost of a watchlist in one partition: `python -m tests.core.vehicles.bench_watchlist [entries]`; not run by pytest.

Prints the memory of the process for each entry, state and indexes together, how long a partition takes to start with
them, what one passage costs then, and how long one entry added to them holds up the partition.
"""

import gc
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from producers.simulator.plates import issue_plate, misread
from producers.simulator.truth import list_entry
from schemas.records import ListKind, OperatingMode
from streams.core.vehicles.watchlist import Watchlist
from streams.runtime.worker import GARBAGE_THRESHOLDS
from tests.core.vehicles.builders import RULES, START

ENTRIES = 1_000_000
BATCH_ENTRIES = 500
LOOK_UPS = 20_000
ISSUERS = ("US-TX", "US-CA", "US-AZ", "US-NM", "MX-TAM", "MX-SON")


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    gc.set_threshold(*GARBAGE_THRESHOLDS)  # as a worker does
    draw = random.Random(1)
    before = resident_bytes()
    stored: dict[bytes, bytes] = {}
    watchlist = Watchlist(stored, entries + LOOK_UPS)
    for number in range(entries):
        issuer = draw.choice(ISSUERS)
        watchlist.add(list_entry(number, issue_plate(draw, issuer, truck=False), issuer, ListKind.STOLEN))
        if number % BATCH_ENTRIES == 0:
            watchlist.take_changes()
    watchlist.take_changes()
    print(f"{(resident_bytes() - before) / entries:.0f} bytes of memory for each of {entries} entries")
    encoded = sum(len(key) + len(value) for key, value in stored.items())
    print(f"{encoded / entries:.0f} bytes of them in the changelog")

    reads = [(issue_plate(draw, issuer, truck=False), issuer) for issuer in draw.choices(ISSUERS, k=LOOK_UPS)]
    reads = [(misread(draw, plate) if n % 7 == 0 else plate, issuer) for n, (plate, issuer) in enumerate(reads)]
    print("a plate looked up, exact and near:", spread([timed(look_up(watchlist, *read)) for read in reads]))
    added = [
        list_entry(entries + number, plate, issuer, ListKind.STOLEN) for number, (plate, issuer) in enumerate(reads)
    ]
    print("an entry added:", spread([timed(add(watchlist, entry)) for entry in added]))

    del watchlist
    started = time.perf_counter()
    Watchlist(stored, entries + LOOK_UPS)
    print(f"a partition starts with them in {time.perf_counter() - started:.1f} s")


def look_up(watchlist: Watchlist, plate: str, issuer: str) -> Callable[[], None]:
    mode = OperatingMode.OPERATIONAL

    def run() -> None:
        if watchlist.match(plate, issuer, START, mode, RULES) is None:
            watchlist.near_match(plate, (), issuer, False, START, mode, RULES)

    return run


def add(watchlist: Watchlist, entry: object) -> Callable[[], None]:
    def run() -> None:
        watchlist.add(entry)  # type: ignore[arg-type]
        watchlist.take_changes()

    return run


def timed(run: Callable[[], None]) -> float:
    started = time.thread_time()  # other processes do not count
    run()
    return time.thread_time() - started


def spread(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    shares = (("p50", 0.5), ("p99", 0.99), ("worst", 1.0))
    return ", ".join(
        f"{name} {ordered[min(int(s * len(ordered)), len(ordered) - 1)] * 1e6:.0f} us" for name, s in shares
    )


def resident_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not tell a process's memory")


if __name__ == "__main__":
    main()
