"""`border confirm` and `border watchlist hits`: a person's word on a hit, and how many were misreads."""

import time
from typing import Any, Final

import orjson
from rich.console import Console
from rich.table import Table

from deploy.connection import connect
from deploy.errors import UserError
from deploy.hit_figures import HitFigures
from deploy.officer_records import MICROSECONDS, now, place_of, send
from deploy.options import Flag, Positive
from schemas.records import HitConfirmation, HitConfirmationReason, Outcome
from schemas.topics import OUTCOMES
from streams.console.log_reader import LogReader

DAYS: Final = 30.0
DAY_SECONDS: Final = 86_400.0


def confirm(
    incident: str,
    *,
    reason: HitConfirmationReason,
    by: str,
    confirmed: Flag = False,
    rejected: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Tell that a person compared a watchlist hit with its image, and whether the vehicle carries the listed plate.

    Nobody acts on a hit before. The image is the one that the alert names; its SHA-256 stands there too. What is told
    last counts, so a slip is told again. To keep a wrong match from coming back, use `border watchlist suppress`.

    Examples:

        border confirm 2301/03/1042 --confirmed --reason IMAGE_SHOWS_LISTED_PLATE --by 4711
        border confirm 2301/03/1042 --rejected --reason MISREAD --by 4711

    Parameters
    ----------
    incident
        the alert's incident: the id of its passage.
    reason
        IMAGE_SHOWS_LISTED_PLATE or SEEN_ON_VEHICLE confirm; MISREAD, OTHER_ISSUER, OTHER_VEHICLE or LISTING_OUTDATED
        reject. A closed list, since free text may name people.
    by
        number of the officer, never a name.
    confirmed
        it is the listed plate.
    rejected
        it is not, or the entry does not mean this vehicle.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    if confirmed is rejected:
        raise UserError("say either --confirmed or --rejected")
    place, at = place_of(incident), now()
    said = HitConfirmation(
        confirmation_id=f"{incident} {by} {at}",
        **place,
        confirmed=confirmed,
        reason=reason,
        officer_id=by,
        compared_at=at,
        received_at=at,
    )
    send(said, broker, registry_url, state_directory)
    print(f"{incident}: the hit is {'confirmed' if confirmed else 'rejected'} by {by}, {reason}")
    return 0


def hits(
    *,
    days: Positive = DAYS,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """How many watchlist hits people confirmed and rejected, and the share of misreads, exact and near ones apart.

    Examples:

        border watchlist hits
        border watchlist hits --days 365 --json

    Parameters
    ----------
    days
        of outcomes of the last so many days.
    json
        print one line of JSON.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    connection = connect(broker, registry_url, state_directory)
    figures = HitFigures(int((time.time() - days * DAY_SECONDS) * MICROSECONDS))
    with LogReader(
        connection.broker, connection.registry_url, connection.codec, [OUTCOMES.name], from_beginning=True
    ) as reader:
        for received in reader.read_to_end():
            if isinstance(received.log_record.value, Outcome):
                figures.see(received.log_record.value)
    rows = figures.rows()
    if json:
        print(orjson.dumps({"days": days, "hits": rows}).decode())
    else:
        show_hits(rows, days)
    return 0


def show_hits(rows: list[dict[str, Any]], days: float) -> None:
    """The figures as a table."""
    names = ("world", "match", "hits", "confirmed", "rejected", "no word", "misreads (95 %)")
    table = Table(*names, title=f"watchlist hits of {days:g} days")
    for row in rows:
        share = row["misread_share"]
        seen = "-" if share["seen"] is None else f"{share['seen']:.0%} ({share['low']:.0%} to {share['high']:.0%})"
        counts = (row["hits"], row["confirmed"], sum(row["rejected"].values()), row["no_word"])
        table.add_row(row["operating_mode"], row["match"], *(f"{count:,}" for count in counts), seen)
    Console().print(table)
    print("later: the plate met an entry only after the light; of those only what people told of is known")
