"""Outcomes to estimates on the real broker, its worker killed on the way; what people and Prometheus see of them."""

import json
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from deploy.chaos.path import new_producer
from deploy.cli import main
from deploy.commands.estimates import show_port, show_ports
from deploy.commands.up import running, start_worker
from deploy.demo import log_of
from deploy.local.platform import LocalPlatform
from deploy.local.processes import free_port
from deploy.local.supervisor import Supervisor, border_command
from deploy.settings import Settings, load_settings
from schemas.records import Arm, Estimate, GroupKind, LaneMode, OperatingMode, Outcome
from schemas.topics import DEAD_LETTERS, ESTIMATES, LANES_CHANGELOG, OUTCOMES
from streams.console.estimate_metrics import EstimateMetrics
from streams.core.estimates.stage import EstimatesStage
from streams.core.published_ports import PREFIX
from streams.core.replay import compare
from tests.core.estimates import builders
from tests.core.estimates.builders import FOUND, drawn, grouped, inspected, month, passed, red, with_evidence
from tests.core.estimates.test_fairness import september
from tests.support import eventually

PUBLISHED = "MX-370"
TODAY = time.time_ns() // 1000 // builders.DAY


def a_month() -> list[Outcome]:
    """Of 60 drawn vehicles 40 were inspected and 2 loaded; of 10 over the threshold 3 were."""
    risky = [with_evidence(red(n, n % 30, risk_over_threshold=True), "gross_weight") for n in range(100, 110)]
    return [
        *[inspected(drawn(n, n % 30), **(FOUND if n < 2 else {})) for n in range(40)],
        *[drawn(n, n % 30) for n in range(40, 60)],
        *[inspected(one, **(FOUND if place < 3 else {})) for place, one in enumerate(risky)],
        *[passed(n, n % 30, lane_id="2301/20", lane_mode=LaneMode.TRUCK) for n in range(200, 290)],
    ]


def send(platform: LocalPlatform, values: list[msgspec.Struct]) -> None:
    """Outcomes to their port; ticks to every partition, as the outcomes stage sends them."""
    producer = new_producer(platform.broker)
    for value in values:
        if isinstance(value, Outcome):
            producer.produce(OUTCOMES.name, platform.codec.encode(value), value.port_code)
        else:
            for partition in range(OUTCOMES.partitions):
                producer.produce(OUTCOMES.name, platform.codec.encode(value), b"0", partition)
    assert producer.flush(30) == 0


def told(platform: LocalPlatform, supervisor: Supervisor, count: int) -> list[Estimate]:
    """Wait for so many estimates; a killed worker is restarted meanwhile."""

    def look() -> list[Estimate]:
        supervisor.tend()
        values = [record.value for record in log_of(platform, [ESTIMATES.name])]
        found = [value for value in values if isinstance(value, Estimate)]
        return found if len(found) >= count else []

    return eventually(look, 150, f"{count} estimates")


