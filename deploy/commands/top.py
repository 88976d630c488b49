"""`border top`: what the processes of a local platform do now, from their own metrics."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated

import orjson
from cyclopts import Parameter
from rich.console import Console
from rich.live import Live
from rich.table import Table

from deploy.errors import UserError
from deploy.options import Flag, Port, Positive
from deploy.settings import Settings, load_settings, running_platform
from deploy.top import Look, Process, Restarts, Row, look_at_all, processes_of, row_of


def top(
    *,
    interval: Positive = 2.0,
    once: Flag = False,
    gateway: Annotated[list[Port] | None, Parameter(negative=())] = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Show lag, rates, latencies, state and dead letters of each stage worker, live; Ctrl-C ends it.

    Rates and latencies are of the last interval, from the workers' own metrics; restarts are those since the start of
    this command. The platform's gateways and a running `border light` are shown too. With --once: exit status 1 if a
    process does not answer or is not ready.

    Examples:

        border top
        border top --interval 5 --gateway 8600
        border top --once --json

    Parameters
    ----------
    interval
        seconds between two looks.
    once
        print one table, of one interval, and end.
    gateway
        HTTP port of a gateway on this machine that the platform did not start; may be repeated.
    state_directory
        where the local platform keeps its state.
    json
        a line of JSON for each interval instead of the table.
    """
    settings = load_settings(state_directory=state_directory)
    looks = rows(settings, gateway or [], interval)
    if once:
        found = next(looks)
        print(json_of(found)) if json else Console().print(table_of(found))
        return 0 if all(row.state == "ready" for row in found) else 1
    if json:
        for found in looks:
            print(json_of(found), flush=True)
    console = Console()
    with Live(console=console, screen=console.is_terminal, auto_refresh=False) as live:
        for found in looks:
            live.update(table_of(found), refresh=True)
    return 0


def rows(settings: Settings, gateways: Sequence[int], interval: float) -> Iterator[list[Row]]:
    """The rows of each interval. A platform that ends stays, as one that does not answer, until it is there again.

    Raises UserError if none runs.
    """
    running = running_platform(settings.state_path)
    if running is None:
        raise UserError(f"no platform runs in {settings.state_directory}; start one with `border up`")
    restarts = Restarts(settings.state_path)
    processes = processes_of(running, settings.light_http_port, gateways)
    before = looks_by_name(processes)
    while True:
        time.sleep(interval)
        running = running_platform(settings.state_path) or running
        processes = processes_of(running, settings.light_http_port, gateways)
        now = looks_by_name(processes)
        counts = restarts.look()
        yield [
            row_of(one, before.get(one.name, now[one.name]), now[one.name], counts.get(one.name, 0))
            for one in processes
        ]
        before = now


def looks_by_name(processes: Sequence[Process]) -> dict[str, Look]:
    """A look at each process."""
    return {process.name: look for process, look in zip(processes, look_at_all(processes), strict=True)}


def json_of(found: Sequence[Row]) -> str:
    """One line."""
    return orjson.dumps({"processes": [asdict(row) for row in found]}).decode()


def table_of(found: Sequence[Row]) -> Table:
    """One row per process."""
    table = Table("process", "state")
    for name in ("behind", "behind, s", "in/s", "out/s", "p50, ms", "p99, ms", "state, MiB", "refused/s", "restarts"):
        table.add_column(name, justify="right")
    for row in found:
        style = {"ready": "", "not ready": "yellow"}.get(row.state, "bold red")
        table.add_row(
            row.name,
            row.state,
            shown(row.waiting_records),
            shown(row.oldest_seconds, 1),
            shown(row.records_per_second, 1),
            shown(row.outputs_per_second, 1),
            shown(row.latency_p50_seconds, 0, 1e3),
            shown(row.latency_p99_seconds, 0, 1e3),
            shown(row.state_bytes, 1, 1 / (1 << 20)),
            shown(row.refused_per_second, 1),
            str(row.restarts),
            style=style,
        )
    return table


def shown(value: float | None, digits: int = 0, times: float = 1.0) -> str:
    """A number as it is shown; nothing of what is not known."""
    return "" if value is None else f"{value * times:,.{digits}f}"
