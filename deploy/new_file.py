"""Files that commands write: whole or not there, and never over another."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.errors import UserError


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A `.part` file beside it to write to, which gets the path's name if the block ends well and is removed if not.

    Raises UserError if there is a file of that name already.
    """
    if path.exists():
        raise UserError(f"{path} exists; give another name")
    part = path.with_name(path.name + ".part")
    try:
        yield part
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
