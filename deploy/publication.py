"""Reference data that people publish as texts of named versions: rule sets and selection policies.

A publication is one transaction: the version with its text and who vouches for it into a compacted topic, and a
ReferenceChange with the same text into every partition of the stage's input, so that each partition's log replays by
itself.
"""

import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka import KafkaException

from deploy.connection import Connection
from deploy.errors import UserError
from deploy.reference_changes import (
    AGAIN,
    OutcomeUnknown,
    patiently,
    produce_everywhere,
    reason_of,
    transaction,
    transactional_producer,
)
from schemas.records import ReferenceChange, RuleSetVersion, SelectionPolicyVersion
from schemas.topics import Topic
from streams.console.log_reader import LogReader

Version = RuleSetVersion | SelectionPolicyVersion


@dataclass(frozen=True)
class Publication:
    """One kind of published text, and where it goes."""

    record: type[Version]
    versions: Topic
    """Compacted, one partition: every version."""

    source: Topic
    """The stage's input, all of whose partitions get the text."""

    changelog: Topic
    """The stage's, in which each partition keeps the text that is in force."""

    key: bytes
    """Under which it does."""

    text_of: Callable[[bytes], bytes]
    """The text in what is kept there."""

    transactional_id: str
    """One for all who publish: whoever comes second fences the first, so nothing is published between look-up and
    commit."""

    list_command: str


def published(kind: Publication, connection: Connection) -> dict[str, Version]:
    """What was published, by version, in the order in which it first was."""
    found: dict[str, Version] = {}
    with LogReader(
        connection.broker, connection.registry_url, connection.codec, [kind.versions.name], from_beginning=True
    ) as reader:
        for received in reader.read_to_end():
            value = received.log_record.value
            if isinstance(value, Version):
                found[value.version] = value
    return found


def versions_in_force(kind: Publication, connection: Connection) -> dict[int, str | None]:
    """The version that each partition of the stage holds, None where what it holds cannot be read.

    A partition that is not in it holds none that was published.
    """
    held: dict[int, bytes | None] = {}
    with LogReader(
        connection.broker, connection.registry_url, connection.codec, [kind.changelog.name], from_beginning=True
    ) as reader:
        for received in reader.read_to_end():
            record = received.log_record
            if record.key == kind.key:
                held[record.partition] = record.value if isinstance(record.value, bytes) else None
    return {
        partition: version_in(kind.text_of(stored)) for partition, stored in sorted(held.items()) if stored is not None
    }


def version_in(text: bytes) -> str | None:
    """The version that a text names, None if it names none. One of another format has one too."""
    try:
        version = tomllib.loads(text.decode()).get("version")
    except (ValueError, RecursionError):  # no UTF-8, no TOML, or values within values, too deep to read
        return None
    return version if isinstance(version, str) else None


def publish(kind: Publication, version: str, text: str, change: ReferenceChange, connection: Connection) -> bool:
    """Publish a checked text by the change that puts it in force; True if its version is new.

    A version that was published before with the same text is put in force again: that is how one goes back. Raises
    UserError if its name means another text, or if it was not written, or perhaps not.
    """
    value = kind.record(
        version=version,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        published_by=change.changed_by,
        approved_by=change.approved_by or "",
        published_at=change.changed_at,
    )
    producer, codec = transactional_producer(connection.broker, kind.transactional_id), connection.codec
    try:
        patiently(producer.init_transactions)
        earlier = published(kind, connection).get(version)
        if earlier is not None and earlier.text != text:
            raise UserError(
                f"version {version} was published by {earlier.published_by} with another text "
                f"(sha256 {earlier.sha256[:12]}); give this one another version"
            )
        with transaction(producer):
            if earlier is None:
                producer.produce(kind.versions.name, codec.encode(value), version.encode(), partition=0)
            produce_everywhere(producer, kind.source, change.change_id.encode(), codec.encode(change))
    except OutcomeUnknown as error:
        raise UserError(f"{perhaps_published(kind, version)}: {error}") from error
    except KafkaException as error:
        raise UserError(
            f"version {version} was not published: {reason_of(error)}; is the broker at {connection.broker} up, and "
            f"is nobody else publishing? {AGAIN.capitalize()}"
        ) from error
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(perhaps_published(kind, version)) from error
    return earlier is None


def perhaps_published(kind: Publication, version: str) -> str:
    """What to tell, and what to do, when a commit was not confirmed."""
    return (
        f"it is not known whether version {version} was published; `{kind.list_command}` shows what is published and "
        f"in force, and {AGAIN}"
    )