@pytest.mark.integration
def test_estimates_are_written_whatever_is_killed_and_people_and_prometheus_can_read_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.setattr(builders, "FIRST", TODAY - 40)  # the broker's clock is ours: nothing may be ahead of it
    settings = Settings(
        state_directory=str(tmp_path / "state"),
        kafka_port=0,
        registry_port=0,
        cache_directory=str(load_settings().cache_path),
    )
    with running(settings, Console(quiet=True), stages=False) as (platform, supervisor):
        start_worker(supervisor, platform, settings, "estimates", 0, free_port())
        drill = drawn(1, 3.5, operating_mode=OperatingMode.EXERCISE, passage_id="2301/03/EXERCISE/1")
        outcomes = a_month()
        send(platform, [builders.tick(0), *outcomes[:50]])
        supervisor.kill("estimates-0")
        send(platform, [*outcomes[50:], drill, builders.tick(31), builders.tick(31.1)])
        first = told(platform, supervisor, 2)
        assert {one.operating_mode for one in first} == {OperatingMode.OPERATIONAL, OperatingMode.EXERCISE}
        supervisor.kill("estimates-0")
        send(platform, [builders.tick(32), builders.tick(32.1)])
        told(platform, supervisor, 4)

        proof = compare([EstimatesStage()], log_of(platform, [OUTCOMES.name, ESTIMATES.name]))
        assert (proof.good, proof.topics[ESTIMATES.name].expected) == (True, 4)
        assert list(log_of(platform, [DEAD_LETTERS.name])) == []

        options = ["--broker", platform.broker, "--registry-url", platform.registry_url]
        assert main(["estimates", "2301", "--json", *options]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [one["operating_mode"] for one in lines] == ["EXERCISE", "OPERATIONAL"]
        # The second window has left the first day behind: 2 of 60 drawn and 3 of 90 that passed.
        assert [one["groups"][0]["passages"] for one in lines] == [1, 160 - 2 - 3]
        assert main(["estimates", *options]) == 0
        assert "2301 EXERCISE" in capsys.readouterr().out
        assert main(["estimates", "2302", *options]) == 1
        assert "no estimate of port 2302" in capsys.readouterr().err
        assert_served(platform, msgspec.structs.replace(first[0], port_code=PUBLISHED), options)


def assert_served(platform: LocalPlatform, published: Estimate, options: list[str]) -> None:
    """`border exporter` says where, answers, and ends cleanly with Ctrl-C; it learns of a port that was
    published since."""
    command = border_command("exporter", "--port", "0", *options)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[1].rstrip(";")
        assert url.startswith("http://127.0.0.1:"), process.communicate(timeout=30)[1]

        def until() -> dict[str, float]:
            with urllib.request.urlopen(url, timeout=10) as answer:
                families = text_string_to_metric_families(answer.read().decode())
                name = "border_estimate_until_timestamp_seconds"
                return {
                    one.labels["port"]: one.value for family in families for one in family.samples if one.name == name
                }

        assert eventually(until, 100, "the gauges") == {"2301": (TODAY - 40 + 31) * 24 * 3600}
        producer, text = new_producer(platform.broker), Path(f"deploy/examples/{PUBLISHED}.toml").read_text()
        held = msgspec.msgpack.encode((text, "engineer-7", "chief-2", 0))
        producer.produce(LANES_CHANGELOG.name, held, PREFIX + PUBLISHED.encode())
        producer.flush(30)
        producer.produce(ESTIMATES.name, platform.codec.encode(published), PUBLISHED)
        assert producer.flush(30) == 0
        eventually(lambda: PUBLISHED in until(), 100, "the gauges of a published port")
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "")


def gauges(metrics: EstimateMetrics, name: str) -> dict[tuple[str, ...], float]:
    """Values of one family by its labels behind the port and the mode."""
    return {
        tuple(sample.labels.values())[2:]: sample.value
        for family in metrics.collect()
        for sample in family.samples
        if sample.name == f"border_estimate_{name}"
    }


def test_an_estimate_of_a_port_that_is_not_known_yet_is_kept_until_it_is() -> None:
    ports = {"2301"}
    metrics = EstimateMetrics(ports)
    metrics.tell(msgspec.structs.replace(month(*a_month()), port_code=PUBLISHED))
    assert gauges(metrics, "passages") == {} and metrics.has_unknown()
    ports.add(PUBLISHED)
    assert gauges(metrics, "passages")["all",] == 160.0 and not metrics.has_unknown()


def test_gauges_are_of_ports_lane_modes_and_arms_only_and_of_the_latest_estimate() -> None:
    estimate = month(*a_month())
    metrics = EstimateMetrics({"2301"})
    metrics.tell(msgspec.structs.replace(estimate, groups=()))
    metrics.tell(estimate)
    metrics.tell(msgspec.structs.replace(estimate, port_code="9999"))
    metrics.tell(builders.tick(0))
    assert gauges(metrics, "passages") == {("all",): 160.0, ("PASSENGER",): 70.0, ("TRUCK",): 90.0}
    assert gauges(metrics, "hits")["all", "RISK"] == 3.0
    assert gauges(metrics, "skipped_ratio")["all",] == pytest.approx(20 / 70)
    whole = estimate.groups[0]
    rates = {labels[1]: value for labels, value in gauges(metrics, "violation_ratio").items() if labels[0] == "all"}
    assert rates == {
        "seen": pytest.approx(2 / 40),
        "low": whole.violation.detected.low,
        "high": whole.violation.detected.high,
        "bound_low": pytest.approx(2 / 60),
        "bound_high": pytest.approx(22 / 60),
        "corrected_low": whole.violation.corrected_low,
        "corrected_high": whole.violation.corrected_high,
    }
    # 50 inspections of 20 minutes with two officers, 5 finds; travellers waited 5 minutes more.
    assert gauges(metrics, "inspector_seconds")["all",] == pytest.approx(50 * 20 * 60 * 2 / 5)
    assert gauges(metrics, "traveller_seconds")["all",] == pytest.approx(50 * 25 * 60 / 5)
    trucks = {labels for labels in gauges(metrics, "precision_ratio") if labels[0] == "TRUCK"}
    assert ("TRUCK", str(Arm.RISK), "seen") not in trucks  # nothing was inspected, so nothing was seen


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], str]:
    monkeypatch.setenv("COLUMNS", "220")

    def run(show: Callable[[], Any]) -> str:
        show()
        return capsys.readouterr().out

    return run


