"""`border rail status`: where every train stands, and the share of cars scanned well."""

import msgspec
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.connection import Connection, connect
from deploy.options import Flag, Positive
from deploy.rail_board import port_offsets
from deploy.rail_records import DAYS_BACK, visits_of
from streams.console.rail_strip import date_of, days_table, snapshot_of
from streams.console.rail_visits import DayCounts, DayKey, Visit, days_of


def status(
    *,
    port: str | None = None,
    days: Positive = DAYS_BACK,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Show each train of the last days, its cars in counts, and by port and day the share of cars scanned well.

    Scanned well is a car with a usable scan and a decision; the share is of the cars that were seen or listed.

    Examples:

        border rail status
        border rail status --port 2304 --json | jq 'select(.covered == false) | .open'

    Parameters
    ----------
    port
        code of a port; all ports without it.
    days
        how far back.
    json
        one line of JSON for each train, then one for each port's day.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    connection = connect(broker, registry_url, state_directory)
    offsets = port_offsets()
    trains = trains_of(connection, days, port)
    shares = days_of(trains, offsets)
    if json:
        for train in trains:
            print(orjson.dumps(snapshot_of(train)).decode())
        for key, counts in shares.items():
            print(orjson.dumps(day_line(key, counts)).decode())
        return 0
    if not trains:
        print("the log tells of no train" + (f" at {port}" if port is not None else ""))
        return 0
    Console().print(trains_table(trains))
    Console().print(days_table(shares))
    return 0


def trains_of(connection: Connection, days: float, port: str | None) -> list[Visit]:
    """Trains of the last days by port and track."""
    return [visit for visit in visits_of(connection, days).current() if port in (None, visit.port_code)]


def day_line(key: DayKey, counts: DayCounts) -> dict[str, object]:
    """A port's day as one JSON object."""
    place = {"port_code": key.port_code, "operating_mode": key.operating_mode, "day": date_of(key.day)}
    return {**place, **msgspec.to_builtins(counts), "scanned_well_ratio": counts.scanned_well_ratio}


def trains_table(trains: list[Visit]) -> Table:
    """One line for each train."""
    table = Table("track", "train", "stands", title="Trains", title_justify="left")
    for heading in ("listed", "seen", "scanned well", "cleared", "open", "missing", "added"):
        table.add_column(heading, justify="right")
    table.add_column("covered")
    for visit in trains:
        train = visit.train
        if train is None:
            continue
        counts = (
            train.cars_expected,
            train.cars_seen,
            train.cars_scanned_well,
            train.cars_cleared,
            train.cars_open,
            train.cars_missing,
            train.cars_added,
        )
        mode = "" if visit.operating_mode == "OPERATIONAL" else f" {visit.operating_mode.lower()}"
        table.add_row(
            Text(visit.track_id or visit.port_code),
            Text((visit.train_id or "not known yet") + mode),
            standing(visit),
            *map(str, counts),
            "yes" if train.covered else "no" if train.coverable else "not coverable",
        )
    return table


def standing(visit: Visit) -> str:
    """Where a train is, in a word."""
    if visit.train is None or visit.track_id is None:
        return "expected"
    if visit.is_released:
        return "released"
    return "passed" if visit.train.left_at is not None else "passing"
