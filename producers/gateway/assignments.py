"""Where the mobile X-ray units of a site stand, and so of which lane is what they say.

    a person's order ─► the records that it changes ─► on disk, with a copy that stays ─► in force, and on to Kafka
    a reading ─► min(observed_at, received_at) ─► the assignment that held then ─► its lane

A unit stands in one lane at a time, and the last word on a stretch of time holds: a new assignment ends the one in
force when it begins, and withdraws those that would have begun meanwhile. None is ever made longer. What was placed is
not placed anew: readings and their passages are in the log, so an order that reaches back behind the last scan that was
placed is refused.

By the device's clock, since a scan from before a hand-over may come long after it; but not by one that is ahead of
ours. With such a clock the same scan, sent again or with the operator's decision, would be of another time: so what was
observed at one time stays where it was placed first, as far as that is remembered.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec

from producers.formats.reading_format import Device, Item, Reading, Reason, Rejection
from producers.spool.entries import Entry, Pin, Pinned
from producers.spool.errors import SpoolFull
from schemas.codec import body_of, reader_of
from schemas.records import UnitAssignment, XrayScan
from schemas.topics import LANE_READINGS

US: Final = 1_000_000
# Four hand-overs a day for four months; the oldest that has ended makes room for the next one.
ASSIGNMENTS_KEPT: Final = 512
# A scan takes a minute, and the operator's decision comes within the hour.
PLACED_KEPT: Final = 256
AHEAD_DAYS_MAX: Final = 366
AHEAD_MAX: Final = AHEAD_DAYS_MAX * 86_400 * US
# 2000 in microseconds, before which the stages take no record.
TIME_MIN: Final = 946_684_800_000_000
# Revisions of one assignment in the order of its copies; a thousand hand-overs do not end the same one.
REVISIONS: Final = 1_000
PERSON: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class Unassignable(ValueError):
    """An order that cannot be carried out: why, and what to do."""


class HandingOver(SpoolFull):
    """A unit's order is on its way to the disk: whatever comes of it meanwhile has to come again."""


class Order(NamedTuple):
    """From a time on a unit stands in a lane, or in none. Times in microseconds; `from_at` None is now."""

    lane_id: str | None
    assigned_by: str
    from_at: int | None = None
    until_at: int | None = None


class Change(NamedTuple):
    """The records that an order makes, in the order of the log; none if all is as ordered already."""

    unit_id: str
    records: tuple[UnitAssignment, ...]
    slots: tuple[int, ...]
    """Of their copies on disk."""

    standing: UnitAssignment | None
    """The assignment that carries the order out, old or new; None if the unit is to stand in no lane."""


