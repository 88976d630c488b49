"""`border demo`: the whole platform at work, for a person to watch or a script to measure."""

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson
from rich.console import Console

from deploy.commands.up import running, simulated_sites
from deploy.commands.watch import draw_board
from deploy.connection import Connection
from deploy.demo import (
    OFFICERS_SPEED,
    SMUGGLING_RATIO,
    LightMeter,
    end_readings,
    prove,
    publish_watchlist,
    start_readings,
    summary,
    time_lights,
    undelivered,
    wait_for_workers,
)
from deploy.demo_policy import publish_simulated_policy
from deploy.errors import UserError
from deploy.options import Flag, Positive, Seed, scenario_named
from deploy.settings import Settings, load_settings
from producers.simulator import Scenario
from streams.console.board import Board

DAY_SECONDS: Final = 86_400.0


def demo(
    *,
    minutes: Positive | None = None,
    rate: Positive = 25.0,
    scenario: str = "matamoros-2009",
    seed: Seed = 1,
    direct: Flag = False,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Start everything on free ports, simulate a border in real time and show the board; Ctrl-C ends it.

    Each port of the simulated border has a gateway, to which cameras, scales, loops and X-ray units speak their formats
    over sockets, and wait until it keeps what they said. What officers do is published.

    With --minutes it ends by itself, and then proves from the log that nothing was lost, repeated or wrong, on the way
    from the devices too.

    Examples:

        border demo
        border demo --minutes 2 --json
        border demo --minutes 2 --scenario border-2023 --rate 250 --json
        border demo --minutes 2 --scenario border-2023 --rate 600 --direct --json

    Parameters
    ----------
    minutes
        end after this long.
    rate
        about this many readings a second; the whole US-Mexico border is about 25.
    scenario
        simulated world: matamoros-2009, border-2023 or rush-hour.
    seed
        seed of the simulated world.
    direct
        no gateways: the simulator publishes the readings itself, for load.
    state_directory
        keep broker, registry and logs there; default: a temporary directory, removed at the end.
    json
        no board; print one line of JSON at the end. Exit status 1 if anything was lost, repeated or wrong, or if
        no vehicle came to a light.
    """
    if json and minutes is None:
        raise UserError("--json needs --minutes, or it would never end")
    world = scenario_named(scenario)  # before anything is started
    console = Console(stderr=True)
    with ExitStack() as stack:
        directory = (
            state_directory or f"{stack.enter_context(tempfile.TemporaryDirectory(prefix='border-demo-'))}/state"
        )
        # Free ports, and nothing from the environment: a demo must not touch a platform in service, and shows the
        # platform as it comes.
        settings = Settings(
            state_directory=directory,
            kafka_port=0,
            registry_port=0,
            cache_directory=str(load_settings().cache_path),
        )
        plan = Plan(world, seed, rate, None if minutes is None else minutes * 60, direct)
        result = run(settings, console, plan, json)
    if result is None:
        return 0
    if json:
        print(orjson.dumps(result).decode())
    else:
        show(result)
    if not result["selections"]:
        console.print("Nothing was proved: no vehicle came to a light; give it longer (--minutes)")
    return 0 if result["good"] else 1


@dataclass(frozen=True)
class Plan:
    """What to simulate. `seconds` None: until Ctrl-C."""

    world: Scenario
    seed: int
    rate: float
    seconds: float | None
    direct: bool


def run(settings: Settings, console: Console, plan: Plan, quiet: bool) -> dict[str, Any] | None:
    """The run itself; returns its summary if it had an end."""
    scenario, seed, rate, seconds = plan.world.name, plan.seed, plan.rate, plan.seconds
    sites = None if plan.direct else partial(simulated_sites, settings, plan.world, seed, rate)
    with running(settings, console, sites=sites) as (platform, supervisor), ExitStack() as care:
        wait_for_workers(settings, supervisor)
        entries = publish_watchlist(platform, scenario, seed)
        connection = Connection(settings, platform.broker, platform.registry_url, platform.codec)
        publish_simulated_policy(plan.world, rate, connection)
        console.print(f"{scenario}: {entries} watchlist entries, about {rate:g} readings a second, seed {seed}")
        console.print(
            f"One vehicle in {1 / SMUGGLING_RATIO:.0f} smuggles, where it is one in 2,000, and inspections take "
            f"{1 / OFFICERS_SPEED:.0%} of their time, so that there is something to see"
        )
        lasting = DAY_SECONDS if seconds is None else seconds
        sensors = start_readings(platform, settings, scenario, seed, rate, lasting, plan.direct)
        care.callback(sensors.stop)  # before the gateways: those that have ended acknowledge nothing
        meter = LightMeter()
        until = None if seconds is None else time.monotonic() + seconds

        def goes_on() -> bool:
            supervisor.tend()
            if sensors.process.poll() not in (None, 0):
                raise UserError(f"the simulated sensors ended early:\n{sensors.last_lines()}")
            return sensors.process.poll() is None and (until is None or time.monotonic() < until)

        if quiet or not console.is_terminal:
            time_lights(platform, meter, goes_on)
        else:
            board = Board()
            draw_board(connection, board, goes_on)
            meter.seconds.extend(board.latencies_seconds)
        if seconds is None:
            return None
        end_readings(sensors, supervisor)
        console.print("Proving from the log that nothing was lost, repeated or wrong")
        proof, tally = prove(platform, settings, supervisor)
        return summary(meter, proof, tally, None if plan.direct else undelivered(platform, tally))


def show(result: dict[str, Any]) -> None:
    """Print a summary as text."""
    for name, value in result.items():
        shown = ", ".join(f"{key} {item}" for key, item in value.items()) if isinstance(value, dict) else f"{value:,}"
        print(f"{name.replace('_', ' '):22}{shown or 'none'}")
