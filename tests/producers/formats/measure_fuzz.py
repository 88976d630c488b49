"""Fuzz every format and report what became of the inputs.

python -m tests.producers.formats.measure_fuzz --inputs 100000
python -m tests.producers.formats.measure_fuzz --inputs 1000 --format openalpr
python -m tests.producers.formats.measure_fuzz --show openalpr 4711
"""

import argparse
import json
import resource
import time

from producers.formats import FORMATS
from producers.formats.reading_format import Rejection
from tests.producers.formats.fuzzing import broken, run
from tests.producers.formats.samples import read


def main() -> None:
    """One line of JSON for each format, then the whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--format", choices=list(FORMATS))
    parser.add_argument("--show", nargs=2, metavar=("FORMAT", "NUMBER"))
    arguments = parser.parse_args()
    if arguments.show:
        name, number = arguments.show
        data, device = broken(name, int(number))
        print(data)
        for item in read(name, data, device):
            print(f"{item.reason}: {item}" if isinstance(item, Rejection) else item)
        return
    for name in [arguments.format] if arguments.format else FORMATS:
        started = time.monotonic()
        tally = run(name, arguments.inputs)
        line = {
            "format": name,
            "inputs": arguments.inputs,
            "seconds": round(time.monotonic() - started, 1),
            "slowest_milliseconds": round(tally.slowest_seconds * 1000, 1),
            "slowest_number": tally.slowest_number,
            "resident_megabytes_max": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "items": dict(tally.items.most_common()),
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
