"""One chaos run: topics, workers, feed, faults at seeded random moments, then the verdict from the log.

feeder ─► readings ─► stage ─► … ─► sink        watch ◄─ every changelog's positions
                        ▲
                        └── kill -9 / SIGSTOP, restarted by the supervisor

feeder ─► controller ◄─► light server ◄─► the lanes' decisions        on the lane path, and never late
"""

import random
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path as FilePath
from typing import Any, Final

import msgspec
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.chaos.lights import Controller, Lights, LightServer
from deploy.chaos.log import Logged, Watch, appended_at, read_log
from deploy.chaos.oracle import Verdict, compare
from deploy.chaos.path import Path
from deploy.chaos.worker import WorkerOrder
from deploy.errors import UserError
from deploy.local.processes import log_of
from deploy.local.supervisor import Supervisor
from deploy.local.topics import ensure_topics
from schemas.codec import Codec
from schemas.topics import DEAD_LETTERS, LANE_DECISIONS, Topic
from streams.core.light.questions import Question
from streams.core.stage import Stage
from streams.runtime.settings import RuntimeSettings

BROKER: Final = "broker"
READY_SECONDS: Final = 120.0
DRAIN_SECONDS: Final = 90.0
# Some partitions are told the time once a minute, and nothing else.
RECOVERY_SECONDS: Final = 120.0
QUIET_SECONDS: Final = (0.5, 3.0)
"""Between a recovery and the next fault."""

PAUSE_BEYOND_SESSION_SECONDS: Final = 3.0


@dataclass(frozen=True)
class Plan:
    """What to do to the workers."""

    kills: int
    pauses: int
    workers: int
    seed: int
    session_seconds: float = 10.0
    broker_kills: int = 0


@dataclass
class Report:
    """What happened."""

    seed: int
    kills: list[float] = field(default_factory=list)
    """Seconds from each kill to the first new commit of every partition that the victim owned."""

    pauses: list[float] = field(default_factory=list)
    broker_kills: list[float] = field(default_factory=list)
    """Seconds from each kill of the broker, its restart included, to the first new commit of every partition."""

    struck: Counter[str] = field(default_factory=Counter)
    """Faults by stage."""

    lights: Lights | None = None
    """None on a path without."""

    verdict: Verdict = field(default_factory=lambda: Verdict(0, 0, 0, 0))
    exits: Counter[int] = field(default_factory=Counter)

    @property
    def good(self) -> bool:
        """Nothing lost, wrong or repeated, something expected at all, and every light in time."""
        v = self.verdict
        return v.expected > 0 and v.lost == v.wrong == v.duplicates == 0 and (self.lights is None or self.lights.good)

    def as_json(self) -> dict[str, Any]:
        """The one line that `--json` prints."""
        return {
            "kills": len(self.kills),
            "pauses": len(self.pauses),
            "broker_kills": len(self.broker_kills),
            "outputs": self.verdict.expected,
            "lost": self.verdict.lost,
            "wrong": self.verdict.wrong,
            "duplicates": self.verdict.duplicates,
            "recovery_seconds": {
                "kills": spread(self.kills),
                "pauses": spread(self.pauses),
                "broker_kills": spread(self.broker_kills),
            },
            "struck": dict(sorted(self.struck.items())),
            "lights": None if self.lights is None else self.lights.as_json(),
            "exits": {str(status): count for status, count in sorted(self.exits.items())},
            "seed": self.seed,
        }


def spread(seconds: Sequence[float]) -> dict[str, float] | None:
    """Median and maximum; None of nothing."""
    if not seconds:
        return None
    return {"p50": round(statistics.median(seconds), 2), "max": round(max(seconds), 2)}


