"""One way in which every process logs: JSON lines on standard error, for whoever collects them."""

import contextlib
import logging
import sys
from typing import Any

import structlog


class _StandardError:
    """Standard error, on a disk that may be full: a line that is lost must not end what the line is about."""

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.flush()


def open_log(**named: Any) -> Any:
    """A logger that names these in each line. It may be used from any thread."""
    processors: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(),
    ]
    printer = structlog.PrintLogger(_StandardError())  # type: ignore[arg-type]
    wrapper = structlog.make_filtering_bound_logger(logging.INFO)
    return structlog.wrap_logger(printer, processors=processors, wrapper_class=wrapper).bind(**named)
