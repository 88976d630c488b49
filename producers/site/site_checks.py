"""What is wrong with a site's configuration that no single value shows."""

import ipaddress
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from producers.formats import FORMATS
from producers.site.keys import KeyFileError, read_device_key
from producers.site.site_types import DirectoryInput, Http, HttpInput, SiteDevice, StdinInput, TcpInput
from producers.site.tables import Problem, joined
from schemas.layout import NORTHBOUND_PREFIX, Port, lanes_of
from schemas.records import SensorRole


def of_place(told: Mapping[str, object], key: str, ports: Mapping[str, Port]) -> Iterator[Problem]:
    """What is wrong with where a device stands and what it is there; looked at even if other values are wrong."""
    lane_id, track_id, sensor, name = (told.get(one) for one in ("lane_id", "track_id", "sensor", "format"))
    format_, roams = FORMATS.get(name) if isinstance(name, str) else None, told.get("roams")
    if sum(place is not None for place in (lane_id, track_id, roams)) != 1:
        text = (
            "needs a lane_id (`2301/01`), a track_id (`2304/R1`) or, if it is a mobile X-ray unit, roams: one of them"
        )
        yield Problem(key, text)
        return
    if roams is not None:
        yield from of_roams(roams, sensor, key, ports)
    else:
        place = "track_id" if lane_id is None else "lane_id"
        yield from of_lane(str(told[place]), joined(key, place), lane_id is not None, ports)
    if track_id is not None:
        if sensor is not None:
            yield Problem(joined(key, "sensor"), "a track has no roles; leave it out")
        if format_ is not None and not format_.on_track:
            yield Problem(joined(key, "format"), f"{name} is of lanes; give a lane_id")
    elif format_ is not None and not format_.sensors:
        yield Problem(joined(key, "format"), f"{name} is of tracks; give a track_id")
    elif format_ is not None and str(sensor) not in format_.sensors:  # a list is no key of a set
        yield Problem(joined(key, "sensor"), f"must be one of {', '.join(sorted(format_.sensors))} for {name}")


def of_lane(place: str, key: str, is_lane: bool, ports: Mapping[str, Port]) -> Iterator[Problem]:
    """What is wrong with the name of a lane or track."""
    code = place.partition("/")[0]
    if code not in ports:
        text = f"there is no port {code}; `border ports list` shows them, and port_files names a file of another one"
        yield Problem(key, text)
    elif is_lane and place not in lanes_of({code: ports[code]}):
        numbers = ", ".join(lane.partition("/")[2] for lane in lanes_of({code: ports[code]}))
        yield Problem(key, f"port {code} has no such lane; it has {numbers or 'none'}")


def of_roams(roams: object, sensor: object, key: str, ports: Mapping[str, Port]) -> Iterator[Problem]:
    """What is wrong with where a mobile unit may stand."""
    if sensor != SensorRole.XRAY:
        yield Problem(joined(key, "roams"), f'only X-ray units roam; give a lane_id, or sensor = "{SensorRole.XRAY}"')
    lanes = [str(lane) for lane in roams] if isinstance(roams, list) else []
    for place, lane in enumerate(lanes):
        yield from of_lane(lane, f"{joined(key, 'roams')}[{place}]", True, ports)
    for lane, count in Counter(lanes).items():
        if count > 1:
            yield Problem(joined(key, "roams"), f"{lane} stands there {count} times")
    if len({is_northbound(lane) for lane in lanes}) > 1:
        yield Problem(
            joined(key, "roams"), "northbound lanes and southbound ones; a unit is told apart by its direction"
        )


def of_assigning(key: str, one: SiteDevice, http: Http | None) -> Iterator[Problem]:
    """Whether it can be told where a mobile unit stands."""
    if one.device.roams and (http is None or http.operator_key_file is None):
        text = "needs an operator_key_file in [http]: with that key `border sensor assign` tells where the unit stands"
        yield Problem(f"{key}.roams", text)


def is_northbound(lane_id: str) -> bool:
    """Whether a lane's number says that it leads north."""
    return lane_id.partition("/")[2].startswith(NORTHBOUND_PREFIX)


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


def of_keys(devices: list[Keyed], operator_key_file: Path | None) -> Iterator[Problem]:
    """What is wrong with the keys of devices, and of who assigns them."""
    files = [
        (f"{key}.key_file", one.device.device_id, one.key_file) for key, one in devices if one.key_file is not None
    ]
    if operator_key_file is not None:
        files.append(("http.operator_key_file", "the operator", operator_key_file))
    owners: dict[bytes, str] = {}
    for key, name, file in files:
        try:
            other = owners.setdefault(read_device_key(file), name)
        except KeyFileError as error:
            yield Problem(key, str(error))
            continue
        if other != name:
            yield Problem(key, f"holds the key of {other}; each needs its own")


def is_address(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
