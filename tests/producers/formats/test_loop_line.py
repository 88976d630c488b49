"""Loops' lines: what a channel means stands in the configuration."""

import pytest

from producers.formats.reading_format import Reason
from producers.site import SiteError
from schemas.records import DeviceStatus, Heartbeat, LaneEvent, LaneEventKind, SensorRole
from tests.producers.formats.samples import OBSERVED_AT, device_for, one_reading, one_rejection, read

TIME = b"2026-11-30T10:58:07.250Z"


@pytest.mark.parametrize(
    ("channel", "state", "kind"),
    [
        (b"1", b"ON", LaneEventKind.ENTERED),
        (b"2", b"ON", LaneEventKind.AT_LIGHT),
        (b"3", b"ON", LaneEventKind.LEFT),
        (b"1", b"REVERSE", LaneEventKind.BACKED_OUT),
    ],
)
def test_a_channel_tells_what_happened(channel: bytes, state: bytes, kind: LaneEventKind) -> None:
    reading = one_reading("loop_line", b" ".join((TIME, b"17", channel, state)))
    assert isinstance(reading, LaneEvent)
    assert (reading.kind, reading.observed_at, reading.reading_id) == (kind, OBSERVED_AT, "loop-line-1/17")


@pytest.mark.parametrize(
    ("sensor", "kind"),
    [
        (SensorRole.ENTRY_LOOP, LaneEventKind.ENTERED),
        (SensorRole.STOP_LINE_LOOP, LaneEventKind.AT_LIGHT),
        (SensorRole.EXIT_LOOP, LaneEventKind.LEFT),
    ],
)
def test_without_channels_the_loop_is_that_of_its_role(sensor: SensorRole, kind: LaneEventKind) -> None:
    device = device_for("loop_line", 'separator = "comma"', sensor=sensor)
    reading = one_reading("loop_line", TIME + b",17,A,ON", device)
    assert isinstance(reading, LaneEvent) and reading.kind is kind


def test_a_loop_that_a_vehicle_has_left_is_no_event() -> None:
    assert read("loop_line", TIME + b" 17 1 OFF") == []


@pytest.mark.parametrize(("state", "status"), [(b"HB", DeviceStatus.OPERATING), (b"FAULT", DeviceStatus.FAULT)])
def test_a_card_tells_how_it_is(state: bytes, status: DeviceStatus) -> None:
    reading = one_reading("loop_line", TIME + b" 17 1 " + state)
    assert isinstance(reading, Heartbeat) and (reading.status, reading.sensor) == (status, SensorRole.ENTRY_LOOP)


def test_a_card_that_counts_nothing_gets_ids_of_its_lines() -> None:
    first, again, other = (
        one_reading("loop_line", TIME + b" - " + rest).reading_id for rest in (b"1 ON", b"1 ON", b"2 ON")
    )
    assert first == again != other


@pytest.mark.parametrize(
    ("line", "reason", "at"),
    [
        (TIME + b" 17 1", Reason.MALFORMED, "column 29"),
        (TIME + b" 17 4 ON", Reason.WRONG_DEVICE, "column 29"),
        (TIME + b" 17 4 OFF", Reason.WRONG_DEVICE, "column 29"),
        (TIME + b" 17 1 on", Reason.UNSUPPORTED, "column 31"),
        (b"2026-13-30T10:58:07Z 17 1 ON", Reason.MALFORMED, "column 1"),
        (b"1999-11-30T10:58:07Z 17 1 ON", Reason.OUT_OF_RANGE, "observed_at"),
        (TIME + b" " + b"9" * 57 + b" 1 ON", Reason.OUT_OF_RANGE, ""),
    ],
)
def test_what_is_wrong_is_told_with_its_column(line: bytes, reason: Reason, at: str) -> None:
    rejection = one_rejection("loop_line", line)
    assert (rejection.reason, rejection.at) == (reason, at)


@pytest.mark.parametrize(
    ("options", "key", "text"),
    [
        ('channels = { 1 = "ENTERED", 2 = "ENTERED" }', "channels", "two loops are ENTERED"),
        ('on = ["1"]\noff = ["1"]', "on", "means two things"),
        ('channels = { 1 = "IN" }', "channels[...]", "IN"),
    ],
)
def test_options_that_do_not_hold_are_told_at_the_start(options: str, key: str, text: str) -> None:
    with pytest.raises(SiteError) as error:
        device_for("loop_line", options)
    (problem,) = error.value.problems
    assert problem.key == f"devices[0] loop-line-1.options.{key}" and text in problem.text
