"""Child processes that never outlive us, and what is left of a run that was killed.

Linux kills a child when its parent dies (PR_SET_PDEATHSIG); elsewhere, and to be sure, each child's pid and start time
are on disk, and the next start ends what still runs. A pid alone is never trusted: it may have been given away again.
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson

from deploy.errors import UserError
from deploy.options import PORT_MAX

PR_SET_PDEATHSIG: Final = 1
STOP_TIMEOUT_SECONDS: Final = 15.0
POLL_SECONDS: Final = 0.05
LOG_LINES_SHOWN: Final = 12
# Ports that were given to processes which may not have bound them yet: far more than one start takes.
PORTS_REMEMBERED: Final = 1_000
_given: Final = deque[int](maxlen=PORTS_REMEMBERED)

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(parent: int) -> Callable[[], None]:
    """For `preexec_fn`: asks the kernel to kill this child when its parent ends.

    The signal is tied to the parent's thread, so children are started from the main thread only.
    """

    def ask() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it died between fork and prctl
                os._exit(1)

    return ask


class Child:
    """A started process with its log file."""

    def __init__(
        self, name: str, command: Sequence[str], log_path: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name, self.command, self.log_path = name, list(command), log_path
        with log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(environment) if environment is not None else None,
                start_new_session=True,  # Ctrl-C reaches us alone; we stop children in order
                preexec_fn=die_with_parent(os.getpid()),
            )
        self.start_time = start_time_of(self.process.pid)

    @property
    def pid(self) -> int:
        """Process id."""
        return self.process.pid

    def stop(self, timeout_seconds: float = STOP_TIMEOUT_SECONDS) -> None:
        """SIGTERM, then SIGKILL after the time-out; returns when it is gone."""
        stop_together([self], timeout_seconds)

    def last_lines(self) -> str:
        """The end of its log."""
        lines = self.log_path.read_text(errors="replace").splitlines() if self.log_path.exists() else []
        return "\n".join(lines[-LOG_LINES_SHOWN:])


def stop_together(children: Sequence[Child], timeout_seconds: float = STOP_TIMEOUT_SECONDS) -> None:
    """SIGTERM to all, SIGKILL to those still there after the time-out; returns when all are gone."""
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
            child.process.send_signal(signal.SIGCONT)  # a stopped process cannot act on SIGTERM
    until = time.monotonic() + timeout_seconds
    for child in children:
        try:
            child.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def wait_until_ready(child: Child, ready: Callable[[], bool], timeout_seconds: float) -> None:
    """Poll until `ready()`. Raises UserError with the end of the log if the child dies or takes too long."""
    until = time.monotonic() + timeout_seconds
    while not ready():
        code = child.process.poll()
        if code is not None:
            raise UserError(f"{child.name} ended with status {code} before it was ready; {log_of(child)}")
        if time.monotonic() > until:
            raise UserError(f"{child.name} was not ready within {timeout_seconds:.0f} s; {log_of(child)}")
        time.sleep(POLL_SECONDS)


def log_of(child: Child) -> str:
    """Where a child's log is and how it ends."""
    return f"its log, {child.log_path}, ends:\n{child.last_lines()}"


def start_time_of(pid: int) -> str:
    """The kernel's start time of a process; empty if there is none such. With the pid it names one process for good."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        result = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return result.stdout.strip()
    fields = stat.rsplit(")", 1)[1].split()
    return "" if fields[0] == "Z" else fields[19]


def write_process_list(path: Path, children: Sequence[Child]) -> None:
    """Remember pids and start times, atomically."""
    entries = [{"name": child.name, "pid": child.pid, "start_time": child.start_time} for child in children]
    write_atomically(path, orjson.dumps(entries))


def write_atomically(path: Path, content: bytes) -> None:
    """A reader sees the old content or the new, never half of one."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_bytes(content)
    temporary.replace(path)


def end_left_over(path: Path) -> list[str]:
    """Kill what an earlier run left running, by pid and start time; returns the names of those."""
    if not path.exists():
        return []
    try:
        entries = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        entries = []
    ended = []
    for entry in entries:
        if entry["start_time"] and start_time_of(entry["pid"]) == entry["start_time"]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(entry["pid"], signal.SIGKILL)
            ended.append(entry["name"])
            until = time.monotonic() + STOP_TIMEOUT_SECONDS
            while start_time_of(entry["pid"]) == entry["start_time"] and time.monotonic() < until:
                time.sleep(POLL_SECONDS)
    path.unlink()
    return ended


def free_port() -> int:
    """A TCP port that was free a moment ago on 127.0.0.1, and none that this process was given shortly before."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _given:
            _given.append(port)
            return port


def choose_port(wanted: int, option: str) -> int:
    """The wanted port, or a free one for 0. Raises UserError naming who uses it if it is taken."""
    if wanted == 0:
        return free_port()
    if not 0 < wanted <= PORT_MAX:
        raise UserError(f"{option} {wanted} is no port; give 1 to {PORT_MAX}, or 0 for any free one")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except PermissionError as error:
            raise UserError(f"port {wanted} is for the administrator only; give another with {option}") from error
        except OSError as error:
            raise UserError(
                f"port {wanted} is in use{user_of_port(wanted)}; stop that, or give another with {option} (0: any free)"
            ) from error
    return wanted


def user_of_port(port: int) -> str:
    """` by pid N (name)` if the kernel lets us see it, else an empty string."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:  # 0A: listening
                    inodes.add(f"socket:[{fields[9]}]")
    for descriptor in Path("/proc").glob("[0-9]*/fd/*") if inodes else ():
        with contextlib.suppress(OSError):
            if str(descriptor.readlink()) in inodes:
                pid = descriptor.parts[2]
                name = Path(f"/proc/{pid}/comm").read_text().strip()
                return f" by pid {pid} ({name})"
    return ""
