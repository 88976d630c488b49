"""`border plan` and `deploy/CAPACITY.md`. `python -m tests.deploy.test_capacity` writes the page's tables."""

import math
import re
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from deploy import capacity
from deploy.capacity import Live, Load, line, load_costs, plan_of
from deploy.cli import main
from deploy.stages import STAGE_NAMES
from schemas.topics import LANE_READINGS, OUTCOMES, PARTITIONS, TOPICS

PAGE = Path(__file__).parents[2] / "deploy" / "CAPACITY.md"
COSTS = load_costs()
BORDER = Load(25.0)
DEVIATION_MAX = 0.25
"""Of a plan from a run that it does not rest on: traffic is random, and the machine was not alone."""


def table(header: str, rows: list[str]) -> str:
    return "\n".join([header, re.sub(r"[^|]+", "---", header), *rows])


def runs_table() -> str:
    rows = [
        f"| {name} | {run.readings_per_second:.1f} readings/s for {run.seconds:.0f} s | {run.seed} | "
        f"{'compiled' if run.compiled else 'interpreted'} | {run.broker_cpu_cores:.2f} |"
        for name, run in (("live, low", COSTS.live[0]), ("live, high", COSTS.live[1]), ("live, to check", COSTS.check))
    ]
    done = COSTS.catch_up
    kind = "compiled" if done.compiled else "interpreted"
    rows.append(f"| catch-up | {done.readings:,} readings of {done.crossings:,} crossings | {done.seed} | {kind} | |")
    return f"Measured on {COSTS.measured_on}.\n\n" + table("| run | of | seed | code | broker's cores |", rows)


def topics_table() -> str:
    low, high = COSTS.live
    rows = [
        f"| `{name}` | {low.bytes_per_second.get(name, 0) / low.readings_per_second:,.1f} | "
        f"{value / high.readings_per_second:,.1f} |"
        for name, value in sorted(high.bytes_per_second.items())
    ]
    return table(f"| topic | bytes a reading, {rates()[0]} | {rates()[1]} |", rows)


def rates() -> tuple[str, str]:
    low, high = COSTS.live
    return f"{low.readings_per_second:.0f} readings/s", f"{high.readings_per_second:.0f} readings/s"


def stages_table() -> str:
    low, high = COSTS.live
    rows = []
    for name in STAGE_NAMES:
        cost = COSTS.catch_up.stages.get(name)
        caught_up = (
            f"{cost.cpu_microseconds_per_reading:,.1f} | {1e6 / cost.cpu_microseconds_per_reading:,.0f}"
            if cost
            else " | "
        )
        rows.append(f"| {name} | {low.cpu_cores[name]:.3f} | {high.cpu_cores[name]:.3f} | {caught_up} |")
    header = f"| stage | cores, {rates()[0]} | cores, {rates()[1]} | catch-up: us of a reading | readings/s of a core |"
    return table(header, rows)


def vehicle_table() -> str:
    size = COSTS.vehicle
    return table("| bytes encoded | bytes in memory with its index |", [f"| {size.bytes} | {size.memory_bytes} |"])


def assumptions_table() -> str:
    rows = [
        f"| busiest hour over the mean (`--peak`) | {capacity.PEAK:g} |",
        f"| a core's share that a worker may use at the peak | {capacity.CORE_SHARE:g} |",
        f"| a disk's share that may be full | {capacity.DISK_SHARE:g} |",
        f"| replicas, brokers at least | {capacity.REPLICATION} |",
        f"| cores of a broker | {capacity.BROKER_CORES} |",
        f"| crossings of a plate a year (`--crossings-per-plate`), unknown | {capacity.CROSSINGS_PER_PLATE:g} |",
        f"| the busiest port's share of the traffic, at least | {capacity.BUSIEST_PORT_SHARE:g} |",
        f"| days for which a plate is remembered | {capacity.PLATE_KEPT_DAYS} |",
    ]
    return table("| assumption | value |", rows)


def expected(name: str, run: Live) -> float:
    """Bytes a second of a topic by the line through the two live runs."""
    return capacity.topic_plan(name, Load(run.readings_per_second), COSTS).bytes_per_second


def totals() -> tuple[float, float, float, float]:
    """Bytes a second of the check run, measured and planned; of all topics, and of those that are not compacted."""
    deleted = {topic.name for topic in TOPICS if not topic.compacted}
    names = COSTS.check.bytes_per_second
    return (
        sum(names.values()),
        sum(expected(name, COSTS.check) for name in COSTS.live[1].bytes_per_second),
        sum(value for name, value in names.items() if name in deleted),
        sum(expected(name, COSTS.check) for name in COSTS.live[1].bytes_per_second if name in deleted),
    )


def check_table() -> str:
    measured, planned, kept, kept_planned = totals()
    low, high = COSTS.live
    cores = sum(COSTS.check.cpu_cores.values())
    at = COSTS.check.readings_per_second
    cores_planned = sum(
        line((low.readings_per_second, low.cpu_cores[n]), (high.readings_per_second, high.cpu_cores[n]), at)
        for n in low.cpu_cores
    )
    rows = [
        f"| {what} | {one:,.{digits}f} | {other:,.{digits}f} | {(other / one - 1) * 100:+.0f} % |"
        for what, one, other, digits in (
            ("growth of the broker's log, bytes/s", measured, planned, 0),
            ("of it, topics that are kept for days", kept, kept_planned, 0),
            ("cores of all stages", cores, cores_planned, 2),
        )
    ]
    return table(
        f"| at {at:.1f} readings/s for {COSTS.check.seconds:.0f} s | measured | by the plan | deviation |", rows
    )


