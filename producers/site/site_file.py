"""site.toml, read and checked: everything that is wrong with it at once, each with file, key and reason.

    site, spool_directory, fsync, group_milliseconds, spool_bytes_max    the gateway
    port_files                        ports that do not come with the platform, as `border ports` takes them
    [http]                            where devices post; TLS, mTLS; the key of who assigns mobile units
    [clock]                           what is made of a device whose clock is wrong
    [[devices]]                       device_id, lane_id, track_id or roams, sensor, format, input, key_file
    [devices.options]                 the format's own: mapping and units

A key of a device stands in the messages as `devices[2].format`, counted from 0 as in TOML's own messages, with the
device's id behind it where there is one.
"""

import difflib
import tomllib
from pathlib import Path
from typing import Final

from producers.formats import FORMATS
from producers.formats.reading_format import Device, Options
from producers.site.site_checks import (
    Keyed,
    between_devices,
    is_northbound,
    of_assigning,
    of_http,
    of_ids,
    of_input,
    of_keys,
    of_place,
)
from producers.site.site_types import (
    DeviceTable,
    DirectoryInput,
    Http,
    Input,
    Site,
    SiteDevice,
    SiteTable,
)
from producers.site.tables import Problem, joined, struct_of
from schemas.layout import Port, load_ports, parse_port
from schemas.records import Direction, OperatingMode, SensorRole

# A site of 99 lanes with eight devices each takes 200 kB.
SITE_BYTES_MAX: Final = 1 << 20
DEVICES_MAX: Final = 1_000


class SiteError(ValueError):
    """A configuration that is not one; `problems` holds everything that is wrong, each a line of the message."""

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        super().__init__(
            "\n".join(f"{file}: {one.key}: {one.text}" if one.key else f"{file}: {one.text}" for one in problems)
        )
        self.file = file
        self.problems = tuple(problems)


def load_site(file: Path, *, check_keys: bool = True) -> Site:
    """The site in a file. Raises SiteError.

    `check_keys` false leaves the files of keys and certificates unread: so away from the site's own machine.
    """
    try:
        text = file.read_bytes()[: SITE_BYTES_MAX + 1].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SiteError(file, [Problem("", f"not UTF-8 text, at byte {error.start + 1}; save it as UTF-8")]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SiteError(file, [Problem("", f"cannot be read: {reason}")]) from None
    return parse_site(text, file, check_keys=check_keys)


def parse_site(text: str, file: Path, *, check_keys: bool = True) -> Site:
    """The site in a text; `file` is what messages name and what paths are relative to. Raises SiteError."""
    if len(text) > SITE_BYTES_MAX:
        raise SiteError(file, [Problem("", f"has more than {SITE_BYTES_MAX:,} bytes")])
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise SiteError(file, [Problem("", f"not TOML: {error}")]) from None
    problems = list[Problem]()
    devices = told.pop("devices", [])
    table = struct_of(told, SiteTable, "", problems)
    home = file.absolute().parent
    ports = ports_of(told.get("port_files"), home, problems)
    if not isinstance(devices, list) or not all(isinstance(one, dict) for one in devices):
        problems.append(Problem("devices", "must be written as [[devices]], one for each device"))
        devices = []
    if not devices:
        problems.append(Problem("devices", "there are none; `border sensor new FORMAT` writes one"))
    if len(devices) > DEVICES_MAX:
        problems.append(Problem("devices", f"more than {DEVICES_MAX:,}; give each crossing a gateway of its own"))
        devices = devices[:DEVICES_MAX]
    problems += of_ids(devices)
    http = None if table is None else table.http
    good = list[Keyed]()
    for place, one in enumerate(devices):
        key = key_of(place, one.get("device_id"))
        device = device_of(one, key, home, ports, problems)
        if device is not None:
            good.append((key, device))
            problems += of_input(key, device, http, "http" in told)
            problems += of_assigning(key, device, http)
    problems += between_devices(good)
    if http is not None:
        problems += of_http(http, home, check_keys)
    if check_keys:
        problems += of_keys(
            good, None if http is None or http.operator_key_file is None else home / http.operator_key_file
        )
    if problems or table is None:
        raise SiteError(file, problems)
    return Site(
        site=table.site,
        spool_directory=home / table.spool_directory,
        fsync=table.fsync,
        group_milliseconds=table.group_milliseconds,
        spool_bytes_max=table.spool_bytes_max,
        http=None if http is None else absolute_http(http, home),
        clock=table.clock,
        devices=tuple(device for _, device in good),
    )


def ports_of(files: object, home: Path, problems: list[Problem]) -> dict[str, Port]:
    """The ports that lanes may be of: those of the platform, and those of the site's own files."""
    ports = dict(load_ports())
    for place, name in enumerate(files if isinstance(files, list) else ()):
        key = f"port_files[{place}]"
        try:
            port = parse_port((home / str(name)).read_text(encoding="utf-8-sig"))
            ports[port.code] = port
        except OSError as error:
            problems.append(Problem(key, f"{name} cannot be read: {error.strerror}"))
        except ValueError as error:
            problems.append(Problem(key, f"{name}: {error}"))
    return ports


def key_of(place: int, device_id: object) -> str:
    """How messages name a device."""
    named = isinstance(device_id, str) and device_id.isprintable()
    return f"devices[{place}] {str(device_id)[:48]}" if named else f"devices[{place}]"


def device_of(
    told: dict[str, object], key: str, home: Path, ports: dict[str, Port], problems: list[Problem]
) -> SiteDevice | None:
    """One device; None, and what is wrong added to the problems, if it is not one."""
    before = len(problems)
    table = struct_of(told, DeviceTable, key, problems)
    format_ = FORMATS.get(str(told.get("format")))
    options: Options | None = None
    if format_ is None and "format" in told:
        near = difflib.get_close_matches(str(told["format"])[:48], FORMATS, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        problems.append(Problem(joined(key, "format"), f"must be one of {', '.join(FORMATS)}{hint}"))
    elif format_ is not None:
        options = struct_of(told.get("options", {}), format_.options_type, joined(key, "options"), problems)
        for option, text in options.problems() if options is not None else ():
            problems.append(Problem(joined(joined(key, "options"), option), text))
    problems += of_place(told, key, ports)
    if table is None or options is None or len(problems) > before:
        return None
    roams = table.roams or ()
    direction = table.direction or (
        "NORTHBOUND" if is_northbound(table.lane_id or "".join(roams[:1])) else "SOUTHBOUND"
    )
    return SiteDevice(
        device=Device(
            device_id=table.device_id,
            lane_id=table.lane_id,
            track_id=table.track_id,
            roams=roams,
            sensor=SensorRole(table.sensor or "UNKNOWN"),
            operating_mode=OperatingMode(table.operating_mode),
            direction=Direction(direction),
            format=table.format,
            options=options,
        ),
        input=absolute_input(table.input, home),
        key_file=None if table.key_file is None else home / table.key_file,
    )


def absolute_http(http: Http, home: Path) -> Http:
    """With its files' paths from the root."""
    names = "certificate_file", "key_file", "operator_key_file", "client_ca_file"
    files = {name: getattr(http, name) for name in names}
    return Http(host=http.host, port=http.port, **{name: file and home / file for name, file in files.items()})


def absolute_input(way: Input, home: Path) -> Input:
    """With its directories' paths from the root."""
    if not isinstance(way, DirectoryInput):
        return way
    done = way.done_directory
    return DirectoryInput(directory=home / way.directory, pattern=way.pattern, done_directory=done and home / done)
