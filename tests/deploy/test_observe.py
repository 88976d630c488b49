"""`border up --observe` as a person runs it: a simulated border, real Prometheus and Alertmanager, all dashboards."""

import json
import math
import re
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec.structs import replace

from deploy.chaos.path import new_producer
from deploy.cli import main
from deploy.local.processes import start_time_of
from deploy.local.supervisor import border_command
from deploy.prometheus.watching import DEAD_MANS_SWITCH
from deploy.settings import load_settings, running_platform
from deploy.stages import STAGE_NAMES, build_stages
from schemas.records import OperatingMode, PlateCandidate, PlateRead
from schemas.registry import load_codec
from schemas.topics import ESTIMATES, LANE_READINGS, PASSAGES, RAIL_READINGS
from streams.console.log_reader import LogReader
from tests.core.estimates import builders
from tests.core.estimates.builders import month
from tests.deploy.grafana.test_dashboards import FILES, queries_of
from tests.deploy.plates_sought import forms_of, simulated_plates, words_of
from tests.deploy.prometheus.tools import RULES, tool
from tests.deploy.test_estimates_command import TODAY, a_month
from tests.support import eventually

PORTS: Final = ("--kafka-port", "0", "--registry-port", "0", "--prometheus-port", "0", "--alertmanager-port", "0")
# A scrape is made each 10 s, and a rate needs two; this machine may be busy with much else.
SEEN_SECONDS: Final = 150.0
RAIL_HOURS: Final = 6
SCENARIO: Final = "matamoros-2009"
PLATES_MIN: Final = 100
# Plates in what is made to fail.
FAILED: Final = ("EXQ7431", "FXQ7432", "GXQ7433", "HXQ7434", "JXQ7435")
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Observed:
    """The running command, and what it says of itself."""

    def __init__(self, state: Path, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        self.state, self.process = state, process
        self.told: dict[str, Any] = json.loads(line)
        self.at = ("--broker", self.told["broker"], "--registry-url", self.told["registry_url"])
        self.number = 0

    def prometheus(self, path: str, **parameters: str) -> Any:
        """Data of its API's answer."""
        url = f"{self.told['prometheus_url']}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with _opener.open(url, timeout=20) as answer:
            return json.loads(answer.read())["data"]

    def values(self, expr: str) -> list[float]:
        """Values of a query's series that are numbers."""
        try:
            found = self.prometheus("query", query=expr)["result"]
        except urllib.error.HTTPError as error:
            pytest.fail(f"{expr}: {error.read().decode()}")
        return [value for value in (float(one["value"][1]) for one in found) if not math.isnan(value)]

    def running(self) -> dict[str, Any]:
        """platform.json."""
        found = running_platform(self.state)
        assert found is not None
        return found

    def what_seldom_happens(self) -> None:
        """A controller asks for a light; a stranger, and a device with nothing to read, come to a gateway."""
        self.number += 1
        self.ask_light(f"2301/03/passages/{self.number}")
        assert self.send_device(b"none") in range(200, 500)
        assert self.send_device(b"none", key="nobody") in (401, 403)

    def ask_light(self, place: str) -> int:
        """A controller asks; status of the answer."""
        asked = f"http://127.0.0.1:{self.told['light_port']}/v1/lanes/{place}/light?mode=SIMULATED"
        return status_of(urllib.request.Request(asked, headers={"X-Controller-Id": "test"}))

    def send_device(self, said: bytes, key: str | None = None) -> int:
        """A camera says something to its gateway; status of the answer."""
        gateway = self.running()["gateways"][0]
        key = key or (self.state / "gateways" / "2301" / "2301.03.front-camera.key").read_text().strip()
        url = f"http://127.0.0.1:{gateway['metrics_port']}/devices/2301.03.front-camera/readings"
        return status_of(urllib.request.Request(url, said, {"Authorization": f"Bearer {key}"}))

    def addresses(self) -> list[str]:
        """Where the platform's own processes serve their metrics."""
        return [f"127.0.0.1:{one['metrics_port']}" for part in self.running().values() for one in entries(part)]

    def tell_a_month(self) -> None:
        """An estimate of a month, as the stage tells one a day: a test does not last for one."""
        codec, producer = load_codec(self.told["registry_url"]), new_producer(self.told["broker"])
        told = month(*a_month())
        assert told.operating_mode is OperatingMode.OPERATIONAL
        producer.produce(ESTIMATES.name, codec.encode(told), told.port_code)
        assert producer.flush(30) == 0


def status_of(request: urllib.request.Request) -> int:
    """Status of an HTTP answer."""
    try:
        with _opener.open(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    for program in ("prometheus", "prometheus-alertmanager"):
        tool(program)
    patch = pytest.MonkeyPatch()
    patch.setattr(builders, "FIRST", TODAY - 40)
    patch.setenv("BORDER_LIGHT_LINES_PORT", "0")
    patch.setenv("BORDER_LIGHT_HTTP_PORT", "0")
    state = tmp_path_factory.mktemp("observed") / "state"
    options = ("--scenario", SCENARIO, "--json", "--state-directory", str(state))
    command = border_command("up", "--observe", *PORTS, *options)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    children: list[dict[str, Any]] = []
    try:
        running = Observed(state, process)
        since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - RAIL_HOURS * 3600))
        rail = ("rail-2023", "--to-kafka", "--start-at", since, "--seconds", str(RAIL_HOURS * 3600), "--json")
        subprocess.run(border_command("simulate", *rail, *running.at), check=True, capture_output=True, timeout=120)
        running.tell_a_month()
        children = [one for path in state.glob("processes-*.json") for one in json.loads(path.read_text())]
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
        patch.undo()
    assert process.returncode == 130, said
    assert {"prometheus", "alertmanager", "exporter", "light", "canary", "gateway-2301"} <= {
        c["name"] for c in children
    }
    assert [one["name"] for one in children if start_time_of(one["pid"]) == one["start_time"]] == []


