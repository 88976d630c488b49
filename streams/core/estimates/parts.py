"""Counts of each fairness group by parts of the vehicles: within a window of the pseudonyms (`vehicle_tokens.py`) a
vehicle is always in the same part, whichever it is.

A cell is `<stratum>:<group>`, as in "PASSENGER policy:i:US_TX": FIELDS counts for each of PARTS parts, in one list.
"""

from typing import Final
from zlib import crc32

from schemas.records import Outcome
from streams.core.estimates.state import Parts, Said

ISSUER: Final = "i:"
PLATE_FORMAT: Final = "f:"
HOUR: Final = "h:"
FAIRNESS: Final = (ISSUER, PLATE_FORMAT, HOUR)

# A variance from 32 parts is known to a quarter of itself. With 16 intervals at the level of 90 comparisons would be a
# tenth wider; 64 double the state, for 5 %.
PARTS: Final = 32

# Of one part: vehicles at a light, those over the threshold, of these those inspected, of these those with a find.
PASSAGES, RED, INSPECTED, HITS = range(4)
FIELDS: Final = 4

# Ends the name of a stratum in which a selection policy moved the threshold.
POLICY: Final = " policy"


def fairness_groups(outcome: Outcome) -> tuple[str, ...]:
    """Prefixed names of the groups that a vehicle is counted in."""
    group = outcome.fairness_group
    if group is None:
        return ()
    names = ISSUER + group.issuer, PLATE_FORMAT + group.plate_format
    return names if group.local_hour is None else (*names, f"{HOUR}{group.local_hour:02d}")


def part_of(outcome: Outcome) -> int:
    """The part of a vehicle until its pseudonym changes; one without a plate is taken for another each time."""
    name = outcome.vehicle_token if outcome.vehicle_token is not None else outcome.passage_id
    return crc32(name.encode()) % PARTS


def stratum_of(outcome: Outcome) -> str:
    """What vehicles must have in common to be compared."""
    return f"{outcome.lane_mode}{POLICY if outcome.policy_version is not None else ''}"


def add_parts(parts: Parts, said: Said, sign: int) -> None:
    """Count what a passage counts as in its groups' cells, or with -1 take it out again."""
    for name in said.groups:
        if not name.startswith(FAIRNESS):
            continue
        cell = parts.cells.setdefault(f"{said.stratum}:{name}", [0] * (PARTS * FIELDS))
        first = said.part * FIELDS
        cell[first + PASSAGES] += sign * said.passages
        if said.referred and said.risk:
            cell[first + RED] += sign
            cell[first + INSPECTED] += sign * said.inspected
            cell[first + HITS] += sign * said.hit


def merge_parts(into: dict[str, list[int]], other: Parts) -> None:
    """Add the cells of another day."""
    for key, counts in other.cells.items():
        before = into.get(key)
        into[key] = list(counts) if before is None else [a + b for a, b in zip(before, counts, strict=True)]
