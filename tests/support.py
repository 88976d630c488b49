"""What many tests need."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_SECONDS = 0.05


def eventually(condition: Callable[[], T], seconds: float = 30.0, what: str = "the condition") -> T:
    """Poll until the condition is true and return its value; fails at the deadline."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < until, f"{what} did not come true within {seconds:.0f} s"
        time.sleep(POLL_SECONDS)
