"""`border game-day`: break a platform in eight ways, one at a time, and see whether the right alert tells each."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import orjson
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.errors import UserError
from deploy.game_day.breakages import BREAKAGES, NAMES, STALLED, Breakage
from deploy.game_day.ground import ground
from deploy.game_day.held import check_that_processes_can_be_held
from deploy.game_day.play import play
from deploy.game_day.verdict import Played
from deploy.options import Flag, Seed, Several
from deploy.settings import load_settings


def game_day(
    *,
    only: Several[str] | None = None,
    listed: Annotated[bool, Parameter(name="--list", negative=())] = False,
    seed: Seed | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Break a platform in eight ways and hold what Prometheus and Alertmanager say against the rules' promises.

    Starts a platform of its own on free ports, with two simulated ports of entry, their gateways, devices and
    lights' controllers, and with Prometheus and Alertmanager, the system's packages. Each breakage must be told by
    its alert within the time that symptoms.toml states and last until the mend; nothing but that alert and its
    declared consequences may fire; people are told of it and, once it fires, of it alone; and after the mend it has
    to be silent within the time that the breakage allows. Budgets of objectives are of hours: theirs are heard from
    the second half-hour on, and may outlast a breakage and be told after its mend. All eight take about fifty
    minutes. Exit status 1 if something was not so.

    Examples:

        border game-day --list
        border game-day --json
        border game-day --only stopped-producers --only killed-broker

    Parameters
    ----------
    only
        play only this breakage; may be repeated.
    listed
        print the breakages and their alerts, and do nothing.
    seed
        seed of the simulated border.
    state_directory
        keep broker, registry, logs and what Prometheus has seen there; default: a temporary directory, removed at the
        end.
    json
        print one line of JSON for each breakage, as it ends.
    """
    if listed:
        print_list()
        return 0
    chosen = breakages_of(only)
    if STALLED in [one.name for one in chosen]:
        check_that_processes_can_be_held()  # before all that is played earlier
    draw = random.randrange(1 << 31) if seed is None else seed
    played = list[Played]()
    try:
        with ExitStack() as stack:
            directory = state_directory or f"{stack.enter_context(TemporaryDirectory(prefix='border-game-day-'))}/state"
            for one in played_in(Path(directory), chosen, draw, stack):
                played.append(one)
                if json:
                    print(orjson.dumps(one.as_json() | {"seed": draw}).decode(), flush=True)
    finally:  # what was played before Ctrl-C, or before the platform broke by itself, was played
        if played and not json:
            Console().print(table_of(played))
            print(f"seed {draw}")
    return 0 if not any(one.wrong() for one in played) else 1


def played_in(directory: Path, chosen: list[Breakage], seed: int, stack: ExitStack) -> Iterator[Played]:
    """Play in a directory, under a progress bar; the stack stops it all."""
    console = Console(stderr=True)
    field = stack.enter_context(ground(directory, str(load_settings().cache_path), seed, console))
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    bar = stack.enter_context(Progress(*columns, console=console, disable=not console.is_terminal))
    task = bar.add_task("starting", total=len(chosen))

    def say(text: str) -> None:
        bar.update(task, description=text)
        if not console.is_terminal:  # there is no bar: an hour without a word would look like one that hangs
            console.print(text)

    for one in play(field, chosen, say):
        bar.advance(task)
        yield one


def breakages_of(names: list[str] | None) -> list[Breakage]:
    """Those of these names, in the order in which they are played. Raises UserError for a name that is none."""
    for name in names or ():
        if name not in NAMES:
            raise UserError(f"there is no breakage {name}; known: {', '.join(NAMES)}")
    return [one for one in BREAKAGES if names is None or one.name in names]


def print_list() -> None:
    """What `--list` prints."""
    for one in BREAKAGES:
        print(f"{one.name:18} {one.alert:17} {one.what}")


def table_of(played: list[Played]) -> Table:
    """What happened, for a person."""
    table = Table("broken", "alert", "fired after", "stated", "beside it", "silent after", "allowed", "wrong")
    for one in played:
        fired = "never" if one.fired_seconds is None else f"{one.fired_seconds:.0f} s"
        over = "never" if one.over_seconds is None else f"{one.over_seconds:.0f} s"
        beside = sorted({alert.name for alert in one.first_seen} - {one.breakage.alert})
        table.add_row(
            one.breakage.name,
            one.breakage.alert,
            fired,
            f"{one.stated_seconds} s",
            ", ".join(beside) or "nothing",
            over,
            f"{one.breakage.over_within_seconds:.0f} s",
            "; ".join(one.wrong()) or "nothing",
        )
    return table
