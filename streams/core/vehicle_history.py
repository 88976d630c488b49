"""What is remembered of the vehicles that share a plate key, and how it is bounded, expired and encoded.

    key ─► KeyState ─► vehicles: one per exact plate and issuer, its FINAL passages, oldest first
                    └► open: passages under way under this key, their selection and last alert

States are immutable: a change makes a new one, so rolling back is forgetting.
"""

from typing import Final

import msgspec

from streams.core.vehicle_state import VERSION, KeyState, OpenPassage, PassedBy, Vehicle, Watermarks

SECOND: Final = 1_000_000
DAY_SECONDS: Final = 24 * 3600

# 90 days: what the evidence looks back on, and what retention allows without a hit.
HISTORY_SECONDS: Final = 90 * DAY_SECONDS

# A plate read once is mostly a misread. Eight days, so that a weekly habit makes a history and a misread does not.
READ_ONCE_SECONDS: Final = 8 * DAY_SECONDS

# Passages kept of one vehicle, the newest: two a day for three weeks. The mean of 40 weighings is uncertain by 16 % of
# one weighing's sigma, and more would not improve on it by 2 %.
PASSAGES_MAX: Final = 40

# Exact plates kept under one key, the newest: a key has at most a few real plates, the others are misreads.
VEHICLES_MAX: Final = 8

# Passages under way kept under one key. One plate cannot be in many lanes; a flood of them drops the oldest, and what
# a dropped one loses is only that its alert may be repeated.
OPEN_MAX: Final = 16

# How long a passage is remembered after its last revision: late readings move a lane by minutes, never by an hour.
OPEN_SECONDS: Final = 3600


EMPTY: Final = KeyState()
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(KeyState)
_WATERMARKS: Final = msgspec.msgpack.Decoder(Watermarks)


def encode(state: KeyState) -> bytes:
    """Version, four bytes of expiry in seconds, so that the expiry index is rebuilt without decoding, MessagePack."""
    return VERSION + expires_s(state).to_bytes(4, "big") + _ENCODER.encode(state)


def decode(stored: bytes) -> KeyState:
    """The state in stored bytes. Raises msgspec.DecodeError if they are not one."""
    return _DECODER.decode(memoryview(stored)[5:])


def expiry_of(stored: bytes) -> int:
    """When a stored state expires, in seconds since 1970."""
    return int.from_bytes(stored[1:5], "big")


def encode_watermarks(marks: Watermarks) -> bytes:
    """Version, then MessagePack."""
    return VERSION + _ENCODER.encode(marks)


def decode_watermarks(stored: bytes) -> Watermarks:
    """The watermarks in stored bytes."""
    return _WATERMARKS.decode(memoryview(stored)[1:])


def vehicle_expires_s(vehicle: Vehicle) -> int:
    """When a vehicle is forgotten; a vehicle always has a passage.

    A last one that is alone in its 90 days counts as read once, whether or not those before it were dropped by then.
    """
    passages = vehicle.passages
    expires_s = passages[-1].at_s + READ_ONCE_SECONDS
    return expires_s if len(passages) == 1 else max(expires_s, passages[-2].at_s + HISTORY_SECONDS)


def expires_s(state: KeyState) -> int:
    """When nothing of a state is left; 0 for an empty one."""
    times = [vehicle_expires_s(vehicle) for vehicle in state.vehicles]
    times += [passage.expires_s for passage in state.open]
    return max(times, default=0)


def without_expired(state: KeyState, now_s: int) -> KeyState:
    """The state as it counts at a time. What has expired never counts, whether or not it was swept."""
    vehicles = tuple([v for v in (_current(v, now_s) for v in state.vehicles) if v is not None])
    still_open = tuple([passage for passage in state.open if passage.expires_s > now_s])
    if vehicles == state.vehicles and len(still_open) == len(state.open):
        return state
    return KeyState(vehicles, still_open)


def _current(vehicle: Vehicle, now_s: int) -> Vehicle | None:
    if vehicle_expires_s(vehicle) <= now_s:
        return None
    oldest_s = now_s - HISTORY_SECONDS
    if vehicle.passages[0].at_s > oldest_s:
        return vehicle
    passages = tuple([passage for passage in vehicle.passages if passage.at_s > oldest_s])
    return msgspec.structs.replace(vehicle, passages=passages) if passages else None


def earlier_passages(
    state: KeyState, plate: str, jurisdiction: str | None, at_s: int, passage_id: str
) -> tuple[PassedBy, ...]:
    """FINAL passages of an exact plate and issuer up to a time, without this one."""
    for vehicle in state.vehicles:
        if vehicle.plate == plate and vehicle.jurisdiction == jurisdiction:
            return tuple([p for p in vehicle.passages if p.at_s <= at_s and p.passage_id != passage_id])
    return ()


def with_passage(state: KeyState, plate: str, jurisdiction: str | None, passed: PassedBy) -> KeyState:
    """The state with a FINAL passage added under its exact plate; one with the same id is replaced."""
    state = without_passage(state, passed.passage_id)
    seen = Vehicle(plate, jurisdiction, (passed,))
    others = []
    for vehicle in state.vehicles:
        if vehicle.plate == plate and vehicle.jurisdiction == jurisdiction:
            passages = (*vehicle.passages, passed)
            if vehicle.passages[-1].at_s >= passed.at_s:  # it came out of order, or in the same second as another
                passages = tuple(sorted(passages, key=_when))
            seen = msgspec.structs.replace(vehicle, passages=passages[-PASSAGES_MAX:])
        else:
            others.append(vehicle)
    # The vehicle seen last stands last, so the one to drop is the first.
    vehicles = (*others, seen)[-VEHICLES_MAX:]
    return KeyState(vehicles, state.open)


def without_passage(state: KeyState, passage_id: str) -> KeyState:
    """The state without a FINAL passage: what a retraction leaves."""
    if not has_passed(state, passage_id):
        return state
    vehicles = []
    for vehicle in state.vehicles:
        passages = tuple([p for p in vehicle.passages if p.passage_id != passage_id])
        if passages:
            vehicles.append(msgspec.structs.replace(vehicle, passages=passages))
    return KeyState(tuple(vehicles), state.open)


def has_passed(state: KeyState, passage_id: str) -> bool:
    """Whether a passage is in the history, that is, was FINAL."""
    for vehicle in state.vehicles:
        for passed in vehicle.passages:
            if passed.passage_id == passage_id:
                return True
    return False


def open_passage(state: KeyState, passage_id: str) -> OpenPassage | None:
    """What is remembered of a passage under way."""
    for passage in state.open:
        if passage.passage_id == passage_id:
            return passage
    return None


def with_open(state: KeyState, passage: OpenPassage) -> KeyState:
    """The state with a passage under way added or replaced, the newest OPEN_MAX of them."""
    others = [other for other in state.open if other.passage_id != passage.passage_id]
    return KeyState(state.vehicles, (*others, passage)[-OPEN_MAX:])


def without_open(state: KeyState, passage_id: str) -> KeyState:
    """The state without a passage under way."""
    return KeyState(state.vehicles, tuple([other for other in state.open if other.passage_id != passage_id]))


def port_of(passage_id: str) -> str:
    """The port of a passage, from its id (`2301/03/1042`)."""
    return passage_id.partition("/")[0]


def _when(passed: PassedBy) -> tuple[int, str]:
    return passed.at_s, passed.passage_id
