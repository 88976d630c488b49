"""What people and the sharing service write of sharing: agreements, decisions on plates, and the log of requests."""

import hashlib
import threading
import time
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException

from deploy.connection import Connection
from deploy.errors import UserError
from deploy.record_files import text_of
from deploy.reference_changes import AGAIN, OutcomeUnknown, patiently, reason_of, transaction, transactional_producer
from producers.publisher import DeliveryError, Publisher
from schemas.codec import Codec
from schemas.records import SharingAgreementVersion
from schemas.topics import AGREEMENTS, SHARING
from streams.console.log_reader import LogReader
from streams.core.people import are_two_people
from streams.core.sharing.agreement import Agreement, parse_agreement
from streams.sharing.admission import SharingRecord
from streams.sharing.requests import NotLogged

# One id for all who publish: whoever comes second fences the first, so nothing is published between look-up and commit.
TRANSACTIONAL_ID: Final = "border-agreements"

# An agency that waits for longer asks again; nothing was told.
STORED_SECONDS: Final = 5.0

# After a failure whoever waited behind it is refused at once, or each would wait as long again.
FAILED_SECONDS: Final = 1.0


def load_agreement(file: Path) -> tuple[str, Agreement]:
    """Text and agreement of a file. Raises UserError that says what is wrong with it."""
    text = text_of(file)
    try:
        return text, parse_agreement(text)
    except ValueError as error:
        raise UserError(f"{file}: {error}") from error


def published_agreements(connection: Connection) -> dict[str, SharingAgreementVersion]:
    """The last version of each agency, by agency."""
    found: dict[str, SharingAgreementVersion] = {}
    for version in _versions(connection):
        found[version.agency_id] = version
    return found


def publish_agreement(text: str, agreement: Agreement, by: str, approved_by: str, connection: Connection) -> None:
    """Put an agreement in force. Raises UserError if its version means another text, or if it was not written."""
    _write(_version(agreement.agency, agreement.version, text, False, by, approved_by), connection)


def withdraw_agreement(agency_id: str, by: str, approved_by: str, connection: Connection) -> str:
    """End an agency's agreement; returns its version. Raises UserError if none is in force."""
    last = published_agreements(connection).get(agency_id)
    if last is None or last.withdrawn:
        raise UserError(f"no agreement with {agency_id} is in force; `border share list` shows those that are")
    _write(_version(agency_id, last.version, last.text, True, by, approved_by), connection)
    return last.version


def sharing_log(connection: Connection, since_ms: int | None = None) -> list[SharingRecord]:
    """What agencies asked and people decided, in log order of each agency; all, or since a time."""
    with LogReader(
        connection.broker,
        connection.registry_url,
        connection.codec,
        [SHARING.name],
        from_beginning=True,
        since_ms=since_ms,
    ) as reader:
        values = [received.log_record.value for received in reader.read_to_end()]
    return [value for value in values if isinstance(value, SharingRecord)]


def _versions(connection: Connection) -> list[SharingAgreementVersion]:
    topics = [AGREEMENTS.name]
    with LogReader(connection.broker, connection.registry_url, connection.codec, topics, from_beginning=True) as reader:
        values = [received.log_record.value for received in reader.read_to_end()]
    return [value for value in values if isinstance(value, SharingAgreementVersion)]


def _version(
    agency_id: str, version: str, text: str, withdrawn: bool, by: str, approved_by: str
) -> SharingAgreementVersion:
    if not are_two_people(by, approved_by):
        raise UserError("an agreement needs a second person; give two ids: --by and --approved-by")
    return SharingAgreementVersion(
        agency_id=agency_id,
        version=version,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        withdrawn=withdrawn,
        published_by=by,
        approved_by=approved_by,
        published_at=time.time_ns() // 1000,
    )


def _write(value: SharingAgreementVersion, connection: Connection) -> None:
    producer = transactional_producer(connection.broker, TRANSACTIONAL_ID)
    named = f"version {value.version} of {value.agency_id}"
    try:
        patiently(producer.init_transactions)
        for earlier in _versions(connection):
            if (earlier.agency_id, earlier.version) == (value.agency_id, value.version) and earlier.text != value.text:
                raise UserError(f"{named} was published by {earlier.published_by} with another text; give it another")
        with transaction(producer):
            key = f"{value.agency_id}/{value.version}".encode()
            producer.produce(AGREEMENTS.name, connection.codec.encode(value), key, partition=0)
    except OutcomeUnknown as error:
        raise UserError(f"it is not known whether {named} was written: {error}; {AGAIN}") from error
    except KafkaException as error:
        raise UserError(f"{named} was not written: {reason_of(error)}; {AGAIN}") from error


class SharingLog:
    """Writes records of `border.sharing.v1`, each stored by the broker when `write` returns. For any thread."""

    def __init__(self, broker: str, codec: Codec, stored_seconds: float = STORED_SECONDS) -> None:
        self._broker, self._codec, self._seconds = broker, codec, stored_seconds
        self._one_at_a_time = threading.Lock()
        self._publisher: Publisher | None = None
        self._failed_until = 0.0

    def write(self, record: SharingRecord) -> None:
        """Raises NotLogged if the broker did not take it in time; whether it will be there is not known."""
        with self._one_at_a_time:
            if time.monotonic() < self._failed_until:
                raise NotLogged("the broker did not take a record a moment ago")
            try:
                if self._publisher is None:
                    self._publisher = Publisher(
                        self._broker,
                        self._codec,
                        SHARING,
                        linger_milliseconds=0,
                        delivery_timeout_seconds=self._seconds,
                    )
                self._publisher.publish(record)
                self._publisher.flush()
            except (DeliveryError, KafkaException) as error:
                self._publisher = None  # one that failed stays failed
                self._failed_until = time.monotonic() + FAILED_SECONDS
                raise NotLogged(str(error)) from error
