"""What a reading costs: `python -m tests.deploy.measure_capacity` measures it and writes `deploy/capacity.toml`.

live 25/s, live 250/s    the whole platform with simulated traffic and officers in real time: bytes of each topic, CPU
catch-up                 a simulated hour that waits in the log, one stage after the other at full speed: CPU, state
live 100/s               to hold what the others say of this rate against
vehicle                  bytes of what is remembered of one vehicle

By parts, each a file of JSON: `live RATE WARM_UP_SECONDS SECONDS`, `catch-up`, `vehicle`; `write` of the five files.

Of a live run the first minutes are left out: lanes fill up, sizes and CPU are differences between two looks. Bytes are
those of the broker's segment files, so batches, their compression and the marks of transactions are in them.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import tomli_w
from rich.console import Console

from deploy.bench import measure
from deploy.commands.up import running
from deploy.connection import Connection
from deploy.demo import publish_watchlist, wait_for_workers
from deploy.demo_policy import publish_simulated_policy
from deploy.local.platform import LocalPlatform
from deploy.local.processes import Child
from deploy.local.supervisor import Supervisor, border_command
from deploy.scrape import worker_state
from deploy.settings import Settings, child_environment, running_platform
from deploy.stages import make_secret
from producers.publisher import Publisher
from producers.simulator import find_scenario, simulate
from schemas import wire
from schemas.topics import CROSSINGS, LANE_DECISIONS, LANE_READINGS, OUTCOMES, PASSAGES
from tests.core.vehicles.bench import measure_size

CAPACITY_FILE = Path(__file__).parents[2] / "deploy" / "capacity.toml"
COMMAND = "tests.deploy.measure_capacity"
SCENARIO, SEED = "border-2023", 8080
RATES, CHECK_RATE = (25.0, 250.0), 100.0
WARM_UP_SECONDS, MEASURED_SECONDS = 240.0, 480.0
LOOK_SECONDS = 1.0
CATCH_UP_SECONDS, CATCH_UP_RATE = 3_600.0, 100.0
Found = dict[str, Any]
RECORDS_MIN = 10_000  # less is over before it can be measured: crossings of regulars, of whom an hour has few
INPUTS = {
    "lanes": LANE_READINGS,
    "vehicles": PASSAGES,
    "convoys": CROSSINGS,
    "outcomes": LANE_DECISIONS,
    "policy": OUTCOMES,
    "estimates": OUTCOMES,
    "integrity": OUTCOMES,
}
"""Stages through which a reading of a lane goes, in the order of the data path, and what each reads."""


def main() -> None:
    """Measure all, print it as JSON, write the table."""
    match sys.argv[1:]:
        case ["live", rate, warm_up_seconds, seconds]:
            show(live(float(rate), float(warm_up_seconds), float(seconds)))
        case ["catch-up"]:
            show(catch_up())
        case ["vehicle"]:
            show(vehicle())
        case ["write", *files] if len(files) == 5:
            write(*[orjson.loads(Path(file).read_bytes()) for file in files])
        case []:
            runs = [live(rate, WARM_UP_SECONDS, MEASURED_SECONDS) for rate in (*RATES, CHECK_RATE)]
            write(runs[0], runs[1], catch_up(), runs[2], vehicle())
        case _:
            sys.exit(__doc__)


def show(result: dict[str, Any]) -> None:
    """One part, for `write`."""
    print(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode())


def vehicle() -> dict[str, int]:
    """Bytes of what is remembered of one vehicle, as `python -m tests.core.vehicles.bench` makes them."""
    size = measure_size()
    return {"bytes": round(size["bytes"]), "memory_bytes": round(size["memory_bytes"])}


def write(slow: Found, fast: Found, caught_up: Found, check: Found, of_vehicle: Found) -> None:
    """The table: two live runs, which it rests on, the catch-up, and a live run at a rate between to hold it to."""
    head = f"# What a reading costs, as measured: `python -m {COMMAND}` writes this file anew.\n"
    table = {"measured_on": datetime.now(UTC).date(), "live": [slow, fast], "catch_up": caught_up}
    table |= {"vehicle": of_vehicle, "check": check}
    CAPACITY_FILE.write_text(f"{head}\n{tomli_w.dumps(table)}")


def live(rate: float, warm_up_seconds: float, seconds: float) -> dict[str, Any]:
    """The platform in real time at so many readings a second: differences over the measured part of the run."""
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="border-capacity-") as temporary:
        settings = Settings(state_directory=str(Path(temporary) / "state"), kafka_port=0, registry_port=0)
        with running(settings, console) as (platform, supervisor):
            wait_for_workers(settings, supervisor)
            publish_watchlist(platform, SCENARIO, SEED)
            connection = Connection(settings, platform.broker, platform.registry_url, platform.codec)
            publish_simulated_policy(find_scenario(SCENARIO), rate, connection)
            start_traffic(platform, settings, rate, warm_up_seconds + seconds + 60)
            tend_for(supervisor, warm_up_seconds)
            first = look(platform, settings, supervisor)
            tend_for(supervisor, seconds)
            return difference(first, look(platform, settings, supervisor), rate)


def start_traffic(platform: LocalPlatform, settings: Settings, rate: float, seconds: float) -> None:
    """Simulated sensors and officers, as fast as real ones, in a process of their own."""
    addresses = ("--broker", platform.broker, "--registry-url", platform.registry_url)
    options = ("--seed", str(SEED), "--rate", f"{rate:g}", "--seconds", f"{seconds:g}", "--officers", "1", "--json")
    command = border_command("simulate", SCENARIO, "--to-kafka", *addresses, *options)
    platform.add(Child("simulator", command, platform.directory / "simulator.log", child_environment(settings)))


def tend_for(supervisor: Supervisor, seconds: float) -> None:
    """Let the platform run for so long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        supervisor.tend()
        time.sleep(LOOK_SECONDS)


