"""How much room there is where a process writes: on machines too whose own metrics nobody exports."""

import math
import shutil
from functools import partial
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Gauge

# What is written there: a closed set, since it is a label. A gateway's spool, the light server's file, and the state
# directory, in which a local platform's broker has its log.
DIRECTORIES: Final = ("spool", "light", "state")


def tell_disk(registry: CollectorRegistry, directory: str, path: Path) -> None:
    """Add size and room of the disk below a path, as of each scrape; NaN while it cannot be looked at.

    `directory` is one of DIRECTORIES.
    """
    if directory not in DIRECTORIES:
        raise ValueError(f"{directory} is none of {', '.join(DIRECTORIES)}")
    for part, text in (
        ("free", "Bytes that may still be written to the disk of a directory."),
        ("size", "Bytes of the disk of a directory."),
    ):
        gauge = Gauge(f"border_disk_{part}_bytes", text, ("directory",), registry=registry)
        gauge.labels(directory).set_function(partial(disk_bytes, path, part))


def disk_bytes(path: Path, part: str) -> float:
    """Free bytes, or the size, of the disk below a path."""
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return math.nan
    return float(usage.free if part == "free" else usage.total)
