"""Cost of the vehicles stage: `python -m tests.core.vehicles.bench [passages]`; not collected by pytest.

Prints microseconds per Passage record (two revisions each, all plates distinct, state decode and encode included, 500
records a batch), and bytes per vehicle, encoded and in memory, for half a million vehicles with 90 days' history.
"""

import random
import sys
import time
import tracemalloc

from streams.core import vehicle_history as history
from streams.core.stage import Output, Record
from streams.core.vehicle_history import DAY_SECONDS, INBOUND_MAX
from streams.core.vehicle_state import Habit, KeyState, PassedBy, Vehicle
from streams.core.vehicles.expiry import ExpiryIndex
from tests.core.vehicles.builders import SECOND, START, fold, synthetic_log

BATCH_RECORDS = 500
VEHICLES = 500_000


def main() -> None:
    passages = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    records = [Record(p.plate_key.encode(), p, START) for p in synthetic_log(1, passages)]
    folding = fold()
    started = time.process_time()
    for first in range(0, len(records), BATCH_RECORDS):
        outputs: list[Output] = []
        for record in records[first : first + BATCH_RECORDS]:
            folding.advance(record, outputs)
        folding.take_changes()
    seconds = time.process_time() - started
    print(f"{seconds / len(records) * 1e6:.1f} us per passage record over {len(records)} records")
    size = measure_size()
    print(
        f"{size['bytes']:.0f} bytes per vehicle encoded, {size['memory_bytes_stored']:.0f} in memory, with the expiry "
        f"index {size['memory_bytes']:.0f}; the index of {VEHICLES} rebuilt in {size['index_seconds']:.1f} s (traced)"
    )


def measure_size() -> dict[str, float]:
    """Bytes of a vehicle.

    A commuter in ten crosses 40 times in 90 days, the others one to six times: 7.2 passages on average southbound.
    The inbound feed tells of as many northbound, of which the newest are kept.
    """
    draw = random.Random(2)
    tracemalloc.start()
    stored: dict[bytes, bytes] = {}
    for number in range(VEHICLES):
        times = 40 if number % 10 == 0 else draw.choice((1, 2, 3, 4, 5, 6))
        at_s = START // SECOND
        passed = tuple(PassedBy(at_s + n * 90_000, f"2301/03/{number + n}", 1800) for n in range(times))
        north = tuple(PassedBy(one.at_s - 20_000, f"2301/N03/{number}", 1800) for one in passed[-INBOUND_MAX:])
        habit = Habit(at_s // DAY_SECONDS, (2,) * 5, (times - 1,) * 5) if times > 1 else None
        plate = f"AAA{number:06d}"
        vehicle = Vehicle(plate, "US-TX", passed, habit=habit, inbound=north)
        stored[f"o:p1:{plate}".encode()] = history.encode(KeyState((vehicle,)))
    encoded = sum(len(key) + len(value) for key, value in stored.items())
    in_store = tracemalloc.get_traced_memory()[0]
    started = time.process_time()
    index = ExpiryIndex((key, history.due_of(value)) for key, value in stored.items())
    seconds = time.process_time() - started
    in_all = tracemalloc.get_traced_memory()[0]
    assert index.due(START // SECOND, 1) == []
    return {
        "bytes": encoded / VEHICLES,
        "memory_bytes_stored": in_store / VEHICLES,
        "memory_bytes": in_all / VEHICLES,
        "index_seconds": seconds,
    }


if __name__ == "__main__":
    main()
