"""`border watchlist`: add, remove, import and list the plates that someone with authority asked to be told of.

A change is a ReferenceChange in every partition of the passages topic, all in one transaction: it applies from its
place in each log, and a command that fails half-way has changed nothing.
"""

import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import orjson
from confluent_kafka import KafkaException, Producer
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from deploy.connection import Connection, connect
from deploy.errors import UserError
from deploy.watchlist_file import BadRow, read_entries
from schemas.codec import Codec
from schemas.records import ChangeKind, ReferenceChange, WatchlistEntry
from schemas.topics import PASSAGES, VEHICLES_CHANGELOG, Topic
from streams.console.log_reader import LogReader
from streams.core.vehicles.watchlist import PREFIX

# Entries of one transaction: 12 messages each, well under the broker's transaction time-out. An import of more is
# several transactions, each complete by itself; `list` shows how far a broken one got, and it can be repeated.
ENTRIES_PER_TRANSACTION: Final = 2_000
TIMEOUT_SECONDS: Final = 30.0
# If this process is killed amid a transaction, read-committed readers, the stages among them, wait this long.
TRANSACTION_TIMEOUT_MS: Final = 10_000
ABORT_SECONDS: Final = 5.0

app = App(name="watchlist", help="Add, remove, import and list watchlist entries.")

Flag = Annotated[bool, Parameter(negative=())]


@app.command
def add(
    file: Path, *, broker: str | None = None, registry_url: str | None = None, state_directory: str | None = None
) -> int:
    """Add one entry: a JSON file with the fields of a WatchlistEntry.

    Examples:

        border watchlist add entry.json

    Parameters
    ----------
    file: JSON with entry_id, plate, list_kind, reason, legal_basis, priority, audience, valid_from_at, valid_until_at,
        entered_by, approved_by; optional jurisdiction and case_number. Times in ISO 8601 or microseconds.
    broker: Kafka's bootstrap address.
    registry_url: Confluent interface of the schema registry.
    state_directory: where a local platform keeps its state.
    """
    entries, bad = read_entries(file)
    if bad or len(entries) != 1:
        raise UserError(bad[0].text(file) if bad else f"{file} has {len(entries)} entries; `import` takes several")
    connection = connect(broker, registry_url, state_directory)
    publish(additions(entries), connection.broker, connection.codec)
    print(f"added {entries[0].entry_id}")
    return 0


