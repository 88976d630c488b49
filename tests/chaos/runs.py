"""Starts runs of the test topology for tests: short sessions, names of their own, logs shown when a test fails."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.chaos.path import find_path
from deploy.chaos.run import Run
from deploy.local.platform import LocalPlatform

SESSION_SECONDS = 6.0  # the least that a broker allows by default

_numbers = itertools.count()


@contextmanager
def new_run(platform: LocalPlatform, logs: Path) -> Iterator[Run]:
    """A run on the shared platform, stopped at the end."""
    path = find_path("test", f"t{os.getpid()}-{next(_numbers)}")
    run = Run(path, platform.broker, platform.registry_url, platform.codec, logs, SESSION_SECONDS)
    try:
        yield run
    finally:
        run.stop()
