"""What a chaos run asks of lights, what it takes for late, and what it strikes."""

import asyncio
import random
from itertools import islice

import msgspec
import pytest

from deploy.chaos.lane_path import LanePath, inspection_at, question_at, traces
from deploy.chaos.lights import BOUND_SECONDS, Controller, Lights
from deploy.chaos.log import Logged
from deploy.chaos.oracle import Verdict
from deploy.chaos.run import Report, victims
from deploy.local.processes import free_port
from deploy.stages import STAGE_NAMES
from producers.simulator import simulate
from schemas.codec import Codec
from schemas.records import RECORD_TYPES, LaneEvent, LaneEventKind, Light, LightAnswerReason, OperatingMode
from streams.core.light.questions import Question
from tests.core.outcomes.builders import LANE, answer, at, selection
from tests.light.serving import Serving, fresh, run

CODEC = Codec(dict(zip(RECORD_TYPES, range(1, 99), strict=False)))

# Stages that other paths strike.
ELSEWHERE = ("backlog", "convoys", "trains")


def question(number: int) -> Question:
    return Question(LANE, OperatingMode.OPERATIONAL, number)


def asked(port: int, *numbers: int, bound_seconds: float = BOUND_SECONDS) -> Lights:
    """What a controller was told of these vehicles."""
    controller = Controller(port, bound_seconds)
    for number in numbers:
        controller.ask(question(number))
    return controller.finish()


def logged(*values: msgspec.Struct) -> list[Logged]:
    return [Logged(0, place, b"2301/03", CODEC.encode(value), 1, {}) for place, value in enumerate(values)]


def test_each_vehicle_is_asked_for_and_its_light_remembered() -> None:
    async def conversation(serving: Serving) -> None:
        serving.see(fresh(1, Light.RED), fresh(2, Light.GREEN))
        lights = await asyncio.to_thread(asked, serving.lines_port, 1, 2, 1)
        assert (lights.asked, lights.answered, lights.late) == (3, 3, 0)
        assert lights.told == {f"{LANE}/1": Light.RED, f"{LANE}/2": Light.GREEN}
        assert lights.good

    run(conversation)


def test_an_answer_after_the_bound_is_late() -> None:
    async def conversation(serving: Serving) -> None:
        lights = await asyncio.to_thread(asked, serving.lines_port, 1, bound_seconds=0.05)
        assert (lights.asked, lights.answered, lights.late) == (1, 1, 1)
        assert lights.seconds_max > 0.05 and not lights.good

    run(conversation, wait_seconds=0.2)  # there is no selection


def test_what_is_refused_or_not_there_is_no_answer_and_late() -> None:
    assert (lights := asked(free_port(), 1)).late == 1 and not lights.answered and not lights.good

    async def conversation(serving: Serving) -> None:
        refused = await asyncio.to_thread(asked, serving.lines_port, 0)
        assert (refused.answered, refused.late, refused.told) == (0, 1, {})

    run(conversation)


def test_what_was_told_must_stand_in_the_log_and_the_last_answer_counts() -> None:
    lights = Lights(asked=4, answered=4, told={f"{LANE}/{number}": Light.RED for number in (1, 2, 3, 4)})
    by_lot = answer(2, reason=LightAnswerReason.NO_SELECTION, answer_id="lot", asked_at=at(0.0))
    lights.hold_against(
        [
            *logged(answer(1), selection(4), by_lot, by_lot),
            *logged(answer(3, Light.RED, 2.0), answer(3, Light.GREEN, 1.0)),
            Logged(0, 99, b"2301/03", b"no record", 1, {}),
        ],
        CODEC,
    )
    assert (lights.not_logged, lights.by_lot) == (1, 1)  # nothing of the fourth; a lot that came twice is one
    assert lights.server_seconds_max == 1.0  # of the lot, answered a second after it was asked
    assert not lights.good


@pytest.mark.parametrize(
    ("lights", "good"),
    [
        (None, True),
        (Lights(asked=1, answered=1), True),
        (Lights(), False),  # nobody asked, so nothing is known
        (Lights(asked=2, answered=1, late=1), False),
        (Lights(asked=1, answered=1, late=1), False),
        (Lights(asked=1, answered=1, not_logged=1), False),
    ],
)
def test_a_run_is_good_only_with_its_lights(lights: Lights | None, good: bool) -> None:
    assert Report(1, lights=lights, verdict=Verdict(5, 0, 0, 0)).good is good


def test_each_stage_is_struck_before_any_is_struck_again() -> None:
    stages = LanePath("a-run").stages
    struck = [stage.name for stage in islice(victims(stages, random.Random(1)), 2 * len(stages))]
    names = [name for name in STAGE_NAMES if name not in ELSEWHERE]
    assert sorted(struck[: len(names)]) == sorted(struck[len(names) :]) == sorted(names)


def test_the_lane_path_has_every_stage_but_those_of_other_paths_and_all_that_they_read() -> None:
    path = LanePath("a-run")
    assert [stage.name for stage in path.stages] == [name for name in STAGE_NAMES if name not in ELSEWHERE]
    assert {topic for stage in path.stages for topic in (stage.source, stage.changelog)} <= set(path.topics)


def test_every_vehicle_that_reaches_the_light_is_asked_for_and_some_are_inspected() -> None:
    readings = list(simulate("matamoros-2009", seed=3, seconds=600.0))
    at_light = [
        item
        for item in readings
        if isinstance(item.reading, LaneEvent) and item.reading.kind is LaneEventKind.AT_LIGHT and item.truth
    ]
    questions = [one for item in readings if (one := question_at(item)) is not None]
    assert [one.number for one in questions] == [item.truth for item in at_light] != []
    inspected = [one.passage_id for item in readings if (one := inspection_at(item)) is not None]
    assert inspected == [one.vehicle for one in questions if (one.number or 0) % 3 == 0] != []


def test_what_is_told_of_purchasers_reaches_every_partition_soon() -> None:
    told = list(islice(traces(7, 1_790_000_000_000_000), 300))
    assert len({one.purchaser_id for one in told}) > 100
    assert {type(one).__name__ for one in told} == {"Trace", "MultipleSale", "Link"}
