"""`border chaos`: kills and pauses workers at seeded random moments, asks for lights all the while, proves the rest."""

import math
import random
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final

import orjson
from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.chaos.edge import EdgePlan, faults_of, run_edge
from deploy.chaos.lights import BOUND_SECONDS
from deploy.chaos.path import find_path
from deploy.chaos.run import Plan, Report, Run, run_plan
from deploy.errors import UserError
from deploy.local.platform import LocalPlatform
from deploy.options import Count, CountOrNone, Flag, Positive, Seed
from deploy.settings import load_settings
from schemas.registry import load_codec
from streams.runtime.settings import RuntimeSettings

KILLS: Final = 10
EDGE_KILLS: Final = 20
SESSION_SECONDS_MIN: Final = 3 * RuntimeSettings.heartbeat_seconds
SessionSeconds = Annotated[float, Parameter(validator=Number(gte=SESSION_SECONDS_MIN, lt=math.inf))]


def chaos(
    *,
    kills: CountOrNone | None = None,
    pauses: CountOrNone = 3,
    broker_kills: CountOrNone = 0,
    workers: Count = 2,
    path: str = "test",
    seed: Seed | None = None,
    session_seconds: SessionSeconds = 10.0,
    edge: Flag = False,
    minutes: Positive = 6.0,
    broker: str | None = None,
    registry_url: str | None = None,
    json: Flag = False,
) -> int:
    """Break workers on purpose and hold what they wrote against an oracle.

    Starts a private platform unless --broker and --registry-url are given. A pause lasts 3 s longer than the session.
    Each stage is struck once before any is struck again. On the lane path a light server is asked for every vehicle
    meanwhile, which waits a second for the selection and then draws; an answer after 3 s is late. Exit status 1 if
    anything was lost, wrong or repeated, or a light was late, not told, or not logged.

    Examples:

        border chaos --kills 10 --pauses 3 --workers 2 --json
        border chaos --kills 3 --pauses 0 --seed 7
        border chaos --path lane --kills 10 --pauses 3 --json
        border chaos --path rail --kills 4 --pauses 1 --broker-kills 1 --json
        border chaos --edge --json

    With --edge it is a crossing's gateway that is killed, its disk that is filled, and its broker that is away for a
    minute and frozen now and then, while emulated devices of every format speak to it; exit status 1 if what they were
    told is kept is not in the log, or more is, or a lane's readings are out of order.

    Parameters
    ----------
    kills
        how many kill -9; 10 of workers, 20 of the gateway, if nothing is given.
    pauses
        how many SIGSTOPs past the session.
    broker_kills
        how many kill -9 of the private broker, which is started again at once.
    workers
        workers of each stage.
    path
        what to break: `test`, the two-stage test topology; `lane`, the lanes' stages but convoys, with the simulator
        and a light server; or `rail`, the trains stage, with simulated trains. The real ones need a platform with
        nothing else on it.
    seed
        repeats the victims, the order and the feed; the moments depend on the machine too.
    session_seconds
        session time-out of the workers; 6 s or more, three of their heartbeats.
    edge
        break a crossing's gateway instead of stages' workers; pauses, workers, path and session have no say then.
    minutes
        how long the devices of --edge speak; 2 or more.
    broker
        a running broker to use instead of a private one.
    registry_url
        its schema registry.
    json
        print one line of JSON.
    """
    if (broker is None) != (registry_url is None):
        raise UserError("give both --broker and --registry-url, or neither to start a private platform")
    if broker is not None and broker_kills:
        raise UserError("--broker-kills needs a private platform; leave out --broker and --registry-url")
    draw = random.randrange(1 << 31) if seed is None else seed
    if edge:
        if broker is not None:
            raise UserError("--edge kills its broker; leave out --broker and --registry-url")
        return chaos_of_edge(EdgePlan(minutes, EDGE_KILLS if kills is None else kills, draw), json)
    kills = KILLS if kills is None else kills
    plan = Plan(kills, pauses, workers, draw, session_seconds, broker_kills)
    with ExitStack() as stack:
        report = carry_out(plan, path, broker, registry_url, stack)
    print(orjson.dumps(report.as_json()).decode() if json else text_of(report, session_seconds))
    return 0 if report.good else 1


def chaos_of_edge(plan: EdgePlan, json: bool) -> int:
    """`border chaos --edge`."""
    console = Console(stderr=True)
    faults_of(plan)  # what cannot be done is told before anything is started
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="border-chaos-")))
        platform = LocalPlatform(directory / "state", load_settings().cache_path, console=console)
        stack.enter_context(platform)
        columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
        bar = stack.enter_context(Progress(*columns, console=console))
        task = bar.add_task("starting", total=plan.minutes * 60)
        report = run_edge(
            platform, directory, plan, lambda text, seconds: bar.update(task, description=text, completed=seconds)
        )
    print(orjson.dumps(report.as_json()).decode() if json else report.text())
    return 0 if report.good else 1


def carry_out(plan: Plan, path: str, broker: str | None, registry_url: str | None, stack: ExitStack) -> Report:
    """Start what is not there yet, run the plan under a progress bar; the stack stops it all."""
    console = Console(stderr=True)
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="border-chaos-")))
    restart_broker = None
    if broker is None or registry_url is None:
        platform = LocalPlatform(directory / "state", load_settings().cache_path, console=console)
        stack.enter_context(platform)
        broker, registry_url = platform.broker, platform.registry_url
        restart_broker = platform.restart_broker
    codec, what = load_codec(registry_url), find_path(path, f"{plan.seed:08x}")
    run = Run(what, broker, registry_url, codec, directory, plan.session_seconds, restart_broker)
    stack.callback(run.stop)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    bar = stack.enter_context(Progress(*columns, console=console))
    task = bar.add_task("starting", total=plan.kills + plan.pauses + plan.broker_kills)
    return run_plan(run, plan, lambda text, done: bar.update(task, description=text, completed=done))


def text_of(report: Report, session_seconds: float) -> str:
    """The report for a person."""
    verdict = report.verdict
    struck = f"{len(report.kills)} kills, {len(report.pauses)} pauses, {len(report.broker_kills)} kills of the broker"
    lines = [
        f"{struck}, {verdict.expected} outputs (seed {report.seed})",
        f"lost {verdict.lost}, wrong {verdict.wrong}, duplicates {verdict.duplicates}",
    ]
    for name, seconds, bound in (("kill", report.kills, 5.0), ("pause", report.pauses, session_seconds + 6)):
        if seconds:
            lines.append(f"recovery from a {name}: at most {max(seconds):.1f} s (bound {bound:.0f} s)")
    if report.broker_kills:
        lines.append(
            f"recovery from a kill of the broker, its start included: at most {max(report.broker_kills):.1f} s"
        )
    if (lights := report.lights) is not None:
        lines.append(
            f"{lights.asked} lights asked, {lights.answered} answered, {lights.by_lot} by lot, {lights.late} late; "
            f"at most {lights.seconds_max:.1f} s (bound {BOUND_SECONDS:.1f} s); {lights.not_logged} not in the log"
        )
    return "\n".join(lines)
