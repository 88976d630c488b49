"""The convoys stage as a fold over one partition of the crossings, keyed by port.

    Crossing ─► compared with every neighbour in time at its port ─► for companions, an Association to each of the two
    Tick     ─► watermark of this partition; crossings that lie KEPT_SECONDS before it are forgotten

Each crossing carries its plate's own history, which the vehicles stage has at hand. So this stage keeps no pairs: it
keeps the crossings of the last minutes, and two of them say all there is to say of two vehicles, at this port and at
others, together and apart. Nothing here grows with the traffic of weeks, and there is no list of pairs to expire.

Within KEPT_SECONDS the order in which crossings arrive is of no consequence: a pair is compared once, when the second
of the two arrives. State keys hold one crossing each, so that a crossing does not write its whole port anew.

A port that falls quiet has no next crossing to push its last ones out. That is what ticks come for: the vehicles stage
sends them every 10 minutes, so a plate lies here no longer than that and KEPT_SECONDS, as the lanes' time goes.
"""

from bisect import insort
from collections.abc import Iterable, MutableMapping
from typing import Final

import msgspec

from schemas.records import Association, Crossing, OperatingMode, Tick
from schemas.topics import CONVOYS_CHANGELOG, CROSSINGS, PASSAGES
from streams.core import stage_events
from streams.core.convoys.companions import (
    COMPANY_SECONDS,
    TOGETHER_SECONDS,
    Company,
    Traveller,
    company_of,
)
from streams.core.keyed_state import KeyedState, check_version
from streams.core.stage import Fold, Output, Record, Rejected
from streams.core.times import (
    TIME_MAX,
    TIME_MIN,
    WATERMARKS_KEY,
    PartitionTime,
    TimedFold,
    advanced,
    check_not_ahead,
    check_tick,
)
from streams.core.vehicle_history import SECOND

# First byte of what is stored; a change of Crossing or of the state keys needs a new one.
VERSION: Final = b"\x02"

# How long a crossing waits for others that arrive late: lanes of a port lie on several partitions of two stages before
# this one, and a worker that was paused past its session is back within half a minute.
KEPT_SECONDS: Final = 15 * 60

# Crossings kept of one port. The busiest passes 70 cars a minute (San Ysidro, 34 lanes at two a minute), half of them
# regulars [assumed]: 525 in KEPT_SECONDS. Beyond this the oldest go, and a straggler is not compared with them.
KEPT_MAX: Final = 1_024

# Neighbours that a crossing is compared with, the nearest. A convoy keeps within a few places, over all lanes of a busy
# port within some dozens; and who is missed in one crowd is compared in the next, over the same history.
NEIGHBOURS_MAX: Final = 32

# Crossings in a history: what the vehicles stage keeps of a plate, with room.
EARLIER_MAX: Final = 128

_DECODER: Final = msgspec.msgpack.Decoder(Crossing)


class ConvoysStage:
    """The stage; it needs nothing from outside the log."""

    name = "convoys"
    source = CROSSINGS
    changelog = CONVOYS_CHANGELOG
    events = stage_events.CONVOYS

    def open(self, partition: int, stored: MutableMapping[bytes, bytes]) -> Fold:
        """A fold over what the changelog holds for this partition."""
        return ConvoysFold(stored)


