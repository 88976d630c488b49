"""A camera that reads a passing vehicle several times: one vehicle, all its reads, and no second one."""

from typing import Any

from schemas.records import PassageState
from streams.core.lanes import LanesStage
from streams.core.lanes.sightings import FRAMES_MAX
from streams.core.stage import Output, Record
from tests.core.lanes.builders import (
    FRONT,
    KEY,
    STOP_LINE,
    Car,
    LaneRun,
    candidates,
    heartbeat,
    load_lanes,
    reading,
    readings_of,
)

ISSUER = {"jurisdiction": "US-TX", "jurisdiction_confidence": 0.9}


def with_frames(cars: list[Car], *plates: str, apart: float = 0.4) -> list[Any]:
    """Readings of cars, the first of which the front camera reads again, as these plates, every so many seconds."""
    readings = readings_of(cars)
    first = next(one for one in readings if one.reading_id == f"{cars[0].name}-{FRONT.value}")
    seconds = (first.observed_at - reading(FRONT, "", 0.0).observed_at) / 1e6
    for number, plate in enumerate(plates, 1):
        read = {"candidates": candidates(plate) if plate else ()} | ISSUER
        readings.append(reading(FRONT, f"frame-{number}", seconds + apart * number, **read))
    return sorted(readings, key=lambda one: one.received_at)


def run_of(readings: list[Any]) -> LaneRun:
    run = LaneRun()
    run.send(*readings)
    return run.finish()


def test_frames_of_one_camera_are_of_one_vehicle_and_all_are_named() -> None:
    run = run_of(with_frames([Car("one", 0.0, "ABC1234"), Car("two", 12.0, "KTR8052")], "ABC1234", "A8C1234", ""))
    first, second = run.passages(PassageState.FINAL)
    named = {reference.reading_id for reference in first.readings}
    assert {"frame-1", "frame-2", "frame-3"} <= named and (first.plate, second.plate) == ("ABC1234", "KTR8052")


def test_a_frame_that_reads_otherwise_leaves_doubt() -> None:
    car = Car("one", 0.0, "ABC1234", missing=(STOP_LINE,))
    doubtful, sure = (run_of(with_frames([car], *frames)) for frames in (("ABC1284",), ("ABC1234",)))
    (in_doubt,), (certain,) = (run.passages(PassageState.FINAL) for run in (doubtful, sure))
    assert in_doubt.plate == certain.plate == "ABC1234"
    assert in_doubt.plate_candidates[0].confidence < certain.plate_candidates[0].confidence


def test_a_car_close_behind_with_another_plate_is_another_vehicle() -> None:
    run = run_of(readings_of([Car("one", 0.0, "ABC1234"), Car("two", 1.4, "KTR8052")]))
    assert [passage.plate for passage in run.passages(PassageState.FINAL)] == ["ABC1234", "KTR8052"]


def test_the_same_plate_later_is_not_a_frame() -> None:
    run = run_of(with_frames([Car("one", 0.0, "ABC1234")], "ABC1234", apart=4.0))
    assert len(run.passages(PassageState.FINAL)) == 2


def test_a_frame_that_comes_after_the_light_is_told_in_a_revision() -> None:
    readings = with_frames([Car("one", 0.0, "ABC1234")], "ABC1234")
    late = next(one for one in readings if one.reading_id == "frame-1")
    run = LaneRun()
    run.send(*[one for one in readings if one is not late and one.received_at < late.received_at + 9_000_000])
    before = len(run.passages(PassageState.UPDATED))
    run.send(late)
    after = run.passages(PassageState.UPDATED)
    assert len(after) == before + 1
    assert "frame-1" in {reference.reading_id for reference in after[-1].readings}


def test_a_flood_of_frames_is_bounded_and_counted() -> None:
    run = LaneRun()
    run.send(*with_frames([Car("one", 0.0, "ABC1234")], *["ABC1234"] * (FRAMES_MAX + 3), apart=0.05))
    run.finish()
    (passage,) = run.passages(PassageState.FINAL)
    assert len([r for r in passage.readings if r.reading_id.startswith("frame")]) == FRAMES_MAX
    assert run.fold.counters["frames_over_bound"] == 3


def test_frames_survive_a_restart() -> None:
    readings = with_frames([Car("one", 0.0, "ABC1234")], "ABC1234", "A8C1234")
    stored: dict[bytes, bytes] = {}
    outputs: list[Output] = []
    for one in [*readings, heartbeat(3600.0)]:
        fold = LanesStage(load_lanes()).open(0, stored)
        fold.advance(Record(KEY, one, one.received_at), outputs)
        fold.take_changes()
    without_restart = [output.value for output in run_of(readings).outputs]
    assert [output.value for output in outputs] == without_restart[: len(outputs)]
    assert len(outputs) > 3
