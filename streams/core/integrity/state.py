"""What the integrity stage stores.

    key "v:<mode>:<port>:<token>"             ─► Vehicle      whom it met, for 90 days, or 30 without a further crossing
    key "c:<mode>:<passage_id>"               ─► Case         a referred vehicle until its reports are in
    key "t:<mode>:<place>:<kind>:<stratum>"   ─► Stratum      what officers did under like conditions, for 90 days
    key "h:<mode>:<port>:<test>:<officer_id>" ─► Shift        an officer's cases of one shift, until they are judged
    key "o:<mode>:<port>:<officer_id>"        ─► Officer      the tests of one officer, 90 days each
    key "s:<mode>:<lane_id>"                  ─► Stint        the present duty in a lane, and what its sensors said
    key "p:<mode>:<port>"                     ─► PortState    its lanes, and how much is tested there
    key "r:<lane_id>"                         ─► LaneRoster   officers' duties of the last days, the same for all modes
    key "q:"                                  ─► Requirements the same for all ports

Each begins with VERSION and four bytes of `due_s`, at which a tick looks whether it is still needed. States are
immutable: a change makes a new one. e-values are whole thousandths of their natural logarithm, rounded down.
"""

from typing import Final

import msgspec

from schemas.records import FindingKind, LaneMode, OutcomeState, SensorRole
from streams.core.outcomes.state import Roster

# First byte of what is stored; a change of the structures below needs a new one.
VERSION: Final = b"\x02"

SECOND: Final = 1_000_000
DAY_SECONDS: Final = 24 * 3600

VEHICLE: Final = b"v:"
CASE: Final = b"c:"
STRATUM: Final = b"t:"
SHIFT: Final = b"h:"
OFFICER: Final = b"o:"
STINT: Final = b"s:"
PORT: Final = b"p:"
ROSTER: Final = b"r:"
REQUIREMENTS_KEY: Final = b"q:"


class Bet(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One test of one officer: two bets against honesty, one on a small excess and one on a large one. `last_at`: with
    meetings, the crossing last bet on; `shifts`: with comparisons, those bet on."""

    started_s: int
    small: int = 0
    large: int = 0
    trials: int = 0
    events: int = 0
    expected_milli: int = 0
    passages: tuple[str, ...] = ()
    told: int = 0
    told_events: int = 0
    last_at: int = 0
    shifts: int = 0


class Officer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Tests of one officer at one port, by kind (and sensor)."""

    due_s: int
    bets: dict[str, Bet]


class Stratum(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Trials and events under like conditions, in all and by officer."""

    due_s: int
    trials: int = 0
    events: int = 0
    officers: dict[str, tuple[int, int]] = {}


class Shift(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one test counts of an officer's shift: cases and events by stratum, and passages of the last events."""

    due_s: int
    kind: FindingKind
    sensor: SensorRole | None
    officer_id: str
    cases: dict[str, tuple[int, int]] = {}
    passages: tuple[str, ...] = ()


class Pair(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One vehicle and one officer since they first met. `number`: how many of the vehicle's pairs began before, plus 1;
    `crossings`: those in which the officer stood in a lane of that kind, the first meeting apart."""

    officer_id: str
    number: int
    started_s: int
    small: int = 0
    large: int = 0
    crossings: int = 0
    meetings: int = 0
    expected_milli: int = 0
    passages: tuple[str, ...] = ()
    told: int = 0
    told_meetings: int = 0


class Vehicle(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A vehicle at a port. `counted_at`: its last crossing that counts, microseconds; `pairs_begun`: in all."""

    due_s: int
    started_s: int
    counted_at: int
    tested: bool
    pairs_begun: int
    pairs: tuple[Pair, ...]


class Case(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A referred vehicle's outcome at its highest revision. `inspection_seconds` is None without an ended one."""

    due_s: int
    revision: int
    lane_mode: LaneMode
    is_red: bool
    state: OutcomeState
    officer_id: str | None
    overridden_by: str | None
    inspectors: tuple[str, ...]
    inspection_seconds: int | None
    exams_missing: bool


class Stint(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One officer's duty in a lane: vehicles so far, by sensor of which it said nothing, and whether it was
    blind in the duty before."""

    due_s: int
    officer_id: str
    from_at: int
    vehicles: int
    silent: tuple[int, ...]
    blind_before: tuple[bool, ...]
    passages: tuple[str, ...] = ()


class PortState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A port in one mode: what its lanes are for, vehicles and officers under test, versions already told of."""

    due_s: int
    touched_s: int
    lanes: dict[str, LaneMode] = {}
    vehicles_tested: int = 0
    officers_tested: dict[str, int] = {}
    versions_told: tuple[str, ...] = ()


class LaneRoster(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The duties of one lane."""

    due_s: int
    roster: Roster


class Requirement(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What must be in force from a time on."""

    requirement_id: str
    valid_from_at: int
    rule_set_version: str
    policy_version: str | None


class Requirements(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Requirements by time, the last ones."""

    due_s: int
    requirements: tuple[Requirement, ...]


State = Vehicle | Case | Stratum | Shift | Officer | Stint | PortState | LaneRoster | Requirements

_ENCODER: Final = msgspec.msgpack.Encoder()


def encode(state: State) -> bytes:
    """Version, four bytes of `due_s`, MessagePack."""
    return VERSION + state.due_s.to_bytes(4, "big") + _ENCODER.encode(state)


def due_of(stored: bytes) -> int:
    """When a tick looks at a stored state, in seconds since 1970."""
    return int.from_bytes(stored[1:5], "big")
