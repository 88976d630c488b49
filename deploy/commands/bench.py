"""`border bench`: how fast the lane path is, and against what."""

import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from rich.console import Console
from rich.table import Table

from deploy.bench import measure
from deploy.bench.core import core_rates
from deploy.errors import UserError
from deploy.local.platform import LocalPlatform
from deploy.options import Flag, Seed
from deploy.reference_changes import additions, publish
from deploy.settings import Settings, load_settings
from deploy.stages import build_stage, load_rule_set, make_secret
from schemas import wire
from schemas.layout import load_ports
from schemas.topics import CROSSINGS, LANE_READINGS, PASSAGES
from streams.core.random_draw import RandomKeys
from streams.core.vehicle_history import PASSAGES_MAX
from streams.core.vehicles import VehiclesStage
from streams.core.vehicles.watchlist import ENTRIES_MAX

PER_EVENT_EVENTS: Final = 20_000
PLATES_MIN: Final = 2_000
CROSSINGS_MIN: Final = 50_000  # fewer are over before the convoys stage can be measured
CORE_READINGS: Final = 100_000


def bench(
    *,
    plates: int = 20_000,
    crossings: int = 1,
    listed: int = 0,
    seed: Seed = 1,
    json: Flag = False,
) -> int:
    """Measure the lane path through a real broker, exactly once, beside stock Faust and the floor, in one run.

    The lane path's figure is that of the slowest of its stages, one worker process each, in readings a second. The
    convoys stage is among them if 50,000 crossings of regulars reach it.

    Examples:

        border bench
        border bench --plates 500000 --json
        border bench --plates 4000 --crossings 8 --listed 10000

    Parameters
    ----------
    plates
        vehicles, each with a plate never seen before; about six readings for each crossing.
    crossings
        how often each vehicle crosses: with several, histories, habits and company are weighed too.
    listed
        entries of the watchlist, among them one plate in 500 of the first 100,000 readings: every plate is then looked
        up, also nearly.
    seed
        seed of the simulated readings.
    json
        print one line of JSON.
    """
    if plates < PLATES_MIN:
        raise UserError(f"--plates must be at least {PLATES_MIN}: less is over before it can be measured")
    if not 1 <= crossings <= PASSAGES_MAX:
        raise UserError(f"--crossings must be 1 to {PASSAGES_MAX}: a history keeps no more")
    if not 0 <= listed <= ENTRIES_MAX:
        raise UserError(f"--listed must be 0 to {ENTRIES_MAX}")
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="border-bench-") as temporary:
        state = Path(temporary) / "state"
        with LocalPlatform(state, load_settings().cache_path, console=console) as platform:
            result = run(platform, state, Load(plates, crossings, listed, seed), console)
    if json:
        print(orjson.dumps(result).decode())
    else:
        show(result)
    return 0


class Load(NamedTuple):
    """What a bench is of."""

    plates: int
    crossings: int
    listed: int
    seed: int


def run(platform: LocalPlatform, state: Path, load: Load, console: Console) -> dict[str, Any]:
    """All figures of one run."""
    make_secret(state / "random-secret")
    stages = [
        build_stage("lanes", Settings()),
        VehiclesStage(load_rule_set(""), RandomKeys((state / "random-secret").read_bytes()), load_ports()),
    ]
    console.print(f"Simulating the readings of {load.plates:,} vehicles into the topic, {load.crossings} times")
    made = measure.make_readings(load.plates, load.crossings, load.seed)
    readings, sample = measure.fill(platform, made, CORE_READINGS)
    console.print(f"Folding {len(sample):,} of {readings:,} readings without a broker")
    core = core_rates(stages, platform.codec, sample)
    console.print("The floor: consume and decode")
    floor = measure.floor(platform, readings)
    console.print("The stages, one after the other, one worker each")
    if load.listed:
        entries = measure.make_watchlist(load.listed, sample, load.seed)
        publish(additions(entries), platform.broker, platform.codec)
    rates = measure_stages(platform, state, load)
    console.print("Stock Faust, one event per agent step")
    stock = measure.per_event(platform, min(PER_EVENT_EVENTS, readings // 2), state)
    # What later stages take is passages and crossings; as many readings as made them count here.
    per_second = {name: rate["records_per_second"] * readings / rate["records"] for name, rate in rates.items()}
    lane_path = min(per_second.values())
    cpu = sum(rate["cpu_microseconds_per_record"] * rate["records"] for rate in rates.values()) / readings
    vehicles = rates["vehicles"]
    return {
        "readings": readings,
        "plates": load.plates,
        "crossings": load.crossings,
        "listed": load.listed,
        "compiled": not wire.__file__.endswith(".py"),
        "core_readings_per_second": round(min(core.values())),
        "lane_path_readings_per_second": round(lane_path),
        **{f"{name}_readings_per_second": round(rate) for name, rate in per_second.items()},
        "per_event_faust_readings_per_second": round(stock["records_per_second"]),
        "floor_readings_per_second": round(floor),
        "cpu_microseconds_per_reading": round(cpu, 1),
        "bytes_per_vehicle": round(vehicles["state_bytes"] / max(1, vehicles["state_keys"])),
        "times_per_event_faust": round(lane_path / stock["records_per_second"], 1),
        "share_of_floor": round(lane_path / floor, 2),
    }


def measure_stages(platform: LocalPlatform, state: Path, load: Load) -> dict[str, dict[str, float]]:
    """Figures of each stage by its name, in the order of the data path; the watchlist's import is not among them."""
    rates = {
        "lanes": measure.stage_rate(platform, "lanes", LANE_READINGS, state),
        "vehicles": measure.stage_rate(platform, "vehicles", PASSAGES, state, load.listed * PASSAGES.partitions),
    }
    if measure.records_in(platform.broker, CROSSINGS) >= CROSSINGS_MIN:
        rates["convoys"] = measure.stage_rate(platform, "convoys", CROSSINGS, state)
    return rates


def show(result: dict[str, Any]) -> None:
    """Print the figures as a table."""
    table = Table("figure", "value")
    for name, value in result.items():
        table.add_row(name.replace("_", " "), str(value) if isinstance(value, bool) else f"{value:,}")
    Console().print(table)