@pytest.mark.integration
def test_prometheus_has_every_process_up_and_every_rule_loaded(observed: Observed) -> None:
    def up() -> list[dict[str, Any]]:
        targets: list[dict[str, Any]] = observed.prometheus("targets", state="active")["activeTargets"]
        return targets if all(one["health"] == "up" for one in targets) else []

    found = eventually(up, SEEN_SECONDS, "all targets up")
    assert sorted(one["labels"]["stage"] for one in found if one["labels"]["job"] == "stage") == sorted(STAGE_NAMES)
    others = {one["labels"]["job"] for one in found if one["labels"]["job"] != "stage"}
    assert others == {"canary", "exporter", "gateway", "light"}
    assert {one["labels"]["instance"] for one in found} == set(observed.addresses())

    names = [name for path in RULES.glob("*.yml") for name in re.findall(r"(?:record|alert): (\S+)", path.read_text())]
    rules = [rule for group in observed.prometheus("rules")["groups"] for rule in group["rules"]]
    assert sorted(rule["name"] for rule in rules) == sorted(names)
    assert {rule.get("lastError", "") for rule in rules} == {""}


def entries(part: Any) -> list[dict[str, Any]]:
    """What platform.json lists of one kind of process."""
    return part if isinstance(part, list) else []


@pytest.mark.integration
def test_alerts_come_to_alertmanager_and_status_shows_both(
    observed: Observed, capsys: pytest.CaptureFixture[str]
) -> None:
    def told() -> bool:
        with _opener.open(f"{observed.told['alertmanager_url']}/api/v2/alerts", timeout=20) as answer:
            return DEAD_MANS_SWITCH in {one["labels"]["alertname"] for one in json.loads(answer.read())}

    eventually(told, SEEN_SECONDS, "the dead man's switch in Alertmanager")
    capsys.readouterr()
    main(["status", "--json", "--state-directory", str(observed.state), *observed.at])
    seen = {one["name"]: one for one in json.loads(capsys.readouterr().out)["observers"]}
    assert {name: one["url"] for name, one in seen.items()} == {
        "prometheus": observed.told["prometheus_url"],
        "alertmanager": observed.told["alertmanager_url"],
    }
    assert all(one["ready"] for one in seen.values())
    assert seen["prometheus"]["targets"] == len(STAGE_NAMES) + 4
    assert DEAD_MANS_SWITCH not in seen["prometheus"]["firing"]


@pytest.mark.integration
def test_no_query_of_any_panel_is_empty_or_in_error(observed: Observed) -> None:
    missing = {f"{uid} {where}" for uid, dashboard in FILES.items() for where, _ in queries_of(dashboard)}
    assert len(missing) > 80

    def all_seen() -> bool:
        observed.what_seldom_happens()
        for uid, dashboard in FILES.items():
            chosen = choices(observed, dashboard)
            for where, expr in queries_of(dashboard):
                if f"{uid} {where}" in missing and chosen and observed.values(filled(expr, chosen)):
                    missing.discard(f"{uid} {where}")
        return not missing

    until = time.monotonic() + SEEN_SECONDS
    while not all_seen():
        assert time.monotonic() < until, sorted(missing)
        time.sleep(1.0)


