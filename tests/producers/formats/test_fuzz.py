"""Broken inputs are readings or rejections with a reason, in bounded time: some of the 100,000 a format.

All of them:  python -m tests.producers.formats.measure_fuzz --inputs 100000
"""

import tracemalloc

import pytest

from producers.formats import FORMATS
from producers.formats.reading_format import PAYLOAD_BYTES_MAX, Reason, Rejection
from tests.producers.formats.fuzzing import CASES, SECONDS_MAX, broken, check, run
from tests.producers.formats.samples import NOW, device_for, read

INPUTS = 1_500
# The worst quarter of a mebibyte known, empty lists in a list, takes 11.5 MB while it is looked at.
PEAK_BYTES_MAX = 16_000_000


@pytest.mark.parametrize("name", FORMATS)
def test_broken_inputs_are_readings_or_rejections(name: str) -> None:
    tally = run(name, INPUTS)
    rejected = sum(count for what, count in tally.items.items() if what in set(Reason))
    taken = sum(tally.items.values()) - rejected - tally.items["nothing"]
    # Both happen, so that neither the changes nor the checks are idle.
    assert rejected > INPUTS // 4 and taken > INPUTS // 20
    assert tally.slowest_seconds < SECONDS_MAX


@pytest.mark.parametrize("name", FORMATS)
def test_inputs_differ_and_repeat_by_seed(name: str) -> None:
    inputs = [broken(name, number) for number in range(300)]
    assert len({data for data, _ in inputs}) > 250
    assert inputs == [broken(name, number) for number in range(300)]
    samples = {case.sample for case in CASES[name]}
    assert sum(data in samples for data, _ in inputs) < 30


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("piece", [b"[", b'{"a":', b'"', b"<a>", b"9", b"\n", b"\xff", b"#\n", b"a ", b"W|", b"[1,"])
def test_a_payload_of_one_piece_repeated_is_bounded(name: str, piece: bytes) -> None:
    data = piece * (PAYLOAD_BYTES_MAX // len(piece))
    check(name, data, device_for(name), read(name, data))


@pytest.mark.parametrize("name", FORMATS)
def test_a_payload_beyond_the_bound_is_refused_unread(name: str) -> None:
    (item,) = read(name, b" " * (PAYLOAD_BYTES_MAX + 1), received_at=NOW)
    assert isinstance(item, Rejection) and item.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("name", FORMATS)
def test_a_payload_of_empty_values_takes_a_bounded_memory(name: str) -> None:
    data, device = b"[" + b"[]," * (PAYLOAD_BYTES_MAX // 12 - 1) + b"1]", device_for(name)
    tracemalloc.start()
    try:
        items = read(name, data, device)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    check(name, data, device, items)
    assert peak_bytes < PEAK_BYTES_MAX
