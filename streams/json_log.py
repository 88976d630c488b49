"""One way in which every process logs: JSON lines on standard error, for whoever collects them."""

import logging
import sys
from typing import Any

import structlog


def open_log(**named: Any) -> Any:
    """A logger that names these in each line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    return structlog.get_logger().bind(**named)