class _Unit:
    """One unit. `placed`: by the time of a scan, its lane and the assignment, oldest first."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.stays: dict[int, UnitAssignment] = {}  # by the slot of its copy on disk
        self.placed: dict[int, tuple[str, str]] = {}
        self.placed_until, self.placed_in, self.next_placed = 0, "", 1
        self.is_changing = False

    def at(self, time: int) -> UnitAssignment | None:
        """The assignment that holds at a time."""
        return next((stay for stay in self.stays.values() if holds(stay, time)), None)

    def remember(self, scan: XrayScan) -> None:
        """A scan has been placed."""
        self.placed.pop(scan.observed_at, None)
        self.placed[scan.observed_at] = scan.lane_id, scan.assignment_id or ""
        if len(self.placed) > PLACED_KEPT:
            del self.placed[next(iter(self.placed))]
        if (at := min(scan.observed_at, scan.received_at)) > self.placed_until:
            self.placed_until, self.placed_in = at, scan.lane_id


class Assignments:
    """All units of a site, as the spool has kept them. For the loop's thread alone."""

    def __init__(self, devices: Iterable[Device], pinned: Sequence[Pinned]) -> None:
        self._units = {device.device_id: _Unit(device) for device in devices if device.roams}
        readers = {schema: reader_of(schema) for schema in {one.schema for one in pinned}}
        for one in pinned:
            _, unit_id, slot = one.name.split("/")
            unit = self._units.get(unit_id)
            if unit is None:  # it may come back into the configuration
                continue
            record, _ = readers[one.schema](one.body, 0)
            if isinstance(record, UnitAssignment):
                unit.stays[int(slot)] = record
            elif isinstance(record, XrayScan):
                unit.remember(record)
                unit.next_placed = one.rank + 1

    @property
    def roams(self) -> dict[str, tuple[str, ...]]:
        """The units, and the lanes in which they may stand."""
        return {unit_id: unit.device.roams for unit_id, unit in self._units.items()}

    def all(self) -> list[UnitAssignment]:
        """Every assignment that is kept, of each unit in the order of time."""
        units = self._units.values()
        return [
            stay
            for unit in units
            for stay in sorted(unit.stays.values(), key=lambda one: (one.from_at, number_of(one)))
        ]

    def check_settled(self, device: Device) -> None:
        """Raises HandingOver while a device's order is on its way to the disk."""
        if device.roams and self._units[device.device_id].is_changing:
            raise HandingOver("the unit's lane is being changed; send again")

    def placed(self, reading: Reading, device: Device) -> Item:
        """A unit's reading with its lane, or why it is of none."""
        unit, at = self._units[device.device_id], min(reading.observed_at, reading.received_at)
        if isinstance(reading, XrayScan) and reading.unit_id != device.device_id:
            text = f"must be {device.device_id}: a unit that roams is assigned by its device_id"
            return Rejection(Reason.WRONG_DEVICE, text, "unit_id")
        known = unit.placed.get(reading.observed_at) if isinstance(reading, XrayScan) else None
        stay = unit.at(at)
        if known is None and stay is not None:
            known = stay.lane_id, stay.assignment_id
        if known is None:
            text = (
                f"{device.device_id} stood in no lane at {shown(at)}; tell where with `border sensor assign`, --from "
                "before that time if it did stand there, and send it again"
            )
            return Rejection(Reason.NOT_ASSIGNED, text)
        lane_id, assignment_id = known
        if lane_id not in device.roams:
            text = (
                f"{device.device_id} stood in {lane_id} at {shown(at)}, which is not among its lanes any more (roams)"
            )
            return Rejection(Reason.NOT_ASSIGNED, text)
        told = getattr(reading, "lane_id", "")
        if told not in ("", lane_id):
            says = told if told in device.roams else "another lane"
            text = (
                f"the unit says {says}, its assignment {lane_id} at {shown(at)}; `border sensor assign` tells another"
            )
            return Rejection(Reason.WRONG_LANE, text, "lane_id")
        if isinstance(reading, XrayScan):
            return msgspec.structs.replace(reading, lane_id=lane_id, assignment_id=assignment_id)
        return msgspec.structs.replace(reading, lane_id=lane_id)

    def pin_of(self, reading: Reading) -> Pin | None:
        """Remember that a unit's reading was placed; how the spool is to keep that, None of what need not be kept."""
        unit = self._units.get(reading.device_id)
        if unit is None or not isinstance(reading, XrayScan):
            return None
        unit.remember(reading)
        rank, unit.next_placed = unit.next_placed, unit.next_placed + 1
        return Pin(f"placed/{reading.device_id}/{rank % PLACED_KEPT}", rank)

    def change(self, unit_id: str, order: Order, now: int) -> Change:
        """What an order changes, given the gateway's time. Nothing is changed yet. Raises Unassignable, HandingOver."""
        unit = self._units.get(unit_id)
        if unit is None:
            raise Unassignable(
                f"{unit_id} does not roam; these do: {', '.join(self._units) or 'none'} (roams in site.toml)"
            )
        self.check_settled(unit.device)
        same = standing_as(unit, order, now)
        if same is not None:
            return Change(unit_id, (), (), same)
        # What was placed by a clock that was ahead and has been set back must not bar this unit's way until then.
        placed_until = min(unit.placed_until, now)
        from_at = max(now, placed_until + 1) if order.from_at is None else order.from_at
        check(unit, order, from_at, now)
        if from_at <= placed_until:
            raise Unassignable(
                f"scans of {unit_id} up to {shown(placed_until)} are in the log as of {unit.placed_in}, and that is "
                "not rewritten; give a later time, or none for now (--from)"
            )
        records = list(ended(unit.stays.values(), from_at, order, now))
        new = None
        if order.lane_id is not None:
            number = max([now, *(number_of(stay) + 1 for stay in unit.stays.values())])
            new = UnitAssignment(
                assignment_id=f"{unit_id}/{number}",
                revision=1,
                unit_id=unit_id,
                port_code=order.lane_id.partition("/")[0],
                lane_id=order.lane_id,
                from_at=from_at,
                until_at=order.until_at,
                assigned_by=order.assigned_by,
                received_at=now,
                operating_mode=unit.device.operating_mode,
            )
            records.append(new)
        return Change(unit_id, tuple(records), tuple([slot_of(unit, one) for one in records]), new)

    def begin(self, change: Change) -> list[Entry]:
        """What the spool is to keep of a change; until `end` nothing of the unit is taken."""
        self._units[change.unit_id].is_changing = True
        return [entry_of_assignment(one, slot) for slot, one in zip(change.slots, change.records, strict=True)]

    def end(self, change: Change, is_kept: bool) -> None:
        """A change is on disk and in force from now on, or it is not, and nothing is changed."""
        unit = self._units[change.unit_id]
        unit.is_changing = False
        if is_kept:
            unit.stays.update(zip(change.slots, change.records, strict=True))


