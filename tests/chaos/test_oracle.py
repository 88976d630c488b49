"""The oracle itself must notice what it is there to notice."""

import msgspec
import pytest

from deploy.chaos.log import Logged
from deploy.chaos.oracle import Verdict, compare
from deploy.chaos.path import reading
from deploy.chaos.stages import TestTopology
from schemas.codec import Codec
from schemas.container import LogRecord
from schemas.records import RECORD_TYPES
from schemas.topics import Topic
from streams.core.replay import StageReplay, placed

CODEC = Codec(dict(zip(RECORD_TYPES, range(1, 99), strict=False)))
TOPOLOGY = TestTopology("oracle")
COUNTS = TOPOLOGY.stages[0]
READINGS = [
    Logged(0, number, b"2301/001", CODEC.encode(reading(number, "2301/001", 1_000_000)), 1, {})
    for number in range(1, 19)
]


def honest() -> tuple[list[Logged], list[Logged]]:
    """What a correct worker would have written: outputs and changelog."""
    replay, sink = StageReplay(COUNTS), list[Logged]()
    for row in READINGS:
        given = LogRecord(COUNTS.source.name, 0, row.offset, 1_000, row.key, CODEC.decode(row.value))
        for output in replay.advance(given):
            partition = placed(output, 0, 0).partition
            sink.append(Logged(partition, len(sink), output.key, CODEC.encode(output.value), 1, {}))
    replay.finish()
    changelog = [Logged(0, i, key, value, 1, {}) for i, (key, value) in enumerate(replay.stored[0].items())]
    return sink, changelog


def verdict_on(sink: list[Logged], changelog: list[Logged], **more: list[Logged]) -> Verdict:
    """The oracle's word on these logs; `more` by name of a topic of the topology."""
    logs: dict[Topic, list[Logged]] = {COUNTS.source: READINGS, TOPOLOGY.counts: sink, COUNTS.changelog: changelog}
    return compare([COUNTS], CODEC, logs | {getattr(TOPOLOGY, name): log for name, log in more.items()})


def test_an_honest_log_passes() -> None:
    # readings 1 to 18, every fifth is emitted: 3; the watermark stays at 1 s, below the first tick at 10 s
    assert verdict_on(*honest()) == Verdict(expected=3, lost=0, wrong=0, duplicates=0)


def test_a_missing_output_is_lost() -> None:
    sink, changelog = honest()
    assert verdict_on(sink[1:], changelog).lost == 1


def test_a_repeated_output_is_a_duplicate() -> None:
    sink, changelog = honest()
    assert verdict_on([*sink, sink[0]], changelog).duplicates == 1


def test_a_state_that_counted_a_record_twice_is_wrong() -> None:
    sink, changelog = honest()
    lane = next(row for row in changelog if row.key == b"lane 2301/001")
    changelog[changelog.index(lane)] = Logged(0, 0, lane.key, b"19", 1, {})
    assert verdict_on(sink, changelog).wrong == 1


def test_an_output_that_the_fold_never_gave_is_wrong() -> None:
    sink, changelog = honest()
    other = CODEC.encode(msgspec.structs.replace(CODEC.decode(sink[0].value), reading_id="another"))
    strange = Logged(0, 99, sink[0].key, other, 1, {})
    assert verdict_on([*sink, strange], changelog).wrong == 1


def test_an_output_in_another_partition_is_lost_there_and_wrong_here() -> None:
    sink, changelog = honest()
    first = sink[0]
    partition = (first.partition + 1) % TOPOLOGY.counts.partitions
    moved = Logged(partition, first.offset, first.key, first.value, first.appended_at, {})
    assert verdict_on([moved, *sink[1:]], changelog) == Verdict(expected=3, lost=1, wrong=1, duplicates=0)


def test_an_output_in_a_topic_that_no_fold_writes_to_is_wrong() -> None:
    sink, changelog = honest()
    assert verdict_on(sink, changelog, sums=[sink[0]]).wrong == 1


@pytest.mark.parametrize("value", [b"no record", None, b"\x00"])
def test_raw_bytes_among_the_outputs_are_wrong(value: bytes | None) -> None:
    sink, changelog = honest()
    assert verdict_on([*sink, Logged(0, 99, b"2301/001", value, 1, {})], changelog).wrong == 1
