"""Published ports: put into the log, and which of them each partition of the stages holds.

A publication is one transaction: the same ReferenceChange into every partition of the readings and of the backlog, for
the stages that join them, and of the passages, for the vehicles stage. A passage of a new lane is written after all are
committed, so it always meets the vehicles stage behind its port.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from confluent_kafka import KafkaException

from deploy.connection import Connection
from deploy.errors import UserError
from deploy.reference_changes import (
    AGAIN,
    OutcomeUnknown,
    change_now,
    patiently,
    produce_everywhere,
    reason_of,
    transaction,
    transactional_producer,
)
from schemas.layout import Port, load_ports, parse_port
from schemas.records import ChangeKind
from schemas.topics import (
    BACKLOG_CHANGELOG,
    LANE_BACKLOG,
    LANE_READINGS,
    LANES_CHANGELOG,
    PASSAGES,
    VEHICLES_CHANGELOG,
    Topic,
)
from streams.console.log_reader import LogReader
from streams.core.people import are_two_people
from streams.core.published_ports import PREFIX, decode_port

# What needs ports: the inputs of the stages that do, and where they keep them.
INPUTS: Final = (LANE_READINGS, LANE_BACKLOG, PASSAGES)
CHANGELOGS: Final = (LANES_CHANGELOG, BACKLOG_CHANGELOG, VEHICLES_CHANGELOG)
PARTITIONS: Final = sum(topic.partitions for topic in INPUTS)

# One for all who publish: whoever comes second fences the first, so that no two write theirs in two orders.
TRANSACTIONAL_ID: Final = "border-ports"


class Published(NamedTuple):
    """A published port's file, and who vouches for it."""

    code: str
    text: str
    published_by: str
    approved_by: str
    published_at: int
    """Microseconds UTC."""


class Held(NamedTuple):
    """What the partitions of the stages hold of ports."""

    counts: dict[Published, int]
    """How many partitions hold a publication, the newest first."""

    unreadable: list[str]
    """Topic, partition and code of what this version cannot read, for instance since another version wrote it."""


def held_ports(connection: Connection, changelogs: Iterable[Topic] = CHANGELOGS) -> Held:
    """Read the changelogs. A partition that holds nothing of a port knows it as its worker's own files have it."""
    stored: dict[tuple[str, int, bytes], bytes] = {}
    topics = [topic.name for topic in changelogs]
    with LogReader(connection.broker, connection.registry_url, connection.codec, topics, from_beginning=True) as reader:
        for received in reader.read_to_end():
            record = received.log_record
            if record.key is not None and record.key.startswith(PREFIX):
                place = record.topic, record.partition, record.key
                stored.pop(place, None)
                if isinstance(record.value, bytes):
                    stored[place] = record.value
    counts, unreadable = dict[Published, int](), list[str]()
    for (topic, partition, key), value in sorted(stored.items()):
        code = key.removeprefix(PREFIX).decode(errors="replace")
        try:
            published = Published(code, *decode_port(value))
            parse_port(published.text)
        except ValueError:  # msgspec's errors are ValueErrors too
            unreadable.append(f"{topic} {partition} {code}")
            continue
        counts[published] = counts.get(published, 0) + 1
    newest_first = sorted(counts.items(), key=lambda item: (-item[0].published_at, item[0].code))
    return Held(dict(newest_first), unreadable)


def port_in_force(code: str, held: Held) -> Port | None:
    """A port as it was published last, else as it comes with the platform; None if nobody knows it."""
    text = next((one.text for one in held.counts if one.code == code), None)
    return load_ports().get(code) if text is None else parse_port(text)


def publish_port(code: str, text: str, by: str, approved_by: str, connection: Connection) -> None:
    """Put a checked port in force everywhere. To do so again is safe: it says what shall hold.

    Raises UserError if one person would be both, or if it was not written, or perhaps not.
    """
    if not are_two_people(by, approved_by):
        raise UserError("a port must be approved by a second person; give two ids in --by and --approved-by")
    change = change_now(ChangeKind.PORT, by, port_text=text, approved_by=approved_by)
    producer = transactional_producer(connection.broker, TRANSACTIONAL_ID)
    value = connection.codec.encode(change)
    try:
        patiently(producer.init_transactions)
        with transaction(producer):
            for topic in INPUTS:
                produce_everywhere(producer, topic, change.change_id.encode(), value)
    except OutcomeUnknown as error:
        raise UserError(f"{perhaps_published(code)}: {error}") from error
    except KafkaException as error:
        raise UserError(
            f"port {code} was not published: {reason_of(error)}; is the broker at {connection.broker} up, and is "
            f"nobody else publishing? {AGAIN.capitalize()}"
        ) from error
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(perhaps_published(code)) from error


def perhaps_published(code: str) -> str:
    """What to tell, and what to do, when a commit was not confirmed."""
    return f"it is not known whether port {code} was published; `border ports list` shows what is in force, and {AGAIN}"
