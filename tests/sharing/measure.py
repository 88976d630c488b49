"""What sharing costs: `python -m tests.sharing.measure 50000` prints one line of JSON.

Crossings into the store and under their labels, the store's size, and one question with its answer over HTTP.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from schemas.container import LogRecord
from tests.core.vehicles.builders import START
from tests.sharing.builders import CASE, TODAY, agreement_text, crossing, dataset, serving

QUESTIONS = 200
BATCH = 1_000


def main(crossings: int) -> None:
    """Measure with so many crossings of one day."""
    text = agreement_text(
        "MX-A", dataset("CROSSINGS", "ASKED"), limits={"questions_per_day": 1_000, "requests_per_hour": 10_000}
    )
    records = [LogRecord("passages", 0, n, START, b"k", crossing(n, f"A{n:06d}")) for n in range(crossings)]
    with tempfile.TemporaryDirectory() as directory, serving(Path(directory), text) as served:
        before = time.perf_counter()
        for first in range(0, crossings, BATCH):
            served.store.apply(records[first : first + BATCH])
        applied = time.perf_counter()
        served.label()
        labelled = time.perf_counter()
        served.store.query("PRAGMA wal_checkpoint(TRUNCATE)")
        size = (Path(directory) / "sharing.db").stat().st_size
        client, took = served.client(), []
        for number in range(QUESTIONS):
            started = time.perf_counter()
            (found,) = client.ask(CASE, TODAY, [f"A{number * 7 % crossings:06d}"]).values()
            took.append(time.perf_counter() - started)
            assert len(found) == 1
        took.sort()
    result = {
        "crossings": crossings,
        "stored_per_second": round(crossings / (applied - before)),
        "labelled_per_second": round(crossings / (labelled - applied)),
        "bytes_per_crossing": round(size / crossings),
        "question_ms_p50": round(took[QUESTIONS // 2] * 1e3, 1),
        "question_ms_p99": round(took[QUESTIONS * 99 // 100] * 1e3, 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(int(sys.argv[1]))
