"""An officer against the port's other officers under like conditions, shift by shift.

Hypothesis of every comparison: on a shift each case is an event with a probability of at most TOLERANCE times the rate
at which it happened to the *other* officers in the same stratum so far, whatever came before that shift. Honest
officers differ, and shifts differ; one slip in data entry is no pattern. What counts as a case, an event and a stratum
stands in one file per kind.

Within a shift cases hang together: a secondary that is full for eight hours, or a dog that is ill, makes an event of
all of them, for everybody on duty. So a shift is one trial. A bet (see `bets.py`) gains with it the mean of what it
would have gained with each of its cases alone: a mean of e-values is one however they hang together (Vovk and Wang
2021). A shift on which everything went wrong counts as one event, and five such shifts of one officer are needed.

Statistic: a bet for each officer and kind. alpha: ALPHA_COMPARISON for each kind at a port, over the officers under
test. The others' rate is an estimate, so with few cases of theirs nothing is tested.
"""

import math
from typing import Final, NamedTuple

import msgspec

from streams.core.integrity.bets import (
    ALPHA_COMPARISON,
    MILLI,
    OFFICERS_TESTED_MIN,
    capital,
    log_threshold,
)
from streams.core.integrity.state import DAY_SECONDS, Bet, Shift, Stratum

WINDOW_SECONDS: Final = 90 * DAY_SECONDS

# Honest officers may have twice the rate of the others [assumed]: less, and the careless are reported with the corrupt.
TOLERANCE: Final = 2.0
# Cases of others below which their rate says too little.
OTHERS_MIN: Final = 100
# Where half the cases of others are events, an officer's say nothing.
CHANCE_MAX: Final = 0.5

TILTS: Final = (3.0, 12.0)
PASSAGES_MAX: Final = 8
# From an officer's first case: a double shift and the reports of it [assumed]. Shorter, and what is broken for one
# shift is two events; longer, and it swallows the next day's.
SHIFT_SECONDS: Final = 16 * 3600
# Officers of one stratum; the largest port has under a hundred. More are not counted.
OFFICERS_MAX: Final = 512


class Trial(NamedTuple):
    """One case of an officer's: whether it was an event, and of which passages."""

    officer_id: str
    event: bool
    passages: tuple[str, ...]


def chance_of(stratum: Stratum, officer_id: str, others_min: int = OTHERS_MIN) -> float | None:
    """The allowed probability of an event for an officer; None if others tell too little, or it happens to all."""
    own_trials, own_events = stratum.officers.get(officer_id, (0, 0))
    trials, events = stratum.trials - own_trials, stratum.events - own_events
    if trials < others_min:
        return None
    # One more of each: that none has happened yet does not make it impossible.
    chance = TOLERANCE * (events + 1) / (trials + 1)
    return chance if chance < CHANCE_MAX else None


def counted(stratum: Stratum, trial: Trial) -> Stratum:
    """The stratum with a trial more."""
    own = stratum.officers.get(trial.officer_id)
    if own is None and len(stratum.officers) >= OFFICERS_MAX:
        return stratum
    trials, events = own or (0, 0)
    officers = stratum.officers | {trial.officer_id: (trials + 1, events + trial.event)}
    return Stratum(stratum.due_s, stratum.trials + 1, stratum.events + trial.event, officers)


def with_trial(shift: Shift, like: str, trial: Trial) -> Shift:
    """The shift with a case more, in the stratum that `like` names."""
    cases, events = shift.cases.get(like, (0, 0))
    passages = (*shift.passages, *trial.passages)[-PASSAGES_MAX:] if trial.event else shift.passages
    counts = shift.cases | {like: (cases + 1, events + trial.event)}
    return msgspec.structs.replace(shift, cases=counts, passages=passages)


class Counted(NamedTuple):
    """What happened on a shift in one stratum, and the allowed chance of it."""

    cases: int
    events: int
    chance: float


def after_shift(bet: Bet, counts: list[Counted], passages: tuple[str, ...]) -> Bet:
    """The bet after a shift with at least one case."""
    return msgspec.structs.replace(
        bet,
        small=bet.small + gain(counts, TILTS[0]),
        large=bet.large + gain(counts, TILTS[1]),
        trials=bet.trials + sum([one.cases for one in counts]),
        events=bet.events + sum([one.events for one in counts]),
        expected_milli=bet.expected_milli + round(MILLI * math.fsum([one.cases * one.chance for one in counts])),
        passages=(*bet.passages, *passages)[-PASSAGES_MAX:],
        shifts=bet.shifts + 1,
    )


def gain(counts: list[Counted], tilt: float) -> int:
    """What a shift adds to the logarithm of the capital, in thousandths: that of the mean over its cases."""
    cases = sum([one.cases for one in counts])
    total = math.fsum(
        [(one.events * tilt + one.cases - one.events) / (1.0 - one.chance + one.chance * tilt) for one in counts]
    )
    return math.floor(MILLI * math.log(total / cases))


def threshold_of(officers_tested: int, share: float) -> int:
    """What a bet's capital has to reach, in thousandths of its logarithm. `share`: of its kind's alpha."""
    return log_threshold(ALPHA_COMPARISON, officers_tested, OFFICERS_TESTED_MIN, share)


def is_news(bet: Bet, threshold: int) -> bool:
    """Whether a bet is to be told of: for the first time, or with twice the events."""
    if capital(bet.small, bet.large) < threshold:
        return False
    return not bet.told or bet.events >= 2 * bet.told_events
