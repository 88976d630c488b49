"""Keeps worker processes running: starts, watches, restarts, and for fault tests kills and pauses them by name."""

import signal
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.errors import UserError
from deploy.local.processes import STOP_TIMEOUT_SECONDS, Child, log_of, stop_together, write_process_list
from streams.runtime.settings import GAVE_UP, REFUSED

WORKER_LIST: Final = "processes-workers.json"
FINISHED: Final = 0
RESTART_DELAY_SECONDS: Final = 0.2
# Doubled for each run that gave up or crashed soon, so that a broker that is down is not met by a storm of restarts.
RESTART_DELAY_SECONDS_MAX: Final = 5.0
SHORT_RUN_SECONDS: Final = 10.0
CRASHES_MAX: Final = 5
CRASH_WINDOW_SECONDS: Final = 60.0


@dataclass
class Worker:
    """One supervised process: how to start it, and the process that runs now."""

    name: str
    command: list[str]
    log_path: Path
    environment: Mapping[str, str] | None
    child: Child
    started_at: float = field(default_factory=time.monotonic)
    restart_at: float | None = None
    short_runs: int = 0
    once: bool = False
    crashes: deque[float] = field(default_factory=lambda: deque(maxlen=CRASHES_MAX))


class Supervisor:
    """Named workers. Call `tend` often, from the main thread."""

    def __init__(self, log_directory: Path) -> None:
        self._log_directory = log_directory
        self.workers: dict[str, Worker] = {}
        self.exits: dict[str, Counter[int]] = defaultdict(Counter)

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None, *, once: bool = False
    ) -> Worker:
        """Start a worker under a new name. `environment`: all of it, else ours; `once`: it may end with status 0."""
        path = self._log_directory / f"{name}.log"
        worker = Worker(name, list(command), path, environment, Child(name, command, path, environment), once=once)
        self.workers[name] = worker
        self._remember()
        return worker

    def _remember(self) -> None:
        write_process_list(self._log_directory / WORKER_LIST, [worker.child for worker in self.workers.values()])

    def tend(self) -> None:
        """Restart what has ended. Raises UserError if a worker crashes again and again or refuses to run."""
        now = time.monotonic()
        for worker in self.workers.values():
            code = worker.child.process.poll()
            if code is None or (worker.once and code == FINISHED):
                continue
            if worker.restart_at is None:
                self.exits[worker.name][code] += 1
                self._count_crash(worker, code, now)
                worker.restart_at = now + self._delay_seconds(worker, code, now)
            if now >= worker.restart_at:
                worker.restart_at, worker.started_at = None, now
                worker.child = Child(worker.name, worker.command, worker.log_path, worker.environment)
                self._remember()

    def _count_crash(self, worker: Worker, code: int, now: float) -> None:
        if code == REFUSED:
            raise UserError(
                f"{worker.name} refuses to run and needs a person; it is not started again; {log_of(worker.child)}"
            )
        if code in (GAVE_UP, -signal.SIGKILL):
            return
        worker.crashes.append(now)
        if len(worker.crashes) == CRASHES_MAX and now - worker.crashes[0] < CRASH_WINDOW_SECONDS:
            raise UserError(
                f"{worker.name} ended {CRASHES_MAX} times in {CRASH_WINDOW_SECONDS:.0f} s, last with status {code}; "
                f"{log_of(worker.child)}"
            )

    def _delay_seconds(self, worker: Worker, code: int, now: float) -> float:
        if code == -signal.SIGKILL or now - worker.started_at > SHORT_RUN_SECONDS:
            worker.short_runs = 0
        else:
            worker.short_runs += 1
        return float(min(RESTART_DELAY_SECONDS_MAX, RESTART_DELAY_SECONDS * 2 ** max(0, worker.short_runs - 1)))

    def kill(self, name: str) -> None:
        """kill -9 one worker; `tend` restarts it."""
        self.workers[name].child.process.kill()
        self.workers[name].child.process.wait()

    def pause(self, name: str) -> None:
        """Stop one worker as a long garbage collection or a suspended machine would."""
        self.workers[name].child.process.send_signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let a paused worker go on."""
        if self.workers[name].child.process.poll() is None:
            self.workers[name].child.process.send_signal(signal.SIGCONT)

    def end(self, names: Sequence[str], timeout_seconds: float = STOP_TIMEOUT_SECONDS) -> None:
        """Stop some for good, at once; they are not started again."""
        stop_together([self.workers.pop(name).child for name in names], timeout_seconds)
        self._remember()

    def stop(self) -> None:
        """Stop all at once, within one time-out however many they are."""
        stop_together([worker.child for worker in self.workers.values()])
        (self._log_directory / WORKER_LIST).unlink(missing_ok=True)

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def border_command(*arguments: str) -> list[str]:
    """The command line of a `border` command, run by this interpreter whatever PATH says."""
    return [sys.executable, "-P", "-m", "deploy", *arguments]
