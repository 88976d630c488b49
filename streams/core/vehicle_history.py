"""What is remembered of the vehicles that share a plate key, and how it is bounded, expired and encoded.

    key ─► KeyState ─► vehicles: one per exact plate and issuer, its FINAL passages either way, oldest first
                    └► open: passages under way under this key, their selection and last alert

States are immutable: a change makes a new one, so rolling back is forgetting.
"""

from typing import Final

import msgspec

from streams.core.vehicle_state import VERSION, Companion, Habit, KeyState, OpenPassage, PassedBy, Vehicle

SECOND: Final = 1_000_000
DAY_SECONDS: Final = 24 * 3600

# 90 days: what the evidence looks back on, and what retention allows without a hit.
HISTORY_SECONDS: Final = 90 * DAY_SECONDS

# A plate read once is mostly a misread. Eight days, so that a weekly habit makes a history and a misread does not.
READ_ONCE_SECONDS: Final = 8 * DAY_SECONDS

# Southbound passages kept of one vehicle, the newest: two a day for three weeks. The mean of 40 weighings is uncertain
# by 16 % of one weighing's sigma, and more would not improve on it by 2 %.
PASSAGES_MAX: Final = 40

# Northbound ones, so that the inbound feed takes nothing from what is known southbound: the last tells how long the
# vehicle stays, which is counted as it goes south, and the one before stands in for it if it is retracted. Each more
# costs 24 bytes a vehicle, and what they weigh the southbound ones tell too.
INBOUND_MAX: Final = 2

# Exact plates kept under one key, the newest: a key has at most a few real plates, the others are misreads.
VEHICLES_MAX: Final = 8

# Passages under way kept under one key. One plate cannot be in many lanes; a flood of them drops first what has nothing
# to lose. With a light goes which stop it was for, so that the same stop told again would get another; with an alert
# that it was raised, so it may be repeated and is not called off.
OPEN_MAX: Final = 16

# How long a passage is remembered after its last revision: late readings move a lane by minutes, never by an hour.
OPEN_SECONDS: Final = 3600


EMPTY: Final = KeyState()
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(KeyState)


def encode(state: KeyState) -> bytes:
    """Version, four bytes of when it is due in seconds, so that the index is rebuilt without decoding, MessagePack."""
    return VERSION + due_s(state).to_bytes(4, "big") + _ENCODER.encode(state)


def decode(stored: bytes) -> KeyState:
    """The state in stored bytes. Raises msgspec.DecodeError if they are not one."""
    return _DECODER.decode(memoryview(stored)[5:])


def due_of(stored: bytes) -> int:
    """When the first part of a stored state expires, in seconds since 1970."""
    return int.from_bytes(stored[1:5], "big")


def vehicle_expires_s(vehicle: Vehicle) -> int:
    """When a vehicle is forgotten; a vehicle always has a passage.

    A last one that is alone in its 90 days counts as read once, whether or not those before it were dropped by then.
    """
    passages = vehicle.passages
    if vehicle.inbound:
        passages = tuple(sorted((*passages[-2:], *vehicle.inbound[-2:]), key=_when))
    expires_s = passages[-1].at_s + READ_ONCE_SECONDS
    return expires_s if len(passages) == 1 else max(expires_s, passages[-2].at_s + HISTORY_SECONDS)


def due_s(state: KeyState) -> int:
    """When the first part of a state is to be forgotten, be it one passage of a vehicle; 0 for an empty one.

    A passage under way is forgotten with the last vehicle or later: it holds no plate, and nearly all are over within
    the hour, so sweeping for them would visit every key twice.
    """
    times = []
    for vehicle in state.vehicles:
        times.append(vehicle_expires_s(vehicle))
        for passages in (vehicle.passages, vehicle.inbound):
            if passages:
                times.append(passages[0].at_s + HISTORY_SECONDS)
        for companion in vehicle.companions:
            times.append(companion.until_s)
            if companion.hit_until_s:
                times.append(companion.hit_until_s)
    return min(times) if times else max([passage.expires_s for passage in state.open], default=0)


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
    if vehicle.companions:
        companions = tuple(
            [
                without_hit(companion) if 0 < companion.hit_until_s <= now_s else companion
                for companion in vehicle.companions
                if companion.until_s > now_s
            ]
        )
        if companions != vehicle.companions:
            vehicle = msgspec.structs.replace(vehicle, companions=companions)
    oldest_s = now_s - HISTORY_SECONDS
    passages, inbound = _since(vehicle.passages, oldest_s), _since(vehicle.inbound, oldest_s)
    if passages is vehicle.passages and inbound is vehicle.inbound:
        return vehicle
    return msgspec.structs.replace(vehicle, passages=passages, inbound=inbound) if passages or inbound else None


def without_hit(companion: Companion) -> Companion:
    """A companion of whom nothing is known but the company."""
    return Companion(
        companion.plate,
        companion.jurisdiction,
        companion.until_s,
        companion.log_likelihood_ratio,
        companion.joint_crossings,
    )