def test_a_port_is_told_with_intervals_and_with_what_they_mean(printed: Callable[[Callable[[], Any]], str]) -> None:
    text = printed(lambda: show_port(month(*a_month())))
    assert "160 vehicles, 70 referred, 5 finds; not inspected 28.6%: 20 left" in text
    assert "500.00 (" in text  # 2 of 40, of 10,000
    assert "333.33, 3,666.67" in text
    assert "gross_weight" in text and "lane 2301/20" in text and "rules 2026-11-test" in text
    assert "50% to 95%" in text and "No figure says anything of a person" in text


def test_a_port_without_draws_or_finds_is_told_so(printed: Callable[[Callable[[], Any]], str]) -> None:
    text = printed(lambda: show_port(month(passed(1), red(2))))
    assert "nothing drawn" in text and "nothing inspected" in text and "nothing was found" in text
    assert "2301" in printed(lambda: show_ports([month(passed(1))]))


def test_whom_lights_burden_is_told_and_a_difference_is_called_no_proof(
    printed: Callable[[Callable[[], Any]], str],
) -> None:
    told = month(*september())
    text = printed(lambda: show_port(told))
    assert "By issuer of the plate" in text and "By plate format" in text and "By hour" in text
    assert "differs: issuer MX-TAM, false reds 99.2 (" in text and "others like them 49.6 (" in text
    assert "1 of 3 comparisons differ beyond chance" in text and "no proof of unfairness" in text
    quiet = printed(lambda: show_port(month(passed(1, fairness_group=grouped()))))
    assert "0 of 0 comparisons" in quiet and "no proof" not in quiet
    assert "By issuer" not in printed(lambda: show_port(month(passed(1))))
    assert "59.5 (" in printed(lambda: show_ports([told]))  # 357 of 5,997


def test_gauges_of_whom_lights_burden_are_of_closed_sets() -> None:
    metrics = EstimateMetrics({"2301"})
    told = month(*september())
    stranger = msgspec.structs.replace(told.groups[-1], kind=GroupKind.HOUR, name="hour of the wolf")
    metrics.tell(msgspec.structs.replace(told, groups=(*told.groups, stranger)))
    assert gauges(metrics, "fairness_passages")["ISSUER", "MX_TAM"] == 1_200
    assert gauges(metrics, "fairness_red")["ISSUER", "MX_TAM"] == 120
    assert gauges(metrics, "fairness_hit_ratio")["ISSUER", "MX_TAM", "seen"] == pytest.approx(1 / 120)
    assert gauges(metrics, "fairness_false_red_ratio")["PORT", "", "seen"] == pytest.approx(357 / 5_997)
    (ratio,) = gauges(metrics, "fairness_disparity_ratio").items()
    assert ratio == (("ISSUER", "MX_TAM", "FALSE_RED"), pytest.approx((119 / 1_199) / (238 / 4_798), rel=0.02))
    kinds = {labels[0] for labels in gauges(metrics, "fairness_passages")}
    assert kinds == {"PORT", "ISSUER", "PLATE_FORMAT", "HOUR"}
    assert {labels[1] for labels in gauges(metrics, "fairness_passages") if labels[0] == "HOUR"} == {"12"}
