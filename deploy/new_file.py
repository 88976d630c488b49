"""Files that commands write: whole or not there, and never over another."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.errors import UserError


def part_of(path: Path) -> Path:
    """What a file is written as until it is whole."""
    return path.with_name(path.name + ".part")


def check_new_file(path: Path) -> None:
    """Raises UserError if a file of that name is there or could not be made, before the work for it begins."""
    if path.exists():
        raise UserError(f"{path} exists; give another name")
    part = part_of(path)
    try:
        part.touch()
        part.unlink()
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A `.part` file beside it to write to, which gets the path's name if the block ends well and is removed if not.

    Raises UserError if there is a file of that name already.
    """
    if path.exists():
        raise UserError(f"{path} exists; give another name")
    part = part_of(path)
    try:
        yield part
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
