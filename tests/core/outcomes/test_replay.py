"""The outcomes' fold over random logs: batches and kills change nothing, and every selection has its outcome."""

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import body_of
from schemas.records import Light, LightAnswer, LightAnswerReason, Outcome, Selection
from streams.core.outcomes.stage import OutcomesFold
from streams.core.stage import Output, Record, Rejected
from tests.core.crashes import folded_through_crashes
from tests.core.outcomes.builders import (
    answer,
    assignment,
    confirmation,
    inspection,
    override,
    record,
    score,
    selection,
    tick,
)

DAY = 24 * 3600


def random_log(draw: random.Random, passages: int) -> list[Record]:
    """Selections with scores, and officers' records before, behind and long behind them."""
    timed: list[tuple[float, list[msgspec.Struct]]] = []
    for number in range(passages):
        seconds = draw.uniform(0, 2 * DAY)
        light = draw.choice((Light.RED, Light.GREEN))
        timed.append((seconds, [selection(number, light, seconds), score(number, seconds)]))
        if draw.random() < 0.3:
            timed.append(
                (
                    seconds + draw.uniform(-60, 9 * DAY),
                    [override(number, draw.choice((Light.RED, Light.GREEN)), seconds)],
                )
            )
        if draw.random() < 0.3:
            said_at = seconds + draw.uniform(0, 600)
            said = confirmation(number, draw.random() < 0.5, said_at)
            timed.append((said_at + draw.uniform(-60, 9 * DAY), [said] * draw.choice((1, 2))))
        for revision in range(draw.choice((0, 0, 1, 1, 2, 3))):
            ended = draw.choice((None, seconds + 900 + revision))
            said = inspection(number, seconds + 60, ended, revision + 1)
            timed.append((seconds + draw.uniform(-60, 9 * DAY), [said] * draw.choice((1, 1, 2))))
        if draw.random() < 0.7:
            timed.append(
                (seconds + draw.uniform(-60, 60), [random_answer(draw, number, seconds)] * draw.choice((1, 2)))
            )
        if draw.random() < 0.2:
            timed.append((seconds, [assignment(f"officer-{number}", seconds - 600, seconds + 600)]))
    for hour in range(24 * 11):
        timed += [(hour * 3600.0, [tick(hour * 3600.0, source)]) for source in range(2)]
    timed.sort(key=lambda item: item[0])
    return [record(value) for _, values in timed for value in values]


def random_answer(draw: random.Random, number: int, seconds: float) -> LightAnswer:
    light, reason = draw.choice((Light.RED, Light.GREEN)), draw.choice(list(LightAnswerReason)[1:])
    return answer(draw.choice((number, number, None)), light, seconds + draw.uniform(-5, 5), reason)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_kills_and_batches_change_nothing_and_every_selection_has_its_outcome(seed: int) -> None:
    draw = random.Random(seed)
    log = [one for one in random_log(draw, draw.randrange(1, 40)) if is_taken(one, draw)]
    due_max, kept = draw.choice((1, 3, 2_000)), dict[bytes, bytes]()
    plain = OutcomesFold(0, kept, due_max)
    told: list[Output] = []
    accepted = []
    for one in log:
        try:
            plain.advance(one, told)
            accepted.append(one)
        except Rejected:
            continue
        plain.take_changes()
    crashed, committed = folded_through_crashes(lambda stored: OutcomesFold(0, stored, due_max), accepted, draw, 50)
    assert [body_of(output.value) for output in told] == [body_of(value) for value in crashed]
    assert kept == committed
    selected = {one.value.passage_id for one in accepted if isinstance(one.value, Selection)}
    outcomes = [output.value for output in told if isinstance(output.value, Outcome)]
    first = [outcome.passage_id for outcome in outcomes if outcome.revision == 1]
    if due_max == 2_000:
        assert selected <= {outcome.passage_id for outcome in outcomes if outcome.selected_at}
        assert selected <= set(first)
    assert len(first) == len(set(first))


def is_taken(one: Record, draw: random.Random) -> bool:
    """All ticks, and most of the rest: what is lost upstream is lost in any combination."""
    return not hasattr(one.value, "passage_id") or draw.random() < 0.95
