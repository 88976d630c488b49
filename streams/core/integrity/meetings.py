"""An officer and a vehicle that meet more often than the rotation allows.

Mechanism: a driver who has an understanding with an officer comes when he stands in a lane, and takes that lane.

Hypothesis: whoever of the n officers drawn together (`duties.py`) for lanes of that kind is met by a vehicle in one of
them was decided by lot, so it is a certain one of them with probability 1/n, whatever lane or bridge the driver likes,
however often and at whatever hour he comes, and whoever works which shift: all of that is settled before the lot is
drawn. Met is whom the lot has sent to the lane. To bear absences, 1.1/n is allowed.

Statistic: for each pair a bet (see `bets.py`), begun after the first meeting, on every later crossing of a lane for
which this officer, or one drawn together with him, was drawn. Only one crossing of a vehicle counts between two
drawings of all these lanes, since the second would meet the same officer by the same lot.

alpha: ALPHA_MEETINGS at a port, over its vehicles under test, and within a vehicle over its pairs by when they began.

Not tested: where fewer than three officers are drawn together for such lanes, or by other than the lot (see
`rotation.py`), or for over an hour. Without a rotation a habit of the driver's would accuse the officer. An officer who
keeps leaving the lane that was drawn for him meets nobody here: that is for whoever keeps the roster to see.

What honest people do to trip it: a driver who looks for an officer whom he knows, and can see which lane is his. That
is for an auditor to ask; nothing follows from it by itself.
"""

from typing import Final

import msgspec

from schemas.records import Outcome
from streams.core.integrity.bets import (
    ALPHA_MEETINGS,
    LOST_MILLI,
    MILLI,
    VEHICLES_TESTED_MIN,
    capital,
    log_threshold,
    tilted,
)
from streams.core.integrity.duties import Drawn
from streams.core.integrity.state import DAY_SECONDS, SECOND, Pair, Vehicle

# For so long a vehicle's meetings are added up, and then begun anew.
WINDOW_SECONDS: Final = 90 * DAY_SECONDS
# A vehicle that has not come again is forgotten sooner: most of a port's vehicles are strangers, and whoever has an
# understanding comes more often than once a month [assumed].
STRANGER_SECONDS: Final = 30 * DAY_SECONDS

# Officers of one vehicle under test at once; a commuter meets more in a season, and those least met go first.
PAIRS_MAX: Final = 16
PASSAGES_MAX: Final = 12

OFFICERS_MIN: Final = 3
# Above this many officers the chance of this many is taken, which is more than it is.
OFFICERS_MAX: Final = 64
# Absences: nobody can take the lane of one who was drawn and did not come [assumed]: a tenth.
TOLERANCE: Final = 1.1
TILTS: Final = (8.0, 64.0)

# By number of officers: the allowed chance in thousandths, and what a meeting and a miss add to both bets.
_CHANCES: Final = [TOLERANCE / max(n, OFFICERS_MIN) for n in range(OFFICERS_MAX + 1)]
_EXPECTED: Final = [round(MILLI * chance) for chance in _CHANCES]
_SMALL: Final = [tilted(chance, TILTS[0]) for chance in _CHANCES]
_LARGE: Final = [tilted(chance, TILTS[1]) for chance in _CHANCES]


def chance_among(count: int) -> float:
    """The allowed chance of one of so many officers."""
    return _CHANCES[min(count, OFFICERS_MAX)]


def over_s_of(vehicle: Vehicle) -> int:
    """When a vehicle is forgotten."""
    return min(vehicle.started_s + WINDOW_SECONDS, vehicle.counted_at // SECOND + STRANGER_SECONDS)


def is_tested(drawn: Drawn) -> bool:
    """Whether it is by lot who is met."""
    return drawn.is_lot and len(drawn.present) >= OFFICERS_MIN


def counts(vehicle: Vehicle | None, drawn: Drawn, at: int) -> bool:
    """Whether a crossing is the vehicle's first since all lanes were drawn anew."""
    return vehicle is None or (drawn.redrawn_at > vehicle.counted_at and at > vehicle.counted_at)


def begun(officer_id: str, outcome: Outcome, at: int) -> Vehicle:
    """A vehicle at its first crossing."""
    pair = Pair(officer_id, 1, at // SECOND, passages=(outcome.passage_id,))
    vehicle = Vehicle(0, at // SECOND, at, False, 1, (pair,))
    return msgspec.structs.replace(vehicle, due_s=over_s_of(vehicle))


def crossed(vehicle: Vehicle, met: str, drawn: Drawn, passage_id: str, at: int) -> Vehicle:
    """A vehicle after a further crossing that counts."""
    count = min(len(drawn.present), OFFICERS_MAX)
    pairs, is_known = list[Pair](), False
    for pair in vehicle.pairs:
        if pair.officer_id == met:
            is_known = True
            pairs.append(after_meeting(pair, count, passage_id))
        elif pair.officer_id not in drawn.present:
            pairs.append(pair)
        else:
            missed = after_miss(pair, count)
            if missed.told or missed.small > LOST_MILLI or missed.large > LOST_MILLI:
                pairs.append(missed)
    begun_before = vehicle.pairs_begun
    if not is_known:
        if len(pairs) >= PAIRS_MAX:
            pairs.remove(min(pairs, key=_least))
        begun_before += 1
        pairs.append(Pair(met, begun_before, at // SECOND, passages=(passage_id,)))
    return Vehicle(vehicle.due_s, vehicle.started_s, at, True, begun_before, tuple(pairs))


def after_meeting(pair: Pair, count: int, passage_id: str) -> Pair:
    """A pair that met again, among so many officers."""
    return Pair(
        pair.officer_id,
        pair.number,
        pair.started_s,
        pair.small + _SMALL[count][0],
        pair.large + _LARGE[count][0],
        pair.crossings + 1,
        pair.meetings + 1,
        pair.expected_milli + _EXPECTED[count],
        (*pair.passages, passage_id)[-PASSAGES_MAX:],
        pair.told,
        pair.told_meetings,
    )


def after_miss(pair: Pair, count: int) -> Pair:
    """A pair of which the vehicle met another officer, among so many."""
    return Pair(
        pair.officer_id,
        pair.number,
        pair.started_s,
        pair.small + _SMALL[count][1],
        pair.large + _LARGE[count][1],
        pair.crossings + 1,
        pair.meetings,
        pair.expected_milli + _EXPECTED[count],
        pair.passages,
        pair.told,
        pair.told_meetings,
    )


def threshold_of(pair: Pair, vehicles_tested: int) -> int:
    """What a pair's capital has to reach, in thousandths of its logarithm."""
    # 1/2 + 1/6 + 1/12 + ... = 1: however many pairs a vehicle begins, they share its part.
    share = 1.0 / (pair.number * (pair.number + 1))
    return log_threshold(ALPHA_MEETINGS, vehicles_tested, VEHICLES_TESTED_MIN, share)


def is_news(pair: Pair, vehicles_tested: int) -> bool:
    """Whether a pair is to be told of: for the first time, or with twice the meetings."""
    if capital(pair.small, pair.large) < threshold_of(pair, vehicles_tested):
        return False
    return not pair.told or pair.meetings >= 2 * pair.told_meetings


def _least(pair: Pair) -> tuple[int, int, int]:
    """Which pair of a full vehicle goes: never one that was told of before one that was not."""
    return int(pair.told > 0), max(pair.small, pair.large), pair.number
