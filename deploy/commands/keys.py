"""`border keys`: the random arm's keys, committed to before a day, given to auditors after it; draws checked."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import orjson
from cyclopts import App

from deploy.connection import Connection, connect
from deploy.errors import UserError
from deploy.options import Flag
from deploy.settings import load_settings
from deploy.stages import load_random_keys
from schemas.layout import load_ports
from schemas.records import Passage, PassageState, Selection
from schemas.topics import LANE_DECISIONS, PASSAGES
from streams.console.log_reader import LogReader
from streams.core.random_draw import commitment_of, verify_draw

# Wrong draws named in a report; all are counted.
EXAMPLES_MAX: Final = 20

app = App(name="keys", help="Commit to, hand out and audit the keys of the random arm.")


@app.command
def commit(*, day: str | None = None, state_directory: str | None = None, json: Flag = False) -> int:
    """Print the SHA-256 of each port's key for a day: what is published before the day.

    Examples:

        border keys commit
        border keys commit --day 2026-11-25 --json

    Parameters
    ----------
    day
        UTC date; tomorrow if not given.
    state_directory
        where the master secret stands.
    json
        print one line of JSON, key id to commitment.
    """
    wanted = day_of(day) if day else datetime.now(UTC).date() + timedelta(days=1)
    show({key_id: commitment_of(key) for key_id, key in keys_of(wanted, state_directory).items()}, json)
    return 0


@app.command
def reveal(day: str, *, state_directory: str | None = None, json: Flag = False) -> int:
    """Print each port's key of a past day, for its auditors. Refused until the day is over.

    Examples:

        border keys reveal 2026-11-23 --json > keys.json

    Parameters
    ----------
    day
        UTC date before today.
    state_directory
        where the master secret stands.
    json
        print one line of JSON, key id to hexadecimal key: what `audit` reads.
    """
    wanted = day_of(day)
    if wanted >= datetime.now(UTC).date():
        raise UserError(f"the keys of {wanted} can still decide lights; they are revealed when that UTC day is over")
    show({key_id: key.hex() for key_id, key in keys_of(wanted, state_directory).items()}, json)
    return 0


@app.command
def audit(
    keys: Path,
    *,
    commitments: Path | None = None,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Check every logged draw against revealed keys, and the keys against what was published.

    Exits 1 if one is wrong, if there was no draw to check, or if a record could not be decoded: it may be a draw.

    Examples:

        border keys audit keys.json --commitments published.json

    Parameters
    ----------
    keys
        JSON of key id to hexadecimal key, from `border keys reveal`.
    commitments
        JSON of key id to SHA-256, as published before the day.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    json
        print one line of JSON.
    """
    revealed = {key_id: from_hex(keys, text) for key_id, text in strings_in(keys).items()}
    published = strings_in(commitments) if commitments else {}
    broken = [
        key_id for key_id, key in revealed.items() if published.get(key_id, commitment_of(key)) != commitment_of(key)
    ]
    connection = connect(broker, registry_url, state_directory)
    found = audited(revealed, connection) | {"keys": len(revealed), "keys_not_as_published": broken}
    if json:
        print(orjson.dumps(found).decode())
    else:
        for name, value in found.items():
            print(f"{name.replace('_', ' ')}: {value if not isinstance(value, list) else ', '.join(value) or 'none'}")
    return 0 if found["checked"] and not (found["wrong"] or found["undecoded"] or broken) else 1


def audited(revealed: Mapping[str, bytes], connection: Connection) -> dict[str, int | list[str]]:
    """Counts of draws checked, wrong, and without the passage that they were made on (its retention has passed).

    And of records that could not be decoded, which nobody can say anything about.
    """
    digests: dict[str, str] = {}
    selections: list[Selection] = []
    topics = [PASSAGES.name, LANE_DECISIONS.name]
    with LogReader(connection.broker, connection.registry_url, connection.codec, topics, from_beginning=True) as reader:
        for received in reader.read_to_end():
            value = received.log_record.value
            if isinstance(value, Passage) and value.state is PassageState.AT_LIGHT:
                digests[value.passage_id] = value.first_reading_digest
            elif isinstance(value, Selection) and value.random_key_id in revealed:
                selections.append(value)
        undecoded = reader.undecoded.total()
    known = [selection for selection in selections if selection.passage_id in digests]
    wrong = [
        s.passage_id
        for s in known
        if not verify_draw(revealed[s.random_key_id], s.passage_id, digests[s.passage_id], s.propensity, s.random_draw)
    ]
    return {
        "checked": len(known),
        "wrong": len(wrong),
        "without_passage": len(selections) - len(known),
        "undecoded": undecoded,
        "wrong_passages": wrong[:EXAMPLES_MAX],
    }


def keys_of(day: date, state_directory: str | None) -> dict[str, bytes]:
    """Key by key id of every port on a UTC day."""
    settings = load_settings(state_directory=state_directory)
    random_keys = load_random_keys(settings.random_secret_path)
    at = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000
    return dict(random_keys.key_of(port_code, at) for port_code in load_ports())


def day_of(text: str) -> date:
    """A date. Raises UserError if it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"{text!r} is not a date; write it as 2026-11-24") from error


def strings_in(file: Path) -> dict[str, str]:
    """A JSON object of texts. Raises UserError naming the file."""
    try:
        found = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise UserError(f"cannot read {file}: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise UserError(f"{file} must be a JSON object of key ids and texts; `border keys reveal --json` writes one")
    return found


def from_hex(file: Path, text: str) -> bytes:
    """Bytes of a hexadecimal text. Raises UserError naming the file."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise UserError(f"{file}: a key is not hexadecimal") from error


def show(values: Mapping[str, str], json: bool) -> None:
    """Key ids with their texts, as lines or one line of JSON."""
    if json:
        print(orjson.dumps(values).decode())
        return
    for key_id, text in values.items():
        print(f"{key_id}  {text}")
