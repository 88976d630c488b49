"""The `border` command: one file per command in `deploy/commands`, loaded when it is called."""

import signal
import sys
from importlib import metadata
from types import FrameType
from typing import Final, NoReturn

from cyclopts import App
from rich.console import Console

from deploy.errors import UserError
from schemas.registry import NotRegistered, SchemaRefused
from schemas.telemetry import DISTRIBUTION
from streams.console.log_reader import NoSuchTopic

INTERRUPTED: Final = 130

# Name, where its function stands (groups have an App of their own there), and what the list of commands says.
COMMANDS: Final = (
    ("demo", "deploy.commands.demo:demo", "See the whole platform at work on a simulated border."),
    ("up", "deploy.commands.up:up", "Start Kafka, the schema registry and the stages on this machine."),
    ("down", "deploy.commands.down:down", "Stop a running local platform; --wipe removes its state."),
    ("status", "deploy.commands.status:status", "Broker, registry, stages and lag on one screen."),
    ("top", "deploy.commands.top:top", "Live: lag, rates, latencies, state, dead letters of each process."),
    ("doctor", "deploy.commands.doctor:doctor", "What is wrong with a platform, and how to mend it."),
    ("plan", "deploy.commands.plan:plan", "Brokers, partitions, workers and disk for a load."),
    ("light", "deploy.commands.light:light", "Tell lanes' controllers which light to show, over TCP and HTTP."),
    ("gateway", "deploy.commands.gateway:gateway", "Take what devices send, keep it, deliver it to Kafka."),
    ("canary", "deploy.commands.canary:canary", "A synthetic vehicle at each port: is its light told?"),
    ("watch", "deploy.commands.watch:watch", "A live board of lanes, lights and alerts."),
    ("tail", "deploy.commands.tail:tail", "A topic's records as JSON lines, plates masked."),
    ("simulate", "deploy.commands.simulate:simulate", "Simulate a border into a file or into Kafka."),
    ("capture", "deploy.commands.capture:capture", "Save topics to an Avro container file."),
    ("replay", "deploy.commands.replay:replay", "Fold captured readings offline, or prove what was written."),
    ("watchlist", "deploy.commands.watchlist:app", "Add, remove, import and list watchlist entries."),
    ("traces", "deploy.commands.traces:app", "Load firearm traces, report sources, list suggestions."),
    ("rail", "deploy.commands.rail:app", "Trains: status, lists, arrivals, inspections, releases, audit."),
    ("rules", "deploy.commands.rules:app", "Show, lint, test, compare and publish rule sets."),
    ("policy", "deploy.commands.policy:app", "Budgets of red lights: validate, publish, list, tell who is there."),
    ("ports", "deploy.commands.ports:app", "List, show, check and publish ports: a new one needs no restart."),
    ("sensor", "deploy.commands.sensor:app", "Connect a device: formats, configuration, what its output becomes."),
    ("inspect", "deploy.commands.officers:inspect", "Tell that a secondary inspection begins, or how it ended."),
    ("inspection-form", "deploy.commands.inspection_form:inspection_form", "Serve the officers' form of inspections."),
    ("override", "deploy.commands.officers:override", "Tell that an officer changed a light, and why."),
    ("confirm", "deploy.commands.hits:confirm", "Tell whether a watchlist hit is the listed plate."),
    ("assign", "deploy.commands.officers:assign", "Tell which officer has a lane in which hours."),
    ("estimates", "deploy.commands.estimates:estimates", "What a month's inspections say, port by port."),
    (
        "exporter",
        "deploy.commands.exporter:exporter",
        "What the log says of ports, for Prometheus.",
    ),
    ("schedule", "deploy.commands.oversight:schedule", "Draw by lot which officer has which lane when."),
    ("require", "deploy.commands.oversight:require", "Tell which rule set must be in force."),
    ("findings", "deploy.commands.oversight:findings", "What the integrity tests found, for auditors."),
    ("share", "deploy.commands.share:app", "Agreements with other agencies: test, publish, serve, who asked."),
    ("keys", "deploy.commands.keys:app", "Commit to and audit the keys of the random arm."),
    ("schemas", "deploy.commands.schemas:app", "Check and register the contract."),
    ("topics", "deploy.commands.topics:topics", "List the topic catalogue, or make it on a broker."),
    ("evaluate", "deploy.commands.evaluate:evaluate", "Measure scores, or the join, against the simulator's truth."),
    ("chaos", "deploy.commands.chaos:chaos", "Kill and pause workers at random and prove that nothing is lost."),
    ("game-day", "deploy.commands.game_day:game_day", "Break a platform in eight ways: does the right alert tell it?"),
    ("bench", "deploy.commands.bench:bench", "Measure speed, side by side in one run."),
    ("stage", "deploy.commands.stage:stage", "Run one worker of a stage."),
)

HELP: Final = """Finds guns leaving the United States southbound: lanes' sensors to lights and alerts.

A red light is a referral to a person, never an accusation.
"""


def app_for(arguments: list[str]) -> App:
    """The application. Every command has its summary for the list, but the one that is called its own full text."""
    app = App(
        name="border",
        help=HELP,
        version=lambda: metadata.version(DISTRIBUTION),
        version_flags=("--version",),
        suppress_keyboard_interrupt=False,  # main tells what was done until then
    )
    called = next((argument for argument in arguments if not argument.startswith("-")), None)
    for command, place, summary in COMMANDS:
        # A summary would take the place of the docstring, with its parameters and examples.
        app.command(place, name=command, help=None if command == called else summary)
    return app


def stop_like_ctrl_c(_number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM ends a command as Ctrl-C does: everything it started is stopped in order."""
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status: 1 a failure that was explained, 2 wrong usage, 130 interrupted."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    signal.signal(signal.SIGTERM, stop_like_ctrl_c)
    try:
        given = sys.argv[1:] if arguments is None else arguments
        result = app_for(given)(given, error_console=errors, result_action="return_value")
    except BrokenPipeError:  # the reader of our output has seen enough: `border tail … | head`
        sys.stderr.close()
        return 0
    except (UserError, ConnectionError, TimeoutError, NoSuchTopic, NotRegistered, SchemaRefused) as error:
        errors.print(f"border: {error}", markup=False)
        return 1
    except KeyboardInterrupt as interruption:
        if interruption.args:  # what was done until then
            errors.print(f"border: {interruption}", markup=False)
        return INTERRUPTED
    return result if isinstance(result, int) else 0