class Run:
    """A running path. Use from the main thread: children die with the thread that started them."""

    def __init__(
        self,
        path: Path,
        broker: str,
        registry_url: str,
        codec: Codec,
        logs: FilePath,
        session_seconds: float,
        restart_broker: Callable[[], None] | None = None,
    ) -> None:
        """`restart_broker` kills the broker and starts it again; None: it is not this run's."""
        self.path, self.broker, self.codec, self.restart_broker = path, broker, codec, restart_broker
        self.registry_url = registry_url
        self._session_seconds = session_seconds
        ensure_topics(broker, [*path.topics, DEAD_LETTERS])
        self.watch = Watch(broker, path.stages)
        self.supervisor = Supervisor(logs)
        self._stop_feeding = threading.Event()
        self._feeder: threading.Thread | None = None
        self._logs = logs
        self._light: LightServer | None = None
        self._controller: Controller | None = None
        self._admin = AdminClient({"bootstrap.servers": broker, "log_level": 3})

    def worker_command(self, stage_index: int, instance: int, failpoint: str = "") -> list[str]:
        """The command line of a worker."""
        settings = RuntimeSettings(
            self.broker,
            self.registry_url,
            instance=instance,
            session_seconds=self._session_seconds,
            failpoint=failpoint,
        )
        order = WorkerOrder(self.path.name, self.path.run, self.path.stages[stage_index].name, settings)
        return [sys.executable, "-P", "-m", "deploy.chaos.worker", msgspec.json.encode(order).decode()]

    def start_worker(self, stage_index: int, instance: int, failpoint: str = "") -> str:
        """Start a supervised worker and return its name."""
        name = f"{self.path.stages[stage_index].name}-{instance}"
        self.supervisor.start(name, self.worker_command(stage_index, instance, failpoint))
        return name

    def start_light(self) -> None:
        """Start the light server of a path that has lights, and who asks it, before any vehicle comes."""
        secret = self.path.light_secret
        if secret is not None:
            self._light = LightServer(self._logs / "light", secret, self.broker, self.registry_url)
            self._light.wait(READY_SECONDS)
            self._controller = Controller(self._light.lines_port)

    def stop_light(self) -> Lights | None:
        """End both, so that all answers are in the log; what was asked and told."""
        controller, self._controller = self._controller, None
        lights = controller.finish() if controller is not None else None
        if self._light is not None:
            self._light.stop()
        return lights

    def start_feeding(self, seed: int) -> None:
        """Feed from a thread until `stop_feeding`."""
        arguments = (self.broker, self.codec, seed, self._stop_feeding, self._ask)
        self._feeder = threading.Thread(target=self.path.feed, args=arguments, name="feeder", daemon=True)
        self._feeder.start()

    def _ask(self, question: Question) -> None:
        if self._controller is not None:
            self._controller.ask(question)

    def stop_feeding(self) -> None:
        """Wait until everything fed is in the log."""
        self._stop_feeding.set()
        if self._feeder is not None:
            self._feeder.join()

    def wait(self, what: str, seconds: float, condition: Callable[[], bool]) -> None:
        """Tend the workers until the condition holds. Raises UserError when it takes too long."""
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                logs = "\n".join(log_of(worker.child) for worker in self.supervisor.workers.values())
                raise UserError(f"{what} did not happen within {seconds:.0f} s; the workers' logs:\n{logs}")
            self.supervisor.tend()
            time.sleep(0.05)

    def all_committed(self) -> bool:
        """True when every partition of every stage has a position."""
        wanted = {(stage.name, p) for stage in self.path.stages for p in range(stage.source.partitions)}
        return wanted <= self.watch.positions.keys()

    def partitions_of(self, stage_name: str, instance: int) -> list[int]:
        """What the group's coordinator says this worker owns; nothing while it does not answer, as after a restart."""
        group = f"border.{stage_name}"
        try:
            described = self._admin.describe_consumer_groups([group])[group].result(10)
        except (KafkaException, TimeoutError):
            return []
        for member in described.members:
            if member.group_instance_id == f"{stage_name}-{instance}" and member.assignment is not None:
                return sorted(tp.partition for tp in member.assignment.topic_partitions)
        return []

    def drain(self) -> dict[Topic, list[Logged]]:
        """Wait, stage by stage, until all its input is folded and committed; every topic's log."""
        logs: dict[Topic, list[Logged]] = {}
        for stage in self.path.stages:
            log = logs[stage.source] = read_log(self.broker, stage.source)
            last: dict[int, int] = {}
            for row in log:
                last[row.partition] = row.offset
            self.wait(f"draining {stage.source.name}", DRAIN_SECONDS, partial(self._has_passed, stage.name, last))
        for topic in self.path.topics:
            logs[topic] = read_log(self.broker, topic)
        return logs

    def _has_passed(self, stage_name: str, offsets: Mapping[int, int]) -> bool:
        positions = self.watch.positions
        return all(positions.get((stage_name, partition), 0) > offset for partition, offset in offsets.items())

    def verdict(self) -> Verdict:
        """Drain, then compare all that the stages wrote with the oracle."""
        return compare(self.path.stages, self.codec, self.drain())

    def stop(self) -> None:
        """Stop everything of the run."""
        self._stop_feeding.set()
        self.stop_light()
        self.supervisor.stop()
        self.watch.stop()


