"""`border bench`: how fast the lane path is, and against what."""

import tempfile
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console
from rich.table import Table

from deploy.bench import measure
from deploy.bench.core import core_rates
from deploy.errors import UserError
from deploy.local.platform import LocalPlatform
from deploy.options import Flag, Seed
from deploy.settings import Settings, load_settings
from deploy.stages import build_stage, load_rule_set, make_secret
from schemas import wire
from schemas.layout import load_ports
from schemas.topics import LANE_READINGS, PASSAGES
from streams.core.random_draw import RandomKeys
from streams.core.vehicles import VehiclesStage

PER_EVENT_EVENTS: Final = 20_000
PLATES_MIN: Final = 2_000
CORE_READINGS: Final = 100_000


def bench(
    *,
    plates: int = 20_000,
    seed: Seed = 1,
    json: Flag = False,
) -> int:
    """Measure the lane path through a real broker, exactly once, beside stock Faust and the floor, in one run.

    The lane path's figure is that of the slower of its two stages, one worker process each, in readings a second.

    Examples:

        border bench
        border bench --plates 500000 --json

    Parameters
    ----------
    plates
        vehicles, each with a plate never seen before; about six readings each.
    seed
        seed of the simulated readings.
    json
        print one line of JSON.
    """
    if plates < PLATES_MIN:
        raise UserError(f"--plates must be at least {PLATES_MIN}: less is over before it can be measured")
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="border-bench-") as temporary:
        state = Path(temporary) / "state"
        with LocalPlatform(state, load_settings().cache_path, console=console) as platform:
            result = run(platform, state, plates, seed, console)
    if json:
        print(orjson.dumps(result).decode())
    else:
        show(result)
    return 0


def run(platform: LocalPlatform, state: Path, plates: int, seed: int, console: Console) -> dict[str, Any]:
    """All figures of one run."""
    make_secret(state / "random-secret")
    stages = [
        build_stage("lanes", Settings()),
        VehiclesStage(load_rule_set(""), RandomKeys((state / "random-secret").read_bytes()), load_ports()),
    ]
    console.print(f"Simulating the readings of {plates:,} vehicles into the topic")
    readings, sample = measure.fill(platform, measure.make_readings(plates, seed), CORE_READINGS)
    console.print(f"Folding {len(sample):,} of {readings:,} readings without a broker")
    core = core_rates(stages, platform.codec, sample)
    console.print("The floor: consume and decode")
    floor = measure.floor(platform, readings)
    console.print("The lanes stage, then the vehicles stage, one worker each")
    lanes = measure.stage_rate(platform, "lanes", LANE_READINGS, state)
    vehicles = measure.stage_rate(platform, "vehicles", PASSAGES, state)
    console.print("Stock Faust, one event per agent step")
    stock = measure.per_event(platform, min(PER_EVENT_EVENTS, readings // 2), state)
    # What the vehicles stage takes is passages; as many readings as made them count here.
    per_passage = readings / vehicles["records"]
    vehicles_rate = vehicles["records_per_second"] * per_passage
    lane_path = min(lanes["records_per_second"], vehicles_rate)
    cpu = lanes["cpu_microseconds_per_record"] + vehicles["cpu_microseconds_per_record"] / per_passage
    return {
        "readings": readings,
        "plates": plates,
        "compiled": not wire.__file__.endswith(".py"),
        "core_readings_per_second": round(min(core.values())),
        "lane_path_readings_per_second": round(lane_path),
        "lanes_readings_per_second": round(lanes["records_per_second"]),
        "vehicles_readings_per_second": round(vehicles_rate),
        "per_event_faust_readings_per_second": round(stock["records_per_second"]),
        "floor_readings_per_second": round(floor),
        "cpu_microseconds_per_reading": round(cpu, 1),
        "bytes_per_vehicle": round(vehicles["state_bytes"] / max(1, vehicles["state_keys"])),
        "times_per_event_faust": round(lane_path / stock["records_per_second"], 1),
        "share_of_floor": round(lane_path / floor, 2),
    }


def show(result: dict[str, Any]) -> None:
    """Print the figures as a table."""
    table = Table("figure", "value")
    for name, value in result.items():
        table.add_row(name.replace("_", " "), str(value) if isinstance(value, bool) else f"{value:,}")
    Console().print(table)