def _since(passages: tuple[PassedBy, ...], oldest_s: int) -> tuple[PassedBy, ...]:
    if not passages or passages[0].at_s > oldest_s:
        return passages
    return tuple([passage for passage in passages if passage.at_s > oldest_s])


def vehicle_of(state: KeyState, plate: str, jurisdiction: str | None) -> Vehicle | None:
    """What is remembered of an exact plate and issuer."""
    for vehicle in state.vehicles:
        if vehicle.plate == plate and vehicle.jurisdiction == jurisdiction:
            return vehicle
    return None


def earlier(passages: tuple[PassedBy, ...], at_s: int, passage_id: str) -> tuple[PassedBy, ...]:
    """Of a vehicle's FINAL passages those up to a time, without this one."""
    return tuple([p for p in passages if p.at_s <= at_s and p.passage_id != passage_id])


def with_passage(
    state: KeyState, plate: str, jurisdiction: str | None, passed: PassedBy, habit: Habit | None
) -> KeyState:
    """The state with a southbound FINAL passage added under its exact plate, and what is counted of the vehicle's
    crossings by now; a passage with the same id is replaced."""
    state = without_passage(state, passed.passage_id)
    seen = vehicle_of(state, plate, jurisdiction) or Vehicle(plate, jurisdiction, ())
    passages = _with(seen.passages, passed, PASSAGES_MAX)
    return _seen_last(state, msgspec.structs.replace(seen, passages=passages, habit=habit))


def with_inbound(state: KeyState, plate: str, jurisdiction: str | None, passed: PassedBy) -> KeyState:
    """The state with a northbound FINAL passage added; one with the same id is replaced."""
    state = without_passage(state, passed.passage_id)
    seen = vehicle_of(state, plate, jurisdiction) or Vehicle(plate, jurisdiction, ())
    return _seen_last(state, msgspec.structs.replace(seen, inbound=_with(seen.inbound, passed, INBOUND_MAX)))


def _with(passages: tuple[PassedBy, ...], passed: PassedBy, most: int) -> tuple[PassedBy, ...]:
    added = (*passages, passed)
    if passages and passages[-1].at_s >= passed.at_s:  # it came out of order, or in the same second as another
        added = tuple(sorted(added, key=_when))
    return added[-most:]


def _seen_last(state: KeyState, seen: Vehicle) -> KeyState:
    """The vehicle seen last stands last, so the one to drop is the first."""
    others = [v for v in state.vehicles if v.plate != seen.plate or v.jurisdiction != seen.jurisdiction]
    return KeyState((*others, seen)[-VEHICLES_MAX:], state.open)


def without_passage(state: KeyState, passage_id: str) -> KeyState:
    """The state without a FINAL passage: what a retraction leaves."""
    if not has_passed(state, passage_id):
        return state
    vehicles = []
    for vehicle in state.vehicles:
        passages = tuple([p for p in vehicle.passages if p.passage_id != passage_id])
        inbound = tuple([p for p in vehicle.inbound if p.passage_id != passage_id])
        if passages or inbound:
            vehicles.append(msgspec.structs.replace(vehicle, passages=passages, inbound=inbound))
    return KeyState(tuple(vehicles), state.open)


def has_passed(state: KeyState, passage_id: str) -> bool:
    """Whether a passage is in the history, that is, was FINAL."""
    for vehicle in state.vehicles:
        for passed in (*vehicle.passages, *vehicle.inbound):
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
    """The state with a passage under way added or replaced. Of more than OPEN_MAX the oldest without alert and light
    is dropped, else the oldest without alert, else the oldest."""
    others = [other for other in state.open if other.passage_id != passage.passage_id]
    if len(others) == OPEN_MAX:
        others.remove(min(others, key=_to_lose))
    return KeyState(state.vehicles, (*others, passage))


def _to_lose(passage: OpenPassage) -> tuple[bool, bool]:
    return bool(passage.alert_kind), bool(passage.light)


def without_open(state: KeyState, passage_id: str) -> KeyState:
    """The state without a passage under way."""
    return KeyState(state.vehicles, tuple([other for other in state.open if other.passage_id != passage_id]))


def turned_back_in(state: KeyState) -> tuple[str, ...]:
    """Lanes in which a vehicle of this key turned back within OPEN_SECONDS, the last one last."""
    return tuple([lane_of(other.passage_id) for other in state.open if other.turned_back])


def port_of(passage_id: str) -> str:
    """The port of a passage, from its id (`2301/03/1042`)."""
    return passage_id.partition("/")[0]


def lane_of(passage_id: str) -> str:
    """The lane of a passage, from its id (`2301/03/1042`, of a drill `2301/03/EXERCISE/7`)."""
    return "/".join(passage_id.split("/", 2)[:2])


def _when(passed: PassedBy) -> tuple[int, str]:
    return passed.at_s, passed.passage_id
