"""Writes a site's configuration with its devices' keys, for gateways on this machine alone."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from producers.emulators.link import Way
from producers.site import HttpInput, Site, SiteDevice, TcpInput

KEY_BYTES: Final = 32
HOST: Final = "127.0.0.1"
OPERATOR_KEY: Final = "operator.key"


@dataclass(frozen=True)
class NewDevice:
    """One device of a site to be written. `sensor` None: it stands beside a track. `port` None: it posts.

    A place of several lanes, commas between, is of a unit that roams among them; then the operator has a key too.
    """

    device_id: str
    place: str
    sensor: str | None
    format: str
    operating_mode: str
    options: str
    port: int | None = None
    direction: str | None = None


def write_site_file(directory: Path, http_port: int, devices: Iterable[NewDevice], **top: Any) -> Path:
    """A configuration of these devices, each with a new key; `top` are values of its head. Its path."""
    parts = [f"{name} = {orjson.dumps(value).decode()}" for name, value in top.items()]
    parts.append(f'[http]\nhost = "{HOST}"\nport = {http_port}')
    several = list(devices)
    if any("," in one.place for one in several):
        parts.append(f'operator_key_file = "{write_key(directory / OPERATOR_KEY).name}"')
    for one in several:
        key = write_key(directory / f"{one.device_id}.key")
        lanes = orjson.dumps(one.place.split(",")).decode()
        where = f"roams = {lanes}" if "," in one.place else f'lane_id = "{one.place}"'
        at = f'track_id = "{one.place}"' if one.sensor is None else f'{where}\nsensor = "{one.sensor}"'
        way = '{ kind = "http" }' if one.port is None else f'{{ kind = "tcp", port = {one.port} }}'
        heading = "" if one.direction is None else f'direction = "{one.direction}"\n'
        parts.append(
            f'\n[[devices]]\ndevice_id = "{one.device_id}"\n{at}\n{heading}format = "{one.format}"\n'
            f'operating_mode = "{one.operating_mode}"\nkey_file = "{key.name}"\ninput = {way}\n'
            f"[devices.options]\n{one.options}"
        )
    file = directory / "site.toml"
    file.write_text("\n".join(parts) + "\n")
    return file


def write_key(file: Path) -> Path:
    """A new key in a file that nobody else can read; the file."""
    file.touch(0o600)
    file.write_text(secrets.token_hex(KEY_BYTES) + "\n")
    return file


def way_to(site: Site, one: SiteDevice) -> Way:
    """How a device with a key reaches its gateway on this machine. Raises ValueError for one that has no way there."""
    if one.key_file is None or not isinstance(one.input, HttpInput | TcpInput):
        raise ValueError(f"{one.device.device_id} has no key, or comes in neither by HTTP nor by lines")
    key = one.key_file.read_text().strip()
    if isinstance(one.input, TcpInput):
        return Way(one.input.host, one.input.port, key, False)
    assert site.http is not None
    return Way(site.http.host, site.http.port, key, True)
