"""Where mobile X-ray units stand: orders, and the lane of what a unit says, by its clock and over hand-overs."""

from typing import Any

import msgspec
import pytest

from producers.formats.reading_format import Device, Reason, Rejection
from producers.gateway.assignments import (
    ASSIGNMENTS_KEPT,
    PLACED_KEPT,
    Assignments,
    Change,
    HandingOver,
    Order,
    Unassignable,
    entry_of_assignment,
    holds,
    number_of,
)
from producers.gateway.intake import entry_of, lanes_to_beat
from producers.gateway.process import schemas_kept
from producers.site import HttpInput, SiteDevice
from producers.spool.entries import Entry, Pinned
from schemas.records import (
    DeviceStatus,
    Direction,
    Heartbeat,
    OperatingMode,
    ScanDecision,
    ScanQuality,
    SensorRole,
    UnitAssignment,
    XrayScan,
)

US = 1_000_000
NOW = 1_790_000_000 * US
UNIT = Device(device_id="mobile-3", roams=("2301/01", "2301/02", "2301/03"), sensor=SensorRole.XRAY, format="xray_json")
FIXED = Device(device_id="scale-1", lane_id="2301/04", sensor=SensorRole.SCALE, format="scale_line")
BY = "engineer-7"
SCHEMAS = schemas_kept()


class Book:
    """A site's assignments, and what a spool would have kept of them."""

    def __init__(self) -> None:
        self.pinned: dict[str, Pinned] = {}
        self.told: list[UnitAssignment] = []
        self.now = NOW
        self.start()

    def start(self) -> None:
        """As the next process would find it."""
        self.assignments = Assignments([UNIT, FIXED], sorted(self.pinned.values(), key=lambda one: one.rank))

    def keep(self, entries: list[Entry]) -> None:
        """What the spool does."""
        for entry in entries:
            if entry.pin is not None:
                held = self.pinned.get(entry.pin.name)
                if held is None or entry.pin.rank >= held.rank:
                    self.pinned[entry.pin.name] = Pinned(*entry.pin, SCHEMAS[entry.record], entry.body)

    def order(self, lane_id: str | None, **times: int | None) -> Change:
        """Carry out an order, times in seconds from NOW."""
        at = {name: None if seconds is None else NOW + seconds * US for name, seconds in times.items()}
        change = self.assignments.change(UNIT.device_id, Order(lane_id, BY, **at), self.now)
        self.keep(self.assignments.begin(change))
        self.assignments.end(change, True)
        self.told += change.records
        return change

    def place(self, observed: float, received: float | None = None, **fields: Any) -> XrayScan | Rejection:
        """What becomes of a scan, observed and received so many seconds from NOW; kept if it is taken."""
        at = NOW + round(observed * US)
        received_at = at + US // 10 if received is None else NOW + round(received * US)
        values: dict[str, Any] = {
            "reading_id": f"mobile-3/S{at}/1", "lane_id": "", "device_id": "mobile-3", "observed_at": at,
            "received_at": received_at, "operating_mode": OperatingMode.OPERATIONAL,
            "direction": Direction.SOUTHBOUND, "unit_id": "mobile-3", "machine_decision": ScanDecision.CLEAR,
            "operator_decision": ScanDecision.UNKNOWN, "scan_quality": ScanQuality.GOOD,
        }  # fmt: skip
        placed = self.assignments.placed(XrayScan(**(values | fields)), UNIT)
        if isinstance(placed, Rejection):
            return placed
        assert isinstance(placed, XrayScan)
        self.keep([entry_of(placed)._replace(pin=self.assignments.pin_of(placed))])
        return placed

    def lane(self, observed: float, received: float | None = None) -> str:
        """The lane of a scan."""
        placed = self.place(observed, received)
        assert isinstance(placed, XrayScan), placed
        return placed.lane_id


