"""`border sensor calibrate`: scales and cameras against test runs of vehicles that are known."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from deploy.calibration import HEADS, calibrate, read_runs
from deploy.captured import read_captured
from deploy.errors import UserError
from deploy.options import Flag
from schemas.records import PlateRead, Weighing

CONFUSIONS_SHOWN: Final = 6


def calibrate_(capture: Path, reference: Path, *, json: Flag = False) -> int:
    """Tell each scale's bias and spread against its ASTM type, and each camera's read rate and what it confuses.

    Needs test runs: vehicles of known weight or plate, and when each was in its lane. The reference is CSV, times with
    their zone, axles front first with ; between; leave empty what is not known:

        lane_id,from,until,plate,gross_weight_kg,axle_loads_kg
        2301/01,2026-11-30T10:58:00Z,2026-11-30T10:58:40Z,TST4821,1774.5,970.5;804

    Exits 1 if a scale does not conform. No plate is shown.

    Examples:

        border capture runs.avro --topic border.lane.readings.v1
        border sensor calibrate runs.avro reference.csv
        border sensor calibrate runs.avro reference.csv --json | jq '.scales[].bias_share'

    Parameters
    ----------
    capture
        lanes' readings, from `border capture` or `border simulate`.
    reference
        the test runs (CSV).
    json
        print one line of JSON.
    """
    result = calibrate(read_runs(reference), readings_of(capture))
    scales, cameras = [one.row() for one in result.scales], [one.row() for one in result.cameras]
    if not scales and not cameras:
        raise UserError(f"{capture} holds no weight and no plate of the lanes in {reference} ({HEADS[0]})")
    if json:
        print(orjson.dumps({"scales": scales, "cameras": cameras, "remarks": result.remarks}).decode())
    else:
        show(scales, cameras)
        for remark in result.remarks:
            print(f"remark: {remark}")
    return 1 if any(row["verdict"] == "does not conform" for row in scales) else 0


def readings_of(capture: Path) -> Iterator[Weighing | PlateRead]:
    """The weights and plates of a capture."""
    for record in read_captured(capture):
        if isinstance(record.value, Weighing | PlateRead):
            yield record.value


def show(scales: list[dict[str, Any]], cameras: list[dict[str, Any]]) -> None:
    """A table of scales and one of cameras."""
    console = Console()
    if scales:
        heads = ("scale", "lane", "type", "weighed", "bias (95 %)", "sigma", "gross within", "axles within", "verdict")
        table = Table(*(Column(head, overflow="fold") for head in heads))
        for row in scales:
            bias = percent(row["bias_share"])
            if row["bias_low"] is not None:
                bias += f" ({percent(row['bias_low'])} to {percent(row['bias_high'])})"
            weighed = f"{row['weighed']} of {row['runs']}"
            cells = [
                row["device_id"],
                row["lane_id"],
                row["scale_type"],
                weighed,
                bias,
                percent(row["sigma_share"], ""),
            ]
            table.add_row(*map(Text, [*cells, within(row["gross"]), within(row["axles"]), row["verdict"]]))
        console.print(table)
    if cameras:
        names = ("camera", "lane", "runs", "seen", "read", "right (95 %)", "among candidates", "confusions")
        table = Table(*(Column(name, overflow="fold") for name in names))
        for row in cameras:
            right = f"{row['right']} ({row['right_low']:.0%} to {row['right_high']:.0%})"
            confusions = [f"{pair} {count}" for pair, count in list(row["confusions"].items())[:CONFUSIONS_SHOWN]]
            counts = [str(row[name]) for name in ("runs", "seen", "read")]
            told = [row["device_id"], row["lane_id"], *counts, right, str(row["among"]), ", ".join(confusions) or "-"]
            table.add_row(*map(Text, told))
        console.print(table)


def percent(share: float | None, sign: str = "+") -> str:
    """A share as people read it."""
    return "-" if share is None else f"{share:{sign}.1%}"


def within(row: dict[str, Any] | None) -> str:
    """How many errors are within a tolerance."""
    return "-" if row is None else f"{row['within']} of {row['of']} (±{row['tolerance_share']:.0%})"
