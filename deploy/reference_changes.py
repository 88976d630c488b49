"""Reference changes written into the log: one in every partition of the stage's input, all in one transaction.

A change applies from its place in each log, and a transaction that fails half-way has changed nothing. A commit that
nobody answers may have been done; then that is said. Any change may be made again, since it says what shall hold:
an entry that is held is held once, one that is not held is removed by nothing.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import msgspec
from confluent_kafka import KafkaError, KafkaException, Producer

from deploy.errors import UserError
from schemas.codec import Codec
from schemas.partitioning import partition_of
from schemas.records import ChangeKind, ReferenceChange, WatchlistEntry
from schemas.topics import PASSAGES, Topic

# Entries of one transaction: 12 messages each, well under the broker's transaction time-out. An import of more is
# several transactions, each complete by itself; `list` shows how far a broken one got, and it can be repeated.
ENTRIES_PER_TRANSACTION: Final = 2_000
BYTES_PER_TRANSACTION: Final = 4_000_000
TIMEOUT_SECONDS: Final = 30.0
# The client's calls are not interrupted: Ctrl-C waits for this, not for the whole time.
CALL_SECONDS: Final = 1.0
AGAIN: Final = "to run the same command again is safe"
# If this process is killed amid a transaction, read-committed readers, the stages among them, wait this long.
TRANSACTION_TIMEOUT_MS: Final = 10_000
ABORT_SECONDS: Final = 5.0

Said = TypeVar("Said", bound=msgspec.Struct)


def change_now(kind: ChangeKind, by: str, **what: Any) -> ReferenceChange:
    """A change that a person makes now; `what` are the fields of its kind. Raises UserError if nobody makes it."""
    if not by.strip():
        raise UserError("give the id of the person who changes it in --by")
    now = time.time_ns() // 1000
    return ReferenceChange(change_id=str(uuid.uuid4()), kind=kind, changed_by=by, changed_at=now, **what)


def additions(entries: Iterable[WatchlistEntry]) -> list[ReferenceChange]:
    """One change for each entry, made now."""
    return [change_now(ChangeKind.WATCHLIST_ADD, entry.entered_by, watchlist_entry=entry) for entry in entries]


def publish(
    changes: Sequence[ReferenceChange], broker: str, codec: Codec, report: Callable[[int], None] = lambda _: None
) -> None:
    """Write changes into every partition of the passages topic, in transactions.

    `report` gets how many are written for certain. Raises UserError, or KeyboardInterrupt, that say what is.
    """

    def everywhere(producer: Producer, messages: Sequence[tuple[bytes, bytes]]) -> None:
        write_everywhere(producer, PASSAGES, messages)

    write_all(changes, "change", key_of_change, everywhere, broker, codec, report)


def write_all(
    records: Sequence[Said],
    noun: str,
    key_of: Callable[[Said], bytes],
    write: Callable[[Producer, Sequence[tuple[bytes, bytes]]], None],
    broker: str,
    codec: Codec,
    report: Callable[[int], None],
) -> None:
    """Have `write` write keys and values of records, one transaction after another. `noun` is what one of them is.

    `report` gets how many are written for certain. Raises UserError, or KeyboardInterrupt, that say what is.
    """
    # An id of its own for each run: two people who write at once must not fence each other.
    producer = transactional_producer(broker, f"border-{noun}-{uuid.uuid4()}")
    written, begun = 0, False
    try:
        patiently(producer.init_transactions)
        begun = True
        for batch in batches(records, codec, key_of):
            write(producer, batch)
            written += len(batch)
            report(written)
    except OutcomeUnknown as error:
        raise UserError(f"{progress(written, len(records), noun, True)}: {error}; {AGAIN}") from error
    except KafkaException as error:
        why = f"{reason_of(error)}; is the broker at {broker} up? {AGAIN.capitalize()}"
        raise UserError(f"{progress(written, len(records), noun, False)}: {why}") from error
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(f"{progress(written, len(records), noun, begun)}; {AGAIN}") from error


def progress(written: int, total: int, noun: str, perhaps: bool) -> str:
    """What stands in the log of all; `perhaps` the transaction behind those written was committed as well."""
    if total == 1:
        return f"it is not known whether the {noun} was written" if perhaps else f"the {noun} was not written"
    written_text = f"{written:,} of {total:,} {noun}s written"
    return written_text + (" for certain, perhaps more" if perhaps else "")


def key_of_change(change: ReferenceChange) -> bytes:
    """The key under which a change stands in each partition."""
    return change.change_id.encode()


def batches(
    records: Iterable[Said], codec: Codec, key_of: Callable[[Said], bytes]
) -> Iterator[list[tuple[bytes, bytes]]]:
    """Keys and values of one transaction after another, bounded in number and bytes."""
    batch, size = list[tuple[bytes, bytes]](), 0
    for record in records:
        value = codec.encode(record)
        if batch and (len(batch) == ENTRIES_PER_TRANSACTION or size + len(value) > BYTES_PER_TRANSACTION):
            yield batch
            batch, size = [], 0
        batch.append((key_of(record), value))
        size += len(value)
    if batch:
        yield batch


class OutcomeUnknown(Exception):
    """A transaction may be committed, or not: the broker did not answer."""


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


def patiently(call: Callable[[float], object]) -> None:
    """Make a call of the client's that takes a timeout, and again while it says that it can be resumed."""
    until = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            call(CALL_SECONDS)
            return
        except KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > until:
                raise