def standing_as(unit: _Unit, order: Order, now: int) -> UnitAssignment | None:
    """The assignment that carries an order out already: it was given twice, or its answer was lost."""
    if order.lane_id is None:
        return None
    for stay in unit.stays.values():
        is_then = holds(stay, now) if order.from_at is None else stay.from_at == order.from_at
        if is_then and (stay.lane_id, stay.until_at) == (order.lane_id, order.until_at) and not is_withdrawn(stay):
            return stay
    return None


def check(unit: _Unit, order: Order, from_at: int, now: int) -> None:
    """Raises Unassignable for an order that makes no sense."""
    name, lanes = unit.device.device_id, unit.device.roams
    if order.lane_id is not None and order.lane_id not in lanes:
        raise Unassignable(f"{name} does not roam there; its lanes are {', '.join(lanes)} (roams in site.toml)")
    if PERSON.fullmatch(order.assigned_by) is None:
        raise Unassignable("assigned_by must be the id of a person: 1 to 64 letters, digits, dots and hyphens (--by)")
    if not TIME_MIN <= from_at <= now + AHEAD_MAX:
        raise Unassignable(f"from_at must lie after 1999 and at most {AHEAD_DAYS_MAX} days ahead (--from)")
    if order.until_at is not None:
        if order.lane_id is None:
            raise Unassignable("an end has no until_at: from_at says when it is (--from)")
        if not from_at < order.until_at <= now + 2 * AHEAD_MAX:
            raise Unassignable(
                f"until_at must be after {shown(from_at)}, at most {2 * AHEAD_DAYS_MAX} days ahead (--until)"
            )


def ended(stays: Iterable[UnitAssignment], from_at: int, order: Order, now: int) -> Iterable[UnitAssignment]:
    """Revisions of the assignments that an order from a time on ends or withdraws."""
    for stay in sorted(stays, key=lambda one: one.from_at):
        if is_withdrawn(stay) or (stay.until_at is not None and stay.until_at <= from_at):
            continue
        if order.until_at is not None and stay.from_at >= order.until_at:
            continue
        yield msgspec.structs.replace(
            stay,
            revision=stay.revision + 1,
            until_at=max(stay.from_at, from_at),
            assigned_by=order.assigned_by,
            received_at=now,
        )


def slot_of(unit: _Unit, record: UnitAssignment) -> int:
    """Where the copy of an assignment is kept. Raises Unassignable if there are too many that have not ended."""
    for slot, stay in unit.stays.items():
        if stay.assignment_id == record.assignment_id:
            return slot
    if len(unit.stays) < ASSIGNMENTS_KEPT:
        return len(unit.stays)
    over = [
        (stay.until_at, slot)
        for slot, stay in unit.stays.items()
        if stay.until_at is not None and stay.until_at <= record.received_at
    ]
    if not over:
        raise Unassignable(f"{ASSIGNMENTS_KEPT} assignments of the unit have not ended; end some (--end)")
    return min(over)[1]


def entry_of_assignment(record: UnitAssignment, slot: int) -> Entry:
    """An assignment as the spool keeps it: in the queue of its lane, and a copy that stays."""
    rank = number_of(record) * REVISIONS + min(record.revision, REVISIONS - 1)
    pin = Pin(f"assignment/{record.unit_id}/{slot}", rank)
    name, entry_id = UnitAssignment.__name__, f"{record.assignment_id}/{record.revision}"
    return Entry(LANE_READINGS.name, record.lane_id, name, entry_id, body_of(record), record.received_at, pin)


def number_of(record: UnitAssignment) -> int:
    """What tells the assignments of a unit apart, and rises."""
    return int(record.assignment_id.rpartition("/")[2])


def holds(stay: UnitAssignment, at: int) -> bool:
    """Whether an assignment holds at a time."""
    return stay.from_at <= at and (stay.until_at is None or at < stay.until_at)


def is_withdrawn(stay: UnitAssignment) -> bool:
    """Whether an assignment holds at no time."""
    return stay.until_at == stay.from_at


def shown(at: int) -> str:
    """A time as messages show it."""
    return datetime.fromtimestamp(at / US, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
