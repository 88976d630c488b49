"""What is put out while a record is advanced continues the record's trace, however batches are cut."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from deploy.chaos.stages import POISONED_LANE, CountsStage
from schemas.records import Tick
from schemas.trace_context import HEADER, Steps, context_in, context_of_reading, continued
from streams.runtime.dead_letters import DeadLetterRecord
from streams.runtime.folding import PartitionFold
from streams.runtime.ledger import Transaction
from tests.runtime.records import CODEC, COUNTS, event, fetched, good

Written = list[tuple[bytes, bytes, int, dict[str, Any]]]


def traced(offset: int, reading_id: str, context: bytes | None = None, lane_id: str = "2301/01") -> Any:
    """A reading with the header that its producer gives it."""
    value = CODEC.encode(event(lane_id, reading_id=reading_id, received_at=offset * 10_000_000))
    return fetched(offset, lane_id.encode(), value, ((HEADER, context or context_of_reading(reading_id)),))


def fold(*batches: Sequence[Any], stage: CountsStage = COUNTS) -> Written:
    """Key, value, partition and headers of what is put out, of one partition."""
    partition, transaction = PartitionFold(stage, CODEC, 0, {}, 1_000_000), Transaction()
    for batch in batches:
        decoded = partition.decode(batch, {}, unknown=())
        assert isinstance(decoded, list)
        partition.fold(decoded, {}, transaction)
    return [(key, value, place, dict(headers or ())) for _, key, value, place, headers in transaction.outputs]


def of_lanes(written: Written) -> list[dict[str, Any]]:
    """Headers of all but ticks."""
    return [headers for _, value, _, headers in written if not isinstance(CODEC.decode(value), Tick)]


READINGS = [traced(n, f"r{n}") for n in range(1, 16)]  # COUNTS puts out one for each fifth of a lane
STEPS = Steps(COUNTS.name, COUNTS.source.name, 0)


def test_an_output_is_of_the_trace_of_the_reading_that_led_to_it() -> None:
    expected = [continued(context_of_reading(f"r{n}"), STEPS.span_id(n)) for n in (5, 10, 15)]
    assert of_lanes(fold(READINGS)) == [{HEADER: context} for context in expected]


def test_batches_that_are_cut_otherwise_give_the_same_headers() -> None:
    once = fold(READINGS)
    assert once == fold(READINGS[:4], READINGS[4:5], READINGS[5:]) == fold(*([one] for one in READINGS))


def test_neighbours_of_a_record_that_makes_the_fold_raise_have_the_same_headers() -> None:
    poisoned = traced(99, "poisoned", lane_id=POISONED_LANE)
    assert fold([*READINGS[:7], poisoned, *READINGS[7:]]) == fold(READINGS)


def test_ticks_are_of_no_trace() -> None:
    ticks = [headers for _, value, _, headers in fold(READINGS) if isinstance(CODEC.decode(value), Tick)]
    assert len(ticks) == 15 * 12 and not any(ticks)


def test_a_record_that_leads_to_ticks_alone_is_no_step() -> None:
    partition, transaction = PartitionFold(COUNTS, CODEC, 0, {}, 1_000_000), Transaction()
    decoded = partition.decode(READINGS, {}, unknown=())
    assert isinstance(decoded, list)
    partition.fold(decoded, {}, transaction)
    assert len({partition for _, _, _, partition, _ in transaction.outputs}) == 13  # ticks to 12, and a count
    contexts = [context_of_reading(f"r{n}") for n in (5, 10, 15)]
    assert [(offset, context) for offset, context, _ in partition.take_steps()] == [
        *zip((5, 10, 15), contexts, strict=True)
    ]


@pytest.mark.parametrize("header", [b"00-1", b"", context_of_reading("r5").upper()])
def test_a_header_that_is_no_trace_context_is_as_none(header: bytes) -> None:
    hostile = replace(READINGS[4], headers=((HEADER, header),))
    without = replace(READINGS[4], headers=())
    assert fold([*READINGS[:4], hostile]) == fold([*READINGS[:4], without])
    assert of_lanes(fold([*READINGS[:4], hostile])) == [{}]


def test_a_record_without_a_trace_leads_to_none_beside_others_that_have_one() -> None:
    plain = [good(n, "2301/02") for n in range(101, 106)]
    headers = of_lanes(fold([*READINGS[:4], *plain, *READINGS[4:5]]))
    assert headers == [{}, {HEADER: continued(context_of_reading("r5"), STEPS.span_id(5))}]


def test_a_dead_letter_is_still_of_its_trace() -> None:
    context = context_of_reading("cut short")
    refused: dict[int, DeadLetterRecord] = {}
    short = replace(traced(7, "cut short"), value=READINGS[0].value[:-3])
    PartitionFold(COUNTS, CODEC, 0, {}, 1_000_000).decode([short], refused, unknown=())
    assert context_in(refused[7].headers) == context


def test_a_trace_that_is_not_sampled_goes_on_and_says_so() -> None:
    (headers,) = of_lanes(fold([*READINGS[:4], traced(5, "r5", context_of_reading("r5", sample_ratio=0.0))]))
    assert headers[HEADER][:36] == context_of_reading("r5")[:36] and headers[HEADER].endswith(b"-00")


def test_on_a_public_topic_the_trace_stands_beside_the_headers_of_cloudevents() -> None:
    public = replace(COUNTS, sink=replace(COUNTS.sink, public=True))
    (headers,) = of_lanes(fold(READINGS[:5], stage=public))
    assert headers["ce_type"] == b"border.v1.LaneEvent"
    assert headers[HEADER] == continued(context_of_reading("r5"), STEPS.span_id(5))
    (plain,) = of_lanes(fold([replace(one, headers=()) for one in READINGS[:5]], stage=public))
    assert plain == {name: value for name, value in headers.items() if name != HEADER}
