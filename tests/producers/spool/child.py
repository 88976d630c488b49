"""A process that uses a spool until it is killed: `python -m tests.producers.spool.child DIRECTORY FIRST [STATEMENT]`.

It keeps batches of readings numbered from FIRST on, and delivers them, in order; what it has done it writes to its
standard output, one line each: `kept FIRST LAST` once a batch is on disk, `sent ID` for what it delivers, before it
acknowledges that. With STATEMENT it kills itself before SQLite carries out that many statements, the rows of a batch
counting as one.
"""

import itertools
import os
import random
import signal
import sys
from pathlib import Path

from tests.producers.spool.builders import LANES, entry, store_in


def main(directory: Path, first: int, statement: int | None) -> None:
    store, draw, done = store_in(directory), random.Random(first), itertools.count(1)
    last = ""

    def before(sql: str) -> None:
        nonlocal last
        verb, before_it = sql.split()[0], last
        last = verb
        if not verb == before_it == "INSERT" and next(done) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    store._db.set_trace_callback(before)
    after, number = 0, first
    while True:
        count = draw.randrange(1, 20)
        store.append([entry(number + i) for i in range(count)])
        print(f"kept {number} {number + count - 1}", flush=True)
        number += count
        page = store.read(LANES, after, 1 << 60, draw.randrange(1, 20))
        for kept in page:
            print(f"sent {kept.reading_id}", flush=True)
        if page:
            store.remove(LANES, [(page[0].position, page[-1].position)])
            after = page[-1].position
        store.give_back(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
