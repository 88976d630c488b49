"""Reference changes written into the log: one in every partition of the stage's input, all in one transaction.

A change applies from its place in each log, and a transaction that fails half-way has changed nothing.
"""

import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from confluent_kafka import KafkaException, Producer

from deploy.errors import UserError
from schemas.codec import Codec
from schemas.records import ChangeKind, ReferenceChange, WatchlistEntry
from schemas.topics import PASSAGES, Topic

# Entries of one transaction: 12 messages each, well under the broker's transaction time-out. An import of more is
# several transactions, each complete by itself; `list` shows how far a broken one got, and it can be repeated.
ENTRIES_PER_TRANSACTION: Final = 2_000
TIMEOUT_SECONDS: Final = 30.0
# If this process is killed amid a transaction, read-committed readers, the stages among them, wait this long.
TRANSACTION_TIMEOUT_MS: Final = 10_000
ABORT_SECONDS: Final = 5.0


def change_now(kind: ChangeKind, by: str, **what: Any) -> ReferenceChange:
    """A change that a person makes now; `what` are the fields of its kind."""
    now = time.time_ns() // 1000
    return ReferenceChange(change_id=str(uuid.uuid4()), kind=kind, changed_by=by, changed_at=now, **what)


def additions(entries: Iterable[WatchlistEntry]) -> list[ReferenceChange]:
    """One change for each entry, made now."""
    return [change_now(ChangeKind.WATCHLIST_ADD, entry.entered_by, watchlist_entry=entry) for entry in entries]


def publish(changes: list[ReferenceChange], broker: str, codec: Codec) -> None:
    """Write changes into every partition of the passages topic, in transactions. Raises UserError if one fails."""
    # An id of its own for each run: two people who add entries at once must not fence each other.
    producer = transactional_producer(broker, f"border-watchlist-{uuid.uuid4()}")
    encoded = [(change.change_id.encode(), codec.encode(change)) for change in changes]
    try:
        producer.init_transactions(TIMEOUT_SECONDS)
        for first in range(0, len(encoded), ENTRIES_PER_TRANSACTION):
            write_everywhere(producer, PASSAGES, encoded[first : first + ENTRIES_PER_TRANSACTION])
    except KafkaException as error:
        raise UserError(f"the change was not written: {error.args[0].str()}; is the broker at {broker} up?") from error


def transactional_producer(broker: str, transactional_id: str) -> Producer:
    """A producer whose open transaction holds nobody up for long, should its process be killed."""
    return Producer(
        {
            "bootstrap.servers": broker,
            "transactional.id": transactional_id,
            "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
            "log_level": 2,
        }
    )


@contextmanager
def transaction(producer: Producer) -> Iterator[None]:
    """What is produced inside is committed at the end, or aborted if the block fails."""
    producer.begin_transaction()
    try:
        yield
        producer.commit_transaction(TIMEOUT_SECONDS)
    except BaseException:  # Ctrl-C too: an open transaction would hold up every read-committed reader
        with suppress(KafkaException):  # the broker may be what failed; then the transaction times out
            producer.abort_transaction(ABORT_SECONDS)
        raise


def write_everywhere(producer: Producer, topic: Topic, messages: Iterable[tuple[bytes, bytes]]) -> None:
    """Write keys and values into every partition of a topic, in one transaction that is not left open."""
    with transaction(producer):
        for key, value in messages:
            produce_everywhere(producer, topic, key, value)


def produce_everywhere(producer: Producer, topic: Topic, key: bytes, value: bytes) -> None:
    """Hand the producer one message for every partition of a topic."""
    for partition in range(topic.partitions):
        producer.produce(topic.name, value, key, partition=partition)
