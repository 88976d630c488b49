"""`border game-day`: its verdict of what it saw, and one breakage for real, until silence after its mend."""

import json
import subprocess
from pathlib import Path

import pytest

from deploy.cli import main
from deploy.game_day.breakages import BREAKAGES, NAMES, Breakage
from deploy.game_day.play import Played
from deploy.game_day.watch import Fired, consequences_of, fired_of, stated_seconds
from deploy.local.supervisor import border_command
from deploy.prometheus.watching import load_symptoms
from tests.deploy.prometheus.tools import tool

BROKER = next(one for one in BREAKAGES if one.alert == "BrokerDown")
FEED_SILENT = Fired("LightFeedSilent")


def played(breakage: Breakage = BROKER, **changes: object) -> Played:
    """A breakage that went as it should."""
    own = Fired(breakage.alert)
    told = {"fired_seconds": 40.0, "over_seconds": 200.0, "first_seen": {own: 40.0}, "told": frozenset({own})}
    return Played(breakage, 60, **(told | changes))  # type: ignore[arg-type]


def test_the_right_alert_in_time_alone_and_silence_after_the_mend_are_good() -> None:
    assert played().good
    assert played(first_seen={Fired("BrokerDown"): 40.0, FEED_SILENT: 41.0}).good


@pytest.mark.parametrize(
    "changes",
    [
        {"fired_seconds": None},
        {"fired_seconds": 61.0},
        {"over_seconds": None},
        {"over_seconds": BROKER.over_within_seconds + 1},
        {"first_seen": {Fired("BrokerDown"): 40.0, Fired("DeadLettersFlood"): 50.0}},
        {"told": frozenset({Fired("BrokerDown"), FEED_SILENT})},
    ],
)
def test_too_late_too_long_a_stranger_or_a_consequence_that_people_are_told_of_is_not_good(
    changes: dict[str, object],
) -> None:
    assert not played(**changes).good
    assert played(**changes).as_json()["good"] is False


def test_what_an_earlier_breakage_has_left_is_no_stranger() -> None:
    seen = {Fired("BrokerDown"): 40.0, Fired("RecordsLost"): 10.0}
    assert played(first_seen=seen).strangers == ["RecordsLost"]
    assert played(first_seen=seen, lingering=frozenset({"RecordsLost"})).good


def test_consequences_are_those_of_consequences_too() -> None:
    assert {"StageStopped", "WorkerStopped", "LightsByLot"} <= consequences_of("BrokerDown")
    assert "PortSilent" in consequences_of("GatewayStopped")
    assert "BrokerDown" not in consequences_of("StageStopped")
    assert consequences_of("DeadLettersFlood") == frozenset()


def test_an_alert_is_told_apart_by_what_it_is_about() -> None:
    labels = {"alertname": "SensorBlind", "severity": "ticket", "platform": "local", "device": "a", "port": "2301"}
    (fired,) = fired_of([labels, {"alertname": "DeadMansSwitch"}])
    assert str(fired) == "SensorBlind a 2301"
    assert fired.is_about("SensorBlind", {"device": "a"})
    assert not fired.is_about("SensorBlind", {"device": "b"})


def test_every_breakage_has_an_alert_of_its_own_with_a_stated_time() -> None:
    assert len({one.alert for one in BREAKAGES}) == len(BREAKAGES) == 8
    assert {one.alert for one in BREAKAGES} <= {one.name for one in load_symptoms().alert}
    assert all(0 < stated_seconds(one.alert) <= 240 for one in BREAKAGES)


def test_the_list_names_every_breakage_and_an_unknown_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["game-day", "--list"]) == 0
    listed = capsys.readouterr().out
    assert [line.split()[0] for line in listed.splitlines()] == list(NAMES)
    assert main(["game-day", "--only", "flood"]) == 1
    assert "there is no breakage flood; known: bad-bytes" in capsys.readouterr().err


@pytest.mark.integration
def test_a_port_whose_producers_stop_is_told_of_in_time_alone_and_for_no_longer_than_it_lasts(tmp_path: Path) -> None:
    for program in ("prometheus", "prometheus-alertmanager"):
        tool(program)
    where = ("--only", "stopped-producers", "--seed", "3", "--state-directory", str(tmp_path / "state"), "--json")
    done = subprocess.run(border_command("game-day", *where), capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (told,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert told["alert"] == "GatewayStopped" and told["fired_seconds"] <= told["stated_seconds"]
    assert told["strangers"] == [] and told["told"] == ["GatewayStopped 2301 gateway-2301"]
