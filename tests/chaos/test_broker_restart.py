"""The broker dies in mid-stream and comes back; workers may give up and start again, the log may not show it."""

from pathlib import Path

import pytest

from deploy.local.platform import LocalPlatform
from tests.chaos.runs import new_run
from tests.runtime.test_worker import get, metrics_port_of

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


def test_a_worker_that_finds_no_broker_waits_for_it_and_does_not_end(platform: LocalPlatform, tmp_path: Path) -> None:
    with new_run(platform, tmp_path) as run:
        platform.kill_broker()
        try:
            name = run.start_worker(0, 0)
            log = run.supervisor.workers[name].log_path
            run.wait("the worker telling that it waits", 60, lambda: '"event": "broker_unreachable"' in log.read_text())
            port = metrics_port_of(run, name)
            assert get(port, "/livez")[0] == 200 and get(port, "/readyz")[0] == 503
        finally:
            platform.start_broker()
        run.wait("the worker being ready", 90, lambda: get(port, "/readyz")[0] == 200)
        assert run.supervisor.exits[name].total() == 0
        assert log.read_text().count("broker_unreachable") == 1
