"""What the trains stage stores, each key under its operating mode; bounded by counts that are named here.

    "a:<mode>:<port>"                    ─► Port      its trains and passes, and from when their age counts
    "t:<mode>:<port>/<train>"            ─► Train     arrival, release, hand inspections, the visit it is
    "l:<mode>:<port>/<train>"            ─► Consist   its list at the highest revision
    "p:<mode>:<track>/<pass>"            ─► Pass      when it came and left, whose visit it is
    "o:<mode>:<track>/<pass>:<stretch>"  ─► Stretch   tags and weighings of 32 axles
    "s:<mode>:<track>/<pass>:<chunk>"    ─► Scans     scans, by a digest of their id
    "v:<mode>:<visit>"                   ─► Visit     its passes, and what was told of the train
    "c:<mode>:<visit>:<chunk>"           ─► ToldCars  what was told of its cars, by a digest of their id

A reading changes one stretch or chunk of scans, its pass and what it makes tell: a few kilobytes, however long the
train is. States are immutable: a change makes a new one.
"""

from typing import Any, Final, TypeVar

import msgspec

from schemas.records import (
    CoverageReason,
    EquipmentKind,
    HandInspectionResult,
    LoadState,
    ScanDecision,
    ScanQuality,
    TagSide,
)

# First byte of what is stored; a change of the structures below needs a new one.
VERSION: Final = b"\x04"

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND

# Readings of a pass come at most so long after its first: an analyst's decision and a spool after an outage. Later
# ones under its number are another train's, whose controller began to count anew, and must not cover this one's cars.
PASS_SPAN: Final = 72 * HOUR

# A controller stamps its event with one clock: what it sends again says the same time but for rounding [assumed].
EVENT_SLACK: Final = 2 * SECOND
# Cars are still scanned when the last axle has passed the wheel sensor, and devices' clocks differ [assumed].
LEFT_SLACK: Final = 600 * SECOND

# A stretch holds 8 cars of four axles: small enough to write anew for each reading.
STRETCH_AXLES: Final = 32
CHUNKS: Final = 16

# Of one stretch and one chunk. A car has two tags, one weighing and one scan; each shuttle of the train doubles them.
TAGS_MAX: Final = 256
WEIGHINGS_MAX: Final = 128
SCANS_MAX: Final = 128
HANDS_MAX: Final = 512
PASSES_MAX: Final = 8
EVENTS_MAX: Final = 16
# Readings of a train's papers by which a repetition is known: all that it has but for a flood, 8 bytes of each.
PAPERS_MAX: Final = 1_024

# Of one port: two weeks of the busiest one, which has 15 trains a day.
PORT_TRAINS_MAX: Final = 256
PORT_PASSES_MAX: Final = 512


