"""DeviceSilent against the day before: each device by its own longest silence, over two days of scrapes."""

from pathlib import Path

import pytest

from deploy.prometheus.rules import symptom_rules
from deploy.prometheus.watching import Symptoms, load_routing, load_symptoms
from deploy.prometheus.yaml_text import to_yaml
from tests.deploy.prometheus.series import named
from tests.deploy.prometheus.tools import run_rule_tests

SYMPTOMS = load_symptoms()
ALERT = next(one for one in SYMPTOMS.alert if one.name == "DeviceSilent")
DAY_MINUTES = 24 * 60
DEVICE = {"job": "gateway", "instance": "10.1.0.1:8600", "site": "2301-bota", "port": "2301", "device": "camera-1"}


def silence(*stretches: tuple[float, int]) -> str:
    """A device's silence as scraped each minute: so many seconds for so many minutes, one stretch after the other."""
    return " ".join(f"{seconds}x{minutes - 1}" for seconds, minutes in stretches)


def growing(from_seconds: float, minutes: int) -> str:
    """A silence that goes on."""
    return f"{from_seconds}+60x{minutes - 1}"


def run(directory: Path, values: str, quiet_at: tuple[int, ...], firing_at: tuple[int, ...]) -> None:
    """That the alert fires at these minutes, and at those not; what it compares with is recorded once a minute."""
    path = directory / "rules.yml"
    recordings = tuple(one for one in SYMPTOMS.record if one.name.startswith("device:"))
    path.write_text(to_yaml(symptom_rules(Symptoms(recordings, (ALERT,)), load_routing().runbooks)))
    labels = {"alertname": ALERT.name, "alertstate": "firing", "severity": ALERT.severity, **DEVICE}
    sample = {"labels": named("ALERTS", **labels), "value": 1}
    checks = [(minute, []) for minute in quiet_at] + [(minute, [sample]) for minute in firing_at]
    test = {
        "interval": "1m",
        "input_series": [{"series": named("border_gateway_silence_seconds", **DEVICE), "values": values}],
        "promql_expr_test": [
            {"expr": 'ALERTS{alertstate="firing"}', "eval_time": f"{minute}m", "exp_samples": samples}
            for minute, samples in checks
        ],
    }
    run_rule_tests(directory, [path], "1m", [test])


def test_a_busy_device_is_told_of_after_five_minutes_which_a_quiet_one_may_be_silent(tmp_path: Path) -> None:
    """Twice its longest of 40 s would be 80 s: five minutes at least."""
    begins = 2 * DAY_MINUTES
    values = f"{silence((40, begins))} {growing(60, 30)}"  # at its begin 60 s, a minute later 120 s
    run(tmp_path, values, quiet_at=(begins - 1, begins + 4), firing_at=(begins + 5, begins + 20))


def test_one_whose_lane_has_no_traffic_at_night_is_told_of_after_twice_its_longest_night(tmp_path: Path) -> None:
    """Four hours of each night it is silent; tonight it stays so."""
    night, hours = 20 * 60, 4 * 60
    a_day = f"{silence((40, night))} {growing(60, hours)}"
    values = f"{a_day} {a_day} {silence((40, night))} {growing(60, 12 * 60)}"
    tonight = 2 * DAY_MINUTES + night
    # Its longest of the day before was 240 minutes: it may be silent for 480.
    run(tmp_path, values, quiet_at=(tonight + hours, tonight + 479), firing_at=(tonight + 480, tonight + 700))


def test_a_silence_of_today_excuses_nothing_until_the_day_is_over(tmp_path: Path) -> None:
    """An hour's silence this morning is told of as soon as five minutes are over; tomorrow such an hour is usual."""
    morning, begins = DAY_MINUTES + 8 * 60, 2 * DAY_MINUTES + 9 * 60
    values = f"{silence((40, morning))} {growing(60, 60)} {silence((40, begins - morning - 60))} {growing(60, 180)}"
    run(
        tmp_path,
        values,
        quiet_at=(morning + 4, morning + 61, begins + 119),
        firing_at=(morning + 5, morning + 59, begins + 120),
    )


@pytest.mark.parametrize("before", ["_x10", f"40x{DAY_MINUTES - 1} stale _x{2 * DAY_MINUTES + 9}"])
def test_one_that_was_not_here_the_day_before_has_an_hour(before: str, tmp_path: Path) -> None:
    """A new one, and one that comes back after two days, of which nothing says how long it is usually silent."""
    begins = 10 + 3 * DAY_MINUTES * ("stale" in before)
    run(tmp_path, f"{before} {growing(60, 100)}", quiet_at=(begins + 59,), firing_at=(begins + 60, begins + 90))
