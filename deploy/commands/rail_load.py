"""`border rail load-consist`, `load-scans` and `decode-tags`: files of railroads, scanners and tag readers.

file ─► everything in it checked ─► border.rail.readings.v1, in transactions ─► TRAINS
            └► what is wrong, with its place
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from deploy.connection import connect
from deploy.errors import UserError
from deploy.officer_records import now
from deploy.options import Flag
from deploy.rail_files import publish_readings, read_bytes
from deploy.write_progress import write_progress
from producers.rail.consist_418 import read_consists
from producers.rail.reader_lines import DECIMETRES, LineProblem, TagRead, read_lines
from producers.rail.scan_files import read_scans
from producers.rail.x12 import Problem
from schemas.records import CarScan, OperatingMode, TrainConsist

PORT: Final = re.compile(r"[0-9A-Z][0-9A-Z-]{0,15}", re.ASCII)
TABLE_ROWS_MAX: Final = 1_000


def load_consist(
    file: Path,
    *,
    port: str,
    mode: OperatingMode | None = None,
    dry_run: Flag = False,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Load lists of trains as a railroad sends them: EDI X12 418, rail advance interchange consist.

    Every whole train is written. What is wrong is told with segment, element and byte: a train that is broken is not
    taken, the others of the file are; a seal or weight that is wrong is left out. Exits 1 if a train was lost. A file
    may be loaded again. A corrected list is one of a later interchange: its control number is the list's revision.

    Examples:

        border rail load-consist 418-20261130.edi --port 2304
        border rail load-consist 418-20261130.edi --port 2304 --dry-run --json

    Parameters
    ----------
    file
        one or more interchanges, ISA to IEA, with the delimiters that each ISA says.
    port
        port of entry that the trains come to (CBP Schedule D code); a 418 does not name it.
    mode
        the world it is of; if not given, what the interchange says, production or test. A test is never OPERATIONAL.
    dry_run
        check the file and write nothing.
    json
        print one line of JSON: `trains` in the file, `cars` in them, `written` trains for certain, `problems`.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    if not PORT.fullmatch(port):
        raise UserError("--port is a port's code, as 2304")
    if mode is OperatingMode.UNKNOWN:
        raise UserError("--mode must not be UNKNOWN")
    found = read_consists(read_bytes(file), port, now(), mode)
    cars = sum(len(train.equipment) for train in found.trains)
    problems = [problem_values(one) | {"problem": one.text} for one in found.problems]
    loading = Loading(file, "train", [str(one) for one in found.problems], problems, json)
    counts = {"trains": len(found.trains), "cars": cars}
    loading.write(found.trains, counts, dry_run, broker, registry_url, state_directory)
    return int(any(one.lost for one in found.problems))


def load_scans(
    file: Path,
    *,
    dry_run: Flag = False,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Load results of a rail scanner: XML after DICOS, or JSON with one object a line.

    Every good scan is written, since each that is missing leaves a car open; bad ones are told by line. Exits 1 if
    there was one. A file may be loaded again: a scan changes only by a higher revision, such as that with the
    operator's decision.

    Examples:

        border rail load-scans scans-20261130.jsonl
        border rail load-scans tdr-3-17.xml --dry-run

    A scan as JSON (times with their zone; `operator_decision`, `loaded_indicator`, `shielding_indicator`,
    `abort_reason`, `image_uri`, `image_sha256` and `operating_mode` may be added):

        {"scan_id": "S3-17", "revision": 1, "track_id": "2304/R1", "device_id": "2304-R1-XRAY-1", "pass_number": 3,
         "observed_at": "2026-11-30T10:58:09Z", "scan_started_at": "2026-11-30T10:58:00Z",
         "scan_ended_at": "2026-11-30T10:58:09Z", "first_axle": 17, "last_axle": 20, "scan_quality": "GOOD",
         "machine_decision": "CLEAR", "machine_probability": 0.02}

    Parameters
    ----------
    file
        XML if it begins with <, else JSON lines.
    dry_run
        check the file and write nothing.
    json
        print one line of JSON: `scans` in the file, `written` for certain, `repeats`, `problems`.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    found = read_scans(read_bytes(file), now())
    problems = [{"line": one.line, "problem": one.text} for one in found.problems]
    loading = Loading(file, "scan", [str(one) for one in found.problems], problems, json)
    counts = {"scans": len(found.scans), "repeats": found.repeats}
    loading.write(found.scans, counts, dry_run, broker, registry_url, state_directory)
    return int(bool(found.problems))


def decode_tags(file: Path, *, json: Flag = False) -> int:
    """Show what the AEI tags of a file say: 32 hexadecimal digits a line, or a reader's lines. Writes nothing.

    Exits 1 if a line holds no tag. A tag whose check fails was misread; its identity is a hint only.

    Examples:

        border rail decode-tags tags.txt
        border rail decode-tags reader.log --json

    Lines of tags.txt: a tag alone, and a reader's line with time, sequence, pass, axles passed and tag:

        9EA488C030426A179000000000000331
        2026-11-30T10:58:07.250Z 0001 3 17 9EA488C030426A179000000000000331

    Parameters
    ----------
    file
        text; # begins a comment.
    json
        print one JSON object a line.
    """
    read = list(read_lines(read_bytes(file).decode("utf-8", "replace").removeprefix("\ufeff")))
    tags = [one for one in read if isinstance(one, TagRead)]
    problems = [one for one in read if isinstance(one, LineProblem)]
    if not read:
        raise UserError(f"{file} holds no tag")
    if json:
        for one in read:
            values = tag_values(one) if isinstance(one, TagRead) else one._asdict()
            print(orjson.dumps(values).decode())
        return int(bool(problems))
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    for problem in problems:
        errors.print(f"{file}:{problem}", markup=False)
    if tags:
        table = Table("line", Column("equipment", no_wrap=True), "what", "side", "length", "axles", "check")
        for one in tags[:TABLE_ROWS_MAX]:
            table.add_row(*map(Text, cells_of(one)))
        Console().print(table)
    if len(tags) > TABLE_ROWS_MAX:
        print(f"the first {TABLE_ROWS_MAX:,} of {len(tags):,}; --json prints all")
    return int(bool(problems))


class Loading:
    """A file on its way into the log: what is wrong with it is told first, what was written in any case."""

    def __init__(self, file: Path, noun: str, told: Sequence[str], problems: list[dict[str, Any]], json: bool) -> None:
        self.file = file
        self.noun = noun
        self.problems = problems
        self.json = json
        self.errors = Console(stderr=True, highlight=False, soft_wrap=True)
        for problem in () if json else told:
            self.errors.print(f"{file}: {problem}", markup=False)

    def write(
        self,
        records: Sequence[TrainConsist | CarScan],
        counts: dict[str, int],
        dry_run: bool,
        broker: str | None,
        registry_url: str | None,
        state_directory: str | None,
    ) -> None:
        """Write the records and tell it. Raises UserError or KeyboardInterrupt as publish_readings does."""
        written = 0
        try:
            if records and not dry_run:
                connection = connect(broker, registry_url, state_directory)
                with write_progress(len(records), self.errors, hidden=self.json) as show:

                    def count(done: int) -> None:
                        nonlocal written
                        written = done
                        show(done)

                    publish_readings(records, self.noun, connection.broker, connection.codec, count)
        finally:  # said also when it fails or is broken off
            if self.json:
                print(orjson.dumps(counts | {"written": written, "problems": self.problems}).decode())
        if not self.json:
            found = ", ".join(f"{count:,} {what}" for what, count in counts.items())
            wrong = f", {len(self.problems):,} problems" if self.problems else ""
            what_was = "nothing was written" if not written else f"wrote {written:,} {self.noun}s"
            print(f"{found}{wrong}; {what_was}")


def problem_values(problem: Problem) -> dict[str, Any]:
    """A problem's place."""
    return {name: getattr(problem, name) for name in ("offset", "ordinal", "segment", "element", "train", "lost")}


def tag_values(read: TagRead) -> dict[str, Any]:
    """A tag as JSON."""
    tag, place = read.decoded.tag, read._asdict()
    del place["decoded"]
    values = {name: value for name, value in place.items() if value is not None}
    values |= {"equipment_kind": tag.kind.value} | tag._asdict() | {"side": tag.side.value}
    checks = {"check_passed": read.decoded.check_passed, "second_check_fits": read.decoded.second_check_fits}
    return values | checks | {"tag_hex": read.decoded.tag_hex}


def cells_of(read: TagRead) -> tuple[str, ...]:
    """A row of the table."""
    tag = read.decoded.tag
    what = f"group {tag.equipment_group}" if tag.kind == "UNKNOWN" else tag.kind.value.lower().replace("_", " ")
    check = "passed" if read.decoded.check_passed else "FAILED"
    length = f"{tag.length_dm / DECIMETRES:.1f} m"
    return str(read.line), f"{tag.mark} {tag.number}", what, tag.side.value.lower(), length, str(tag.axles), check
