"""What every device format has in common: bytes of one device in, readings or rejections out.

    bytes ─► size ─► lines or one document ─► the format's own reading ─► bounds ─► Reading | Rejection

Nothing here has a clock, a socket or a file, and nothing raises for what the bytes hold. Work and memory are bounded by
PAYLOAD_BYTES_MAX and ITEMS_MAX. What a device says of itself (its id, its lane) is compared with its entry in the
site's configuration and never believed instead of it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from producers.formats.bounds import Reading as Reading
from producers.formats.bounds import problem_of
from schemas.records import Direction, OperatingMode, SensorRole

# A camera's batch after a cut of minutes; a larger one is a file, and is sent in parts.
PAYLOAD_BYTES_MAX: Final = 1 << 20
# Readings in one payload: what the gateway stores in one commit of its spool.
ITEMS_MAX: Final = 2_000
# No device's line is longer; the longest, a weight record of 25 axles, has 360 characters.
LINE_BYTES_MAX: Final = 4_096
# Names of fields, states and channels; a plate has letters and digits.
NAME: Final = re.compile(r"[A-Za-z_]{1,40}|[0-9]{1,3}", re.ASCII)
# Of the hash in an id: 96 bits, so that among 10^10 readings of a device two share one with a chance of 10^-9.
HASH_DIGITS: Final = 24

# With a device's id of 48 characters two of them stay within the 128 of an id.
ID_PART_MAX: Final = 56


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A format's own options, each with its bounds in its type; a format without any has these."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """What does not fit together: the key, and the reason with what to do."""
        yield from ()


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One device, as the site's configuration describes it. Exactly one of lane_id, track_id and roams is given."""

    device_id: str
    """`[a-z0-9][a-z0-9.-]{0,47}`, unique in the site."""

    lane_id: str | None = None
    """Port and lane, `2301/01`."""

    track_id: str | None = None
    """Port and track, `2304/R1`."""

    roams: tuple[str, ...] = ()
    """Lanes in which a mobile unit may stand. Its format leaves a reading's lane as the unit tells it, or empty; the
    gateway knows by its assignments which one it is."""

    sensor: SensorRole = SensorRole.UNKNOWN
    """What it is in its lane; UNKNOWN beside a track, which has no roles."""

    operating_mode: OperatingMode = OperatingMode.OPERATIONAL
    direction: Direction = Direction.SOUTHBOUND
    format: str
    options: Options = Options()

    @property
    def place(self) -> str:
        """Its lane or track; empty for a unit that roams."""
        return self.lane_id or self.track_id or ""


class Reason(StrEnum):
    """Why something was not taken; a closed set, for metrics. The last seven are the gateway's own."""

    MALFORMED = "MALFORMED"
    TOO_LARGE = "TOO_LARGE"
    MISSING_FIELD = "MISSING_FIELD"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    UNSUPPORTED = "UNSUPPORTED"
    WRONG_DEVICE = "WRONG_DEVICE"
    WRONG_LANE = "WRONG_LANE"
    NOT_ASSIGNED = "NOT_ASSIGNED"
    CLOCK = "CLOCK"
    UNKNOWN_DEVICE = "UNKNOWN_DEVICE"
    UNAUTHORISED = "UNAUTHORISED"
    TOO_SLOW = "TOO_SLOW"
    TOO_MANY = "TOO_MANY"


class Rejection(NamedTuple):
    """Something that is not a reading: why, what to do, and where it stands."""

    reason: Reason
    text: str
    """What is wrong and what to do; printable, and never a plate."""

    at: str = ""
    """`line 3 column 14`, `results[2].plate`; empty for the whole payload."""

    def __str__(self) -> str:
        return f"{self.at}: {self.text}" if self.at else self.text


Item = Reading | Rejection


class Refused(Exception):
    """Raised within a format for one item, and turned into its Rejection before it leaves the format."""

    def __init__(self, reason: Reason, text: str, at: str = "") -> None:
        super().__init__(text)
        self.rejection = Rejection(reason, text, at)


class Framing(StrEnum):
    """How a device's output is cut into what is read at once."""

    LINES = "LINES"
    """Each line stands for itself; blank ones and those that begin with # are passed over."""

    DOCUMENT = "DOCUMENT"
    """A whole body or file; on a TCP line one document a line."""