class Tag(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One read of a tag. `identity`: mark and number, see `identities`; `checked`: its check bits fit."""

    reading_id: str
    axle: int
    side: TagSide
    kind: EquipmentKind
    identity: str
    axles: int
    length_m: float
    checked: bool


class Weighed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One weighing: the car's first axle, how many it has, and its gross weight."""

    reading_id: str
    first: int
    axles: int
    gross_kg: float


class Scanned(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One scan at its highest revision; `reading_ids` of that revision's reading and of those before. `ended_at`: when
    the image was taken, by the scanner's clock; `reported_at`: when the revision came, by the gateway's."""

    scan_id: str
    revision: int
    reading_ids: tuple[str, ...]
    first: int
    last: int
    machine: ScanDecision
    operator: ScanDecision
    quality: ScanQuality
    aborted: bool
    loaded: bool | None
    shielded: bool
    image_uri: str
    image_sha256: str
    ended_at: int
    reported_at: int

    @property
    def usable(self) -> bool:
        """Whether an analyst can decide on it."""
        return not self.aborted and self.quality in (ScanQuality.GOOD, ScanQuality.DEGRADED)


class Stretch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Tags whose axle, and weighings whose first axle, lies in one stretch of a pass, in log order."""

    tags: tuple[Tag, ...] = ()
    weighings: tuple[Weighed, ...] = ()


class Scans(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Some of a pass's scans."""

    scans: tuple[Scanned, ...] = ()


class Pass(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One pass of a train through a portal. `first_at`, `last_at`: gateway times of its readings; `stretches`: how many
    there are; `visit_id`: whose visit it is, empty while that is not known; `chain`: see `audit`; `events`: readings of
    its controller. By the devices' clocks: `entered_at`, `entered_last_at`: the first and the last time that it began,
    `left_first_at`, `left_at`: that it ended, `read_last_at`: when its last car was read; `left_least`, `left_axles`:
    the fewest and the most axles that it ended with."""

    first_at: int
    last_at: int
    stretches: int = 0
    entered_at: int | None = None
    left_at: int | None = None
    left_axles: int = -1
    visit_id: str = ""
    readings_count: int = 0
    chain: bytes = b""
    events: tuple[str, ...] = ()
    entered_last_at: int = 0
    left_first_at: int = 0
    left_least: int = -1
    read_last_at: int = 0

    @property
    def began_at(self) -> int:
        """When it began, as its controller said, else when its first reading came."""
        return self.first_at if self.entered_at is None else self.entered_at

    @property
    def is_one_train(self) -> bool:
        """Whether nothing says that two trains came under its number, or that its axles were counted anew."""
        if self.entered_at is not None and self.entered_last_at - self.entered_at > EVENT_SLACK:
            return False
        if self.left_at is None:
            return True
        return self.left_least == self.left_axles and self.read_last_at <= self.left_first_at + LEFT_SLACK


class Listed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One piece of listed equipment; `identity`: see `identities`."""

    position: int
    kind: EquipmentKind
    mark: str
    number: int
    identity: str
    load_state: LoadState
    declared_kg: float | None
    axles: int
    length_m: float
    seals: tuple[str, ...]


class Consist(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A train's newest list, head first. `first_at`: when any revision of it came first; `sent_at`: by the railroad's
    clock, 0 if that is not known."""

    reading_id: str
    revision: int
    first_at: int
    received_at: int
    sent_at: int
    listed: tuple[Listed, ...]


class Hand(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One hand inspection at its highest revision. `place`: from 1 at the head, 0 if none was named; `observed_at`: by
    the terminal's clock, but not after its word came."""

    inspection_id: str
    revision: int
    reading_id: str
    identity: str
    place: int
    result: HandInspectionResult
    seals_intact: bool | None
    seals: tuple[str, ...]
    observed_at: int


class Train(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What people say of a train. `visit_id`: the visit it is, empty before; `reading_ids`: digests of the
    last readings that they gave; `released_before`: when the release of the one before it under its id came."""

    train_id: str
    visit_id: str = ""
    arrived_track_id: str = ""
    arrived_at: int = 0
    released_at: int = 0
    released_by: str = ""
    released_received_at: int = 0
    released_track_id: str = ""
    hands: tuple[Hand, ...] = ()
    readings_count: int = 0
    chain: bytes = b""
    reading_ids: tuple[bytes, ...] = ()
    released_before: int = 0


class Raised(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The last alert of an incident: its revision, and its severity; empty if it was called off or never raised.
    `alarmed`: it told of an analyst's alarm."""

    revision: int = 0
    severity: str = ""
    alarmed: bool = False


class ToldCar(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was told of a car last: its id without the visit's, the revision, what it said that is news when it changes,
    a digest of the rest, and its alert."""

    name: str
    revision: int
    said: str
    rest: bytes
    raised: Raised = Raised()


class ToldCars(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Some of a visit's cars."""

    cars: tuple[ToldCar, ...] = ()


class Visit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One train at one port, once. `train_key`: where its train and list are kept, empty if that is not known;
    `pass_ids`: in order of track and number; `said`: what was told of the train last; `signed`: the signed-off record
    was told; `overfull`: it had more passes than are kept together, so it is never covered; `summed`: reasons that too
    many of its cars have for an alert of each."""

    train_key: str = ""
    pass_ids: tuple[str, ...] = ()
    revision: int = 0
    said: str = ""
    signed: bool = False
    coverable: Raised = Raised()
    released: Raised = Raised()
    overfull: bool = False
    summed: tuple[CoverageReason, ...] = ()


class Port(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Trains, by key, and passes of a port, each with the gateway time from which its age counts."""

    now_at: int = 0
    trains: tuple[tuple[str, int], ...] = ()
    passes: tuple[tuple[str, int], ...] = ()


Row = TypeVar("Row", bound=msgspec.Struct)
_ENCODER: Final = msgspec.msgpack.Encoder()


def encode(row: Any) -> bytes:
    """Version, then MessagePack."""
    return VERSION + _ENCODER.encode(row)


class Rows:
    """Decoders by kind of row."""

    port: Final = msgspec.msgpack.Decoder(Port)
    train: Final = msgspec.msgpack.Decoder(Train)
    consist: Final = msgspec.msgpack.Decoder(Consist)
    passing: Final = msgspec.msgpack.Decoder(Pass)
    stretch: Final = msgspec.msgpack.Decoder(Stretch)
    scans: Final = msgspec.msgpack.Decoder(Scans)
    visit: Final = msgspec.msgpack.Decoder(Visit)
    told: Final = msgspec.msgpack.Decoder(ToldCars)