def example_table() -> str:
    rows = []
    for rate in (25.0, 100.0, 600.0):
        made = plan_of(Load(rate), COSTS)
        workers = sum(stage.workers for stage in made.stages.values())
        vehicles = made.stages["vehicles"]
        rows.append(
            f"| {rate:g} | {made.brokers} | {made.partitions} | {workers} | {made.disk_gib_per_broker:,.0f} GiB | "
            f"{vehicles.memory_gib:,.1f} GiB |"
        )
    header = (
        "| readings/s, 30 days, 28 ports | brokers | partitions | workers | disk of a broker | memory of vehicles |"
    )
    return table(header, rows)


TABLES = {
    "runs": runs_table,
    "topics": topics_table,
    "stages": stages_table,
    "vehicle": vehicle_table,
    "assumptions": assumptions_table,
    "check": check_table,
    "example": example_table,
}


def with_tables(text: str) -> str:
    for name, make in TABLES.items():
        pattern = rf"<!-- {name} -->\n+(Measured on[^\n]*\n+)?(\|[^\n]*\n)*\n*"
        made = f"<!-- {name} -->\n\n{make()}\n\n"
        text = re.sub(pattern, made.replace("\\", r"\\"), text)
    return text.rstrip() + "\n"


def test_the_tables_of_the_page_are_those_of_the_constants() -> None:
    assert PAGE.read_text() == with_tables(PAGE.read_text()), "run: python -m tests.deploy.test_capacity"


def test_a_run_that_the_plan_does_not_rest_on_is_planned_about_right() -> None:
    measured, planned, kept, kept_planned = totals()
    assert COSTS.live[0].readings_per_second < COSTS.check.readings_per_second < COSTS.live[1].readings_per_second
    assert planned == pytest.approx(measured, rel=DEVIATION_MAX)
    assert kept_planned == pytest.approx(kept, rel=DEVIATION_MAX)


def test_every_stage_and_every_topic_that_lanes_write_was_measured() -> None:
    assert set(COSTS.live[0].cpu_cores) == set(STAGE_NAMES)
    assert {"border.lane.readings.v1", "border.passages.v1", "__transaction_state"} <= set(
        COSTS.live[1].bytes_per_second
    )


def test_the_whole_border_fits_three_brokers_and_a_worker_a_stage() -> None:
    made = plan_of(BORDER, COSTS)
    assert (made.brokers, made.partitions, made.fits) == (3, PARTITIONS, True)
    assert {stage.workers for stage in made.stages.values()} == {1}


def test_a_line_goes_through_both_points_and_never_below_zero() -> None:
    assert line((25, 10), (250, 55), 25) == 10
    assert line((25, 10), (250, 55), 250) == 55
    assert line((25, 10), (250, 55), 500) == 105  # 0.2 for each more
    assert line((25, 1), (250, 226), 5) == 0


def test_disk_grows_with_days_where_the_catalogue_keeps_as_long_as_readings_and_nowhere_else() -> None:
    short, long = (
        plan_of(replace(BORDER, retention_days=10.0), COSTS),
        plan_of(replace(BORDER, retention_days=20.0), COSTS),
    )
    name, rate = LANE_READINGS.name, short.topics[LANE_READINGS.name].bytes_per_second
    assert long.topics[name].gib - short.topics[name].gib == pytest.approx(rate * 10 * 86_400 / (1 << 30))
    assert long.topics[OUTCOMES.name] == short.topics[OUTCOMES.name]


def test_state_is_that_of_the_plates_of_a_year() -> None:
    some = plan_of(replace(BORDER, crossings_per_plate=12.0), COSTS).stages["vehicles"]
    twice = plan_of(replace(BORDER, crossings_per_plate=6.0), COSTS).stages["vehicles"]
    assert twice.state_gib == pytest.approx(2 * some.state_gib)


def test_a_load_that_needs_more_workers_than_partitions_does_not_fit_and_says_why() -> None:
    lanes = plan_of(BORDER, COSTS).stages["lanes"].readings_per_second_max
    over = plan_of(Load(lanes * 1.01, peak=1.0), COSTS)
    assert not over.fits
    assert any(note.startswith("lanes can take") and "12 partitions are 12 cores" in note for note in over.notes)
    assert plan_of(Load(lanes * 0.5, peak=1.0), COSTS).stages["lanes"].workers == math.ceil(PARTITIONS / 2)


def test_the_command_prints_one_line_and_its_status_says_whether_it_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--readings-per-second", "25", "--json"]) == 0
    found = orjson.loads(capsys.readouterr().out)
    assert found["brokers"] == 3 and found["load"]["ports"] == 28 and found["disk_gib_per_broker"] > 0
    assert main(["plan", "--readings-per-second", "10000000"]) == 1
    assert "note:" in capsys.readouterr().out


def test_ports_alone_whose_heartbeats_are_more_than_the_load_are_told() -> None:
    assert any("heartbeats of about 402 lanes" in note for note in plan_of(BORDER, COSTS).notes)


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
