"""Time reaches the traces from the border's own: the outcomes stage tells it."""

from schemas.records import Tick
from schemas.topics import TRACES
from streams.core.outcomes.stage import OutcomesFold
from streams.core.stage import Output
from streams.core.traces.stage import TracesFold
from tests.core.outcomes.builders import at, record, tick
from tests.core.traces.builders import record as trace_record


def ticks_of(outputs: list[Output]) -> list[tuple[int | None, Tick]]:
    return [
        (output.partition, output.value)
        for output in outputs
        if output.topic is TRACES and isinstance(output.value, Tick)
    ]


def test_the_traces_hear_of_the_time_every_day() -> None:
    folding, outputs = OutcomesFold(5, {}), list[Output]()
    for hour in range(50):  # the builders' first second lies 13 minutes behind two in the afternoon
        folding.advance(record(tick(3600.0 * hour)), outputs)
    sent = [(partition, one.watermark_at) for partition, one in ticks_of(outputs)]
    assert sent == [(partition, at(3600 * hour)) for hour in (0, 10, 34) for partition in range(TRACES.partitions)]


def test_a_tick_of_the_outcomes_is_one_that_the_traces_take() -> None:
    folding, outputs = OutcomesFold(5, {}), list[Output]()
    folding.advance(record(tick(0)), outputs)
    (_, one), *_ = ticks_of(outputs)
    traces = TracesFold({})
    traces.advance(trace_record(one), [])
    assert len(traces.take_changes()) == 1
