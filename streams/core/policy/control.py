"""Which threshold spends a port's budget of red lights, and no more.

Each minute the budget grows by what the inspectors on shift can take, and shrinks by the reds that there were:

    owed  =  budget so far - reds so far            within what is worth catching up on
    wanted an hour  =  budget - those that the lot will draw + owed / CATCH_UP_HOURS
    threshold  =  the score that this share of the last vehicles reached, and the share of those with just that score

It corrects itself: if the threshold refers too many, fewer are owed, and it rises. The fluctuation that is left over
some hours is that of CATCH_UP_HOURS of traffic, not of all of them: of b reds an hour sqrt(b * CATCH_UP_HOURS), where
chance alone would give sqrt(b * hours).
"""

import math
from typing import Final, NamedTuple

import msgspec

from streams.core.policy.state import Meter
from streams.core.selection_policy import Budget

HOUR_MICROSECONDS: Final = 3_600_000_000

# In this time a surplus or lack is made up for [chosen]: shorter, and the threshold would follow single vehicles;
# longer, and a rush hour would be over before it was noticed.
CATCH_UP_HOURS: Final = 0.5

# The traffic of the last quarter of an hour says what comes: a rush hour rises within an hour [chosen].
TRAFFIC_HOURS: Final = 0.25

# What is caught up on at most: inspectors who had nothing to do for a night cannot inspect it all in the morning.
OWED_HOURS_MAX: Final = 0.5
# Of two owed reds a small port, where one is due in four hours, made four of them.
OWED_REDS_MIN: Final = 1.0

# Reds ahead of the budget queue at secondary until they are worked off, so they are remembered for longer; but a flood
# of drawn vehicles must not keep the lanes green, the lot aside, for the day.
AHEAD_HOURS_MAX: Final = 2.0
AHEAD_REDS_MIN: Final = 4.0

# A stage that was away for longer does not owe all of that time.
STEP_HOURS_MAX: Final = 1.0

# Scores that are kept of a port and mode: enough to find the upper half percent.
SCORES_MAX: Final = 512
# Fewer tell nothing of what is usual there.
SCORES_MIN: Final = 50

# Scores beyond it are kept as it: nothing near it is ever a threshold.
LOG_ODDS_KEPT_MAX: Final = 30.0

# The lanes are not told of a change by less than this part of those referred: the meter feels it all the same.
NEWS_RATIO: Final = 0.05


class Threshold(NamedTuple):
    """Log-odds from which vehicles are referred, and the share of those with just that score, to the thousandth. Both
    None while too few vehicles are known to say."""

    log_odds: float | None
    share: float | None


def with_vehicle(meter: Meter, log_odds: float, red: bool, must_refer: bool) -> Meter:
    """The meter after one selection. Vehicles that must be referred are outside the budget."""
    if must_refer:
        return meter
    kept = round(1000.0 * max(-LOG_ODDS_KEPT_MAX, min(LOG_ODDS_KEPT_MAX, log_odds)))
    place = meter.next_score
    if len(meter.scores) < SCORES_MAX:
        scores = (*meter.scores, kept)
    else:
        scores = (*meter.scores[:place], kept, *meter.scores[place + 1 :])
    return msgspec.structs.replace(
        meter,
        vehicles=meter.vehicles + 1,
        reds=meter.reds + red,
        scores=scores,
        next_score=(place + 1) % SCORES_MAX,
    )


def with_reds(meter: Meter, reds: int) -> Meter:
    """The meter after it is known that there were so many reds more than were selected; negative: fewer."""
    return msgspec.structs.replace(meter, reds=meter.reds + reds)


def stepped(meter: Meter, reds_per_hour: float, now_at: int) -> Meter:
    """The meter at a time, its traffic and what it owes brought up to date; the budget until then is given."""
    if not meter.stepped_at:
        return msgspec.structs.replace(meter, stepped_at=now_at, vehicles=0, reds=0)
    hours = (now_at - meter.stepped_at) / HOUR_MICROSECONDS
    if hours <= 0.0:
        return meter
    per_hour = meter.vehicles / hours
    weight = 1.0 - math.exp(-hours / TRAFFIC_HOURS)
    before = meter.vehicles_per_hour
    most = max(OWED_REDS_MIN, OWED_HOURS_MAX * reds_per_hour)
    least = -max(AHEAD_REDS_MIN, AHEAD_HOURS_MAX * reds_per_hour)
    owed = meter.reds_owed + reds_per_hour * min(hours, STEP_HOURS_MAX) - meter.reds
    return msgspec.structs.replace(
        meter,
        stepped_at=now_at,
        vehicles=0,
        reds=0,
        vehicles_per_hour=before + weight * (per_hour - before) if before else per_hour,
        reds_owed=max(least, min(most, owed)),
    )


def threshold_of(meter: Meter, budget: Budget, reds_per_hour: float) -> Threshold:
    """From which score vehicles are referred now."""
    if len(meter.scores) < SCORES_MIN:
        return Threshold(None, None)
    drawn = meter.vehicles_per_hour * budget.random_propensity
    wanted = reds_per_hour - drawn + meter.reds_owed / CATCH_UP_HOURS
    if wanted <= 0.0:
        return Threshold(budget.always_red_log_odds, 1.0)
    others = meter.vehicles_per_hour - drawn
    share = min(budget.red_share_max, wanted / others) if others > 0.0 else budget.red_share_max
    ordered = sorted(meter.scores, reverse=True)
    count = share * len(ordered)
    score = ordered[min(int(count), len(ordered) - 1)]
    if score / 1000.0 >= budget.always_red_log_odds:
        return Threshold(budget.always_red_log_odds, 1.0)
    above, equal = ordered.index(score), ordered.count(score)
    return Threshold(score / 1000.0, round(min(1.0, (count - above) / equal), 6))


def is_news(meter: Meter, before: Threshold, after: Threshold) -> bool:
    """Whether another number of the last vehicles would be referred, by more than NEWS_RATIO."""
    was, becomes = _referred(meter, before), _referred(meter, after)
    return abs(was - becomes) > NEWS_RATIO * becomes


def _referred(meter: Meter, threshold: Threshold) -> float:
    """How many of the last vehicles a threshold would refer."""
    if threshold.log_odds is None:
        return -1.0  # the rule set's own: anything else is news
    score, share = round(1000.0 * threshold.log_odds), threshold.share
    return sum([kept > score for kept in meter.scores]) + (share or 0.0) * meter.scores.count(score)