def look(platform: LocalPlatform, settings: Settings, supervisor: Supervisor) -> dict[str, Any]:
    """Sizes, records and CPU until now."""
    found = running_platform(settings.state_path)
    assert found is not None
    broker = next(child for child in platform.children if child.name == "kafka")
    return {
        "at": time.monotonic(),
        "bytes": bytes_of_topics(settings.state_path / "kafka"),
        "broker_cpu": measure.cpu_seconds(broker.pid),
        "stage_cpu": {
            process["stage"]: measure.cpu_seconds(supervisor.workers[process["name"]].child.pid)
            for process in found["processes"]
        },
        "stage_records": {process["stage"]: worker_state(process).records for process in found["processes"]},
    }


def bytes_of_topics(log_directory: Path) -> dict[str, int]:
    """Bytes of the segment files of every topic, the broker's own among them."""
    sizes: dict[str, int] = {}
    for segment in log_directory.glob("*-*/*.log"):
        topic = segment.parent.name.rpartition("-")[0]
        sizes[topic] = sizes.get(topic, 0) + segment.stat().st_size
    return sizes


def difference(first: dict[str, Any], last: dict[str, Any], rate: float) -> dict[str, Any]:
    """What happened between two looks, a second."""
    seconds = last["at"] - first["at"]

    def a_second(name: str) -> dict[str, float]:
        return {key: (value - first[name].get(key, 0)) / seconds for key, value in sorted(last[name].items())}

    records = a_second("stage_records")
    return {
        "rate": rate,
        "seconds": round(seconds, 1),
        "seed": SEED,
        "compiled": not wire.__file__.endswith(".py"),
        "readings_per_second": round(records["lanes"], 2),
        "broker_cpu_cores": round((last["broker_cpu"] - first["broker_cpu"]) / seconds, 4),
        "records_per_second": {key: round(value, 3) for key, value in records.items()},
        "cpu_cores": {key: round(value, 4) for key, value in a_second("stage_cpu").items()},
        "bytes_per_second": {key: round(value, 1) for key, value in a_second("bytes").items() if value},
    }


def catch_up() -> dict[str, Any]:
    """A simulated hour in the log, then each stage's worker over all of its input, alone: CPU of a reading, state."""
    with tempfile.TemporaryDirectory(prefix="border-capacity-") as temporary:
        state = Path(temporary) / "state"
        with LocalPlatform(state, Settings().cache_path, console=Console(stderr=True)) as platform:
            make_secret(state / "random-secret")
            publish_watchlist(platform, SCENARIO, SEED)
            crossings: set[tuple[str, int]] = set()
            made = simulate(find_scenario(SCENARIO), seed=SEED, seconds=CATCH_UP_SECONDS, rate=CATCH_UP_RATE)
            with Publisher(platform.broker, platform.codec) as publisher:
                for item in made:
                    publisher.publish(item.reading)
                    if item.truth is not None:
                        crossings.add((item.reading.lane_id, item.truth))
            readings = publisher.published
            rates = {}
            for stage, topic in INPUTS.items():
                if measure.records_in(platform.broker, topic) < RECORDS_MIN:
                    continue
                rates[stage] = measure.stage_rate(platform, stage, topic, state)
            return {
                "seed": SEED,
                "compiled": not wire.__file__.endswith(".py"),
                "readings": readings,
                "crossings": len(crossings),
                "stages": {
                    name: {
                        "records": round(found["records"]),
                        "cpu_microseconds_per_record": round(found["cpu_microseconds_per_record"], 2),
                        "cpu_microseconds_per_reading": round(
                            found["cpu_microseconds_per_record"] * found["records"] / readings, 3
                        ),
                        "state_keys": round(found["state_keys"]),
                        "state_bytes": round(found["state_bytes"]),
                    }
                    for name, found in rates.items()
                },
            }


if __name__ == "__main__":
    main()
