"""The oracle itself must notice what it is there to notice."""

import msgspec

from deploy.chaos.log import Logged
from deploy.chaos.oracle import compare, fold_log
from deploy.chaos.path import reading
from deploy.chaos.stages import TestTopology
from schemas.codec import Codec
from schemas.records import RECORD_TYPES

CODEC = Codec(dict(zip(RECORD_TYPES, range(1, 99), strict=False)))
TOPOLOGY = TestTopology("oracle")
COUNTS = TOPOLOGY.stages[0]
READINGS = [
    Logged(0, number, b"2301/001", CODEC.encode(reading(number, "2301/001", 1_000_000)), 1, {})
    for number in range(1, 19)
]


def honest() -> tuple[list[Logged], list[Logged]]:
    """What a correct worker would have written: outputs and changelog."""
    outputs, state = fold_log(COUNTS, CODEC, READINGS)
    sink = [Logged(0, i, key, value, 1, {}) for i, (_, key, value) in enumerate(outputs.elements())]
    changelog = [Logged(0, i, key.removeprefix(b"0 "), value, 1, {}) for i, (key, value) in enumerate(state.items())]
    return sink, changelog


def test_an_honest_log_passes() -> None:
    sink, changelog = honest()
    verdict = compare(COUNTS, CODEC, READINGS, {TOPOLOGY.counts: sink}, changelog)
    # readings 1 to 18, every fifth is emitted: 3; the watermark stays at 1 s, below the first tick at 10 s
    assert (verdict.expected, verdict.lost, verdict.wrong, verdict.duplicates) == (3, 0, 0, 0)


def test_a_missing_output_is_lost() -> None:
    sink, changelog = honest()
    assert compare(COUNTS, CODEC, READINGS, {TOPOLOGY.counts: sink[1:]}, changelog).lost == 1


def test_a_repeated_output_is_a_duplicate() -> None:
    sink, changelog = honest()
    assert compare(COUNTS, CODEC, READINGS, {TOPOLOGY.counts: [*sink, sink[0]]}, changelog).duplicates == 1


def test_a_state_that_counted_a_record_twice_is_wrong() -> None:
    sink, changelog = honest()
    lane = next(row for row in changelog if row.key == b"lane 2301/001")
    changelog[changelog.index(lane)] = Logged(0, 0, lane.key, b"19", 1, {})
    assert compare(COUNTS, CODEC, READINGS, {TOPOLOGY.counts: sink}, changelog).wrong == 1


def test_an_output_that_the_fold_never_gave_is_wrong() -> None:
    sink, changelog = honest()
    other = CODEC.encode(msgspec.structs.replace(CODEC.decode(sink[0].value), reading_id="another"))
    strange = Logged(0, 99, sink[0].key, other, 1, {})
    assert compare(COUNTS, CODEC, READINGS, {TOPOLOGY.counts: [*sink, strange]}, changelog).wrong == 1
