"""Published rule sets: the versions in their topic, and which one the vehicles stage holds.

A publication is one transaction: the version with its text and who vouches for it into the compacted topic, and a
ReferenceChange with the same text into every partition of the passages topic, so that each partition's log replays by
itself.
"""

import hashlib
import tomllib
from typing import Final

from confluent_kafka import KafkaException

from deploy.connection import Connection
from deploy.errors import UserError
from deploy.reference_changes import (
    TIMEOUT_SECONDS,
    change_now,
    produce_everywhere,
    transaction,
    transactional_producer,
)
from schemas.records import ChangeKind, RuleSetVersion
from schemas.topics import PASSAGES, RULE_SETS, VEHICLES_CHANGELOG
from streams.console.log_reader import LogReader
from streams.core.rule_set import parse_rule_set
from streams.core.vehicles.stage import RULES_KEY

# One for all who publish: whoever comes second fences the first, so nothing is published between look-up and commit.
TRANSACTIONAL_ID: Final = "border-rule-sets"


def published_versions(connection: Connection) -> dict[str, RuleSetVersion]:
    """Published rule sets by version, in the order in which they were first published."""
    found: dict[str, RuleSetVersion] = {}
    with LogReader(
        connection.broker, connection.registry_url, connection.codec, [RULE_SETS.name], from_beginning=True
    ) as reader:
        for received in reader.read_to_end():
            value = received.log_record.value
            if isinstance(value, RuleSetVersion):
                found[value.version] = value
    return found


def versions_in_force(connection: Connection) -> dict[int, str]:
    """The version that each partition of the vehicles stage holds; one without holds its worker's own file."""
    held: dict[int, bytes | None] = {}
    with LogReader(
        connection.broker, connection.registry_url, connection.codec, [VEHICLES_CHANGELOG.name], from_beginning=True
    ) as reader:
        for received in reader.read_to_end():
            record = received.log_record
            if record.key == RULES_KEY:
                held[record.partition] = record.value if isinstance(record.value, bytes) else None
    return {partition: tomllib.loads(text.decode())["version"] for partition, text in sorted(held.items()) if text}


def publish_rule_set(text: str, by: str, approved_by: str, connection: Connection) -> bool:
    """Publish a rule set that was linted and tested, and put it in force; True if its version is new.

    A version that was published before with the same text is put in force again: that is how one goes back. Raises
    UserError if it was with another text, if one person would be both, or if nothing could be written.
    """
    if by.strip() == approved_by.strip() or not by.strip() or not approved_by.strip():
        raise UserError("a rule set must be approved by a second person; give two ids in --by and --approved-by")
    version = parse_rule_set(text).version
    change = change_now(ChangeKind.RULE_SET, by, rule_set_version=version, rule_set_text=text, approved_by=approved_by)
    published = RuleSetVersion(
        version=version,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        published_by=by,
        approved_by=approved_by,
        published_at=change.changed_at,
    )
    producer = transactional_producer(connection.broker, TRANSACTIONAL_ID)
    codec = connection.codec
    try:
        producer.init_transactions(TIMEOUT_SECONDS)
        earlier = published_versions(connection).get(version)
        if earlier is not None and earlier.text != text:
            raise UserError(
                f"version {version} was published by {earlier.published_by} with another text "
                f"(sha256 {earlier.sha256[:12]}); give this one another version"
            )
        with transaction(producer):
            if earlier is None:
                producer.produce(RULE_SETS.name, codec.encode(published), version.encode(), partition=0)
            produce_everywhere(producer, PASSAGES, change.change_id.encode(), codec.encode(change))
    except KafkaException as error:
        raise UserError(
            f"nothing was published: {error.args[0].str()}; is the broker at {connection.broker} up, and is nobody "
            "else publishing?"
        ) from error
    return earlier is None
