"""`border game-day`: its verdict of what it saw, and one breakage for real, until silence after its mend."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from deploy.cli import main
from deploy.game_day.breakages import BREAKAGES, NAMES
from deploy.game_day.verdict import Played
from deploy.game_day.watch import Fired, consequences, explained, fired_of, stated_seconds
from deploy.local.supervisor import border_command
from deploy.prometheus.watching import load_symptoms
from tests.deploy.prometheus.tools import tool

OF = {one.name: one for one in BREAKAGES}
BROKER = Fired("BrokerDown")
FEED_SILENT = Fired("LightFeedSilent")


def about(name: str, **labels: str) -> Fired:
    return Fired(name, tuple(sorted(labels.items())))


STOPPED = about("StageStopped", stage="vehicles")
ELSEWHERE = about("StageStopped", stage="convoys")


def played(name: str = "killed-broker", own: Fired = BROKER, **changes: object) -> Played:
    """A breakage that went as it should."""
    told: dict[str, object] = {"fired_seconds": 40.0, "lasted": True, "over_seconds": 100.0}
    told |= {"first_seen": {own: 40.0}, "first_told": {own: 45.0}}
    return Played(OF[name], 60, **(told | changes))  # type: ignore[arg-type]


def test_the_right_alert_in_time_alone_and_silence_after_the_mend_are_good() -> None:
    assert played().wrong() == []
    assert played(first_seen={BROKER: 40.0, FEED_SILENT: 41.0}).wrong() == []
    before_its_cause = {FEED_SILENT: 20.0, BROKER: 45.0}
    assert played(first_seen={FEED_SILENT: 15.0, BROKER: 40.0}, first_told=before_its_cause).wrong() == []


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"fired_seconds": None, "first_seen": {}, "first_told": {}}, "its alert came too late or not at all"),
        ({"fired_seconds": 61.0}, "its alert came too late or not at all"),
        ({"lasted": False}, "its alert was over before the mend"),
        ({"over_seconds": None}, "not silent in time after the mend"),
        ({"over_seconds": OF["killed-broker"].over_within_seconds + 1}, "not silent in time after the mend"),
        ({"first_told": {}}, "nobody was told of it"),
        ({"first_seen": {BROKER: 40.0, Fired("GatewaySpoolFull"): 5.0}}, "not a consequence: GatewaySpoolFull"),
        (
            {"first_seen": {BROKER: 40.0, FEED_SILENT: 50.0}, "first_told": {BROKER: 45.0, FEED_SILENT: 250.0}},
            "told beside its cause: LightFeedSilent",
        ),
    ],
)
def test_too_late_too_short_too_long_untold_a_stranger_or_a_consequence_that_people_are_told_of_is_wrong(
    changes: dict[str, object], wrong: str
) -> None:
    assert wrong in played(**changes).wrong()  # type: ignore[arg-type]
    assert played(**changes).as_json()["good"] is False  # type: ignore[arg-type]


def test_the_same_alert_of_something_else_is_a_stranger() -> None:
    seen = {STOPPED: 40.0, ELSEWHERE: 41.0}
    assert played("stopped-stage", STOPPED, first_seen=seen).wrong() == ["not a consequence: StageStopped convoys"]
    blind = about("SensorBlind", device="2301.01.rear-camera", port="2301")
    lane, other = about("LaneSensorsBlind", port="2301", role="REAR_CAMERA"), about("LaneSensorsBlind", port="2304")
    seen = {blind: 40.0, lane: 41.0, other: 42.0}
    assert played("blind-camera", blind, first_seen=seen).wrong() == ["not a consequence: LaneSensorsBlind 2304"]


@pytest.mark.parametrize(
    ("name", "told_at", "wrong"),
    [
        ("LightsByLot", 200.0, []),
        ("LightsByLot", 140.0, ["told beside its cause: LightsByLot"]),
        ("LightFeedSilent", 200.0, ["told beside its cause: LightFeedSilent"]),
        ("RecordsLost", 200.0, ["not a consequence: RecordsLost"]),
    ],
)
def test_after_the_mend_people_may_be_told_of_a_budget_that_it_used(
    name: str, told_at: float, wrong: list[str]
) -> None:
    told = {BROKER: 45.0, Fired(name): told_at}
    assert played(mended_seconds=150.0, first_seen={BROKER: 40.0, Fired(name): 100.0}, first_told=told).wrong() == wrong


def test_only_alerts_on_budgets_that_were_seen_may_linger() -> None:
    budget = about("StageBehind", stage="convoys")
    seen = {BROKER: 40.0, Fired("RecordsLost"): 10.0}
    assert played(first_seen=seen).wrong() == ["not a consequence: RecordsLost"]
    assert played(first_seen=seen, lingering=frozenset({Fired("RecordsLost")})).wrong() == []
    seen = {STOPPED: 40.0, budget: 50.0}
    assert played("stopped-stage", STOPPED, first_seen=seen).wrong() == ["not a consequence: StageBehind convoys"]


def test_what_follows_is_what_shares_the_labels_that_the_rules_name_with_something_that_was_seen() -> None:
    declared = consequences()
    gateway, port = about("GatewayStopped", port="2301", site="gateway-2301"), about("PortSilent", port="2301")
    assert explained([gateway], [port, about("PortSilent", port="2304")], declared) == {gateway, port}
    worker = about("WorkerStopped", stage="vehicles")
    assert explained([BROKER], [worker, STOPPED], declared) == {BROKER, STOPPED, worker}
    assert STOPPED in explained([BROKER], [STOPPED], declared)
    assert BROKER not in explained([STOPPED], [BROKER], declared)


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


def test_a_directory_that_holds_something_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for program in ("prometheus", "prometheus-alertmanager"):
        tool(program)
    (tmp_path / "border-state").touch()
    assert main(["game-day", "--only", "bad-bytes", "--state-directory", str(tmp_path)]) == 1
    assert "is not empty; a game day needs a platform of its own" in " ".join(capsys.readouterr().err.split())


@pytest.mark.integration
@pytest.mark.timeout(1_000)
def test_a_port_whose_producers_stop_is_told_of_in_time_alone_and_for_no_longer_than_it_lasts(tmp_path: Path) -> None:
    for program in ("prometheus", "prometheus-alertmanager"):
        tool(program)
    where = ("--only", "stopped-producers", "--seed", "3", "--state-directory", str(tmp_path / "state"), "--json")
    process = subprocess.Popen(
        border_command("game-day", *where), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        out, said = process.communicate(timeout=900)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        pytest.fail("".join(process.communicate(timeout=90)))
    assert process.returncode == 0, out + said
    (told,) = [json.loads(line) for line in out.splitlines()]
    assert told["alert"] == "GatewayStopped" and told["fired_seconds"] <= told["stated_seconds"]
    assert told["wrong"] == [] and list(told["told"]) == ["GatewayStopped 2301 gateway-2301"]
    assert "PortSilent 2301" in told["seen"]
