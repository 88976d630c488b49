"""`border plan`: what a load needs, from what a reading was measured to cost."""

from dataclasses import asdict
from math import isinf

import orjson
from rich.console import Console
from rich.table import Table

from deploy.capacity import CROSSINGS_PER_PLATE, PEAK, Load, Plan, StagePlan, load_costs, plan_of
from deploy.options import Count, Flag, Positive


def plan(
    *,
    readings_per_second: Positive,
    retention_days: Positive = 30.0,
    ports: Count = 28,
    peak: Positive = PEAK,
    crossings_per_plate: Positive = CROSSINGS_PER_PLATE,
    json: Flag = False,
) -> int:
    """Work out brokers, partitions, workers and disk for a load, from measured costs (deploy/CAPACITY.md).

    Exit status 1 if the load does not fit: a stage would need more cores than it has partitions.

    Examples:

        border plan --readings-per-second 25 --retention-days 30
        border plan --readings-per-second 600 --retention-days 90 --ports 28 --json

    Parameters
    ----------
    readings_per_second
        mean over day and night, heartbeats among them.
    retention_days
        how long readings, passages, crossings and decisions are kept; other topics as the catalogue says.
    ports
        ports that write; more of them share a load more evenly.
    peak
        busiest hour over the mean; CPU and workers are planned for it, disks for the mean.
    crossings_per_plate
        a year; what is remembered of each plate is the vehicles stage's state.
    json
        print one line of JSON.
    """
    made = plan_of(Load(readings_per_second, retention_days, ports, peak, crossings_per_plate), load_costs())
    if json:
        print(orjson.dumps(as_json(made)).decode())
    else:
        show(made)
    return 0 if made.fits else 1


def as_json(made: Plan) -> dict[str, object]:
    """With names for all figures; null where there is no limit."""
    stages = {name: stage._asdict() for name, stage in made.stages.items()}
    for stage in stages.values():
        if isinf(stage["readings_per_second_max"]):
            stage["readings_per_second_max"] = None
    topics = {name: topic._asdict() for name, topic in made.topics.items()}
    return {**asdict(made), "stages": stages, "topics": topics}


def show(made: Plan) -> None:
    """As text."""
    load, console = made.load, Console(highlight=False)
    rate = f"{load.readings_per_second:g} readings/s in the mean, {load.readings_per_second * load.peak:g} at the peak"
    console.print(f"{rate}; {load.ports} ports; kept {load.retention_days:g} days")
    console.print(
        f"brokers     {made.brokers}, replication 3, min.insync.replicas 2; at the peak "
        f"{made.broker_cores_peak:.2f} cores each\n"
        f"partitions  {made.partitions}\n"
        f"workers     {sum(stage.workers for stage in made.stages.values())}\n"
        f"disk        {made.disk_gib_per_broker:,.1f} GiB a broker, room included"
    )
    table = Table("stage", "workers", "cores, mean", "cores, peak", "at most, readings/s", "state, GiB", "memory, GiB")
    for name, stage in made.stages.items():
        table.add_row(name, *stage_cells(stage))
    console.print(table)
    topics = Table("topic, one replica", "KiB/s", "days", "GiB")
    for name, topic in made.topics.items():
        days = "compacted" if topic.days is None else f"{topic.days:g}"
        topics.add_row(name, f"{topic.bytes_per_second / 1024:,.2f}", days, f"{topic.gib:,.2f}")
    console.print(topics)
    for note in made.notes:
        console.print(f"note: {note}")


def stage_cells(stage: StagePlan) -> tuple[str, ...]:
    """A stage's row."""
    most = "not measured" if isinf(stage.readings_per_second_max) else f"{stage.readings_per_second_max:,.0f}"
    return (
        str(stage.workers),
        f"{stage.cores_mean:.2f}",
        f"{stage.cores_peak:.2f}",
        most,
        f"{stage.state_gib:.3f}",
        f"{stage.memory_gib:.3f}",
    )
