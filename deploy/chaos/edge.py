"""`border chaos --edge`: a crossing's devices, its gateway and its broker through a bad hour, held against the log.

emulated devices ─► gateway (killed, its disk filled) ─► broker (away for a minute, frozen again and again) ─► audit

Ten devices, one of each format, with bad manners: they cut lines, say things again, out of order, in pieces, and
garbage. They speak ten times as often as devices past which a vehicle comes every 5 s, three times as many as at a busy
lane: minutes hold the readings of ten times their number. Times are those of the clock.

A full disk. The gateway's process may write no file beyond a size that its spool has already: the kernel refuses every
write to it, as it does on a full disk, to root too, and the run needs no disk of its own.
"""

import asyncio
import random
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from deploy.chaos.edge_audit import EdgeVerdict, audit
from deploy.chaos.edge_site import GatewayProcess, devices_of_all_formats, emulated, write_site
from deploy.errors import UserError
from deploy.local import kafka
from deploy.local.platform import LocalPlatform
from producers.emulators.device import EmulatedDevice

SPEED: Final = 10.0
SECONDS_PER_VEHICLE: Final = 5.0
RATE: Final = SPEED / SECONDS_PER_VEHICLE
OUTAGE_SECONDS: Final = 60.0
FULL_SECONDS: Final = 10.0
FLAP_SECONDS: Final = (0.3, 3.0)
FLAPS_A_MINUTE: Final = 3
DRAIN_SECONDS: Final = 180.0
# No fault in the last part, so that the run ends when its minutes end.
LAST_SECONDS: Final = 5.0
# The spool's file has this much from its start.
FILE_BYTES_WHEN_FULL: Final = 64 << 10


@dataclass(frozen=True)
class EdgePlan:
    """What to do in a run."""

    minutes: float
    kills: int
    seed: int


@dataclass
class EdgeReport:
    """What happened."""

    seed: int
    kills: int = 0
    flaps: int = 0
    broker_away_seconds: float = 0.0
    full_answers: int = 0
    """Times that a device was told there is no room."""

    cut_lines: int = 0
    garbage_refused: int = 0
    wrong: list[str] = field(default_factory=list)
    """What a device was told that must not be: a reading refused, garbage taken, a retry with another id."""

    verdict: EdgeVerdict = field(default_factory=EdgeVerdict)

    @property
    def good(self) -> bool:
        """Nothing lost, more or out of order, nothing wrong, and the disk was really full."""
        return self.verdict.good and not self.wrong and self.full_answers > 0

    def as_json(self) -> dict[str, Any]:
        """The one line that `--json` prints."""
        verdict = self.verdict
        return {
            "kills": self.kills,
            "flaps": self.flaps,
            "broker_away_seconds": round(self.broker_away_seconds, 1),
            "full_answers": self.full_answers,
            "cut_lines": self.cut_lines,
            "garbage_refused": self.garbage_refused,
            "readings": verdict.kept,
            "lost": verdict.lost,
            "extra": verdict.extra,
            "out_of_order": verdict.out_of_order,
            "repeated": verdict.repeated,
            "by_topic": verdict.by_topic,
            "wrong": self.wrong[:10],
            "good": self.good,
            "seed": self.seed,
        }

    def text(self) -> str:
        """The report for a person."""
        verdict = self.verdict
        return (
            f"{self.kills} kills, {self.flaps} times a frozen link, the broker away for "
            f"{self.broker_away_seconds:.0f} s, the disk full for {self.full_answers} answers (seed {self.seed})\n"
            f"{verdict.kept} readings: lost {verdict.lost}, extra {verdict.extra}, out of order "
            f"{verdict.out_of_order}; {verdict.repeated} came again with their ids; wrong answers {len(self.wrong)}"
        )


class Fault(NamedTuple):
    """What is done so many seconds after the start."""

    at: float
    name: str


def faults_of(plan: EdgePlan) -> list[Fault]:
    """When what is done: drawn by the seed. The broker is away in the middle; the disk is full in the last third."""
    draw, seconds = random.Random(plan.seed), plan.minutes * 60
    end = seconds - LAST_SECONDS
    away = seconds * 0.35
    full = max(away + OUTAGE_SECONDS, seconds * 0.7)
    if full + FULL_SECONDS > end:
        raise UserError("--minutes must be 2 or more: a minute without the broker, and some seconds of a full disk")
    faults = [Fault(away, "broker"), Fault(full, "disk")]
    faults += [Fault(draw.uniform(2, end), "kill") for _ in range(plan.kills)]
    faults += [Fault(draw.uniform(2, end), "flap") for _ in range(int(plan.minutes * FLAPS_A_MINUTE))]
    return sorted(faults)


