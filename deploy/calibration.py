"""How far scales and cameras are from what is known of some vehicles: test runs, joined with captured readings.

A run is a vehicle of known weight or plate that went through a lane in a time of its own. Tolerances are those of ASTM
E1318-09 at 95 % conformity, as the FHWA Traffic Monitoring Guide (2022, appendix D) has them for types I and II; those
of type III were not read in the standard itself. Type IV, for enforcement, has tolerances in pounds and is not judged.
"""

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Final, NamedTuple

from deploy.errors import UserError
from producers.formats.plates import plate_text
from schemas.records import PlateRead, ScaleType, Weighing
from streams.core.small_counts import exact_interval, t_quantile

GROSS_TOLERANCE: Final = {ScaleType.TYPE_I: 0.10, ScaleType.TYPE_II: 0.15, ScaleType.TYPE_III: 0.06}
AXLE_TOLERANCE: Final = {ScaleType.TYPE_I: 0.20, ScaleType.TYPE_II: 0.30, ScaleType.TYPE_III: 0.15}
CONFORMITY: Final = 0.95
# Fewer runs say nothing of the twentieth that may be outside.
RUNS_MIN: Final = 10
TAIL: Final = 0.025
RUN_SECONDS_MAX: Final = 600.0
HEADS: Final = ("lane_id", "from", "until", "plate", "gross_weight_kg", "axle_loads_kg")
REFERENCE_BYTES_MAX: Final = 10_000_000
EMPTY: Final = "-"


class Run(NamedTuple):
    """A vehicle of which something is known, and when it was in the lane, microseconds UTC."""

    lane_id: str
    from_at: int
    until_at: int
    plate: str | None
    gross_weight_kg: float | None
    axle_loads_kg: tuple[float, ...]


def read_runs(file: Path) -> list[Run]:
    """The runs of a CSV file with HEADS as its first line. Raises UserError with everything that is wrong, by line."""
    try:
        text = file.read_bytes()[: REFERENCE_BYTES_MAX + 1].decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {file}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}") from error
    rows = csv.DictReader(text.splitlines(), restkey="")
    if tuple(rows.fieldnames or ()) != HEADS:
        raise UserError(f"{file}:1: the first line must be {','.join(HEADS)}")
    runs, wrong = list[Run](), list[str]()
    for row in rows:
        try:
            runs.append(run_of(row))
        except ValueError as error:
            wrong.append(f"{file}:{rows.line_num}: {error}")
    runs.sort(key=lambda run: (run.lane_id, run.from_at))
    for before, after in pairwise(runs):
        if before.lane_id == after.lane_id and after.from_at <= before.until_at:
            wrong.append(f"{file}: two runs in lane {after.lane_id} overlap: a reading would be of both")
    if wrong or not runs:
        raise UserError("\n".join(wrong) or f"{file}: there are no runs in it")
    return runs


def run_of(row: dict[str, Any]) -> Run:
    """The run of a line. Raises ValueError that names the column."""
    if "" in row or None in row.values():
        raise ValueError(f"must have {len(HEADS)} columns")
    from_at, until_at = (time_of(row, name) for name in ("from", "until"))
    if not 0 <= until_at - from_at <= RUN_SECONDS_MAX * 1e6:
        raise ValueError(f"until: must be at or after from, by {RUN_SECONDS_MAX:g} s at most")
    gross = weight_of(row["gross_weight_kg"]) if row["gross_weight_kg"] else None
    axles = tuple(weight_of(text) for text in row["axle_loads_kg"].split(";")) if row["axle_loads_kg"] else ()
    plate = plate_text(row["plate"]) or None
    if gross is None and not axles and plate is None:
        raise ValueError("needs a plate, gross_weight_kg or axle_loads_kg (front first, with ; between)")
    return Run(row["lane_id"], from_at, until_at, plate, sum(axles) if gross is None and axles else gross, axles)


