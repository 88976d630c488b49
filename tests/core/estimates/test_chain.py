"""Selections and officers' records through the outcomes stage into the estimates stage, as on the broker."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.container import LogRecord
from schemas.records import Estimate, Outcome, OutcomeState
from schemas.topics import LANE_DECISIONS
from streams.core.estimates.stage import EstimatesStage
from streams.core.outcomes.stage import OutcomesStage
from streams.core.replay import Chain
from tests.core.outcomes.test_replay import random_log


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_officers_correct_each_vehicle_is_counted_once_as_it_ended(seed: int) -> None:
    chain = Chain([OutcomesStage(), EstimatesStage()])
    told: list[Estimate] = []
    last: dict[str, Outcome] = {}
    for offset, one in enumerate(random_log(random.Random(seed), 20)):
        record = LogRecord(LANE_DECISIONS.name, 0, offset, one.appended_at, one.key, one.value)
        for written in chain.advance(record):
            if isinstance(written.value, Estimate):
                told.append(written.value)
            elif isinstance(written.value, Outcome) and written.value.selected_at is not None:
                last[written.value.passage_id] = written.value
    chain.finish()
    assert not chain.replays[1].dead_letters
    in_window = [one for one in last.values() if (one.selected_at or 0) < told[-1].until_at]
    port, ended = told[-1].groups[0], [one.state for one in in_window]
    assert port.passages == len(in_window)
    assert port.referred == len(ended) - ended.count(OutcomeState.PASSED)
    assert port.inspected == ended.count(OutcomeState.INSPECTED)
    assert port.violation.drawn == sum(one.random_draw and not one.fallback for one in in_window)
    assert port.inspected + port.not_inspected + port.released + port.open == port.referred
