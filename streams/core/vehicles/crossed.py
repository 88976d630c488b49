"""Whether a passage went through its lane, and what the history keeps of one that did."""

from schemas.records import Passage, PassageState
from streams.core.evidence.gross_weight import corrected_weight_kg
from streams.core.evidence.past import SCALE_TYPES
from streams.core.vehicle_history import SECOND
from streams.core.vehicle_state import PassedBy


def has_crossed(passage: Passage) -> bool:
    """Whether a passage is over and went through: whoever backed out, and what only one camera saw, has not."""
    crossed = passage.at_light_at is not None or passage.left_at is not None
    return passage.state is PassageState.FINAL and crossed


def has_turned_back(passage: Passage) -> bool:
    """Whether a vehicle showed its plate in a lane and left it as it came. What one sensor alone saw may be nobody."""
    came = passage.plate is not None and len({reading.sensor for reading in passage.readings}) > 1
    return came and passage.state is PassageState.FINAL and not has_crossed(passage)


def passed_by(passage: Passage, at: int) -> PassedBy:
    """What the history keeps of a passage; `at` in microseconds."""
    return PassedBy(
        at // SECOND,
        passage.passage_id,
        round(corrected_weight_kg(passage) or 0.0),
        SCALE_TYPES.index(passage.scale_type),
        passage.vehicle_class or 0,
    )
