"""`border capture`: topics into an Avro container file, for replay, analysis and evidence."""

from pathlib import Path
from typing import Annotated, Final

import orjson
from cyclopts import Parameter
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from deploy.connection import connect
from deploy.errors import UserError
from deploy.new_file import new_file
from deploy.options import Flag
from schemas.container import ContainerWriter
from schemas.topics import PROVED_NAMES
from streams.console.log_reader import LogReader

DEADLINE_SECONDS: Final = 3600.0


def capture(
    file: Path,
    *,
    topic: Annotated[list[str] | None, Parameter(negative=())] = None,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Save the committed records of topics, from their beginning to now, to an Avro container file.

    The file holds plates, purchasers' numbers and findings about officers in full: keep it as the strictest of its
    topics is kept. Records that cannot be decoded are saved as their
    bytes, and counted.

    Examples:

        border capture day.avro
        border capture readings.avro --topic border.lane.readings.v1

    Parameters
    ----------
    file
        file to write, `.part` behind its name until it is whole; an existing one is not overwritten.
    topic
        topic to save; may be repeated. Default: what `border replay --prove` needs.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    json
        print one line of JSON.
    """
    connection = connect(broker, registry_url, state_directory)
    names = topic or list(PROVED_NAMES)
    counts = dict.fromkeys(names, 0)
    columns = (SpinnerColumn(), TextColumn("capturing"), MofNCompleteColumn())
    try:
        with (
            new_file(file) as part,
            LogReader(
                connection.broker, connection.registry_url, connection.codec, names, from_beginning=True
            ) as reader,
            ContainerWriter(part) as writer,
            Progress(*columns, console=Console(stderr=True), disable=json, transient=True) as progress,
        ):
            task = progress.add_task("", total=None)
            for received in reader.read_to_end(DEADLINE_SECONDS):
                writer.write(received.log_record)
                counts[received.log_record.topic] += 1
                progress.advance(task)
            undecoded, note = dict(reader.undecoded), reader.undecoded_note
    except OSError as error:
        raise UserError(str(error)) from error
    if json:
        print(orjson.dumps({"file": str(file), "records": counts, "undecoded": undecoded}).decode())
    else:
        for name, count in counts.items():
            print(f"{count:>10,}  {name}")
        print(f"written to {file}" + (f"; {note}" if note else ""))
    return 0
