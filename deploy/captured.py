"""Files from `border capture` and `border simulate`, as commands read them."""

from collections.abc import Iterator
from pathlib import Path

from deploy.errors import UserError
from schemas.container import LogRecord, read_container


def read_captured(file: Path) -> Iterator[LogRecord]:
    """Log records of a container file in the order written. Raises UserError that names a file that cannot be read."""
    try:
        yield from read_container(file)
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror or error}") from error
    except ValueError as damaged:  # it names the file
        raise UserError(str(damaged)) from damaged
