"""`border keys`: keys of the random arm and of rotations, committed to before a day, given to auditors after it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import orjson
from cyclopts import App

from deploy import rotation_audit
from deploy.connection import Connection, connect
from deploy.errors import UserError
from deploy.options import Flag, Several
from deploy.settings import load_settings
from deploy.stages import load_random_keys
from schemas.layout import load_ports
from schemas.records import LightAnswer, OfficerAssignment, Passage, PassageState, Selection
from schemas.topics import LANE_DECISIONS, PASSAGES
from streams.console.log_reader import LogReader
from streams.core.light.questions import verify_fallback
from streams.core.random_draw import commitment_of
from streams.core.rotation import SHIFT_MINUTES_MAX, Shift, rotation_key
from streams.core.vehicles.decisions import verify_selection

# A shift that begins on a day ends on the next at the latest.
LAST_SHIFT: Final = timedelta(minutes=SHIFT_MINUTES_MAX)

# Wrong draws named in a report; all are counted.
EXAMPLES_MAX: Final = 20

app = App(name="keys", help="Commit to, hand out and audit the keys of the random arm and of rotations.")


@app.command
def commit(
    *,
    day: str | None = None,
    rotation: Flag = False,
    port: Several[str] | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Print the SHA-256 of each port's key for a day: what is published before the day.

    Examples:

        border keys commit
        border keys commit --day 2026-11-25 --json

    Parameters
    ----------
    day
        UTC date; tomorrow if not given.
    rotation
        the keys by which `border schedule` draws, not the random arm's.
    port
        code of a port that was published since; may be repeated. Those that come with the platform are always there.
    state_directory
        where the master secret stands.
    json
        print one line of JSON, key id to commitment.
    """
    wanted = day_of(day) if day else datetime.now(UTC).date() + timedelta(days=1)
    keys = keys_of(wanted, port, state_directory, rotation)
    show({key_id: commitment_of(key) for key_id, key in keys.items()}, json)
    return 0


