"""Red lights that an officer made green in his own lane.

Mechanism: the override is there for emergencies and a full secondary, and lets a vehicle go with one press.

Case: a red light given (`cases.py`) in an officer's lane. Event: this officer made it green last. Compared with the
port's other officers in lanes of the same mode, shift by shift (`comparison.py`). What a supervisor does in others'
lanes is no case of theirs, and is not tested: he has no lights of his own to compare it with.

What honest people do to trip it: an officer posted where emergency vehicles cross, if posts are not rotated.
"""

from streams.core.integrity.comparison import Trial
from streams.core.integrity.state import Case


def trials_of(case: Case, passage_id: str) -> tuple[Trial, ...]:
    """The case of the officer in whose lane the light was red."""
    if not case.is_red or case.officer_id is None:
        return ()
    return (Trial(case.officer_id, case.overridden_by == case.officer_id, (passage_id,)),)