@app.command(name="import")
def import_(
    file: Path,
    *,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Add the entries of a CSV or JSON-lines file; bad rows are reported by line and the good ones kept.

    Exits 1 if there was a bad row. Entries are replaced by their id, so an import can be repeated.

    Examples:

        border watchlist import stolen.csv
        border watchlist import trace-linked.jsonl --json

    Parameters
    ----------
    file: CSV with a header of field names (.csv), or one JSON object a line.
    json: print one line of JSON.
    broker: Kafka's bootstrap address.
    registry_url: Confluent interface of the schema registry.
    state_directory: where a local platform keeps its state.
    """
    entries, bad = read_entries(file)
    if entries:
        connection = connect(broker, registry_url, state_directory)
        publish(additions(entries), connection.broker, connection.codec)
    report(file, len(entries), bad, json)
    return 1 if bad else 0


@app.command
def remove(
    entry_id: str,
    *,
    by: str,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Remove an entry.

    Examples:

        border watchlist remove stolen-2026-0173 --by analyst-7

    Parameters
    ----------
    entry_id: id of the entry.
    by: id of the person who removes it.
    broker: Kafka's bootstrap address.
    registry_url: Confluent interface of the schema registry.
    state_directory: where a local platform keeps its state.
    """
    change = ReferenceChange(
        change_id=str(uuid.uuid4()),
        kind=ChangeKind.WATCHLIST_REMOVE,
        changed_by=by,
        changed_at=time.time_ns() // 1000,
        watchlist_entry_id=entry_id,
    )
    connection = connect(broker, registry_url, state_directory)
    publish([change], connection.broker, connection.codec)
    print(f"removed {entry_id}")
    return 0


@app.command(name="list")
def list_(
    *,
    reveal: Flag = False,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """List the entries that the vehicles stage holds.

    Examples:

        border watchlist list
        border watchlist list --json --reveal

    Parameters
    ----------
    reveal: show plates, which are masked otherwise.
    json: print one JSON object a line.
    broker: Kafka's bootstrap address.
    registry_url: Confluent interface of the schema registry.
    state_directory: where a local platform keeps its state.
    """
    entries = held_entries(connect(broker, registry_url, state_directory))
    shown = [entry if reveal else msgspec.structs.replace(entry, plate="•" * len(entry.plate)) for entry in entries]
    if json:
        for entry in shown:
            print(orjson.dumps(msgspec.to_builtins(entry)).decode())
        return 0
    table = Table("id", "plate", "issuer", "kind", "priority", "valid until", "approved by")
    for entry in shown:
        until = time.strftime("%Y-%m-%d %H:%M", time.gmtime(entry.valid_until_at // 1_000_000))
        kind = entry.list_kind.lower().replace("_", " ")
        table.add_row(
            entry.entry_id,
            entry.plate,
            entry.jurisdiction or "any",
            kind,
            str(entry.priority),
            until,
            entry.approved_by,
        )
    Console().print(table)
    return 0


def additions(entries: Iterable[WatchlistEntry]) -> list[ReferenceChange]:
    """One change for each entry, made now."""
    return [
        ReferenceChange(
            change_id=str(uuid.uuid4()),
            kind=ChangeKind.WATCHLIST_ADD,
            changed_by=entry.entered_by,
            changed_at=time.time_ns() // 1000,
            watchlist_entry=entry,
        )
        for entry in entries
    ]


def publish(changes: list[ReferenceChange], broker: str, codec: Codec) -> None:
    """Write changes into every partition of the passages topic, in transactions. Raises UserError if one fails."""
    producer = Producer(
        {
            "bootstrap.servers": broker,
            # An id of its own for each run: two people who add entries at once must not fence each other.
            "transactional.id": f"border-watchlist-{uuid.uuid4()}",
            "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
            "log_level": 2,
        }
    )
    encoded = [(change.change_id.encode(), codec.encode(change)) for change in changes]
    try:
        producer.init_transactions(TIMEOUT_SECONDS)
        for first in range(0, len(encoded), ENTRIES_PER_TRANSACTION):
            write_everywhere(producer, PASSAGES, encoded[first : first + ENTRIES_PER_TRANSACTION])
    except KafkaException as error:
        raise UserError(f"the change was not written: {error.args[0].str()}; is the broker at {broker} up?") from error


def write_everywhere(producer: Producer, topic: Topic, messages: Iterable[tuple[bytes, bytes]]) -> None:
    """Write keys and values into every partition of a topic, in one transaction that is not left open."""
    producer.begin_transaction()
    try:
        for key, value in messages:
            for partition in range(topic.partitions):
                producer.produce(topic.name, value, key, partition=partition)
        producer.commit_transaction(TIMEOUT_SECONDS)
    except BaseException:  # Ctrl-C too: an open transaction would hold up every read-committed reader
        with suppress(KafkaException):  # the broker may be what failed; then the transaction times out
            producer.abort_transaction(ABORT_SECONDS)
        raise


def held_entries(connection: Connection) -> list[WatchlistEntry]:
    """Entries in the state of the vehicles stage's first partition, which like every other holds all of them."""
    held: dict[bytes, Any] = {}
    topics = [VEHICLES_CHANGELOG.name]
    with LogReader(connection.broker, connection.registry_url, connection.codec, topics, from_beginning=True) as reader:
        for received in reader.read_to_end():
            record = received.log_record
            if record.partition == 0 and record.key and record.key.startswith(PREFIX):
                held[record.key] = record.value
    return [msgspec.msgpack.decode(value, type=WatchlistEntry) for _, value in sorted(held.items()) if value]


def report(file: Path, added: int, bad: list[BadRow], json: bool) -> None:
    """What an import did."""
    if json:
        rows = [{"line": row.line, "problem": row.problem} for row in bad]
        print(orjson.dumps({"added": added, "bad_rows": rows}).decode())
        return
    print(f"added {added} entries from {file}")
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    for row in bad:
        errors.print(row.text(file), markup=False)
