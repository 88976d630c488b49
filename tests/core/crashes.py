"""A fold whose worker is killed, fails and starts again between its batches: what it writes and stores all the same."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from streams.core.stage import Fold, Output, Record


def folded_through_crashes(
    open_fold: Callable[[dict[bytes, bytes]], Fold], log: Sequence[Record], cuts: Random, batch_max: int
) -> tuple[list[Any], dict[bytes, bytes]]:
    """Values written and what the changelog holds, after batches of 1 to `batch_max` records.

    Each batch is rolled back, lost with its worker before or after the commit, or simply committed, a quarter each.
    """
    committed: dict[bytes, bytes] = {}
    fold, written, position = open_fold(dict(committed)), list[Any](), 0
    while position < len(log):
        batch = log[position : position + cuts.randrange(1, batch_max + 1)]
        made: list[Output] = []
        for record in batch:
            fold.advance(record, made)
        fate = cuts.randrange(4)
        if fate == 0:
            fold.roll_back()
            continue
        if fate == 1:
            fold = open_fold(dict(committed))  # killed before the commit
            continue
        for key, state in fold.take_changes().items():
            if state is None:
                committed.pop(key, None)
            else:
                committed[key] = state
        written += [output.value for output in made]
        position += len(batch)
        if fate == 2:
            fold = open_fold(dict(committed))  # killed after the commit
    return written, committed
