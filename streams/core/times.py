"""Time as every stage has it: bounds that records are held against, and watermarks, which ticks move."""

from collections.abc import MutableMapping
from typing import Final

import msgspec

from schemas.records import Tick
from schemas.topics import Topic
from streams.core.keyed_state import KeyedState
from streams.core.stage import Rejected
from streams.core.watermarks import Watermarks

# 2000-01-01 and 2100-01-01: a time outside is a broken clock or a broken unit, and seconds must fit 32 bits.
TIME_MIN: Final = 946_684_800_000_000
TIME_MAX: Final = 4_102_444_800_000_000

# A gateway's clock may be ahead of the broker's by this much; more, and its lane or port would run ahead of all others.
AHEAD_OF_BROKER_MAX: Final = 300_000_000

# A key that no stage's other states have.
WATERMARKS_KEY: Final = b"watermarks"

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Watermarks)


def check_time(name: str, at: int | None) -> None:
    """Raises Rejected `impossible_value` for a time that no working clock shows; there may be none."""
    if at is not None and not TIME_MIN <= at < TIME_MAX:
        raise Rejected("impossible_value", f"{name} must lie in 2000 to 2100")


def check_not_ahead(name: str, at: int, appended_at: int) -> None:
    """Raises Rejected `clock_ahead` for a time that is ahead of when the broker appended its record."""
    if at > appended_at + AHEAD_OF_BROKER_MAX:
        raise Rejected("clock_ahead", f"{name} is more than 5 minutes ahead of the broker's clock")


def check_tick(tick: Tick, source: Topic) -> None:
    """Raises Rejected `impossible_value` for a source that does not exist or a time that cannot be."""
    if tick.source_topic != source.name or not 0 <= tick.source_partition < source.partitions:
        raise Rejected(
            "impossible_value", f"a tick must name a partition 0 to {source.partitions - 1} of {source.name}"
        )
    check_time("watermark_at", tick.watermark_at)


def advanced(marks: Watermarks, tick: Tick) -> Watermarks:
    """Watermarks after a tick: a partition's is the slowest of its sources'. None ever goes back, whoever shows up."""
    source_at = max(marks.sources.get(tick.source_partition, 0), tick.watermark_at)
    sources = marks.sources | {tick.source_partition: source_at}
    return msgspec.structs.replace(marks, sources=sources, own_at=max(marks.own_at, min(sources.values())))


class PartitionTime:
    """The watermark of one partition, kept among its fold's states under WATERMARKS_KEY."""

    def __init__(self, stored: MutableMapping[bytes, bytes], version: bytes) -> None:
        """`version` is the first byte of all that the stage stores."""

        def encode(marks: Watermarks) -> bytes:
            return version + _ENCODER.encode(marks)

        self._kept: KeyedState[Watermarks] = KeyedState(stored, encode, _decode)

    @property
    def marks(self) -> Watermarks:
        """What was heard of, and what was sent on."""
        return self._kept.get(WATERMARKS_KEY) or Watermarks({})

    @property
    def own_at(self) -> int:
        """The partition's own watermark in microseconds; 0 before the first tick."""
        marks = self._kept.get(WATERMARKS_KEY)
        return 0 if marks is None else marks.own_at

    def put(self, marks: Watermarks) -> None:
        """Keep watermarks; nothing changes if they are those that are kept."""
        if marks != self.marks:
            self._kept.put(WATERMARKS_KEY, marks)

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded watermarks, if they changed since the last call."""
        return self._kept.take_changes()

    def roll_back(self) -> None:
        """Forget changes since the last take_changes."""
        self._kept.roll_back()


class TimedFold:
    """A fold whose partition has a time."""

    _time: PartitionTime

    @property
    def watermark_at(self) -> int:
        """The partition's watermark."""
        return self._time.own_at


def _decode(stored: bytes) -> Watermarks:
    return _DECODER.decode(memoryview(stored)[1:])