def run_plan(run: Run, plan: Plan, progress: Callable[[str, int], None]) -> Report:
    """Carry out the plan. `progress` is told what happens and how many faults are done."""
    draw, report = random.Random(plan.seed), Report(plan.seed)
    for stage_index in range(len(run.path.stages)):
        for instance in range(plan.workers):
            run.start_worker(stage_index, instance)
    run.start_light()
    run.start_feeding(plan.seed)
    progress("waiting for every partition to commit", 0)
    run.wait("the first commit of every partition", READY_SECONDS, run.all_committed)
    faults = ["kill"] * plan.kills + ["pause"] * plan.pauses + [BROKER] * plan.broker_kills
    draw.shuffle(faults)
    stages = victims(run.path.stages, draw)
    for done, fault in enumerate(faults):
        until = time.monotonic() + draw.uniform(*QUIET_SECONDS)
        run.wait("quiet", READY_SECONDS, lambda until=until: time.monotonic() > until)  # type: ignore[misc]
        if fault == BROKER:
            progress("kill the broker", done)
            report.broker_kills.append(strike_broker(run))
            continue
        stage, instance = next(stages), draw.randrange(plan.workers)
        progress(f"{fault} {stage.name}-{instance}", done)
        seconds = strike(run, fault, stage, instance, plan)
        (report.kills if fault == "kill" else report.pauses).append(seconds)
        report.struck[stage.name] += 1
    progress("draining and comparing with the oracle", len(faults))
    run.stop_feeding()
    report.lights = run.stop_light()
    logs = run.drain()
    if report.lights is not None:
        report.lights.hold_against(logs[LANE_DECISIONS], run.codec)
    report.verdict = compare(run.path.stages, run.codec, logs)
    for exits in run.supervisor.exits.values():
        report.exits.update(exits)
    return report


def victims(stages: Sequence[Stage], draw: random.Random) -> Iterator[Stage]:
    """Stages to strike, without end: each once before any of them again."""
    while True:
        yield from draw.sample(stages, len(stages))


def strike_broker(run: Run) -> float:
    """Kill and restart the broker; seconds until every partition of every stage has committed again."""
    if run.restart_broker is None:
        raise UserError("the broker is not this run's to kill")
    seen_from, since = len(run.watch.commits), time.time()
    run.restart_broker()
    back_at = time.time()

    def has_recovered() -> bool:
        return all(
            len(run.watch.committed_again(stage.name, range(stage.source.partitions), back_at, seen_from))
            == stage.source.partitions
            for stage in run.path.stages
        )

    run.wait("recovery from the kill of the broker", RECOVERY_SECONDS, has_recovered)
    return time.time() - since


def strike(run: Run, fault: str, stage: Stage, instance: int, plan: Plan) -> float:
    """Kill or pause one worker; the longest that a record waited since, of those that its partitions committed first.

    Of a partition that had nothing to do, the wait begins with its next record: some are told the time once a minute.
    """
    name = f"{stage.name}-{instance}"
    owned: list[int] = []

    def owns_something() -> bool:
        owned[:] = run.partitions_of(stage.name, instance)
        return bool(owned)

    run.wait(f"{name} owning a partition", RECOVERY_SECONDS, owns_something)
    read = {partition: run.watch.positions[stage.name, partition] for partition in owned}
    seen_from, since = len(run.watch.commits), time.time()
    if fault == "kill":
        run.supervisor.kill(name)
    else:
        run.supervisor.pause(name)
    again: dict[int, float] = {}

    def has_recovered() -> bool:
        if fault == "pause" and time.time() > since + plan.session_seconds + PAUSE_BEYOND_SESSION_SECONDS:
            run.supervisor.resume(name)
        again.update(run.watch.committed_again(stage.name, owned, since, seen_from))
        return again.keys() == read.keys()

    run.wait(f"recovery from the {fault} of {name}", RECOVERY_SECONDS, has_recovered)
    if fault == "pause":
        awake_at = since + plan.session_seconds + PAUSE_BEYOND_SESSION_SECONDS
        run.wait("the end of the pause", RECOVERY_SECONDS, lambda: time.time() > awake_at)
        run.supervisor.resume(name)
    waiting_since = appended_at(run.broker, stage.source, read)
    return max(seen - max(since, waiting_since[partition]) for partition, seen in again.items())
