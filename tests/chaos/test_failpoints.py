"""A worker of both stages dies, or stops, at every step of a batch; the log must show none of it."""

import signal
from pathlib import Path

import pytest

from deploy.chaos.run import Run
from deploy.local.platform import LocalPlatform
from streams.runtime.failpoints import FAILPOINTS
from tests.chaos.runs import SESSION_SECONDS, new_run

pytestmark = pytest.mark.integration

SEED = 11

# Passed once per group when a worker starts, so the first time is the one to break; the others break in mid-stream.
AT_START = ("after_claim", "in_recovery")

# A worker stopped here and woken past its session holds a claim, an open transaction or an unacknowledged commit that
# somebody else has fenced meanwhile. At the other steps it holds nothing of the broker's, so dying covers them.
STOPPED_AT = ("after_claim", "after_outputs", "before_commit", "after_commit")


def nth(failpoint: str) -> int:
    """The pass at which to break."""
    return 2 if failpoint in AT_START else 5


def start_broken(run: Run, failpoint: str) -> list[str]:
    """Instance 0 of both stages, each with the failpoint; once restarted, without."""
    names = []
    for stage_index in range(len(run.path.stages)):
        name = run.start_worker(stage_index, 0, failpoint)
        worker = run.supervisor.workers[name]
        worker.command = run.worker_command(stage_index, 0)
        names.append(name)
    return names


def is_stopped(run: Run, name: str) -> bool:
    """Whether the worker's process is in state T; not, if it has just ended."""
    process = run.supervisor.workers[name].child.process
    try:
        state = Path(f"/proc/{process.pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return state.rpartition(")")[2].split()[0] == "T"


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_killed_at_a_step_of_the_batch_nothing_is_lost_or_repeated(
    failpoint: str, platform: LocalPlatform, tmp_path: Path
) -> None:
    with new_run(platform, tmp_path) as run:
        names = start_broken(run, f"{failpoint}:{nth(failpoint)}")
        run.start_feeding(SEED)
        run.wait(
            f"both stages meeting {failpoint}",
            60,
            lambda: all(run.supervisor.exits[name][-signal.SIGKILL] == 1 for name in names),
        )
        run.wait("commits of every partition after the restart", 60, run.all_committed)
        run.stop_feeding()
        verdict = run.verdict()
    assert verdict.expected > 0
    assert (verdict.lost, verdict.wrong, verdict.duplicates) == (0, 0, 0)


@pytest.mark.parametrize("failpoint", STOPPED_AT)
def test_stopped_past_the_session_at_a_step_of_the_batch_the_woken_worker_changes_nothing(
    failpoint: str, platform: LocalPlatform, tmp_path: Path
) -> None:
    with new_run(platform, tmp_path) as run:
        names = start_broken(run, f"{failpoint}:{nth(failpoint)}:stop")
        run.start_feeding(SEED)
        run.wait(f"both stages meeting {failpoint}", 60, lambda: all(is_stopped(run, name) for name in names))
        for stage_index in range(len(run.path.stages)):
            run.start_worker(stage_index, 1)
        run.wait("the other worker taking over", SESSION_SECONDS + 40, run.all_committed)
        for name in names:
            run.supervisor.resume(name)
        run.stop_feeding()
        verdict = run.verdict()
    assert verdict.expected > 0
    assert (verdict.lost, verdict.wrong, verdict.duplicates) == (0, 0, 0)
