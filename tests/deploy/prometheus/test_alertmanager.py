"""Routes by amtool, and inhibition in a real Alertmanager that is told alerts by its API."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy.local.processes import free_port
from deploy.prometheus.watching import DIRECTORY, load_objectives, load_symptoms
from tests.deploy.prometheus.tools import run, tool
from tests.support import eventually

CONFIG = DIRECTORY / "alertmanager.yml"
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def test_amtool_takes_the_configuration() -> None:
    assert "SUCCESS" in run(tool("amtool"), "check-config", CONFIG)


@pytest.mark.parametrize(
    ("receiver", "labels"),
    [
        ("page", ("alertname=StageStopped", "severity=page", "stage=lanes")),
        ("ticket", ("alertname=DeviceSilent", "severity=ticket")),
        ("dead-mans-switch", ("alertname=DeadMansSwitch", "severity=none")),
        ("ticket", ("alertname=SomebodysOwn",)),
    ],
)
def test_an_alert_goes_where_its_severity_says_and_none_is_lost(receiver: str, labels: Sequence[str]) -> None:
    run(
        tool("amtool"), "config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={receiver}", *labels
    )


class Alertmanager:
    """A running Alertmanager of this test alone; it sends nothing before the test is over."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/api/v2"

    def ask(self, path: str, body: object = None) -> Any:
        """Its API's answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        with _opener.open(request, timeout=5) as answer:
            return json.loads(answer.read() or b"null")

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            return bool(self.ask("/status"))
        except OSError:
            return False

    def silences(self, silent: set[str], *alerts: dict[str, str]) -> None:
        """Tell it these alerts: exactly those named are silent. It takes a cause up a moment after its consequences."""
        self.ask("/alerts", [{"labels": {"platform": "border"} | labels} for labels in alerts])
        expected = sorted((key_of(labels), "suppressed" if key_of(labels) in silent else "active") for labels in alerts)

        def seen() -> bool:
            found = [(key_of(one["labels"]), one["status"]["state"]) for one in self.ask("/alerts")]
            return sorted(found) == expected

        eventually(seen, what=f"{expected}")


def key_of(labels: dict[str, str]) -> str:
    """What the tests call an alert: its name, and a ticket's severity."""
    return labels["alertname"] + (" as a ticket" if labels["severity"] == "ticket" else "")


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    port = free_port()
    command = [
        tool("prometheus-alertmanager"),
        f"--config.file={CONFIG}",
        f"--storage.path={tmp_path}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            running = Alertmanager(port)
            eventually(running.is_up, what=f"Alertmanager's answer, see {tmp_path}/log")
            yield running
        finally:
            process.terminate()
            process.wait(10)


def page(name: str, **labels: str) -> dict[str, str]:
    return {"alertname": name, "severity": "page", **labels}


def ticket(name: str, **labels: str) -> dict[str, str]:
    return {"alertname": name, "severity": "ticket", **labels}


def test_a_broker_that_is_down_silences_what_follows_from_it_and_nothing_else(alertmanager: Alertmanager) -> None:
    alertmanager.silences(
        {
            "StageNotReady",
            "StageStalled",
            "DecisionsBehind",
            "GatewayBacklogOld",
            "LightsFallBack",
            "PortSilent",
            "StageBehind",
        },
        page("BrokerDown"),
        page("StageNotReady", stage="lanes"),
        page("StageStalled", stage="vehicles"),
        page("DecisionsBehind", stage="lanes"),
        page("GatewayBacklogOld", site="2301-bota"),
        page("LightsFallBack", port="2301"),
        page("PortSilent", port="2301"),
        page("StageBehind", objective="lag", stage="lanes"),
        page("GatewaySpoolFull", site="2301-bota"),
        page("DiskFilling", host="10.0.0.1"),
        {"alertname": "DeadMansSwitch", "severity": "none"},
    )


def test_a_gateway_that_is_stopped_silences_what_follows_at_its_own_port_alone(alertmanager: Alertmanager) -> None:
    alertmanager.silences(
        {"PortSilent", "LightsFallBack"},
        page("GatewayStopped", site="2301-bota", port="2301"),
        page("PortSilent", port="2301"),
        page("LightsFallBack", port="2301"),
    )


def test_a_gateway_that_is_stopped_silences_nothing_of_another_port(alertmanager: Alertmanager) -> None:
    alertmanager.silences(
        set(),
        page("GatewayStopped", site="2301-bota", port="2301"),
        page("LightsFallBack", port="2304"),
    )


def test_a_line_that_is_cut_silences_what_follows_at_its_own_port_alone(alertmanager: Alertmanager) -> None:
    alertmanager.silences(
        {"PortSilent", "LightsFallBack"},
        page("GatewayBacklogOld", site="2301-bota", port="2301"),
        page("PortSilent", port="2301"),
        page("LightsFallBack", port="2301"),
        page("GatewaySpoolFull", site="2304-wtb"),
    )


def test_a_flood_of_dead_letters_silences_its_own_stages_records_lost_alone(alertmanager: Alertmanager) -> None:
    alertmanager.silences(
        {"RecordsLost"},
        page("DeadLettersFlood", stage="lanes"),
        page("RecordsLost", objective="completeness", stage="lanes"),
        page("StageBehind", objective="lag", stage="lanes"),
    )


def test_a_registry_that_is_away_silences_the_wait_for_it(alertmanager: Alertmanager) -> None:
    alertmanager.silences(
        {"RegistryUnreachable", "StageNotReady", "GatewayBacklogOld"},
        page("RegistryDown"),
        page("RegistryUnreachable", stage="lanes"),
        page("StageNotReady", stage="lanes"),
        page("GatewayBacklogOld", site="2301-bota"),
        ticket("SensorBlind", site="2301-bota"),
    )


def test_a_stopped_stage_silences_its_own_lag_and_no_other_stages(alertmanager: Alertmanager) -> None:
    alertmanager.silences(
        {"DecisionsBehind"},
        page("StageStopped", stage="vehicles"),
        page("DecisionsBehind", stage="vehicles"),
        page("StageStalled", stage="lanes"),
        ticket("StageLagging", stage="outcomes"),
    )


def test_another_platforms_broker_silences_nothing_here(alertmanager: Alertmanager) -> None:
    alertmanager.silences(
        {"GatewayBacklogOld"},
        {**page("BrokerDown"), "platform": "rehearsal"},
        {**page("GatewayBacklogOld", site="2301-bota"), "platform": "rehearsal"},
        page("StageNotReady", stage="lanes"),
    )


def test_a_budget_that_burns_fast_is_not_told_again_as_a_ticket(alertmanager: Alertmanager) -> None:
    alertmanager.silences(
        {"StageBehind as a ticket"},
        page("StageBehind", objective="lag", stage="lanes"),
        ticket("StageBehind", objective="lag", stage="lanes"),
        page("RecordsLost", objective="completeness", stage="lanes"),
        ticket("StageLagging", stage="trains"),
    )


def test_no_alert_silences_one_that_silences_it() -> None:
    causes = {one.name: {cause.alert for cause in one.consequence_of} for one in load_symptoms().alert}

    def all_causes(name: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        for cause in causes[name] - seen:
            seen = all_causes(cause, seen | {cause})
        return seen

    assert [name for name in causes if name in all_causes(name)] == []


def test_names_of_alerts_are_camel_case_and_no_two_have_one() -> None:
    names = [one.name for one in load_symptoms().alert] + [one.alert for one in load_objectives()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not (name.isalpha() and name[0].isupper() and not name.isupper())] == []