def time_of(row: dict[str, Any], name: str) -> int:
    """Microseconds UTC. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(row[name])
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"{name}: must be an ISO 8601 time with its zone, as 2026-11-30T10:58:00Z")
    return round(moment.timestamp() * 1e6)


def weight_of(text: str) -> float:
    """Kilograms. Raises ValueError."""
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0.0 < weight <= 200_000.0:  # a comparison with NaN is false
        raise ValueError("a weight must be a number of kilograms, above 0 and at most 200,000")
    return weight


@dataclass
class ScaleFigures:
    """What a scale made of the runs through its lane."""

    device_id: str
    lane_id: str
    scale_type: ScaleType
    runs: int = 0
    silent: int = 0
    """Runs that it weighed nothing in."""

    ambiguous: int = 0
    """Runs that it weighed more than one vehicle in, which count no further."""

    errors: list[float] = field(default_factory=list)
    """Of the gross weight, as shares of the true one."""

    axle_errors: list[float] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """Its figures as JSON; None where there is too little for one."""
        count = len(self.errors)
        bias = fmean(self.errors) if count else None
        sigma = stdev(self.errors) if count > 1 else None
        half = None if sigma is None else t_quantile(TAIL, count - 1) * sigma / math.sqrt(count)
        tolerance, axle_tolerance = GROSS_TOLERANCE.get(self.scale_type), AXLE_TOLERANCE.get(self.scale_type)
        return {
            "device_id": self.device_id,
            "lane_id": self.lane_id,
            "scale_type": self.scale_type.value,
            "runs": self.runs,
            "silent": self.silent,
            "ambiguous": self.ambiguous,
            "weighed": count,
            "bias_share": bias,
            "bias_low": None if bias is None or half is None else bias - half,
            "bias_high": None if bias is None or half is None else bias + half,
            "sigma_share": sigma,
            "gross": conformity(self.errors, tolerance),
            "axles": conformity(self.axle_errors, axle_tolerance),
            "verdict": verdict(self.errors, tolerance),
        }


def conformity(errors: list[float], tolerance: float | None) -> dict[str, Any] | None:
    """How many errors are within a tolerance, with the exact 95 % interval of their share."""
    if tolerance is None or not errors:
        return None
    within = sum(abs(error) <= tolerance for error in errors)
    low, high = exact_interval(within, len(errors), TAIL)
    return {"tolerance_share": tolerance, "within": within, "of": len(errors), "low": low, "high": high}


def verdict(errors: list[float], tolerance: float | None) -> str:
    """Whether a scale is what its type says: the share within the tolerance against ASTM's 95 %."""
    if tolerance is None:
        return "not judged: its type has no tolerance here"
    if len(errors) < RUNS_MIN:
        return f"too few runs: at least {RUNS_MIN}"
    within = sum(abs(error) <= tolerance for error in errors)
    return "conforms" if within >= CONFORMITY * len(errors) else "does not conform"


@dataclass
class CameraFigures:
    """What a camera made of the runs through its lane."""

    device_id: str
    lane_id: str
    runs: int = 0
    seen: int = 0
    """Runs of which it told anything."""

    read: int = 0
    """Runs in which it read a plate, right or wrong."""

    right: int = 0
    among: int = 0
    """Runs whose plate is among the candidates of its surest read."""

    confusions: Counter[str] = field(default_factory=Counter)

    def row(self) -> dict[str, Any]:
        """Its figures as JSON."""
        told = {
            name: getattr(self, name) for name in ("device_id", "lane_id", "runs", "seen", "read", "right", "among")
        }
        low, high = exact_interval(self.right, self.runs, TAIL)
        confusions = dict(self.confusions.most_common())
        return told | {"right_low": low, "right_high": high, "confusions": confusions}


class Calibration(NamedTuple):
    """The figures of each device, and where nothing was measured though something was known."""

    scales: list[ScaleFigures]
    cameras: list[CameraFigures]
    remarks: list[str]


