"""Trace contexts: what is one, what is derived, what continues."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.trace_context import (
    HEADER,
    Steps,
    context_in,
    context_of_reading,
    continued,
    in_hex,
    is_sampled,
    parsed,
    span_id_of,
    trace_id_of,
)

# The example of the W3C recommendation.
EXAMPLE = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
INVALID = {
    "nothing": None,
    "empty": b"",
    "a version of the future": EXAMPLE.replace(b"00-", b"01-", 1),
    "the version that is forbidden": EXAMPLE.replace(b"00-", b"ff-", 1),
    "a trace id of zeros": b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01",
    "a span id of zeros": b"00-4bf92f3577b34da6a3ce929d0e0e4736-" + b"0" * 16 + b"-01",
    "upper case": EXAMPLE.upper(),
    "cut short": EXAMPLE[:-1],
    "more behind it": EXAMPLE + b"-00",
    "a line behind it": EXAMPLE + b"\n",
    "no digits": EXAMPLE.replace(b"f067", b"g067"),
    "no hyphens": EXAMPLE.replace(b"-", b"_"),
    "no ASCII": b"00-" + "\u0661".encode() * 16 + b"-00f067aa0ba902b7-01",
    "a megabyte": EXAMPLE * 20_000,
}


def test_the_example_of_the_recommendation_is_read() -> None:
    context = parsed(EXAMPLE)
    assert context is not None
    assert trace_id_of(context) == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert span_id_of(context) == "00f067aa0ba902b7"
    assert is_sampled(context)


@pytest.mark.parametrize("what", INVALID)
def test_what_is_no_trace_context_is_none(what: str) -> None:
    assert parsed(INVALID[what]) is None


@given(st.binary(max_size=60))
def test_no_bytes_raise(value: bytes) -> None:
    assert context_in([(HEADER, value)]) in (None, value)


@given(
    st.binary(min_size=16, max_size=16).filter(any), st.binary(min_size=8, max_size=8).filter(any), st.integers(0, 255)
)
def test_all_ids_and_flags_are_read_as_they_are(trace_id: bytes, span_id: bytes, flags: int) -> None:
    context = parsed(f"00-{trace_id.hex()}-{span_id.hex()}-{flags:02x}".encode())
    assert context is not None
    assert (trace_id_of(context), span_id_of(context)) == (trace_id.hex(), span_id.hex())
    assert is_sampled(context) is bool(flags & 1)


def test_the_first_header_of_the_name_counts() -> None:
    other = EXAMPLE.replace(b"4b", b"5b")
    assert context_in([("Traceparent", other), (HEADER, EXAMPLE), (HEADER, other)]) == EXAMPLE
    assert context_in([(HEADER, None), (HEADER, EXAMPLE)]) is None
    assert context_in([]) is None


def test_a_step_that_follows_is_of_the_same_trace_and_passes_on_the_sampled_flag_alone() -> None:
    assert continued(EXAMPLE, b"1" * 16) == b"00-4bf92f3577b34da6a3ce929d0e0e4736-1111111111111111-01"
    assert continued(EXAMPLE[:-2] + b"ff", b"1" * 16)[-2:] == b"01"
    assert continued(EXAMPLE[:-2] + b"fe", b"1" * 16)[-2:] == b"00"


def test_a_readings_trace_is_what_its_id_says_and_b2sum_too() -> None:
    context = context_of_reading("openalpr-1/2301-cam1-1796036287250/0")
    assert parsed(context) == context
    # printf %s openalpr-1/2301-cam1-1796036287250/0 | b2sum -l 128
    assert trace_id_of(context) == "76396a475854b62abe913ec61c9434e7"
    assert context_of_reading("openalpr-1/2301-cam1-1796036287250/1")[:36] != context[:36]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_has_a_valid_context(reading_id: str) -> None:
    assert parsed(context_of_reading(reading_id)) is not None


def test_no_id_is_all_zero() -> None:
    assert in_hex(bytes(8)) == b"0000000000000001"
    assert in_hex(bytes(16)) == b"0" * 31 + b"1"


def test_the_share_that_is_sampled_is_that_asked_for_and_part_of_every_larger_one() -> None:
    def sampled(ratio: float) -> set[int]:
        return {n for n in range(10_000) if is_sampled(context_of_reading(f"reading {n}", ratio))}

    assert len(sampled(0.0)) == 0 and len(sampled(1.0)) == 10_000
    # 10,000 draws at 0.1: 1,000, standard deviation 30
    assert 880 < len(sampled(0.1)) < 1_120
    assert sampled(0.1) < sampled(0.5)


def test_steps_differ_by_stage_topic_partition_and_offset_and_by_nothing_else() -> None:
    places = [("a", "t", 1, 2), ("b", "t", 1, 2), ("a", "u", 1, 2), ("a", "t", 2, 2), ("a", "t", 1, 3)]
    spans = [Steps(stage, topic, partition).span_id(offset) for stage, topic, partition, offset in places]
    assert len(set(spans)) == len(spans)
    steps = Steps("a", "t", 1)
    assert [steps.span_id(2), steps.span_id(3), steps.span_id(2)] == [spans[0], spans[4], spans[0]]


def test_no_two_of_many_steps_have_the_same_span_id_and_each_id_is_valid() -> None:
    spans = [Steps("a", "t", partition).span_id(offset) for partition in range(12) for offset in range(10_000)]
    assert len(set(spans)) == len(spans)
    assert all(parsed(continued(EXAMPLE, span)) for span in spans)
    assert parsed(continued(EXAMPLE, Steps("a", "t", 0).span_id(2**63 - 1)))