@contextmanager
def transaction(producer: Producer) -> Iterator[None]:
    """What is produced inside is committed at the end, or aborted if the block fails.

    Raises OutcomeUnknown if nobody says whether it was committed; any other KafkaException means that it was not.
    """
    producer.begin_transaction()
    try:
        yield
        until = time.monotonic() + TIMEOUT_SECONDS
        # A commit would wait for them too, but after it has begun nothing can be aborted any more.
        while producer.flush(CALL_SECONDS):
            if time.monotonic() > until:
                raise KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT))
    except BaseException:  # Ctrl-C too: an open transaction would hold up every read-committed reader
        abort(producer)
        raise
    try:
        patiently(producer.commit_transaction)
    except KafkaException as error:
        if error.args[0].txn_requires_abort():
            abort(producer)
            raise
        raise OutcomeUnknown(f"the broker did not confirm the commit ({reason_of(error)})") from error


def reason_of(error: KafkaException) -> str:
    """What the client says of a failure; of a time-out it would tell the caller how to call."""
    said: KafkaError = error.args[0]
    if said.code() in (KafkaError._TIMED_OUT, KafkaError._MSG_TIMED_OUT):
        return "no answer in time"
    return said.str()


def abort(producer: Producer) -> None:
    """End a transaction without it."""
    with suppress(KafkaException):  # the broker may be what failed; then the transaction times out
        producer.abort_transaction(ABORT_SECONDS)


def write_everywhere(producer: Producer, topic: Topic, messages: Iterable[tuple[bytes, bytes]]) -> None:
    """Write keys and values into every partition of a topic, in one transaction that is not left open."""
    with transaction(producer):
        for key, value in messages:
            produce_everywhere(producer, topic, key, value)


def write_by_key(producer: Producer, topic: Topic, messages: Iterable[tuple[bytes, bytes]]) -> None:
    """Write keys and values, each into its key's partition, in one transaction that is not left open."""
    with transaction(producer):
        for key, value in messages:
            producer.produce(topic.name, value, key, partition=partition_of(key, topic.partitions))


def produce_everywhere(producer: Producer, topic: Topic, key: bytes, value: bytes) -> None:
    """Hand the producer one message for every partition of a topic."""
    for partition in range(topic.partitions):
        producer.produce(topic.name, value, key, partition=partition)
