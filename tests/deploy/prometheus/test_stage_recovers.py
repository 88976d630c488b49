"""A stage that reads its state back is not one that stands still: whoever kills it makes it begin again."""

from pathlib import Path

from tests.deploy.prometheus.tools import RULES, run_rule_tests

OWN = 'job="stage",instance="127.0.0.1:9103",stage="vehicles"'
INPUT = 'border_outputs_total{job="stage",instance="127.0.0.1:9101",stage="lanes",topic="border.passages.v1"}'


def stage_alerts(directory: Path, records: str, ready: str, expected: dict[str, tuple[str, ...]]) -> None:
    """Which of a stage's alerts fire at each time while its input goes on."""
    series = [
        {"series": f'border_records_total{{{OWN},topic="border.passages.v1"}}', "values": records},
        {"series": f'border_ready{{{OWN},process="stage"}}', "values": ready},
        {"series": f"up{{{OWN}}}", "values": "1x60"},
        {"series": INPUT, "values": "0+100x60"},
    ]
    firing = 'count by (alertname) (ALERTS{alertstate="firing",stage="vehicles"})'
    asked = [
        {
            "expr": firing,
            "eval_time": time,
            "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in alerts],
        }
        for time, alerts in expected.items()
    ]
    test = {"interval": "10s", "input_series": series, "promql_expr_test": asked}
    run_rule_tests(directory, [RULES / "symptoms.yml"], "10s", [test])


def test_one_whose_first_group_is_open_while_others_recover_is_not_called_stalled(tmp_path: Path) -> None:
    expected = {"50s": (), "90s": ("StageNotReady",), "150s": (), "300s": ()}
    stage_alerts(tmp_path, "0x12 0+100x40", "0x12 1x40", expected)


def test_one_that_recovered_and_takes_nothing_is(tmp_path: Path) -> None:
    stage_alerts(tmp_path, "0x60", "0x3 1x50", {"30s": (), "120s": ("StageStalled",)})