def test_a_scan_is_of_the_lane_in_which_its_unit_stood_when_it_was_observed() -> None:
    book = Book()
    first = book.order("2301/01").standing
    assert book.lane(10) == "2301/01"
    book.now = NOW + 60 * US
    change = book.order("2301/02")
    assert book.lane(61) == "2301/02"
    late = book.place(59, 300)
    assert isinstance(late, XrayScan) and first is not None
    assert (late.lane_id, late.assignment_id) == ("2301/01", first.assignment_id)
    # Both records are told: the end of the one, and the other.
    ended, begun = change.records
    assert (ended.assignment_id, ended.revision, ended.until_at) == (first.assignment_id, 2, NOW + 60 * US)
    assert (begun.lane_id, begun.revision, begun.from_at, begun.until_at) == ("2301/02", 1, NOW + 60 * US, None)
    assert {entry_of_assignment(one, 0).key for one in change.records} == {"2301/01", "2301/02"}


def test_a_scan_from_before_any_assignment_or_behind_the_last_is_refused_with_what_to_do() -> None:
    book = Book()
    refused = book.place(0)
    assert isinstance(refused, Rejection) and refused.reason is Reason.NOT_ASSIGNED
    assert refused.text == (
        "mobile-3 stood in no lane at 2026-09-21T14:13:20.000Z; tell where with `border sensor assign`, --from before "
        "that time if it did stand there, and send it again"
    )
    book.now = NOW + 30 * US
    book.order("2301/01", from_at=-1, until_at=60)
    assert book.lane(0) == "2301/01"  # as that says
    assert book.lane(59.9) == "2301/01"
    for seconds in (-2, 60, 100):
        refused = book.place(seconds)
        assert isinstance(refused, Rejection) and refused.reason is Reason.NOT_ASSIGNED


def test_a_unit_that_names_another_lane_is_refused_and_its_own_is_taken() -> None:
    book = Book()
    book.order("2301/01")
    refused = book.place(1, lane_id="2301/02")
    assert isinstance(refused, Rejection) and refused.reason is Reason.WRONG_LANE
    assert "the unit says 2301/02, its assignment 2301/01" in refused.text
    hostile = book.place(1, lane_id="ABC1234")
    assert isinstance(hostile, Rejection) and "ABC1234" not in hostile.text
    taken = book.place(1, lane_id="2301/01")
    assert isinstance(taken, XrayScan) and taken.lane_id == "2301/01"


def test_a_scan_under_another_units_name_is_refused_which_the_stage_would_not_take() -> None:
    book = Book()
    book.order("2301/01")
    refused = book.place(1, unit_id="XR-17")
    assert isinstance(refused, Rejection) and refused.reason is Reason.WRONG_DEVICE
    assert refused.at == "unit_id" and "must be mobile-3" in refused.text


def test_a_lane_that_is_not_the_units_any_more_is_refused() -> None:
    book = Book()
    book.order("2301/02")
    narrower = msgspec.structs.replace(UNIT, roams=("2301/01",))
    book.assignments = Assignments([narrower], list(book.pinned.values()))
    placed = book.assignments.placed(book_scan(book), narrower)
    assert isinstance(placed, Rejection) and placed.reason is Reason.NOT_ASSIGNED and "any more" in placed.text


def book_scan(book: Book) -> XrayScan:
    other = Book()
    other.order("2301/01")
    scan = other.place(1)
    assert isinstance(scan, XrayScan)
    return msgspec.structs.replace(scan, lane_id="", assignment_id=None)


@pytest.mark.parametrize("restarts", [False, True])
def test_a_retry_after_a_hand_over_is_the_same_reading_though_the_clock_is_ahead(restarts: bool) -> None:
    book = Book()
    book.order("2301/01")
    first = book.place(90, 10)  # its clock is 80 s ahead
    book.now = NOW + 20 * US
    book.order("2301/02")
    if restarts:
        book.start()
    again = book.place(90, 120)
    assert isinstance(first, XrayScan) and isinstance(again, XrayScan)
    assert again == msgspec.structs.replace(first, received_at=again.received_at)
    # The operator's decision comes with a revision of the same scan: another reading of the same vehicle.
    decided = book.place(90, 130, reading_id="mobile-3/S/2", operator_decision=ScanDecision.ALARM)
    assert isinstance(decided, XrayScan) and decided.lane_id == "2301/01"
    assert book.lane(95, 140) == "2301/02"