class EdgeRun:
    """A running crossing; from the main thread. `end` it."""

    def __init__(self, platform: LocalPlatform, directory: Path, plan: EdgePlan) -> None:
        self._platform, self._plan, self._draw = platform, plan, random.Random(plan.seed + 1)
        config = write_site(directory, devices_of_all_formats(f"edge{plan.seed}"), fsync="group")
        self.gateway = GatewayProcess(config, platform.broker, platform.registry_url)
        self.devices: list[EmulatedDevice] = emulated(self.gateway.site, plan.seed)
        self.report = EdgeReport(plan.seed)
        self._thread: threading.Thread | None = None
        self._is_full = False

    def start(self) -> None:
        """Start the gateway, and the devices in a thread."""
        self.gateway.start()
        count = int(self._plan.minutes * 60 * RATE)

        async def speak() -> None:
            await asyncio.gather(*(device.run(count, RATE) for device in self.devices))

        self._thread = threading.Thread(target=lambda: asyncio.run(speak()), name="devices", daemon=True)
        self._thread.start()

    def strike(self, fault: Fault) -> Iterator[Fault]:
        """Do one thing; what has to be done about it later, in seconds from now."""
        if fault.name == "kill":
            self.gateway.kill()
            self.gateway.start()
            self._limit(self._is_full)
            self.report.kills += 1
        elif fault.name == "flap":
            broker = self._broker()
            if broker is not None:
                broker.send_signal(signal.SIGSTOP)
                self.report.flaps += 1
                yield Fault(self._draw.uniform(*FLAP_SECONDS), "thaw")
        elif fault.name == "thaw":
            broker = self._broker()
            if broker is not None:
                broker.send_signal(signal.SIGCONT)
        elif fault.name == "broker":
            self._platform.kill_broker()
            self._away_since = time.monotonic()
            yield Fault(OUTAGE_SECONDS, "broker back")
        elif fault.name == "broker back":
            self._platform.start_broker()
            self.report.broker_away_seconds = time.monotonic() - self._away_since
        elif fault.name == "disk":
            self._is_full = True
            self._limit(True)
            yield Fault(FULL_SECONDS, "disk empty")
        elif fault.name == "disk empty":
            self._is_full = False
            self._limit(False)

    def _broker(self) -> Any:
        return next((child.process for child in self._platform.children if child.name == kafka.NAME), None)

    def _limit(self, is_full: bool) -> None:
        hard = resource.RLIM_INFINITY
        most = FILE_BYTES_WHEN_FULL if is_full else hard
        resource.prlimit(self.gateway.pid, resource.RLIMIT_FSIZE, (most, hard))

    def finish(self) -> EdgeReport:
        """Wait until the devices have been told of everything and all is delivered; the verdict."""
        until = time.monotonic() + DRAIN_SECONDS
        assert self._thread is not None
        self._thread.join(DRAIN_SECONDS)
        if self._thread.is_alive():
            raise UserError(f"devices were not told of all their readings within {DRAIN_SECONDS:.0f} s of the end")
        while self.gateway.metric("border_gateway_kept") != 0:
            if time.monotonic() > until:
                raise UserError(f"the gateway did not deliver all it keeps within {DRAIN_SECONDS:.0f} s of the end")
            time.sleep(0.1)
        self.gateway.stop()
        report, records = self.report, [device.record for device in self.devices]
        report.full_answers = sum(record.full for record in records)
        report.cut_lines = sum(record.cut for record in records)
        report.garbage_refused = sum(record.refused for record in records)
        report.wrong = [text for record in records for text in record.wrong]
        told = {device.device.device_id: device.record for device in self.devices}
        report.verdict = audit(self._platform.broker, self._platform.codec, told)
        return report

    def end(self) -> None:
        """Leave nothing running."""
        self.gateway.end()
        broker = self._broker()
        if broker is not None:
            broker.send_signal(signal.SIGCONT)


def run_edge(
    platform: LocalPlatform, directory: Path, plan: EdgePlan, progress: Callable[[str, float], None]
) -> EdgeReport:
    """Carry out the plan. `progress` is told what happens and the seconds so far. Raises UserError."""
    faults, run = faults_of(plan), EdgeRun(platform, directory, plan)
    try:
        run.start()
        started = time.monotonic()
        while faults:
            fault = faults.pop(0)
            while (now := time.monotonic() - started) < fault.at:
                time.sleep(min(0.1, fault.at - now))
            progress(fault.name, now)
            faults = sorted([*faults, *(Fault(now + later.at, later.name) for later in run.strike(fault))])
        progress("delivering, and comparing with what devices were told", plan.minutes * 60)
        return run.finish()
    finally:
        run.end()
