"""`border canary` as a person runs it: at a real platform, with a stage that hangs and a broker that is gone."""

import json
import signal
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from rich.console import Console

from deploy.cli import INTERRUPTED, main
from deploy.commands.up import running, start_canary, start_worker
from deploy.demo import log_of
from deploy.local.platform import LocalPlatform
from deploy.local.supervisor import Supervisor
from deploy.scrape import fetch
from deploy.settings import Settings, load_settings
from deploy.stages import build_stage
from producers.canary.book import Result
from schemas.layout import canary_lanes, load_lanes
from schemas.topics import ALERTS, CROSSINGS, DEAD_LETTERS, LANE_DECISIONS, LANE_READINGS, PASSAGES
from streams.core.replay import compare
from tests.core.ports import CODE, EXAMPLE
from tests.support import eventually

PORTS = sorted(lane.port_code for lane in canary_lanes(load_lanes()).values())
# A busy machine may take long; none of this is about how fast it is.
PATIENT = ["--told-within", "60", "--missing-after", "60"]


class Border(NamedTuple):
    """A platform with what a light needs: two stages."""

    platform: LocalPlatform
    supervisor: Supervisor
    settings: Settings
    options: list[str]


@pytest.fixture(scope="module")
def border(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Border]:
    state = tmp_path_factory.mktemp("canary") / "state"
    cache = str(load_settings().cache_path)
    settings = Settings(state_directory=str(state), kafka_port=0, registry_port=0, cache_directory=cache)
    with running(settings, Console(quiet=True), stages=False) as (platform, supervisor):
        for stage in ("lanes", "vehicles"):
            start_worker(supervisor, platform, settings, stage, 0, 0)
        options = ["--broker", platform.broker, "--registry-url", platform.registry_url]
        yield Border(platform, supervisor, settings, options)


def once(border: Border, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[dict[str, Any]]]:
    """Status and crossings of one round."""
    status = main(["canary", "--once", "--json", *options, *border.options])
    return status, json.loads(capsys.readouterr().out)["crossings"]


@pytest.mark.integration
def test_one_round_tells_of_every_port_and_of_one_published_since(
    border: Border, capsys: pytest.CaptureFixture[str]
) -> None:
    status, crossings = once(border, capsys, *PATIENT)
    assert (status, [(one["port_code"], one["result"]) for one in crossings]) == (0, [(p, "told") for p in PORTS])
    assert main(["canary", "--once", "--only", CODE, *border.options]) == 1
    assert f"there is no port {CODE}" in capsys.readouterr().err
    people = ["--by", "engineer-7", "--approved-by", "chief-2"]
    assert main(["ports", "publish", str(EXAMPLE), *people, *border.options]) == 0
    capsys.readouterr()

    def told() -> bool:  # the lanes stage must have it in its changelog first
        return main(["canary", "--once", "--only", CODE, *PATIENT, *border.options]) == 0

    eventually(told, 60, "the published port's light")
    assert "1 ports: 1 told, 0 late, 0 missing" in capsys.readouterr().out


@pytest.mark.integration
def test_a_stage_that_hangs_is_a_canary_missing_and_status_1(
    border: Border, capsys: pytest.CaptureFixture[str]
) -> None:
    border.supervisor.pause("vehicles-0")
    try:
        status, crossings = once(border, capsys, "--only", "2301", "--told-within", "1", "--missing-after", "2")
    finally:
        border.supervisor.resume("vehicles-0")
    assert (status, [one["result"] for one in crossings]) == (1, ["missing"])
    status, crossings = once(border, capsys, "--only", "2301", *PATIENT)
    assert (status, [one["result"] for one in crossings]) == (0, ["told"])


@pytest.mark.integration
def test_all_that_the_stages_write_of_canaries_is_proved_and_none_of_it_is_an_alert(border: Border) -> None:
    written = [topic.name for topic in (LANE_READINGS, PASSAGES, LANE_DECISIONS, ALERTS, CROSSINGS, DEAD_LETTERS)]
    log = list(log_of(border.platform, written))
    proof = compare([build_stage(name, border.settings) for name in ("lanes", "vehicles")], log)
    assert proof.good and proof.topics[LANE_DECISIONS.name].expected >= len(PORTS)
    assert not [record for record in log if record.topic in (ALERTS.name, CROSSINGS.name, DEAD_LETTERS.name)]


@pytest.mark.integration
def test_it_goes_on_telling_when_the_broker_is_gone_and_ends_with_ctrl_c(border: Border) -> None:
    """The last of these tests: the broker does not come back."""
    pace = ["--interval", "6", "--told-within", "5", "--missing-after", "5"]
    served = start_canary(border.supervisor, border.platform, border.settings, *pace)
    canary = border.supervisor.workers["canary"]

    def counted(result: Result) -> dict[str, float]:
        lines = [line for line in (fetch(served, "/metrics") or "").splitlines() if f'result="{result}"' in line]
        totals = [line for line in lines if line.startswith("border_canary_crossings_total{")]
        return {line.split('"')[1]: float(line.split()[-1]) for line in totals}

    came = eventually(
        lambda: all((now := add(counted(Result.TOLD), counted(Result.LATE))).values()) and now, 90, "every port's light"
    )
    assert sorted(came) == sorted([*PORTS, CODE])
    assert fetch(served, "/readyz") is not None
    assert "border_broker_up 1.0" in (fetch(served, "/metrics") or "")
    border.platform.kill_broker()
    before = counted(Result.MISSING)
    eventually(lambda: all(now > before[code] for code, now in counted(Result.MISSING).items()), 60, "all missing")
    eventually(lambda: "border_broker_up 0.0" in (fetch(served, "/metrics") or ""), 60, "the broker being told as gone")
    assert fetch(served, "/livez") is not None
    canary.child.process.send_signal(signal.SIGINT)
    assert canary.child.process.wait(30) == INTERRUPTED
    assert "CANARY0" not in canary.log_path.read_text()  # no plate, not even a synthetic one


def add(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    return {code: one.get(code, 0.0) + other.get(code, 0.0) for code in one | other}


def test_times_that_do_not_fit_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["canary", "--told-within", "30", "--once"]) == 1
    assert "--told-within must be at most --missing-after" in capsys.readouterr().err
    assert main(["canary", "--interval", "20"]) == 1
    assert "--missing-after must be less than --interval" in capsys.readouterr().err
