"""An officer whom several vehicles meet more often than the rotation allows, though perhaps none of them often enough.

Mechanism: as in `meetings.py`, with several drivers, each of whom comes seldom. A port has ten thousand vehicles, so
one of them must meet an officer a dozen times before that is no chance; of officers it has a hundred at most.

Hypothesis: that of `meetings.py`, whoever the vehicle is.

Statistic: one bet for each officer, on crossings of vehicles whose own bet on him has reached SUSPECTED_MILLI *before*;
those before it are what made them suspected and do not count here. What such a vehicle's next lot brings has nothing to
do with that: of honest ones that got so far by chance, the next meeting is as likely as any. One crossing between two
drawings of all lanes counts for an officer, the first that comes, since two in one lane meet him by the same lot.

alpha: ALPHA_FRIENDS at a port, over its officers under test.
"""

from typing import Final

import msgspec

from streams.core.integrity.bets import ALPHA_FRIENDS, MILLI, OFFICERS_TESTED_MIN, log_threshold, tilted
from streams.core.integrity.comparison import PASSAGES_MAX
from streams.core.integrity.duties import Drawn
from streams.core.integrity.meetings import TILTS, chance_among
from streams.core.integrity.state import Bet, Vehicle

MEETINGS_TEST: Final = "MEETINGS"

# e^8: one honest pair in three thousand at most. Lower, and the misses of honest ones use up what the others bring;
# higher, and vehicles that come seldom never count.
SUSPECTED_MILLI: Final = 8_000


class FriendCrossing:
    """One crossing of a suspected vehicle for which its officer could have been drawn."""

    def __init__(self, drawn: Drawn, is_meeting: bool, passage_id: str) -> None:
        self.chance = chance_among(len(drawn.present))
        self.redrawn_at = drawn.redrawn_at
        self.is_meeting = is_meeting
        self.passage_id = passage_id

    def is_lot_of_its_own(self, bet: Bet) -> bool:
        """Whether all lanes were drawn anew since the crossing last bet on."""
        return self.redrawn_at > bet.last_at


def suspected(vehicle: Vehicle, drawn: Drawn) -> list[str]:
    """The officers in lanes whom a vehicle has met unusually often, before it crosses."""
    return [
        pair.officer_id
        for pair in vehicle.pairs
        if max(pair.small, pair.large) >= SUSPECTED_MILLI and pair.officer_id in drawn.present
    ]


def after_crossing(bet: Bet, crossing: FriendCrossing, at: int) -> Bet:
    """The bet after a crossing."""
    place = 0 if crossing.is_meeting else 1
    return msgspec.structs.replace(
        bet,
        small=bet.small + tilted(crossing.chance, TILTS[0])[place],
        large=bet.large + tilted(crossing.chance, TILTS[1])[place],
        trials=bet.trials + 1,
        events=bet.events + crossing.is_meeting,
        expected_milli=bet.expected_milli + round(MILLI * crossing.chance),
        passages=(*bet.passages, crossing.passage_id)[-PASSAGES_MAX:] if crossing.is_meeting else bet.passages,
        last_at=at,
    )


def threshold_of(officers_tested: int) -> int:
    """What an officer's capital has to reach, in thousandths of its logarithm."""
    return log_threshold(ALPHA_FRIENDS, officers_tested, OFFICERS_TESTED_MIN)
