"""The transactional producer of one group: the only way by which anything of a stage gets into the log."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from confluent_kafka import KafkaException, Producer

from schemas.records import Alert
from schemas.topics import DEAD_LETTERS
from streams.runtime.cloud_events import Headers
from streams.runtime.dead_letters import DeadLetterRecord
from streams.runtime.events import Traced
from streams.runtime.failpoints import Failpoints

# Changelog key of the position of a partition. Keys of state never start with NUL.
POSITION_KEY: Final = b"\x00position"

CLAIM_SECONDS: Final = 30.0

# A transaction left open by a dead worker blocks every read-committed reader of what it touched until its id is claimed
# again or this passes; the claim comes within seconds.
TRANSACTION_TIMEOUT_MS: Final = 30_000

# A compressed batch of 1 MB can hold a gigabyte, which the producer's queue does not: a transaction that has grown to
# this takes no further batch.
TRANSACTION_BYTES_MAX: Final = 64 << 20

# The client's own default: what it holds that the broker has not yet. More is waited for.
QUEUE_KILOBYTES: Final = 1 << 20


@dataclass(slots=True)
class Transaction:
    """What one transaction of a group will hold. Batches of all its partitions are folded into it until it commits."""

    outputs: list[tuple[str, bytes, bytes, int, Headers | None]] = field(default_factory=list)
    """Topic, key, value, partition (-1: the key decides) and headers, in the order in which they were put out: a tick
    stays behind what it is about."""

    alerts: list[tuple[Alert, Headers]] = field(default_factory=list)
    """Those among the outputs, each with its headers."""

    traces: list[Traced] = field(default_factory=list)
    dead_letters: list[DeadLetterRecord] = field(default_factory=list)
    changes: dict[int, dict[bytes, bytes | None]] = field(default_factory=dict)
    """Changed states by key, by partition; None removes the key."""

    positions: dict[int, int] = field(default_factory=dict)
    """Offset to read next, by partition."""

    records: int = 0
    bytes: int = 0
    """Of keys, values and dead letters' headers to be produced, about."""

    urgent: bool = False
    newest_event_at: int = 0
    """Event time of the newest record folded, microseconds UTC, at most the broker's own time; 0: none has one."""

    readings_at: dict[tuple[str, str], int] = field(default_factory=dict)
    """The same of live readings, by port and operating mode."""

    watermarks: dict[int, int] = field(default_factory=dict)
    """By partition, microseconds UTC; 0: not known."""

    oldest_appended_at: int = 0
    started: float = 0.0
    """Loop time at which the first batch was folded into it."""

    def is_full(self, max_records: int) -> bool:
        """Whether it has to be committed before more is folded."""
        return self.records >= max_records or self.bytes >= TRANSACTION_BYTES_MAX


def changelog_bytes_of(transaction: Transaction, positions: Mapping[int, bytes]) -> int:
    """Keys and values that a commit writes into the changelog."""
    of_states = sum(
        [len(key) + len(state or b"") for states in transaction.changes.values() for key, state in states.items()]
    )
    return of_states + sum([len(POSITION_KEY) + len(position) for position in positions.values()])


def outputs_of(transaction: Transaction) -> dict[str, int]:
    """Records by topic that a commit writes, the changelog's aside."""
    outputs = Counter([topic for topic, *_ in transaction.outputs])
    if transaction.dead_letters:
        outputs[DEAD_LETTERS.name] += len(transaction.dead_letters)
    return outputs


class Ledger:
    """All methods block and are called from a thread, one at a time. Any error means: this process must end."""

    def __init__(
        self,
        broker: str,
        transactional_id: str,
        changelog: str,
        failpoints: Failpoints,
        commit_timeout_seconds: float,
    ) -> None:
        self._changelog = changelog
        self._failpoints = failpoints
        self._commit_timeout_seconds = commit_timeout_seconds
        self._producer = Producer(
            {
                "bootstrap.servers": broker,
                "transactional.id": transactional_id,
                "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
                "linger.ms": 0,
                # librdkafka's default is CRC32, everyone else's murmur2: keys would land on other partitions
                "partitioner": "murmur2_random",
                "compression.type": "lz4",
                "queue.buffering.max.messages": 1_000_000,
                "queue.buffering.max.kbytes": QUEUE_KILOBYTES,
                "message.max.bytes": DEAD_LETTERS.max_message_bytes,
                # the coordinator answers CONCURRENT_TRANSACTIONS while it writes the last markers; 100 ms by default
                "retry.backoff.ms": 5,
                "log_level": 3,
            }
        )

    def claim(self) -> None:
        """Fence every earlier owner: their open transactions are aborted and prepared ones completed."""
        self._producer.init_transactions(CLAIM_SECONDS)
        self._failpoints.hit("after_claim")

    def commit(self, transaction: Transaction, positions: Mapping[int, bytes]) -> None:
        """Write and commit. `positions` holds the encoded position record of each partition that moved.

        Raises KafkaException (fenced, timed out, not delivered) or BufferError; nothing of the transaction is then
        visible to a read-committed reader, unless the commit itself was under way, which the next claim settles.
        """
        self._producer.begin_transaction()
        self._failpoints.hit("after_begin")
        for topic, key, value, partition, headers in transaction.outputs:
            self._produce(topic, value, key, partition, headers)
        for letter in transaction.dead_letters:
            self._produce(DEAD_LETTERS.name, letter.value, letter.key, -1, letter.headers)
        self._pass("after_outputs")
        for partition, states in transaction.changes.items():
            self._produce_all(self._changelog, partition, [{"key": key, "value": s} for key, s in states.items()])
        self._pass("after_state")
        for partition, value in positions.items():
            self._produce_all(self._changelog, partition, [{"key": POSITION_KEY, "value": value}])
        self._pass("before_commit")
        self._commit()
        self._failpoints.hit("after_commit")

    def _commit(self) -> None:
        """Flushes first, and raises if any record was not delivered. A commit that timed out may be asked for again."""
        for attempt in range(2):
            try:
                self._producer.commit_transaction(self._commit_timeout_seconds)
                return
            except KafkaException as error:
                if attempt or not error.args[0].retriable():
                    raise

    def _pass(self, failpoint: str) -> None:
        if self._failpoints.is_set(failpoint):
            self._producer.flush(self._commit_timeout_seconds)
            self._failpoints.hit(failpoint)

    def _produce(
        self, topic: str, value: bytes | None, key: bytes | None, partition: int, headers: Headers | None
    ) -> None:
        # One by one: a batch takes no headers, and is no cheaper.
        try:
            self._producer.produce(topic, value, key, partition, headers=headers)
        except BufferError:  # 2,000 records of one batch can become dead letters of 2 MB each
            self._producer.flush(self._commit_timeout_seconds)
            self._producer.produce(topic, value, key, partition, headers=headers)

    def _produce_all(self, topic: str, partition: int, messages: list[dict[str, Any]]) -> None:
        # One call per partition: a partition inside a message is accepted by produce_batch and then ignored.
        if messages and self._producer.produce_batch(topic, messages, partition) != len(messages):
            raise KafkaException(next(message["_error"] for message in messages if "_error" in message))

    def close(self) -> None:
        """Abort what may be open; fenced or nothing open are both fine, since the next claim aborts it anyway."""
        try:
            self._producer.abort_transaction(2)
        except KafkaException:
            pass
