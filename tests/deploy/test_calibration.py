"""Calibration against test runs: the errors that the simulated sensors were given are found again."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.calibration import HEADS, Run, calibrate, confusions_of, read_runs
from deploy.cli import main
from deploy.errors import UserError
from producers.simulator.measurements import read_plate, weigh
from producers.simulator.vehicles import make_vehicle
from schemas.container import LogRecord, write_container
from schemas.records import (
    Direction,
    ImageSource,
    LaneMode,
    OperatingMode,
    PlateCandidate,
    PlateRead,
    ScaleType,
    Weighing,
)
from schemas.topics import LANE_READINGS

START = int(datetime(2026, 11, 30, 10, tzinfo=UTC).timestamp()) * 1_000_000
SECOND = 1_000_000
LANE = "2301/01"


def common(number: int, device_id: str, after_seconds: float = 10.0) -> dict[str, Any]:
    """What any reading of the numbered run has; a run begins each minute."""
    at = START + int((60 * number + after_seconds) * SECOND)
    return {
        "reading_id": f"{device_id}/{number}/{after_seconds}", "lane_id": LANE, "device_id": device_id,
        "observed_at": at, "received_at": at, "operating_mode": OperatingMode.TEST, "direction": Direction.SOUTHBOUND,
    }  # fmt: skip


def weighing(number: int, gross_kg: float, scale_type: ScaleType = ScaleType.TYPE_I, **more: Any) -> Weighing:
    return Weighing(**common(number, "scale-1", **more), gross_weight_kg=gross_kg, scale_type=scale_type)


def plate_read(number: int, *plates: str) -> PlateRead:
    candidates = tuple(PlateCandidate(plate=one, confidence=0.9 - 0.1 * place) for place, one in enumerate(plates))
    return PlateRead(**common(number, "front-1"), image_source=ImageSource.FRONT_PLATE, candidates=candidates)


def run(number: int, gross_kg: float | None = 1_000.0, plate: str | None = None) -> Run:
    at = START + 60 * number * SECOND
    return Run(LANE, at, at + 30 * SECOND, plate, gross_kg, ())


@pytest.mark.parametrize(
    ("scale_type", "tolerance"), [(ScaleType.TYPE_I, 0.10), (ScaleType.TYPE_II, 0.15), (ScaleType.TYPE_III, 0.06)]
)
def test_bias_and_sigma_of_a_simulated_scale_are_found(scale_type: ScaleType, tolerance: float) -> None:
    random, bias, count = Random(f"calibration {scale_type}"), 0.01, 400
    runs, readings = list[Run](), list[Weighing]()
    for number in range(count):
        vehicle = make_vehicle(7, f"run {number}", LaneMode.PASSENGER, "US-TX")
        runs.append(run(number, 1_700.0))
        fields = weigh(random, vehicle, 1_700.0, 0.0, scale_type, bias, 4.0)
        readings.append(Weighing(**common(number, "scale-1"), **fields))
    (figures,) = calibrate(runs, readings).scales
    row = figures.row()
    assert row["weighed"] == row["runs"] == count
    assert row["bias_low"] < bias < row["bias_high"] and row["bias_high"] - row["bias_low"] < 0.02
    sigma = tolerance / 1.96  # as the simulator has it; the spread of a spread of 400 is 3.5 % of it
    assert abs(row["sigma_share"] / sigma - 1.0) < 0.12
    assert row["gross"]["tolerance_share"] == tolerance and row["gross"]["low"] < 0.95 < row["gross"]["high"]


def test_a_scale_beyond_its_type_does_not_conform() -> None:
    runs, exact = [run(number) for number in range(20)], [1_000.0] * 19
    inside = calibrate(runs, [weighing(number, kg) for number, kg in enumerate([*exact, 1_101.0])]).scales[0]
    assert inside.row()["verdict"] == "conforms"  # 19 of 20 are 95 %
    outside = calibrate(runs, [weighing(number, kg) for number, kg in enumerate([*exact[1:], 1_101.0, 899.0])]).scales[
        0
    ]
    assert outside.row()["verdict"] == "does not conform" and outside.row()["gross"]["within"] == 18


def test_few_runs_and_types_without_a_tolerance_are_not_judged() -> None:
    few = calibrate([run(1)], [weighing(1, 1_000.0)]).scales[0].row()
    assert few["verdict"].startswith("too few runs") and few["sigma_share"] is None and few["bias_share"] == 0.0
    fourth = calibrate([run(1)], [weighing(1, 1_000.0, ScaleType.TYPE_IV)]).scales[0].row()
    assert fourth["verdict"].startswith("not judged") and fourth["gross"] is None


def test_silent_and_doubtful_runs_are_told_apart_and_repeats_count_once() -> None:
    readings = [weighing(0, 1_000.0), weighing(0, 1_000.0), weighing(1, 900.0), weighing(1, 905.0, after_seconds=12.0)]
    figures = calibrate([run(0), run(1), run(2)], readings).scales[0]
    assert (figures.runs, len(figures.errors), figures.ambiguous, figures.silent) == (3, 1, 1, 1)


def test_a_lane_of_which_nothing_is_captured_is_remarked() -> None:
    result = calibrate([run(0, plate="TST4821")], [])
    assert result.remarks == [f"lane {LANE}: no scale said anything", f"lane {LANE}: no camera said anything"]


def test_a_cameras_rates_and_confusions_are_counted() -> None:
    runs = [run(number, None, "TST4821") for number in range(5)]
    reads = [
        plate_read(0, "TST4821"), plate_read(1, "TST4B21", "TST4821"), plate_read(2, "TST481"), plate_read(3),
    ]  # fmt: skip
    figures = calibrate(runs, reads).cameras[0]
    assert (figures.runs, figures.seen, figures.read, figures.right, figures.among) == (5, 4, 3, 1, 2)
    assert figures.row()["confusions"] == {"8>B": 1, "2>-": 1}


def test_the_read_rate_of_a_simulated_camera_is_found() -> None:
    random, count = Random("camera"), 600
    runs, reads, wrong = list[Run](), list[PlateRead](), 0
    for number in range(count):
        vehicle = make_vehicle(7, f"run {number}", LaneMode.PASSENGER, "US-TX")
        fields, misread = read_plate(random, vehicle, 0.14, 0.05)
        wrong += misread
        runs.append(run(number, None, vehicle.plate))
        reads.append(PlateRead(**common(number, "front-1"), image_source=ImageSource.FRONT_PLATE, **fields))
    figures = calibrate(runs, reads).cameras[0]
    assert 0 < figures.read - figures.right == wrong < count // 4
    assert sum(figures.confusions.values()) >= wrong


@given(st.text("AB18", max_size=8), st.text("AB18", max_size=8))
def test_confusions_lead_from_one_plate_to_the_other(true: str, said: str) -> None:
    changes = confusions_of(true, said)
    assert bool(changes) == (true != said)
    assert len(changes) <= max(len(true), len(said))
    out, into = (sum(one.endswith(">-") for one in changes), sum(one.startswith("->") for one in changes))
    assert len(true) - out + into == len(said)


def test_reference_and_capture_become_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture, reference = tmp_path / "runs.avro", tmp_path / "reference.csv"
    readings: list[Weighing | PlateRead] = [weighing(number, 1_200.0 + number) for number in range(12)]
    readings.append(plate_read(0, "TST4B21"))
    write_container(
        capture, [LogRecord(LANE_READINGS.name, 0, place, START, b"", one) for place, one in enumerate(readings)]
    )
    lines = [f"{LANE},2026-11-30T10:{n:02}:00Z,2026-11-30T10:{n:02}:30Z,TST-4821,,600;400" for n in range(12)]
    reference.write_text("\n".join([",".join(HEADS), *lines]))
    assert main(["sensor", "calibrate", str(capture), str(reference), "--json"]) == 1  # 20 % too heavy
    result = orjson.loads(capsys.readouterr().out)
    assert result["scales"][0]["bias_share"] == pytest.approx(0.2055)  # mean of 0.200 to 0.211
    assert (result["cameras"][0]["seen"], result["cameras"][0]["confusions"]) == (1, {"8>B": 1})
    assert main(["sensor", "calibrate", str(capture), str(reference)]) == 1
    assert "TST" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["lane,from"], ":1: the first line must be"),
        ([",".join(HEADS)], "there are no runs"),
        ([",".join(HEADS), f"{LANE},now,2026-11-30T10:00:30Z,A1,,"], ":2: from: must be an ISO 8601 time"),
        ([",".join(HEADS), f"{LANE},2026-11-30T10:00:00,2026-11-30T10:00:30Z,A1,,"], ":2: from: must be"),
        ([",".join(HEADS), f"{LANE},2026-11-30T10:00:30Z,2026-11-30T10:00:00Z,A1,,"], ":2: until: must be"),
        ([",".join(HEADS), f"{LANE},2026-11-30T10:00:00Z,2026-11-30T10:00:30Z,,,"], ":2: needs a plate"),
        ([",".join(HEADS), f"{LANE},2026-11-30T10:00:00Z,2026-11-30T10:00:30Z,,nan,"], ":2: a weight must be"),
        ([",".join(HEADS), f"{LANE},2026-11-30T10:00:00Z"], ":2: must have 6 columns"),
        ([",".join(HEADS), *[f"{LANE},2026-11-30T10:00:00Z,2026-11-30T10:00:30Z,A1,,"] * 2], "overlap"),
    ],
)
def test_a_reference_that_does_not_hold_is_told_by_line(tmp_path: Path, lines: list[str], told: str) -> None:
    file = tmp_path / "reference.csv"
    file.write_text("\n".join(lines))
    with pytest.raises(UserError, match=r"reference\.csv") as error:
        read_runs(file)
    assert told in str(error.value)