def test_what_is_told_of_heartbeats_has_the_lane_too() -> None:
    book = Book()
    book.order("2301/03")
    beat = Heartbeat(
        reading_id="mobile-3/1", lane_id="", device_id="mobile-3", observed_at=NOW, received_at=NOW,
        operating_mode=OperatingMode.OPERATIONAL, direction=Direction.SOUTHBOUND, sensor=SensorRole.XRAY,
        status=DeviceStatus.OPERATING,
    )  # fmt: skip
    placed = book.assignments.placed(beat, UNIT)
    assert isinstance(placed, Heartbeat) and placed.lane_id == "2301/03"
    assert book.assignments.pin_of(placed) is None


def test_an_order_that_is_given_twice_changes_nothing() -> None:
    book = Book()
    first = book.order("2301/01").standing
    book.now = NOW + 5 * US
    again = book.order("2301/01")
    assert (again.records, again.standing) == ((), first)
    planned = book.order("2301/02", from_at=100, until_at=200).standing
    again = book.order("2301/02", from_at=100, until_at=200)
    assert (again.records, again.standing) == ((), planned)
    book.order(None)
    assert book.order(None).records == ()


def test_the_last_word_on_a_stretch_of_time_holds() -> None:
    book = Book()
    book.order("2301/01", from_at=0)
    book.order("2301/02", from_at=100, until_at=200)
    book.order("2301/03", from_at=300)
    # From 50 on in lane 3 until 150: ends the first, withdraws the second, leaves the third.
    change = book.order("2301/03", from_at=50, until_at=150)
    assert [(one.lane_id, one.revision, one.from_at, one.until_at) for one in change.records] == [
        ("2301/01", 3, NOW, NOW + 50 * US),
        ("2301/02", 2, NOW + 100 * US, NOW + 100 * US),
        ("2301/03", 1, NOW + 50 * US, NOW + 150 * US),
    ]
    assert [book.lane(seconds) for seconds in (49, 50, 149, 300)] == ["2301/01", "2301/03", "2301/03", "2301/03"]
    assert isinstance(book.place(160), Rejection)
    # What was withdrawn can be ordered again, as another assignment.
    book = Book()
    withdrawn = book.order("2301/02", from_at=100, until_at=200).standing
    book.order(None)
    again = book.order("2301/02", from_at=100, until_at=200).standing
    assert withdrawn is not None and again is not None and again.assignment_id != withdrawn.assignment_id


def test_no_assignment_is_ever_longer_than_it_was_told_to_be() -> None:
    book = Book()
    ends: dict[str, int | None] = {}
    for number in range(60):
        book.now = NOW + number * 10 * US
        lane_id = None if number % 7 == 6 else UNIT.roams[number % 3]
        from_at = number * 10 + number % 4 * 25
        until_at = None if number % 3 or lane_id is None else from_at + 40
        book.order(lane_id, from_at=from_at, until_at=until_at)
    for one in book.told:
        if one.revision > 1:
            before = ends[one.assignment_id]
            assert one.until_at is not None and (before is None or one.until_at <= before)
        ends[one.assignment_id] = one.until_at
    held = book.assignments.all()
    for at in range(NOW, NOW + 900 * US, 5 * US):
        assert sum(holds(stay, at) for stay in held) <= 1
    before = list(held)
    book.start()
    assert book.assignments.all() == before


def test_an_order_that_reaches_back_behind_what_is_in_the_log_is_refused() -> None:
    book = Book()
    book.order("2301/01")
    book.lane(10)
    book.now = NOW + 30 * US
    for start in (lambda: None, book.start):
        start()
        with pytest.raises(Unassignable, match=r"up to 2026-09-21T14:13:30.000Z are in the log as of 2301/01"):
            book.order("2301/02", from_at=10)
        with pytest.raises(Unassignable, match="in the log"):
            book.order(None, from_at=9)
    book.order("2301/02", from_at=11)
    assert book.lane(11) == "2301/02"