def calibrate(runs: list[Run], readings: Iterable[Weighing | PlateRead]) -> Calibration:
    """Join runs with readings by lane and by the device's time, repeated readings once."""
    lanes = {run.lane_id for run in runs}
    by_device: dict[tuple[str, type], dict[str, Weighing | PlateRead]] = {}
    for reading in readings:
        if reading.lane_id in lanes:
            key = (f"{reading.lane_id} {reading.device_id}", type(reading))
            by_device.setdefault(key, {}).setdefault(reading.reading_id, reading)
    scales, cameras = list[ScaleFigures](), list[CameraFigures]()
    for _, told in sorted(by_device.items(), key=lambda item: item[0][0]):
        first = next(iter(told.values()))
        own = [run for run in runs if run.lane_id == first.lane_id]
        if isinstance(first, Weighing):
            scales.append(scale_figures(own, [one for one in told.values() if isinstance(one, Weighing)]))
        else:
            cameras.append(camera_figures(own, [one for one in told.values() if isinstance(one, PlateRead)]))
    return Calibration(scales, cameras, list(remarks_of(runs, scales, cameras)))


def remarks_of(runs: list[Run], scales: list[ScaleFigures], cameras: list[CameraFigures]) -> Iterator[str]:
    """Lanes with runs in which no device of a kind said anything at all."""
    weighed, filmed = {one.lane_id for one in scales}, {one.lane_id for one in cameras}
    for lane_id in sorted({run.lane_id for run in runs if run.gross_weight_kg is not None} - weighed):
        yield f"lane {lane_id}: no scale said anything"
    for lane_id in sorted({run.lane_id for run in runs if run.plate is not None} - filmed):
        yield f"lane {lane_id}: no camera said anything"


def scale_figures(runs: list[Run], weighings: list[Weighing]) -> ScaleFigures:
    """One scale's figures."""
    first = weighings[0]
    figures = ScaleFigures(first.device_id, first.lane_id, first.scale_type)
    for run in runs:
        if run.gross_weight_kg is None:
            continue
        figures.runs += 1
        found = [one for one in weighings if run.from_at <= one.observed_at <= run.until_at]
        if len(found) != 1:
            figures.silent += not found
            figures.ambiguous += bool(found)
            continue
        (one,) = found
        figures.errors.append(one.gross_weight_kg / run.gross_weight_kg - 1.0)
        if len(one.axle_loads_kg) == len(run.axle_loads_kg):
            figures.axle_errors += [
                said / true - 1.0 for said, true in zip(one.axle_loads_kg, run.axle_loads_kg, strict=True)
            ]
    return figures


def camera_figures(runs: list[Run], reads: list[PlateRead]) -> CameraFigures:
    """One camera's figures."""
    figures = CameraFigures(reads[0].device_id, reads[0].lane_id)
    for run in runs:
        if run.plate is None:
            continue
        figures.runs += 1
        found = [one for one in reads if run.from_at <= one.observed_at <= run.until_at]
        figures.seen += bool(found)
        told = [one for one in found if one.candidates]
        if not told:
            continue
        best = max(told, key=lambda one: one.candidates[0].confidence)
        figures.read += 1
        figures.right += best.candidates[0].plate == run.plate
        figures.among += any(one.plate == run.plate for one in best.candidates)
        figures.confusions.update(confusions_of(run.plate, best.candidates[0].plate))
    return figures


def confusions_of(true: str, said: str) -> list[str]:
    """What was made of which character, `8>B`; `8>-` was left out, `->B` put in: the fewest such changes."""
    costs = [[0] * (len(said) + 1) for _ in range(len(true) + 1)]
    for row in range(len(true) + 1):
        for column in range(len(said) + 1):
            if not row or not column:
                costs[row][column] = row + column
                continue
            same = costs[row - 1][column - 1] + (true[row - 1] != said[column - 1])
            costs[row][column] = min(same, costs[row - 1][column] + 1, costs[row][column - 1] + 1)
    found, row, column = list[str](), len(true), len(said)
    while row or column:
        changed = bool(row and column) and true[row - 1] != said[column - 1]
        if row and column and costs[row][column] == costs[row - 1][column - 1] + changed:
            if changed:
                found.append(f"{true[row - 1]}>{said[column - 1]}")
            row, column = row - 1, column - 1
        elif row and costs[row][column] == costs[row - 1][column] + 1:
            found.append(f"{true[row - 1]}>{EMPTY}")
            row -= 1
        else:
            found.append(f"{EMPTY}>{said[column - 1]}")
            column -= 1
    return found[::-1]
