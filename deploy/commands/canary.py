"""`border canary`: a synthetic vehicle at each port, and whether its light was told."""

from typing import Annotated, Any, Final

import orjson
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from deploy.canary.lanes import lanes_in_force
from deploy.canary.run import Pace, forever, once, wanted_of
from deploy.connection import connect
from deploy.errors import UserError
from deploy.options import Flag, Port, Positive, Several
from producers.canary.book import Result, Verdict

DEFAULT_PORT: Final = 9302
INTERVAL_SECONDS: Final = 60.0
# An officer must know within 3 s.
TOLD_WITHIN_SECONDS: Final = 3.0
# Longer than a worker that was killed needs to be back.
MISSING_AFTER_SECONDS: Final = 20.0

STYLES: Final = {Result.TOLD: "green", Result.LATE: "yellow", Result.MISSING: "bold red"}


def canary(
    *,
    only: Several[str] | None = None,
    once_only: Annotated[bool, Parameter(name="--once", negative=())] = False,
    interval: Positive = INTERVAL_SECONDS,
    told_within: Positive = TOLD_WITHIN_SECONDS,
    missing_after: Positive = MISSING_AFTER_SECONDS,
    port: Port = DEFAULT_PORT,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Drive a synthetic vehicle to the light of lane 00 of each port once a minute, until Ctrl-C, and tell whether its
    light was selected: in time, late, or not at all.

    Readings go into the log and selections come back as those of real vehicles do, in operating mode TEST and in a lane
    that no port has. Gateways and `border light` are not on its way. Nothing of it is kept as history, goes to other
    agencies or counts in any figure. One is enough for a platform; it outlives broker and stages, and is what to alert
    on: `border_canary_told_timestamp_seconds`.

    Examples:

        border canary
        border canary --once
        border canary --once --only 2301 --only MX-370 --json
        curl http://127.0.0.1:9302/metrics

    Parameters
    ----------
    only
        code of a port; may be given several times. None: all that the stages know, published ones too.
    once_only
        drive once at each port, all at the same time, and end: with status 1 if any is missing.
    interval
        seconds between two crossings at a port.
    told_within
        a light that is told within so many seconds is told in time.
    missing_after
        a light that is not told within so many seconds is missing.
    port
        port of /metrics, /livez and /readyz on 127.0.0.1; 0 takes a free one.
    json
        print one line of JSON: the crossings of `--once`, else the port once it is served.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    if told_within > missing_after:
        raise UserError("--told-within must be at most --missing-after")
    if not once_only and missing_after >= interval:
        raise UserError("--missing-after must be less than --interval, so that one crossing ends before the next")
    connection = connect(broker, registry_url, state_directory)
    pace, wanted = Pace(interval, told_within, missing_after), frozenset(only or ())
    if not once_only:

        def serving(served: int) -> None:
            if json:
                print(orjson.dumps({"metrics_port": served}).decode(), flush=True)
            else:
                print(f"serving http://127.0.0.1:{served}/metrics; Ctrl-C ends it", flush=True)

        forever(connection, wanted, pace, port, serving)
    verdicts = once(connection, wanted_of(lanes_in_force(connection), wanted), pace)
    rows = [row_of(verdict) for verdict in verdicts]
    if json:
        print(orjson.dumps({"crossings": rows}).decode())
    else:
        show(rows)
    return int(any(verdict.result is Result.MISSING for verdict in verdicts))


def row_of(verdict: Verdict) -> dict[str, Any]:
    """One crossing as it is printed."""
    return {
        "port_code": verdict.vehicle.lane_id.partition("/")[0],
        "result": verdict.result.value,
        "seconds": None if verdict.seconds is None else round(verdict.seconds, 3),
        "reading_id": verdict.vehicle.at_light_reading_id,
    }


def show(rows: list[dict[str, Any]]) -> None:
    """Crossings as a table."""
    table = Table("port", "light", "seconds", "reading at the light")
    for row in rows:
        seconds = "-" if row["seconds"] is None else f"{row['seconds']:.2f}"
        result = Result(row["result"])
        table.add_row(row["port_code"], f"[{STYLES[result]}]{result.value}[/]", seconds, row["reading_id"])
    Console().print(table)
    counts = ", ".join(f"{sum(row['result'] == result for row in rows)} {result.value}" for result in Result)
    print(f"{len(rows)} ports: {counts}")
