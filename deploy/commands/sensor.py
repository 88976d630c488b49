"""`border sensor`: connect a device: which formats there are, a block of configuration, and what its output becomes."""

import gzip
import zlib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from deploy.commands.sensor_assign import assign_, assignments_
from deploy.commands.sensor_calibrate import calibrate_
from deploy.commands.sensor_tap import tap_
from deploy.errors import UserError
from deploy.options import Count, Flag
from deploy.reading_view import shown_of, table_of, time_text, told_of
from producers.formats import FORMATS
from producers.formats.reading_format import PAYLOAD_BYTES_MAX, Item, ReadingFormat, Reason, Rejection
from producers.site import Site, SiteDevice, SiteError, load_site
from producers.site.writing import SITE, device_template, remarks_on

app = App(
    name="sensor", help="Connect a device: formats, its configuration, samples, what comes of it, where it stands."
)
app.command(calibrate_, name="calibrate")
app.command(tap_, name="tap")
app.command(assign_, name="assign")
app.command(assignments_, name="assignments")

SHOWN_MAX: Final = 10
GZIP: Final = b"\x1f\x8b"
Reveal = Annotated[bool, Parameter(name=("--reveal", "--show-plates"), negative=())]


@app.command(name="list")
def list_(*, json: Flag = False) -> int:
    """List the formats that the gateway reads, and which sensors speak each.

    Examples:

        border sensor list

    Parameters
    ----------
    json
        print one line of JSON.
    """
    if json:
        print(orjson.dumps({"formats": [row_of(form) for form in FORMATS.values()]}).decode())
        return 0
    table = Table("format", "what it is", "sensors", "comes as")
    for form in FORMATS.values():
        row = row_of(form)
        table.add_row(form.name, form.title, ", ".join(row["sensors"]), form.framing.value.lower())
    Console().print(table)
    print("border sensor new FORMAT writes a block of configuration for one of them")
    return 0


def row_of(form: ReadingFormat) -> dict[str, Any]:
    """A format as JSON."""
    return {
        "name": form.name,
        "title": form.title,
        "specification": form.specification,
        "sensors": sorted(form.sensors) + ["track"] * form.on_track,
        "framing": form.framing.value,
        "content_types": form.content_types,
    }


@app.command
def new(format: str, *, site: Flag = False, example: Flag = False) -> int:
    """Print a commented [[devices]] block of a format, to be put into site.toml.

    It holds as it stands: change the device's id, lane and options, and check with `border sensor validate`.

    Examples:

        border sensor new openalpr >> site.toml
        border sensor new scale_line --site > site.toml
        border sensor new scale_line --example > sample.txt

    Parameters
    ----------
    format
        `border sensor list` shows them.
    site
        print the top of a site.toml in front of it.
    example
        print a sample of such a device's output in place of the block, to try `border sensor test` on.
    """
    form = FORMATS.get(format)
    if form is None:
        raise UserError(f"there is no format {format}; there are {', '.join(FORMATS)}")
    if example:
        print(form.example.decode(), end="" if form.example.endswith(b"\n") else "\n")
        return 0
    print((SITE if site else "") + "\n" + device_template(form), end="")
    return 0


@app.command
def validate(file: Path, *, away: Flag = False, json: Flag = False) -> int:
    """Check a site's configuration, without network: all that is wrong at once, and what is odd. Exits 1 if wrong.

    Examples:

        border sensor validate site.toml
        border sensor validate site.toml --away --json

    Parameters
    ----------
    file
        the site's configuration (TOML).
    away
        do not look at the files of keys and certificates: so on another machine than the site's.
    json
        print one line of JSON.
    """
    try:
        site = load_site(file, check_keys=not away)
    except SiteError as error:
        if json:
            print(orjson.dumps({"site": None, "problems": [one._asdict() for one in error.problems]}).decode())
        else:
            print(error)
            print(f"{len(error.problems)} to mend")
        return 1
    remarks = remarks_on(site)
    if json:
        devices = [device_row(one) for one in site.devices]
        line = {"site": site.site, "devices": devices, "problems": [], "remarks": remarks}
        print(orjson.dumps(line).decode())
        return 0
    heads = ("device", "place", "sensor", "format", "comes in by", "mode")
    table = Table(*(Column(head, overflow="fold") for head in heads))
    for row in map(device_row, site.devices):
        table.add_row(*(Text(str(value)) for value in row.values()))
    Console().print(table)
    for remark in remarks:
        print(f"remark: {remark}")
    print(f"{file}: {site.site} holds, {len(site.devices)} devices")
    return 0


