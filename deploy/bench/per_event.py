"""Stock Faust for `border bench`, in its own process: python -m deploy.bench.per_event BROKER URL RUN EVENTS DIR."""

import sys

from schemas.layout import load_lanes
from schemas.registry import load_codec
from streams.core.lanes import LanesStage
from streams.runtime.per_event import run_per_event


def main() -> None:
    """Run until the events are done; prints one line of JSON."""
    broker, registry_url, run, events, directory = sys.argv[1:]
    sys.argv[1:] = []  # Faust reads the command line itself
    run_per_event(LanesStage(load_lanes()), broker, load_codec(registry_url), run, int(events), directory)


if __name__ == "__main__":
    main()
