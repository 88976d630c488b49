"""Loop detectors that write a line for each change of a loop.

Spec: none is common to detector cards; this is the shape that their serial outputs share:

    2026-11-30T10:58:07.250Z  0001734  2  ON
    time                      sequence channel state

    time       ISO 8601 with its zone, or a count of s, ms or us since 1970, UTC        observed_at
    sequence   the detector's own count, after a session (a boot) if it begins again    reading_id; `-` for none
    channel    which loop of the card; the option `channels` says what a vehicle there means
    state      ON a vehicle is over the loop, REVERSE it went back, HB the card is alive, FAULT the loop is broken;
               OFF the vehicle has left the loop, which is no event of its own: the line is passed over

One card often has all loops of a lane. A card that counts nothing gets ids by hash of the line.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

from msgspec import Meta

from producers.formats.columns import columns_of, text_of_line
from producers.formats.reading_format import (
    Device,
    Framing,
    Item,
    Options,
    ReadingFormat,
    Reason,
    Refused,
    content_id,
    numbered_id,
    shown_name,
)
from producers.formats.scale_line import SEPARATORS, time_of
from producers.formats.units import TimeUnit
from schemas.records import DeviceStatus, Heartbeat, LaneEvent, LaneEventKind, SensorRole

FIELDS: Final = 4
LOOPS: Final = {
    SensorRole.ENTRY_LOOP: LaneEventKind.ENTERED,
    SensorRole.STOP_LINE_LOOP: LaneEventKind.AT_LIGHT,
    SensorRole.EXIT_LOOP: LaneEventKind.LEFT,
}
NO_SEQUENCE: Final = "-"
Kind = Literal["ENTERED", "AT_LIGHT", "LEFT"]
States = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=20)], ...], Meta(min_length=1, max_length=10)]


class LoopLineOptions(Options, frozen=True, kw_only=True):
    """How one detector card is wired and what it says."""

    channels: Mapping[str, Kind] = MappingProxyType({})
    """What a vehicle over each loop means; without any, every channel is the loop that the device's sensor names."""

    separator: Literal["comma", "semicolon", "bar", "tab", "blank"] = "blank"
    time_unit: TimeUnit = "iso"
    on: States = ("ON",)
    off: States = ("OFF",)
    reverse: States = ("REVERSE",)
    alive: States = ("HB",)
    fault: States = ("FAULT",)

    def problems(self) -> Iterator[tuple[str, str]]:
        said = [state for states in (self.on, self.off, self.reverse, self.alive, self.fault) for state in states]
        for state in sorted(set(said)):
            if said.count(state) > 1:
                yield "on", f"the state {state} means two things"
        for kind in sorted(set(self.channels.values())):
            if list(self.channels.values()).count(kind) > 1:
                yield "channels", f"two loops are {kind}; a lane has one of each"


def parse(line: bytes, device: Device, received_at: int) -> list[Item]:
    """One line; none for a loop that a vehicle has left."""
    try:
        options = device.options
        assert isinstance(options, LoopLineOptions)
        return item_of(text_of_line(line), device, options, received_at)
    except Refused as refused:
        return [refused.rejection]


def item_of(text: str, device: Device, options: LoopLineOptions, received_at: int) -> list[Item]:
    """What a line says. Raises Refused."""
    columns = columns_of(text, SEPARATORS[options.separator])
    if len(columns) != FIELDS:
        what = f"the line ends with its field {len(columns)}; it has time, sequence, channel and state"
        raise Refused(Reason.MALFORMED, what, columns[-1].at if columns else "")
    time, sequence, channel, state = columns
    observed_at = time_of(time, options.time_unit)
    if options.channels and channel.text not in options.channels:
        what = (
            f"there is no channel {shown_name(channel.text)} in the configuration; look at channels and at the wiring"
        )
        raise Refused(Reason.WRONG_DEVICE, what, channel.at)
    if state.text in options.off:
        return []
    has_count = sequence.text != NO_SEQUENCE
    reading_id = numbered_id(device, sequence.text) if has_count else content_id(device, text)
    if state.text in options.alive + options.fault:
        status = DeviceStatus.FAULT if state.text in options.fault else DeviceStatus.OPERATING
        return [
            Heartbeat(
                reading_id=reading_id, lane_id=device.place, device_id=device.device_id, observed_at=observed_at,
                received_at=received_at, operating_mode=device.operating_mode, direction=device.direction,
                sensor=device.sensor, status=status,
            )
        ]  # fmt: skip
    if state.text in options.reverse:
        kind = LaneEventKind.BACKED_OUT
    elif state.text in options.on:
        kind = LaneEventKind(options.channels[channel.text]) if options.channels else LOOPS[device.sensor]
    else:
        what = f"the state {shown_name(state.text)} is none of on, off, reverse, alive and fault in the configuration"
        raise Refused(Reason.UNSUPPORTED, what, state.at)
    return [
        LaneEvent(
            reading_id=reading_id, lane_id=device.place, device_id=device.device_id, observed_at=observed_at,
            received_at=received_at, operating_mode=device.operating_mode, direction=device.direction, kind=kind,
        )
    ]  # fmt: skip


TEMPLATE: Final = """\
separator = "blank"            # comma, semicolon, bar, tab, blank
time_unit = "iso"              # iso (with its zone), or s, ms, us since 1970
# What a vehicle over each loop of the card means; without this table every channel is the loop of `sensor`.
channels = { 1 = "ENTERED", 2 = "AT_LIGHT", 3 = "LEFT" }
# on = ["ON"]                  # the card's words for a vehicle over a loop, and for the rest
# off = ["OFF"]
# reverse = ["REVERSE"]
# alive = ["HB"]
# fault = ["FAULT"]
"""
EXAMPLE: Final = b"""\
2026-11-30T10:58:07.250Z  0001734  1  ON
2026-11-30T10:58:08.010Z  0001735  1  OFF
2026-11-30T10:58:19.400Z  0001736  2  ON
2026-11-30T10:58:27.930Z  0001737  3  ON
2026-11-30T10:58:30.000Z  0001738  1  HB
"""

LOOP_LINE: Final = ReadingFormat(
    name="loop_line",
    title="loop detectors that write a line for each vehicle",
    specification="none is common; channels, words and units stand in the options",
    framing=Framing.LINES,
    content_types=("text/plain",),
    options_type=LoopLineOptions,
    template=TEMPLATE,
    example=EXAMPLE,
    parse=parse,
    sensors=frozenset(LOOPS),
)