def device_row(one: SiteDevice) -> dict[str, str]:
    """A device as JSON."""
    return {
        "device_id": one.device.device_id,
        "place": one.device.place or f"roams {', '.join(one.device.roams)}",
        "sensor": "track" if one.device.track_id else one.device.sensor.value,
        "format": one.device.format,
        "input": str(one.input.__struct_config__.tag),
        "operating_mode": one.device.operating_mode.value,
    }


@app.command
def test(
    file: Path,
    device: str,
    sample: Path,
    *,
    at: datetime | None = None,
    count: Count = SHOWN_MAX,
    reveal: Reveal = False,
    json: Flag = False,
) -> int:
    """Show what a sample of a device's output becomes, field by field, without network. Exits 1 if any is rejected.

    Plates are masked.

    Examples:

        border sensor test site.toml front-camera-1 sample.json
        border sensor test site.toml scale-1 sample.txt --at 2026-11-30T10:58:40+00:00
        border sensor test site.toml front-camera-1 sample.json --json | jq .rejections

    Parameters
    ----------
    file
        the site's configuration (TOML); files of keys are not looked at.
    device
        device_id in it.
    sample
        what the device sent: one body, or lines; gzip too.
    at
        when the gateway received it; by default when the file was written.
    count
        show so many readings in full.
    reveal
        show plates in full.
    json
        print one line of JSON with all of them.
    """
    site = site_of(file)
    found = site.device(device)
    if found is None:
        raise UserError(
            f"{file} has no device {device}; it has {', '.join(one.device.device_id for one in site.devices)}"
        )
    payload, written_at = read_sample(sample)
    received_at = written_at if at is None else int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1_000_000)
    items = FORMATS[found.device.format].read(payload, found.device, received_at)
    readings = [item for item in items if not isinstance(item, Rejection)]
    repeats = len(readings) - len({reading.reading_id for reading in readings})
    if json:
        told = [shown_of(told_of(reading), reveal) for reading in readings]
        rejections = [item._asdict() for item in items if isinstance(item, Rejection)]
        line = {"received_at": received_at, "readings": told, "rejections": rejections, "repeats": repeats}
        print(orjson.dumps(line).decode())
    else:
        show(items, count, reveal, received_at)
        if found.device.roams:
            print("the gateway sets lane_id and assignment_id by where `border sensor assign` has told that it stands")
        if repeats:
            print(f"{repeats} have an id that another one has, and count once; is `sequence` the right field?")
    return 0 if readings and len(readings) == len(items) else 1


def site_of(file: Path) -> Site:
    """The site in a file. Raises UserError with everything that is wrong."""
    try:
        return load_site(file, check_keys=False)
    except SiteError as error:
        raise UserError(str(error)) from error


def read_sample(file: Path) -> tuple[bytes, int]:
    """A sample's bytes, unpacked, at most one beyond a payload's, and when it was written. Raises UserError."""
    try:
        with file.open("rb") as opened:
            packed = opened.peek(2)[:2] == GZIP
            data = (gzip.GzipFile(fileobj=opened) if packed else opened).read(PAYLOAD_BYTES_MAX + 1)
        return data, file.stat().st_mtime_ns // 1_000
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{file} is gzip, and broken: {error}") from error
    except (OSError, ValueError) as error:  # ValueError: no system takes a name with a zero byte
        raise UserError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from error


def show(items: list[Item], count: int, reveal: bool, received_at: int) -> None:
    """Each reading as a table of its fields, each rejection as a line, and how many there are of each."""
    console = Console()
    shown = 0
    for item in items:
        if isinstance(item, Rejection):
            print(f"rejected {item} ({item.reason})")
        elif shown < count:
            shown += 1
            console.print(table_of(told_of(item), reveal))
    kinds = Counter("rejections" if isinstance(item, Rejection) else type(item).__name__ for item in items)
    told = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    print(f"as received {time_text(received_at)}: {told or 'nothing'}")
    if any(isinstance(item, Rejection) and item.reason is Reason.CLOCK for item in items):
        print("if the sample is older than its file, tell with --at when it was sent")
