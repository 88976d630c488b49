"""DiskFilling on a fresh start, and on a machine whose disk node_exporter and three processes of ours tell of."""

from pathlib import Path

from tests.deploy.prometheus.tools import RULES, run_rule_tests

STEP = "10s"


def disk(of: str, free: str) -> list[dict[str, str]]:
    """The series of one disk of 100 GB; `of` is its labels."""
    kinds = ("node_filesystem_avail_bytes", "node_filesystem_size_bytes")
    if "mountpoint" not in of:
        kinds = ("border_disk_free_bytes", "border_disk_size_bytes")
    return [{"series": f"{kinds[0]}{{{of}}}", "values": free}, {"series": f"{kinds[1]}{{{of}}}", "values": "100e9x700"}]


NODE = 'job="node",instance="10.0.0.1:9100",mountpoint="/",fstype="ext4"'
OWN = (
    'job="gateway",instance="10.0.0.1:8001",site="a",port="2301",directory="spool"',
    'job="light",instance="10.0.0.1:8002",directory="light"',
    'job="exporter",instance="10.0.0.1:9300",directory="state"',
)


def firing(directory: Path, series: list[dict[str, str]], expected: dict[str, int]) -> None:
    """How many alerts of it there are at each time."""
    count = 'count(ALERTS{alertname="DiskFilling",alertstate="firing"}) or vector(0)'
    asked = [
        {"expr": count, "eval_time": time, "exp_samples": [{"labels": "{}", "value": alerts}]}
        for time, alerts in expected.items()
    ]
    test = {"interval": STEP, "input_series": series, "promql_expr_test": asked}
    run_rule_tests(directory, [RULES / "symptoms.yml"], STEP, [test])


def test_one_disk_is_one_alert_however_many_tell_of_it(tmp_path: Path) -> None:
    series = [line for of in (NODE, *OWN) for line in disk(of, "6e9x700")]
    firing(tmp_path, series, {"4m": 0, "12m": 1})


def test_what_processes_tell_of_a_machine_counts_once_node_exporter_is_gone(tmp_path: Path) -> None:
    series = [*disk(NODE, "60e9x30 stale")[:1], *(line for of in OWN for line in disk(of, "6e9x700"))]
    series.append({"series": f"node_filesystem_size_bytes{{{NODE}}}", "values": "100e9x30 stale"})
    firing(tmp_path, series, {"5m": 0, "12m": 1})


def test_two_light_servers_of_one_machine_hide_no_other_machines_disk(tmp_path: Path) -> None:
    lights = [f'job="light",instance="10.0.0.2:{port}",directory="light"' for port in (8001, 8002)]
    series = [line for of in (NODE, *lights) for line in disk(of, "1e9x700")]
    firing(tmp_path, series, {"12m": 2})


def test_what_a_start_writes_in_its_first_minutes_is_no_trend(tmp_path: Path) -> None:
    # 2 GB in six minutes, and no more: 60 of 100 GB stay free.
    firing(tmp_path, disk(OWN[2], "60e9-60e6x36 57.84e9x400"), {"6m": 0, "15m": 0, "31m": 0, "45m": 0, "60m": 0})


def test_a_disk_that_goes_on_filling_is_told_of_once_there_is_half_an_hour_of_it(tmp_path: Path) -> None:
    # 60 GB at 5 MB/s: full after 200 minutes.
    firing(tmp_path, disk(OWN[2], "60e9-50e6x700"), {"30m": 0, "36m": 1})