@pytest.mark.integration
@pytest.mark.parametrize(
    "histogram",
    ["border_gateway_delivery_seconds", "border_stage_latency_seconds", "border_selection_seconds"],
)
def test_prometheus_has_traces_behind_its_histograms(observed: Observed, histogram: str) -> None:
    def exemplars() -> list[dict[str, Any]]:
        start, end = time.time() - 900, time.time() + 60
        found = observed.prometheus("query_exemplars", query=f"{histogram}_bucket", start=str(start), end=str(end))
        return [one for series in found for one in series["exemplars"]]

    for one in eventually(exemplars, SEEN_SECONDS, f"an exemplar of {histogram}"):
        assert re.fullmatch("[0-9a-f]{32}", one["labels"]["trace_id"])


def choices(observed: Observed, dashboard: dict[str, Any]) -> dict[str, str]:
    """A value for each variable as Grafana would choose: all, or the first; empty while one has none."""
    chosen = {"__rate_interval": "1m"}
    for one in dashboard["templating"]["list"][1:]:
        series, label = re.fullmatch(r"label_values\((.*), (\w+)\)", one["query"]["query"]).groups()  # type: ignore[union-attr]
        found = observed.prometheus("series", **{"match[]": filled(series, chosen)})
        values = sorted({labels[label] for labels in found if label in labels})
        if not values:
            return {}
        chosen[one["name"]] = "|".join(values) if one["multi"] else values[0]
    return chosen


def filled(expr: str, chosen: dict[str, str]) -> str:
    """A query with its variables' values in it."""
    return re.sub(r"\$(\w+)", lambda found: chosen[found[1]], expr)