@app.command
def reveal(
    day: str,
    *,
    rotation: Flag = False,
    port: Several[str] | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Print each port's key of a past day, for its auditors. Refused while it can decide anything.

    A rotation's key decides until the last shift that began on its day has ended: a day longer.

    Examples:

        border keys reveal 2026-11-23 --json > keys.json
        border keys reveal 2026-11-22 --rotation --json > rotation-keys.json

    Parameters
    ----------
    day
        UTC date before today; with --rotation, before yesterday.
    rotation
        the keys by which `border schedule` draws, not the random arm's.
    port
        code of a port that was published since; may be repeated. Those that come with the platform are always there.
    state_directory
        where the master secret stands.
    json
        print one line of JSON, key id to hexadecimal key: what `audit` and `audit-rotation` read.
    """
    wanted, today = day_of(day), datetime.now(UTC).date()
    if wanted >= today:
        raise UserError(f"the keys of {wanted} can still decide lights; they are revealed when that UTC day is over")
    if rotation and wanted + LAST_SHIFT >= today:
        raise UserError(
            f"shifts that began on {wanted} may go on, and their key tells the rest of them; it is revealed when the "
            "UTC day after is over"
        )
    show({key_id: key.hex() for key_id, key in keys_of(wanted, port, state_directory, rotation).items()}, json)
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
    revealed, broken = revealed_keys(keys, commitments)
    found = audited(revealed, connect(broker, registry_url, state_directory))
    show_audit(found | {"keys": len(revealed), "keys_not_as_published": broken}, json)
    return 0 if found["checked"] and not (found["wrong"] or found["undecoded"] or broken) else 1


@app.command(name="audit-rotation")
def audit_rotation(
    keys: Path,
    *,
    drawings: Several[Path],
    commitments: Path | None = None,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Check the logged duties that say they were drawn against revealed keys, and the keys against what was published.

    Exits 1 if one is not what the lot gave, or of a drawing that is in no file of drawings; if there was none to check,
    or if a record could not be decoded. Tells also of duties told when they had begun, and of lanes and times for which
    a drawing was replaced by another: ask why.

    Examples:

        border keys audit-rotation rotation-keys.json --drawings schedule.json --commitments published.json

    Parameters
    ----------
    keys
        JSON of key id to hexadecimal key, from `border keys reveal --rotation`.
    drawings
        what `border schedule --json` printed when it drew; may be given several times.
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
    revealed, broken = revealed_keys(keys, commitments)
    shifts = [shift for file in drawings for shift in shifts_in(file)]
    logged, undecoded = logged_duties(connect(broker, registry_url, state_directory))
    try:
        found = rotation_audit.audit_rotation(revealed, shifts, logged) | {"undecoded": undecoded}
    except ValueError as error:
        raise UserError(f"a drawing cannot be drawn again: {error}") from error
    show_audit(found | {"keys": len(revealed), "keys_not_as_published": broken}, json)
    bad = found["wrong"] or found["unexplained"] or found["undecoded"] or broken
    return 0 if found["checked"] and not bad else 1


def revealed_keys(keys: Path, commitments: Path | None) -> tuple[dict[str, bytes], list[str]]:
    """Revealed keys by id, and the ids of those that are not what was published before."""
    revealed = {key_id: from_hex(keys, text) for key_id, text in strings_in(keys).items()}
    published = strings_in(commitments) if commitments else {}
    broken = [
        key_id for key_id, key in revealed.items() if published.get(key_id, commitment_of(key)) != commitment_of(key)
    ]
    return revealed, broken


def shifts_in(file: Path) -> list[Shift]:
    """The shifts of what `border schedule --json` printed. Raises UserError naming the file."""
    try:
        return [rotation_audit.shift_in(told) for told in orjson.loads(file.read_bytes())["drawings"]]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{file} is not what `border schedule --json` prints: {error}") from error


def logged_duties(connection: Connection) -> tuple[list[rotation_audit.Logged], int]:
    """All duties of the log, and how many records could not be decoded: they may be duties."""
    found = list[rotation_audit.Logged]()
    with LogReader(
        connection.broker, connection.registry_url, connection.codec, [LANE_DECISIONS.name], from_beginning=True
    ) as reader:
        for received in reader.read_to_end():
            value = received.log_record.value
            if isinstance(value, OfficerAssignment):
                found.append(rotation_audit.Logged(value, received.log_record.appended_at))
        return found, reader.undecoded.total()


def show_audit(found: Mapping[str, object], json: bool) -> None:
    """What an audit found, as lines or one line of JSON."""
    if json:
        print(orjson.dumps(found).decode())
        return
    for name, value in found.items():
        print(f"{name.replace('_', ' ')}: {value if not isinstance(value, list) else ', '.join(value) or 'none'}")


def audited(revealed: Mapping[str, bytes], connection: Connection) -> dict[str, int | list[str]]:
    """Counts of draws checked, those of lights without a selection among them, of wrong ones, and of those without the
    passage that they were made on (its retention has passed).

    And of records that could not be decoded, which nobody can say anything about.
    """
    digests: dict[str, str] = {}
    selections: list[Selection] = []
    fallbacks: dict[str, LightAnswer] = {}
    topics = [PASSAGES.name, LANE_DECISIONS.name]
    with LogReader(connection.broker, connection.registry_url, connection.codec, topics, from_beginning=True) as reader:
        for received in reader.read_to_end():
            value = received.log_record.value
            if isinstance(value, Passage) and value.state is PassageState.AT_LIGHT:
                digests[value.passage_id] = value.first_reading_digest
            elif isinstance(value, Selection) and value.random_key_id in revealed:
                selections.append(value)
            elif isinstance(value, LightAnswer) and value.random_key_id in revealed:
                fallbacks[value.answer_id] = value
        undecoded = reader.undecoded.total()
    known = [selection for selection in selections if selection.passage_id in digests]
    wrong = [
        selection.passage_id
        for selection in known
        if not verify_selection(revealed[selection.random_key_id], digests[selection.passage_id], selection)
    ]
    wrong += [
        answer.passage_id or answer.answer_id
        for answer in fallbacks.values()
        if not verify_fallback(revealed[answer.random_key_id or ""], answer)
    ]
    return {
        "checked": len(known) + len(fallbacks),
        "wrong": len(wrong),
        "without_passage": len(selections) - len(known),
        "undecoded": undecoded,
        "wrong_passages": wrong[:EXAMPLES_MAX],
    }


def keys_of(
    day: date, further_ports: list[str] | None, state_directory: str | None, rotation: bool = False
) -> dict[str, bytes]:
    """Key by key id of every port that comes with the platform, and of further ones, on a UTC day."""
    settings = load_settings(state_directory=state_directory)
    random_keys = load_random_keys(settings.random_secret_path)
    at = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000
    ports = (*load_ports(), *(further_ports or ()))
    if rotation:
        return {rotation_audit.rotation_key_id(one, at): rotation_key(random_keys, one, at) for one in ports}
    return dict(random_keys.key_of(port_code, at) for port_code in ports)


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
