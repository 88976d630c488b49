"""The supervisor with real processes: restarts, delays, crash loops, pauses, one stop for all."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.errors import UserError
from deploy.local.processes import PORTS_REMEMBERED, Child, end_left_over, free_port, start_time_of, write_process_list
from deploy.local.supervisor import CRASHES_MAX, GAVE_UP, REFUSED, WORKER_LIST, Supervisor
from tests.support import eventually

SLEEPS = (sys.executable, "-c", "import time; time.sleep(60)")


def exits_with(status: int) -> tuple[str, ...]:
    return (sys.executable, "-c", f"import sys; print('out of cheese'); sys.exit({status})")


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(tmp_path) as running:
        yield running


def tended(supervisor: Supervisor, condition: bool) -> bool:
    supervisor.tend()
    return condition


def test_a_killed_worker_runs_again_under_another_pid(supervisor: Supervisor) -> None:
    worker = supervisor.start("one", SLEEPS)
    pid = worker.child.pid
    supervisor.kill("one")
    eventually(lambda: tended(supervisor, worker.child.pid != pid), what="the restart")
    assert worker.child.process.poll() is None
    assert supervisor.exits["one"] == {-signal.SIGKILL: 1}


def test_a_worker_that_gives_up_again_and_again_is_restarted_ever_later(supervisor: Supervisor) -> None:
    worker = supervisor.start("one", exits_with(GAVE_UP))
    delays: list[float] = []

    def restart_seen() -> bool:
        supervisor.tend()
        if worker.restart_at is not None and len(delays) < supervisor.exits["one"][GAVE_UP]:
            delays.append(worker.restart_at - time.monotonic())
        return len(delays) == 4

    eventually(restart_seen, what="four exits")
    assert [round(delay, 1) for delay in delays] == [0.2, 0.4, 0.8, 1.6]


def test_a_crash_loop_ends_with_the_end_of_the_log(supervisor: Supervisor) -> None:
    supervisor.start("one", exits_with(3))
    with pytest.raises(UserError, match=f"one ended {CRASHES_MAX} times .* status 3;(.|\n)*out of cheese"):
        eventually(lambda: tended(supervisor, False), what="the crash loop")


def test_a_worker_that_refuses_to_run_is_not_started_again_and_its_log_says_why(supervisor: Supervisor) -> None:
    worker = supervisor.start("one", exits_with(REFUSED))
    worker.child.process.wait(30)
    pid = worker.child.pid
    for _ in range(2):
        with pytest.raises(UserError, match=r"one refuses to run and needs a person;(.|\n)*out of cheese"):
            supervisor.tend()
    assert worker.child.pid == pid and worker.restart_at is None


def test_a_process_that_may_finish_is_not_started_again(supervisor: Supervisor) -> None:
    worker = supervisor.start("one", exits_with(0), once=True)
    worker.child.process.wait(30)
    supervisor.tend()
    supervisor.tend()
    assert worker.restart_at is None and not supervisor.exits["one"]


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_paused_worker_stands_still_until_it_is_resumed(supervisor: Supervisor) -> None:
    pid = supervisor.start("one", SLEEPS).child.pid
    supervisor.pause("one")
    eventually(lambda: state_of(pid) == "T", what="the pause")
    supervisor.resume("one")
    eventually(lambda: state_of(pid) != "T", what="the resumption")


def test_stopping_ends_a_paused_worker_too(supervisor: Supervisor, tmp_path: Path) -> None:
    pids = [supervisor.start(name, SLEEPS).child.pid for name in ("one", "two")]
    supervisor.pause("one")
    supervisor.stop()
    assert [start_time_of(pid) for pid in pids] == ["", ""]
    assert not (tmp_path / WORKER_LIST).exists()


def test_what_a_killed_run_left_is_ended_by_pid_and_start_time(tmp_path: Path) -> None:
    left, spared = (Child(name, SLEEPS, tmp_path / "log") for name in ("left", "spared"))
    listed = tmp_path / "processes-workers.json"
    true_start, spared.start_time = spared.start_time, "1"  # as if its pid had belonged to an older process
    write_process_list(listed, [left, spared])
    try:
        assert end_left_over(listed) == ["left"]
        assert left.process.wait(10) == -signal.SIGKILL
        assert start_time_of(spared.pid) == true_start
    finally:
        os.kill(spared.pid, signal.SIGKILL)
        spared.process.wait()


def test_no_two_processes_that_are_about_to_bind_are_given_one_port() -> None:
    # Of some 14,000 that the kernel has to give, 500 asked for one after the other would hold one twice.
    assert len({free_port() for _ in range(PORTS_REMEMBERED // 2)}) == PORTS_REMEMBERED // 2
