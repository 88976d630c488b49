"""How well the reasons find simulated straw purchasers: python -m tests.core.traces.measure [seeds] [first seed].

Each trace is told on the day of its recovery, over the three years of the world, and time goes on until all recoveries
are known. Whoever is suggested on the way counts, though the suggestion was withdrawn since.
"""

import json
import sys
from dataclasses import dataclass

import msgspec

from producers.simulator.traces import SimulatedTraces, simulate_traces
from schemas.records import Link, MultipleSale, OperatingMode, Suggestion, SuggestionState, Tick, Trace
from schemas.topics import LANE_DECISIONS
from streams.core.stage import Output, Record
from streams.core.traces.stage import LOOK_DAYS, TracesFold
from streams.core.traces.state import DAY
from streams.core.traces.time_to_crime import TOLD_DAYS
from streams.core.traces.validation import LINK_DAYS_MAX, key_text

PURCHASERS = 20_000
RENEWED = 700 * DAY


@dataclass
class Found:
    """Counts over worlds. `standing`: right ones that stand in the end."""

    straw: int = 0
    straw_with_three: int = 0
    suggested: int = 0
    right: int = 0
    right_with_three: int = 0
    standing: int = 0
    honest: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.suggested

    @property
    def recall(self) -> float:
        return self.right / self.straw


def links_for_all(world: SimulatedTraces, first_at: int, last_at: int) -> list[Link]:
    """One link for each purchaser, renewed before it ends, so that the reasons alone decide; the plate is the
    purchaser."""
    ids = {trace.purchaser_id for trace in world.traces if trace.purchaser_id is not None}
    return [
        msgspec.structs.replace(
            world.links[0],
            link_id=purchaser_id,
            purchaser_id=purchaser_id,
            plate=purchaser_id[-6:],
            revision=1 + (told_at - first_at) // RENEWED,
            received_at=told_at,
            valid_until_at=told_at + LINK_DAYS_MAX * DAY,
        )
        for told_at in range(first_at, last_at, RENEWED)
        for purchaser_id in sorted(ids)
    ]


def suggested_ids(world: SimulatedTraces) -> tuple[set[str], set[str]]:
    """Purchasers whose link had a suggestion on any day, and those whose stands in the end."""
    fold, outputs = TracesFold({}, due_max=PURCHASERS), list[Output]()
    first_at = min([trace.recovered_at for trace in world.traces])
    last_at = world.traces[0].received_at + TOLD_DAYS * DAY
    told: list[Trace | MultipleSale | Link] = links_for_all(world, first_at, last_at)
    told += [msgspec.structs.replace(trace, received_at=trace.recovered_at) for trace in world.traces]
    for report in world.multiple_sales:
        sold_at = max([sale.sold_at for sale in report.sales])
        if sold_at >= first_at:  # older ones have expired, and what was traced of them counts without
            told.append(msgspec.structs.replace(report, received_at=sold_at))
    ticks = [
        Tick(source_topic=LANE_DECISIONS.name, source_partition=0, watermark_at=at)
        for at in (*range(first_at, last_at, LOOK_DAYS * DAY), last_at)
    ]
    values: list[tuple[int, bytes, Trace | MultipleSale | Link | Tick]] = [
        (value.received_at, key_text(value).encode(), value) for value in told
    ]
    values += [(tick.watermark_at, b"", tick) for tick in ticks]
    for at, key, value in sorted(values, key=lambda one: one[:2]):
        fold.advance(Record(key, value, at), outputs)
    said = [output.value for output in outputs if isinstance(output.value, Suggestion)]
    last = {one.link_id: one.state for one in said}
    return set(last), {link_id for link_id, state in last.items() if state is SuggestionState.SUGGESTED}


def measure(seeds: int, first_seed: int, purchasers: int = PURCHASERS) -> Found:
    """Over worlds, all of one mode."""
    found = Found()
    for seed in range(first_seed, first_seed + seeds):
        world = simulate_traces(seed, purchasers)
        assert all(trace.operating_mode is OperatingMode.SIMULATED for trace in world.traces)
        suggested, standing = suggested_ids(world)
        counts: dict[str, int] = {}
        for trace in world.traces:
            if trace.purchaser_id is not None:
                counts[trace.purchaser_id] = counts.get(trace.purchaser_id, 0) + 1
        found.straw += len(world.straw_ids)
        with_three = {straw for straw in world.straw_ids if counts[straw] >= 3}
        found.straw_with_three += len(with_three)
        found.right_with_three += len(suggested & with_three)
        found.honest += len(counts) - len(world.straw_ids)
        found.suggested += len(suggested)
        found.right += len(suggested & world.straw_ids)
        found.standing += len(standing & world.straw_ids)
    return found


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    result = measure(*(numbers or [5]), *([1] if len(numbers) < 2 else []))
    print(json.dumps(vars(result) | {"precision": result.precision, "recall": result.recall}))
