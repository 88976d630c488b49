"""The broker dies in mid-stream and comes back; workers may give up and start again, the log may not show it."""

from pathlib import Path

import pytest

from deploy.local.platform import LocalPlatform
from tests.chaos.runs import new_run

pytestmark = pytest.mark.integration


def test_a_killed_and_restarted_broker_costs_nothing_but_time(platform: LocalPlatform, tmp_path: Path) -> None:
    with new_run(platform, tmp_path) as run:
        for stage_index in range(len(run.path.stages)):
            run.start_worker(stage_index, 0)
        run.start_feeding(seed=12)
        run.wait("the first commit of every partition", 60, run.all_committed)
        before = dict(run.watch.positions)
        platform.restart_broker()
        run.wait(
            "every partition moving on",
            90,
            lambda: all(run.watch.positions[place] > offset for place, offset in before.items()),
        )
        run.stop_feeding()
        verdict = run.verdict()
    assert verdict.expected > 0
    assert (verdict.lost, verdict.wrong, verdict.duplicates) == (0, 0, 0)
