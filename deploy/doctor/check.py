"""One check: what it is of, how bad, what was found, how to mend it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How bad. WARN works today and may not tomorrow, or could not be told; FAIL does not work or breaks a promise."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


LEVELS = tuple(Level)


@dataclass(frozen=True)
class Check:
    """The result of one check. `name` begins with its group, one word."""

    name: str
    level: Level
    found: str
    mend: str = ""

    @property
    def group(self) -> str:
        """What checks of one kind have in common: `topic`, `schema`."""
        return self.name.partition(" ")[0]


class Problem(NamedTuple):
    """One thing that is not as it should be."""

    level: Level
    found: str
    mend: str


def verdict(name: str, good: str, problems: Sequence[Problem]) -> Check:
    """One check of all that is wrong with one thing; `good` is what to say if nothing is."""
    if not problems:
        return Check(name, Level.OK, good)
    worst = max((problem.level for problem in problems), key=LEVELS.index)
    mends = list(dict.fromkeys(problem.mend for problem in problems))
    return Check(name, worst, "; ".join(problem.found for problem in problems), "; ".join(mends))
