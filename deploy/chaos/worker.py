"""One worker of a chaos path, as a process: `python -m deploy.chaos.worker '<JSON of WorkerOrder>'`."""

import sys

import msgspec

from deploy.chaos.path import find_path
from streams.runtime.settings import RuntimeSettings
from streams.runtime.worker import run_worker


class WorkerOrder(msgspec.Struct, frozen=True):
    """Which stage of which run to work for, and how."""

    path: str
    run: str
    stage: str
    settings: RuntimeSettings


def main() -> None:
    """Run until killed or stopped; exit status as run_worker's."""
    order = msgspec.json.decode(sys.argv[1], type=WorkerOrder)
    stages = {stage.name: stage for stage in find_path(order.path, order.run).stages}
    run_worker(stages[order.stage], order.settings)


if __name__ == "__main__":
    main()