@pytest.mark.parametrize("ahead_days", [1, 400])
def test_a_gateways_clock_that_was_ahead_and_is_set_right_keeps_no_unit_from_being_assigned(ahead_days: int) -> None:
    ahead = ahead_days * 86_400
    book = Book()
    book.now = NOW + ahead * US
    first = book.order("2301/01").standing
    assert book.lane(ahead + 1) == "2301/01"
    book.start()
    book.now = NOW
    withdrawn, begun = book.order("2301/02").records
    assert first is not None and withdrawn.assignment_id == first.assignment_id
    assert 0 <= begun.from_at - NOW <= 1
    assert book.lane(1) == "2301/02"
    assert book.lane(ahead + 1) == "2301/01"  # the same scan, sent again
    assert len({number_of(one) for one in book.assignments.all()}) == 2


@pytest.mark.parametrize(
    ("unit", "order", "reason"),
    [
        ("scale-1", Order("2301/04", BY), "scale-1 does not roam; these do: mobile-3"),
        ("mobile-9", Order("2301/01", BY), "mobile-9 does not roam"),
        ("mobile-3", Order("2301/04", BY), "does not roam there; its lanes are 2301/01, 2301/02"),
        ("mobile-3", Order("2301/01", "two words"), "assigned_by must be the id of a person"),
        ("mobile-3", Order("2301/01", ""), "assigned_by"),
        ("mobile-3", Order("2301/01", BY, NOW + 400 * 86_400 * US), "at most 366 days ahead"),
        ("mobile-3", Order("2301/01", BY, 0), "after 1999"),
        ("mobile-3", Order("2301/01", BY, None, NOW), "until_at must be after 2026-09-21"),
        ("mobile-3", Order("2301/01", BY, None, 1 << 80), "until_at must be after"),
        ("mobile-3", Order(None, BY, None, NOW + US), "an end has no until_at"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_what_to_do(unit: str, order: Order, reason: str) -> None:
    book = Book()
    with pytest.raises(Unassignable) as error:
        book.assignments.change(unit, order, NOW)
    assert reason in str(error.value)
    assert book.assignments.all() == []


def test_while_an_order_is_on_its_way_nothing_of_its_unit_is_taken() -> None:
    book = Book()
    book.order("2301/01")
    change = book.assignments.change("mobile-3", Order("2301/02", BY), NOW + US)
    book.assignments.begin(change)
    with pytest.raises(HandingOver):
        book.assignments.check_settled(UNIT)
    with pytest.raises(HandingOver):
        book.assignments.change("mobile-3", Order("2301/03", BY), NOW + US)
    book.assignments.check_settled(FIXED)
    book.assignments.end(change, False)  # the disk was full: it stands where it stood
    book.assignments.check_settled(UNIT)
    assert book.lane(5) == "2301/01"


def test_what_is_kept_of_a_unit_is_bounded() -> None:
    book = Book()
    for number in range(ASSIGNMENTS_KEPT + 20):
        book.now = NOW + number * US
        book.order(UNIT.roams[number % 2])
    assert len(book.assignments.all()) == ASSIGNMENTS_KEPT
    for number in range(PLACED_KEPT + 20):
        book.lane(ASSIGNMENTS_KEPT + 30 + number)
    assert len(book.pinned) == ASSIGNMENTS_KEPT + PLACED_KEPT
    before = book.assignments.all()
    book.start()
    assert book.assignments.all() == before
    # Planned ones are none that could make room.
    book = Book()
    for number in range(ASSIGNMENTS_KEPT):
        book.order("2301/01", from_at=10 * number + 10, until_at=10 * number + 20)
    with pytest.raises(Unassignable, match="have not ended"):
        book.order("2301/01", from_at=1, until_at=5)


def test_all_lanes_of_a_unit_are_told_the_time() -> None:
    way = HttpInput()
    devices = [SiteDevice(device=device, input=way) for device in (UNIT, FIXED)]
    assert [lane for lane, _, _ in lanes_to_beat(devices)] == ["2301/01", "2301/02", "2301/03", "2301/04"]
