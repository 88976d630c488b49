"""`border rail audit`: what was signed off of a train, recomputed from its readings."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import orjson

from deploy.captured import read_captured
from deploy.connection import connect
from deploy.errors import UserError
from deploy.options import Flag
from deploy.rail_audit import Audit, audit, signed_off
from deploy.settings import load_settings
from deploy.stages import build_stage
from schemas.container import LogRecord
from schemas.topics import RAIL_COVERAGE
from streams.console.log_reader import LogReader

DEADLINE_SECONDS: Final = 3600.0


def audit_train(
    *files: Path,
    train: str | None = None,
    visit: str | None = None,
    port: str | None = None,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Recompute what was signed off of a train from the readings in the log, and compare it with what the log holds.

    All that was ever told of the train and of each of its cars must be what the readings give, in the same order and
    byte for byte, and the digest that was signed must be that of the cars. Exit status 1 with the first difference.
    It takes the log of the port's readings from its beginning: of one that retention has cut, ask a capture.

    Examples:

        border rail audit --train 1S0OLFI00H
        border rail audit --visit 2304/R1/1017 --json
        border capture all.avro && border rail audit all.avro --train 1S0OLFI00H

    Parameters
    ----------
    files
        Avro container files from `border capture`, in order, in place of the broker.
    train
        the railroad's id of the train; of several that bore it, the one that was signed off last.
    visit
        the train's visit, as `border rail status --json` shows it.
    port
        of a train that was signed off at several ports, which.
    json
        print one line of JSON.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    if (train is None) == (visit is None):
        raise UserError("name the train by --train or its visit by --visit")
    if files:
        settings = load_settings(state_directory=state_directory)

        def read(topics: Iterable[str]) -> Iterator[LogRecord]:
            wanted = set(topics)
            return (record for file in files for record in read_captured(file) if record.topic in wanted)
    else:
        connection = connect(broker, registry_url, state_directory)
        settings = connection.settings

        def read(topics: Iterable[str]) -> Iterator[LogRecord]:
            place = connection.broker, connection.registry_url, connection.codec
            with LogReader(*place, topics, from_beginning=True) as reader:
                for received in reader.read_to_end(DEADLINE_SECONDS):
                    yield received.log_record

    wanted = signed_off(read((RAIL_COVERAGE.name,)), port, train, visit)
    found = audit(build_stage("trains", settings), read, wanted)
    show(found, json)
    return 1 if found.difference else 0


def show(found: Audit, as_json: bool) -> None:
    """Print what was found."""
    signed = found.signed
    if as_json:
        line = {"good": not found.difference, **msgspec.to_builtins(found)}
        print(orjson.dumps(line).decode())
        return
    covered = "covered" if signed.covered else "NOT covered"
    print(f"{signed.visit_id}  train {signed.train_id}  released by {signed.released_by_officer_id}, {covered}")
    print(f"{found.readings_folded:,} readings of the port folded, {signed.readings_count:,} of them the train's")
    if found.difference:
        print(f"DIFFERS: {found.difference}")
        return
    print(f"{found.records:,} records of the train and its {found.cars:,} cars are what the readings give")
    print(f"readings_sha256 {signed.readings_sha256}")
    print(f"cars_sha256     {signed.cars_sha256}")
