"""Groups whose empty vehicles are referred more or less often than others, told apart from chance.

passages ─► sums by plate and group ─► moments, added over runs ─► one interval a side ─► disparities

- Plates are the units: one crosses again and again and is judged alike, so a rate is worth as many independent cases
  as vary as much as its plates do.
- A group is compared if EVENTS_MIN of its plates were red and empty, or would have been at the others' rate; plates
  that cross more often count as so many equal ones (Kish: the square of their sum over the sum of their squares).
- What is made of both sides is in `streams/core/disparities.py`. The level holds: of 8 runs of 60 days with the labels
  of plates shuffled 300 times 6 showed a disparity, with those of passages none.
- Others are weighted run by run as the group's own traffic is, so that a port is not compared with worlds that lack it.

What is told is of the worlds that were simulated, over the plates in them: an X-ray unit that happened to stand at a
port in one of them is a disparity there, and may be none elsewhere.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

import numpy as np

from deploy.evaluation.metrics import Floats, Integers, summed
from streams.core.disparities import Comparison, Side

# Chance that anything is told where nothing differs, over all comparisons of an evaluation.
FAMILY_ERROR: Final = 0.05


class Moment(IntEnum):
    """Sums over plates, of the weight of a plate's empty passages in a group and of those of them that were red."""

    EMPTY = 0
    RED = 1
    EMPTY_SQUARED = 2
    EMPTY_RED = 3
    RED_SQUARED = 4


OF_WEIGHT: Final = (Moment.EMPTY, Moment.RED)
OF_WEIGHT_SQUARED: Final = (Moment.EMPTY_SQUARED, Moment.EMPTY_RED, Moment.RED_SQUARED)


def moments_of(plates: Integers, members: Integers, groups: int, empty: Floats, red: Floats) -> Floats:
    """The moments of every group and of all others: (side, Moment, group), the group's own side first.

    By passage: its plate, its group, and its weight where it was empty and where it was red and empty.
    """
    pairs, place = np.unique(plates * groups + members, return_inverse=True)
    plate, group = pairs // groups, pairs % groups
    own_empty, own_red = (summed(place, one, len(pairs)) for one in (empty, red))
    all_empty, all_red = (summed(plates, one, int(plates.max()) + 1) for one in (empty, red))
    # Others' plates: all of them, but for those that also belong to the group only what is left.
    columns = columns_of(own_empty, own_red)
    left = columns_of(all_empty[plate] - own_empty, all_red[plate] - own_red)
    whole = columns_of(all_empty[plate], all_red[plate])
    total = columns_of(all_empty, all_red).sum(axis=1)
    own = np.array([summed(group, column, groups) for column in columns])
    changed = np.array([summed(group, column, groups) for column in left - whole])
    return np.array([own, total[:, None] + changed])


def columns_of(empty: Floats, red: Floats) -> Floats:
    """A row a Moment, a column a plate."""
    return np.array([empty, red, empty**2, empty * red, red**2])


def comparison_of(moments: Sequence[Floats]) -> Comparison | None:
    """One group in runs that have it, each (side, Moment). None if it is all there is of them."""
    stacked = np.array([one for one in moments if one[0, Moment.EMPTY] and one[1, Moment.EMPTY]])
    if not len(stacked):
        return None
    own, others = stacked[:, 0], stacked[:, 1]
    share = own[:, Moment.EMPTY] / others[:, Moment.EMPTY]
    weighed = others.copy()
    weighed[:, OF_WEIGHT] *= share[:, None]
    weighed[:, OF_WEIGHT_SQUARED] *= share[:, None] ** 2
    group = side_of(own.sum(axis=0))
    # No more than the group has plates: one that crosses all day is one, however much of the others' red it would have.
    at_others_rate = min(
        equal_ones(share @ others[:, Moment.RED], share @ others[:, Moment.RED_SQUARED]),
        equal_ones(own[:, Moment.EMPTY].sum(), own[:, Moment.EMPTY_SQUARED].sum()),
    )
    return Comparison(group, side_of(weighed.sum(axis=0)), max(group.events, at_others_rate))


def side_of(moments: Floats) -> Side:
    """A side from its moments."""
    empty, red, empty_squared, empty_red, red_squared = (float(one) for one in moments)
    rate = red / empty
    # Of the ratio, linearised: each plate's red weight less what the rate makes expect of it.
    variance = red_squared - 2.0 * rate * empty_red + rate * rate * empty_squared
    return Side(empty, rate, max(variance, 0.0), equal_ones(red, red_squared))


def equal_ones(total: float, squared: float) -> float:
    """How many equal ones a sum of weights is worth, by the sum of their squares."""
    return float(total * total / squared) if squared else 0.0
