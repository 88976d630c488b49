"""What is wrong with a site's configuration that no single value shows."""

import ipaddress
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from producers.formats import FORMATS
from producers.site.keys import KeyFileError, read_device_key
from producers.site.site_types import DirectoryInput, Http, HttpInput, SiteDevice, StdinInput, TcpInput
from producers.site.tables import Problem, joined
from schemas.layout import Port, lanes_of


def of_place(told: Mapping[str, object], key: str, ports: Mapping[str, Port]) -> Iterator[Problem]:
    """What is wrong with where a device stands and what it is there; looked at even if other values are wrong."""
    lane_id, track_id, sensor, name = (told.get(one) for one in ("lane_id", "track_id", "sensor", "format"))
    format_ = FORMATS.get(name) if isinstance(name, str) else None
    if (lane_id is None) == (track_id is None):
        yield Problem(key, "needs a lane_id (`2301/01`) or a track_id (`2304/R1`), and not both")
        return
    code = str(lane_id or track_id).partition("/")[0]
    if code not in ports:
        text = f"there is no port {code}; `border ports list` shows them, and port_files names a file of another one"
        yield Problem(joined(key, "lane_id" if lane_id else "track_id"), text)
    elif lane_id is not None and str(lane_id) not in lanes_of({code: ports[code]}):
        numbers = ", ".join(lane.partition("/")[2] for lane in lanes_of({code: ports[code]}))
        yield Problem(joined(key, "lane_id"), f"port {code} has no such lane; it has {numbers or 'none'}")
    if track_id is not None:
        if sensor is not None:
            yield Problem(joined(key, "sensor"), "a track has no roles; leave it out")
        if format_ is not None and not format_.on_track:
            yield Problem(joined(key, "format"), f"{name} is of lanes; give a lane_id")
    elif format_ is not None and not format_.sensors:
        yield Problem(joined(key, "format"), f"{name} is of tracks; give a track_id")
    elif format_ is not None and str(sensor) not in format_.sensors:  # a list is no key of a set
        yield Problem(joined(key, "sensor"), f"must be one of {', '.join(sorted(format_.sensors))} for {name}")


Keyed = tuple[str, SiteDevice]  # a device behind its key in messages


def between_devices(devices: list[Keyed]) -> Iterator[Problem]:
    """What is wrong between devices."""
    if sum(isinstance(one.input, StdinInput) for _, one in devices) > 1:
        yield Problem("devices", "only one device can come in by stdin")
    addresses: dict[tuple[str, int, str], str] = {}
    directories: dict[Path, str] = {}
    for key, one in devices:
        name, way = one.device.device_id, one.input
        if isinstance(way, TcpInput):
            for address in way.addresses:
                other = addresses.setdefault((way.host, way.port, address), name)
                if other != name:
                    yield Problem(
                        f"{key}.input.addresses", f"{address} is that of {other} on the same port; take another port"
                    )
        elif isinstance(way, DirectoryInput):
            other = directories.setdefault(way.directory, name)
            if other != name:
                yield Problem(f"{key}.input.directory", f"is that of {other}; give each device its own")
    for key, one in devices:
        if isinstance(one.input, DirectoryInput) and one.input.done_directory in directories:
            text = "is watched: what is put away there would be read again; take another one"
            yield Problem(f"{key}.input.done_directory", text)


def of_input(key: str, one: SiteDevice, http: Http | None, has_http: bool) -> Iterator[Problem]:
    """What is wrong with how a device comes in; `has_http` whether there is an [http], were it wrong itself."""
    way = one.input
    if isinstance(way, HttpInput):
        if not has_http:
            yield Problem(f"{key}.input", "comes in by http, and there is no [http]")
        elif one.key_file is None and http is not None and http.client_ca_file is None:
            yield Problem(f"{key}.key_file", "is missing; without it anybody could post as this device")
    elif isinstance(way, TcpInput):
        if one.key_file is None and not way.addresses:
            yield Problem(f"{key}.input.addresses", "give the device's address, or a key_file")
        if http is not None and way.port == http.port:
            yield Problem(f"{key}.input.port", f"{way.port} is that of [http]")
        for address in way.addresses:
            if not is_address(address):
                yield Problem(f"{key}.input.addresses", f"{address} is no IP address")
    elif one.key_file is not None:
        yield Problem(f"{key}.key_file", "has no use: whoever may write there needs no key")


def of_ids(told: list[dict[str, object]]) -> Iterator[Problem]:
    """Ids that stand more than once."""
    counts = Counter(str(one["device_id"]) for one in told if "device_id" in one)
    for device_id, count in counts.items():
        if count > 1:
            yield Problem("devices", f"device_id {device_id} stands {count} times; each is one device")


def of_http(http: Http, home: Path, check_files: bool) -> Iterator[Problem]:
    """What is wrong with how TLS is set up."""
    if (http.certificate_file is None) != (http.key_file is None):
        yield Problem("http", "TLS needs certificate_file and key_file, both")
    if http.client_ca_file is not None and http.certificate_file is None:
        yield Problem("http.client_ca_file", "needs certificate_file and key_file too: without TLS nobody shows one")
    for name in ("certificate_file", "key_file", "client_ca_file") if check_files else ():
        file = getattr(http, name)
        if file is not None and not (home / file).is_file():
            yield Problem(f"http.{name}", f"there is no file {home / file}")


def of_keys(devices: list[Keyed]) -> Iterator[Problem]:
    """What is wrong with devices' keys."""
    owners: dict[bytes, str] = {}
    for key, one in devices:
        if one.key_file is None:
            continue
        name = one.device.device_id
        try:
            other = owners.setdefault(read_device_key(one.key_file), name)
        except KeyFileError as error:
            yield Problem(f"{key}.key_file", str(error))
            continue
        if other != name:
            yield Problem(f"{key}.key_file", f"holds the key of {other}; each device needs its own")


def is_address(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