class ConvoysFold(TimedFold):
    """One partition: the newest crossings of its ports, each operating mode apart."""

    def __init__(self, stored: MutableMapping[bytes, bytes], kept_max: int = KEPT_MAX) -> None:
        self._kept_max = kept_max
        self.counters: dict[str, int] = {}
        check_version(stored.values(), VERSION, "a crossing")
        self._stored = stored
        self._states: KeyedState[Crossing] = KeyedState(stored, encode, decode)
        self._time = PartitionTime(stored, VERSION)
        self._changed = False
        self._kept: dict[str, list[Traveller]] = {}
        self._load()

    def advance(self, record: Record, outputs: list[Output]) -> None:
        """Fold one record. Raises Rejected before any change."""
        crossing = record.value
        if isinstance(crossing, Tick):
            check_tick(crossing, PASSAGES)
            self._advance_tick(crossing)
            return
        if not isinstance(crossing, Crossing):
            raise Rejected("unexpected_type", f"{type(crossing).__name__} does not belong into {CROSSINGS.name}")
        check_crossing(crossing, record.key, record.appended_at)
        arrived, kept = Traveller(crossing), self._kept.get(world_of(crossing), [])
        for neighbour in neighbours_of(arrived, kept):
            company = company_of(arrived, neighbour)
            if company.established:
                self._count("companions_met")
                outputs.append(association(arrived, neighbour, company))
                outputs.append(association(neighbour, arrived, company))
        self._keep(arrived)

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded crossings and watermarks changed since the last call, None for a dropped crossing."""
        self._changed = False
        return self._states.take_changes() | self._time.take_changes()

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self._states.roll_back()
        self._time.roll_back()
        if self._changed:
            self._changed = False
            self._load()

    def _keep(self, arrived: Traveller) -> None:
        """Put a crossing among the newest of its port; one of the same passage is replaced."""
        kept = self._kept.get(world_of(arrived.crossing), [])
        newest_s = kept[-1].at_s if kept else 0
        if arrived.at_s <= max(newest_s, self._time.own_at // SECOND) - KEPT_SECONDS:
            self._count("late_crossings")
            return
        self._kept[world_of(arrived.crossing)] = kept
        passage_id = arrived.crossing.passage_id
        kept[:] = [other for other in kept if other.crossing.passage_id != passage_id]
        insort(kept, arrived, key=order_of)
        self._states.put(key_of(arrived.crossing), arrived.crossing)
        self._changed = True
        oldest_s = kept[-1].at_s - KEPT_SECONDS
        while kept[0].at_s <= oldest_s or len(kept) > self._kept_max:
            self._states.remove(key_of(kept.pop(0).crossing))

    def _advance_tick(self, tick: Tick) -> None:
        marks = advanced(self._time.marks, tick)
        self._time.put(marks)
        oldest_s = marks.own_at // SECOND - KEPT_SECONDS
        for world, kept in list(self._kept.items()):
            while kept and kept[0].at_s <= oldest_s:
                self._states.remove(key_of(kept.pop(0).crossing))
                self._changed = True
            if not kept:
                del self._kept[world]

    def _load(self) -> None:
        self._kept = {}
        for key, value in self._stored.items():
            if key == WATERMARKS_KEY:
                continue
            traveller = Traveller(decode(value))
            self._kept.setdefault(world_of(traveller.crossing), []).append(traveller)
        for kept in self._kept.values():
            kept.sort(key=order_of)

    def _count(self, event: str) -> None:
        self.counters[event] = self.counters.get(event, 0) + 1


def encode(crossing: Crossing) -> bytes:
    """Version, then MessagePack."""
    return VERSION + msgspec.msgpack.encode(crossing)


def decode(stored: bytes) -> Crossing:
    """The crossing in stored bytes."""
    return _DECODER.decode(memoryview(stored)[1:])


def world_of(crossing: Crossing) -> str:
    """Port and operating mode: crossings of two of these never meet."""
    return f"{crossing.operating_mode} {crossing.port_code}"


def key_of(crossing: Crossing) -> bytes:
    """State key of a crossing."""
    return f"{world_of(crossing)} {crossing.passage_id}".encode()


def order_of(traveller: Traveller) -> tuple[int, str]:
    """By time, then by passage."""
    return traveller.at_s, traveller.crossing.passage_id


def neighbours_of(arrived: Traveller, kept: Iterable[Traveller]) -> list[Traveller]:
    """Who crossed within three minutes, the nearest first; not what may be another reading of its own plate."""
    near = [
        (abs(other.at_s - arrived.at_s), other.crossing.passage_id, other)
        for other in kept
        if abs(other.at_s - arrived.at_s) <= TOGETHER_SECONDS and other.crossing.plate_key != arrived.crossing.plate_key
    ]
    near.sort(key=lambda one: (one[0], one[1]))
    return [other for _, _, other in near[:NEIGHBOURS_MAX]]


def association(told: Traveller, other: Traveller, company: Company) -> Output:
    """What the history of one of two companions is told of the other, and of a hit that the other had."""
    one, partner = told.crossing, other.crossing
    value = Association(
        plate_key=one.plate_key,
        plate=one.plate,
        jurisdiction=one.jurisdiction,
        operating_mode=one.operating_mode,
        other_plate=partner.plate,
        other_jurisdiction=partner.jurisdiction,
        passage_id=partner.passage_id,
        log_likelihood_ratio=company.log_likelihood_ratio,
        joint_crossings=company.joint_crossings,
        expires_at=max(one.crossed_at, partner.crossed_at) + COMPANY_SECONDS * SECOND,
        hit_log_odds=partner.hit_log_odds,
        hit_at=partner.crossed_at if partner.hit_log_odds is not None else None,
        hit_entry_id=partner.hit_entry_id,
    )
    return Output(PASSAGES, one.plate_key.encode(), value)


def check_crossing(crossing: Crossing, key: bytes, appended_at: int) -> None:
    """Raises Rejected `wrong_key`, `impossible_value` or `clock_ahead`.

    What lies ahead of the newest crossing of a port makes all others late, so a time that cannot be must not get in.
    """
    if key != crossing.port_code.encode():
        raise Rejected("wrong_key", "the record's key is not its port_code")
    if crossing.operating_mode is OperatingMode.UNKNOWN:
        raise Rejected("impossible_value", "operating_mode is UNKNOWN")
    if (crossing.hit_log_odds is None) is not (crossing.hit_entry_id is None):
        raise Rejected("impossible_value", "hit_log_odds and hit_entry_id come together or not at all")
    if len(crossing.earlier_at) != len(crossing.earlier_port_codes) or len(crossing.earlier_at) > EARLIER_MAX:
        raise Rejected("impossible_value", f"earlier times and ports must be equally many, at most {EARLIER_MAX}")
    times = (*crossing.earlier_at, crossing.crossed_at)
    if list(times) != sorted(times):
        raise Rejected("impossible_value", "earlier_at must stand in order, before crossed_at")
    if times[0] < TIME_MIN or times[-1] >= TIME_MAX:
        raise Rejected("impossible_value", "earlier_at and crossed_at must lie in 2000 to 2100")
    check_not_ahead("crossed_at", crossing.crossed_at, appended_at)