@pytest.mark.integration
def test_the_doctor_looks_at_the_gateways_that_run(observed: Observed, capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json", "--state-directory", str(observed.state), *observed.at])
    checks = {one["name"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    assert "ready, " in checks["gateway 2301"]["found"] and " devices, " in checks["gateway 2301"]["found"]


@pytest.mark.integration
def test_every_event_that_a_stage_counts_is_there_from_the_start_and_no_other(observed: Observed) -> None:
    def counted(stage: str) -> set[str]:
        series = f'border_stage_events_total{{stage="{stage}"}}'
        return {one["event"] for one in observed.prometheus("series", **{"match[]": series})}

    for stage in build_stages(load_settings(state_directory=str(observed.state))):
        assert eventually(partial(counted, stage.name), SEEN_SECONDS, "a scrape") == stage.events, stage.name


@pytest.mark.integration
def test_no_plate_stands_in_any_log_metric_or_label_of_the_run_not_even_of_what_failed(observed: Observed) -> None:
    def many() -> list[PlateRead]:
        reads = reads_of(observed)
        return reads if len({read.candidates[:1] for read in reads}) > PLATES_MIN else []

    reads = eventually(many, SEEN_SECONDS, "many plates")
    read = {candidate.plate for one in reads for candidate in one.candidates}
    world = simulated_plates(SCENARIO, seed=1, rate=25.0, start_at=reads[0].received_at, seconds=1800.0)
    assert len(world) > 20 * PLATES_MIN
    assert len(read & world) > len(read) / 2  # it is this run's world: the hour at which it begins changes some of it
    fail_on_plates(observed, reads[0])
    sought = forms_of({*read, *world, *FAILED})
    assert len(sought) > 50 * PLATES_MIN
    said = everything_said(observed)
    assert {name: sought & words_of(text) for name, text in said.items()} == {name: set() for name in said}
    for name, text in said.items():  # as it would find it, were it there
        assert sought & words_of(f'{text}{{"key":"p1:{FAILED[0]}"}}'), name


def reads_of(observed: Observed) -> list[PlateRead]:
    """What the simulated world's cameras have said so far."""
    broker, url = observed.told["broker"], observed.told["registry_url"]
    with LogReader(broker, url, load_codec(url), [LANE_READINGS.name], from_beginning=True) as log:
        readings = [one.log_record.value for one in log.read_to_end(60.0)]
    return [one for one in readings if isinstance(one, PlateRead) and one.operating_mode is OperatingMode.SIMULATED]


def fail_on_plates(observed: Observed, like: PlateRead) -> None:
    """What cannot be taken, each with a plate in it, comes to stages, gateway and light server, and shows there."""
    first, second, third, fourth, fifth = FAILED
    codec, producer = load_codec(observed.told["registry_url"]), new_producer(observed.told["broker"])
    read, other = (
        codec.encode(replace(like, candidates=(PlateCandidate(plate=p, confidence=0.9),))) for p in (first, second)
    )
    for topic, key, value in (
        (LANE_READINGS, "2301/03", read[:-3]),  # cut short behind the plate
        (LANE_READINGS, first, read),  # under a plate as its key
        (RAIL_READINGS, second, other),  # of another topic
        (PASSAGES, third, third.encode()),  # no record at all
    ):
        producer.produce(topic.name, value, key)
    assert producer.flush(30) == 0
    rejections = 'sum(border_gateway_rejections_total{device="2301.03.front-camera"})'
    before = observed.values(rejections)
    assert observed.send_device(f'{{"data_type": "alpr_results", "plate": "{fourth}"'.encode()) in range(400, 500)
    assert observed.send_device(f'{{"version": 2, "uuid": "{fourth}", "{fourth}": 1}}'.encode()) in range(400, 500)
    assert observed.ask_light(f"{fifth}/03/passages/1") in range(400, 500)
    expected = {("lanes", "undecodable"), ("lanes", "wrong_key")}
    expected |= {("trains", "wrong_record_type"), ("vehicles", "not_framed")}

    def shown() -> bool:
        found = observed.prometheus("query", query="border_dead_letters_total > 0")["result"]
        return expected <= {(one["metric"]["stage"], one["metric"]["reason"]) for one in found} and (
            observed.values(rejections) > before
        )

    eventually(shown, SEEN_SECONDS, "what failed among the metrics")
    for stage, reason in expected:
        assert f'"reason": "{reason}"' in (observed.state / f"{stage}-0.log").read_text()


def as_read(plate: str) -> PlateCandidate:
    """A reader that is sure."""
    return PlateCandidate(plate=plate, confidence=0.9)


def everything_said(observed: Observed) -> dict[str, str]:
    """Each log of the run, the metrics of each process in both forms, and all values of labels in Prometheus."""
    logs = {path.name: path.read_text() for path in observed.state.glob("*.log")}
    children = [one["name"] for path in observed.state.glob("processes-*.json") for one in json.loads(path.read_text())]
    assert {f"{name}.log" for name in children} <= set(logs)
    silent = {"prometheus.log", "alertmanager.log", "simulator.log"}  # they tell of warnings only
    assert {name for name, text in logs.items() if not text} <= silent
    said = dict(logs)
    observers = [observed.told[f"{name}_url"].removeprefix("http://") for name in ("prometheus", "alertmanager")]
    for address in [*observed.addresses(), *observers]:
        for accept in ("text/plain", "application/openmetrics-text; version=1.0.0"):
            request = urllib.request.Request(f"http://{address}/metrics", headers={"Accept": accept})
            with _opener.open(request, timeout=20) as answer:
                said[f"{address} {accept}"] = answer.read().decode()
                assert len(said[f"{address} {accept}"]) > 1000
    names = observed.prometheus("labels")
    values = {name: observed.prometheus(f"label/{name}/values") for name in names}
    assert len(values["__name__"]) > 100 and {"event", "reason", "port", "device"} <= set(values)
    return said | {"labels": json.dumps(values)}


@pytest.mark.parametrize(
    "written",
    (
        *("EXQ7431", "exq7431", "at=EXQ7431,", "EXQ-74-31", "p1:EX07431", "p1:5250431"),
        *(repr(b"\x0eEXQ7431"), repr(b"\nEXQ7431"), json.dumps("\x0eEXQ7431"), "/EXQ7431?a=%0EEXQ7431"),
        b"\x00\x0eEXQ7431\x00".hex(),
    ),
)
def test_a_plate_is_found_however_it_is_written(written: str) -> None:
    assert forms_of({"EXQ7431", "SZSO431"}) & words_of(f'{{"error": "of {written}"}}')


def test_what_is_like_a_plate_by_chance_is_none() -> None:
    text = "a1b2c3d4-exq7431a-9f 00EXQ7431 5250431 border_records_total 1.5250431e+06"
    assert forms_of({"EXQ7431", "SZSO431", "A1B2"}) & words_of(text) == set()
