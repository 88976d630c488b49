"""How far a command has come that writes many records into the log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def write_progress(total: int, console: Console, hidden: bool) -> Iterator[Callable[[int], None]]:
    """A bar while records are written; gives what takes how many are. Into a file a bar would be an empty line."""
    columns = (TextColumn("writing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=hidden or not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda written: bar.update(task, completed=written)