@dataclass(frozen=True)
class ReadingFormat:
    """One format: what `border sensor` tells of it, and how it is read."""

    name: str
    title: str
    specification: str
    """Which document and edition, in a sentence."""

    framing: Framing
    content_types: tuple[str, ...]
    """HTTP content types that it takes."""

    template: str
    """A commented [devices.options] for `border sensor new`; a configuration that holds if it is not changed."""

    example: bytes
    """A synthetic sample of a device's output, which reads without a rejection under the template's options."""

    parse: Callable[[bytes, Device, int], list[Item]]
    """One line or document. Never raises for what its bytes hold; at most ITEMS_MAX items."""

    options_type: type[Options] = Options
    sensors: frozenset[SensorRole] = frozenset()
    """Roles of a lane that it can serve; empty for one that only stands beside a track."""

    on_track: bool = False
    """Whether it can stand beside a track."""

    def read(self, payload: bytes, device: Device, received_at: int) -> list[Item]:
        """What a payload holds, in its order. `received_at` microseconds UTC by the gateway's clock.

        A payload with nothing in it gives a rejection too, so that no bytes are taken without a word; lines that are
        blank or comments alone give none.
        """
        if len(payload) > PAYLOAD_BYTES_MAX:
            text = f"has {len(payload):,} bytes, and {PAYLOAD_BYTES_MAX:,} are taken at once; send it in parts"
            return [Rejection(Reason.TOO_LARGE, text)]
        if self.framing is Framing.DOCUMENT:
            items = self.parse(payload, device, received_at)
            if len(items) > ITEMS_MAX:
                text = f"has {len(items):,} readings, and {ITEMS_MAX:,} are taken at once; send it in parts"
                return [Rejection(Reason.TOO_LARGE, text)]
            return [within_bounds(item) for item in items]
        return self._read_lines(payload, device, received_at)

    def _read_lines(self, payload: bytes, device: Device, received_at: int) -> list[Item]:
        lines = payload.split(b"\n")
        items = list[Item]()
        for number, line in enumerate(lines, 1):
            line = line.strip(b" \t\r")
            if not line or line.startswith(b"#"):
                continue
            where = f"line {number}" if len(lines) > 1 else ""
            if len(items) >= ITEMS_MAX:
                text = f"more than {ITEMS_MAX:,} lines at once, and nothing from here on was read; send it in parts"
                return [*items, Rejection(Reason.TOO_LARGE, text, where)]
            if len(line) > LINE_BYTES_MAX:
                text = f"longer than {LINE_BYTES_MAX:,} bytes, which no line of this format is"
                items.append(Rejection(Reason.TOO_LARGE, text, where))
                continue
            for item in self.parse(line, device, received_at):
                items.append(placed(within_bounds(item), where))
        return items


def placed(item: Item, where: str) -> Item:
    """The item, a rejection with its line in front."""
    if not where or not isinstance(item, Rejection):
        return item
    return item._replace(at=f"{where} {item.at}".rstrip())


def within_bounds(item: Item) -> Item:
    """The item, or a rejection if a field of it is what the stages refuse."""
    if isinstance(item, Rejection):
        return item
    problem = problem_of(item)
    return item if problem is None else Rejection(Reason.OUT_OF_RANGE, problem.text, problem.field)


def numbered_id(device: Device, *parts: str | int) -> str:
    """Id of a reading that its device numbers; parts are the count, with the boot or session before it if it restarts.

    Only the first part may hold a slash: so no two lists of parts give one id. Raises Refused for a part that cannot
    stand in an id.
    """
    for place, part in enumerate(parts):
        text = str(part)
        if not 0 < len(text) <= ID_PART_MAX or not text.isascii() or not text.isprintable() or " " in text:
            raise Refused(Reason.OUT_OF_RANGE, f"an id or a sequence is 1 to {ID_PART_MAX} visible ASCII characters")
        if place and "/" in text:
            raise Refused(Reason.OUT_OF_RANGE, "a sequence behind a session cannot hold a slash")
    return "/".join((device.device_id, *map(str, parts)))


def content_id(device: Device, *content: object) -> str:
    """Id of a reading that its device does not number: a hash of what it says, so that a retry has the same.

    `content` is what the device said, in values as read, its time among them; never when it was received.
    """
    digest = sha256(msgspec.json.encode([device.place, *content])).hexdigest()
    return f"{device.device_id}/{digest[:HASH_DIGITS]}"


def shown_name(text: str) -> str:
    """A name of the input as a message may show it: letters alone, or a short number; what may be a plate is `?`."""
    return text if NAME.fullmatch(text) else "?"
