"""What a site's configuration holds, each value with its bounds and unit."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from producers.formats.reading_format import Device

Port = Annotated[int, Meta(ge=1, le=65_535)]
Text = Annotated[str, Meta(min_length=1, max_length=400)]


class Fsync(StrEnum):
    """When the spool makes the disk hold what it has written."""

    GROUP = "group"
    """Once for all that came within `group_milliseconds`: a device is answered when its reading is on the disk."""

    ALWAYS = "always"
    """For every batch by itself."""

    NEVER = "never"
    """When the system likes: a power cut may take what devices were told is kept."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; an unknown name in it is an error."""


class Http(Part, frozen=True, kw_only=True):
    """Where devices post."""

    host: Text = "127.0.0.1"
    port: Port = 8600
    certificate_file: Path | None = None
    """PEM; with key_file, TLS is spoken."""

    key_file: Path | None = None
    operator_key_file: Path | None = None
    """Holds the key, one line, of who may tell where units that roam stand: `border sensor assign`."""

    client_ca_file: Path | None = None
    """PEM: a device must show a certificate of this authority, whose common name is its device_id (mTLS)."""


class Clock(Part, frozen=True, kw_only=True):
    """What is made of a device whose clock is wrong."""

    skew_flag_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 2.0
    """Beyond it a device's clock is told as wrong; its readings are taken."""

    refuse_seconds: Annotated[float, Meta(gt=0, le=315_360_000)] = 86_400.0
    """Beyond it ahead of the gateway's clock a reading is refused; late ones never are, since they may be backlog."""


class HttpInput(Part, frozen=True, kw_only=True, tag="http", tag_field="kind"):
    """Posts, with `Authorization: Bearer KEY` or with a certificate."""


class TcpInput(Part, frozen=True, kw_only=True, tag="tcp", tag_field="kind"):
    """Lines on a port of its own or on a shared one. `AUTH KEY` comes first, unless its address tells who it is."""

    port: Port
    host: Text = "127.0.0.1"
    addresses: tuple[Text, ...] = ()
    """Addresses that the device may come from, without a key."""


class DirectoryInput(Part, frozen=True, kw_only=True, tag="directory", tag_field="kind"):
    """Files that are put into a directory, whole: written elsewhere and moved there."""

    directory: Path
    pattern: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^/]+\Z")] = "*"
    done_directory: Path | None = None
    """Where files go that were read; without one they are removed."""


class StdinInput(Part, frozen=True, kw_only=True, tag="stdin", tag_field="kind"):
    """What another program writes into the gateway."""


Input = HttpInput | TcpInput | DirectoryInput | StdinInput


class SiteDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device, and how it comes in."""

    device: Device
    input: Input
    key_file: Path | None = None
    """Holds its key, one line; `read_device_key` reads it. The key itself is nowhere in this object."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A site's configuration, checked. Paths are absolute, or relative to the directory of the file."""

    site: str
    spool_directory: Path
    fsync: Fsync = Fsync.GROUP
    group_milliseconds: float = 20.0
    spool_bytes_max: int = 10_000_000_000
    http: Http | None = None
    clock: Clock = Clock()
    devices: tuple[SiteDevice, ...] = ()

    def device(self, device_id: str) -> SiteDevice | None:
        """The device of this id, if there is one."""
        return next((one for one in self.devices if one.device.device_id == device_id), None)


LaneId = Annotated[str, Meta(pattern=r"^([0-9]{4}|[A-Z]{2}-[0-9A-Z]{1,8})/N?[0-9]{2}\Z")]


class DeviceTable(Part, frozen=True, kw_only=True):
    """One [[devices]] of the file, before its options are read."""

    device_id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,47}\Z")]
    lane_id: LaneId | None = None
    track_id: Annotated[str, Meta(pattern=r"^([0-9]{4}|[A-Z]{2}-[0-9A-Z]{1,8})/R[0-9]{1,3}\Z")] | None = None
    roams: Annotated[tuple[LaneId, ...], Meta(min_length=1, max_length=99)] | None = None
    sensor: str | None = None
    operating_mode: Literal["OPERATIONAL", "TEST", "EXERCISE", "TRAINING", "SIMULATED"] = "OPERATIONAL"
    direction: Literal["SOUTHBOUND", "NORTHBOUND"] | None = None
    format: str
    input: Input
    key_file: Path | None = None
    options: dict[str, Any] = {}


class SiteTable(Part, frozen=True, kw_only=True):
    """The top of the file."""

    site: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,47}\Z")]
    spool_directory: Path
    fsync: Fsync = Fsync.GROUP
    group_milliseconds: Annotated[float, Meta(ge=1, le=50)] = 20.0
    spool_bytes_max: Annotated[int, Meta(ge=10_000_000)] = 10_000_000_000
    port_files: tuple[Path, ...] = ()
    http: Http | None = None
    clock: Clock = Clock()
    devices: list[dict[str, Any]] = []
