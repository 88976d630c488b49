"""Inspections in which a mandated examination was not recorded.

Mechanism: the dog, the X-ray or the isotope check that would have found it is left out. An audit found 72 % of targeted
rail shipments without the mandated isotope check (DHS OIG, by strtrade.com).

Case: an ended inspection of an inspecting officer's. Event: an examination that the selection policy mandates for
it, or that they say was left out, is not recorded as done. Compared with the port's other officers in lanes of the same
mode (`comparison.py`): where nobody does it, it is the port's to answer for, and no finding about an officer.

What honest people do to trip it: an officer on duty only in hours in which the port has no dog.
"""

from streams.core.integrity.comparison import Trial
from streams.core.integrity.state import Case


def trials_of(case: Case, passage_id: str) -> tuple[Trial, ...]:
    """The case of each inspecting officer."""
    if case.inspection_seconds is None:
        return ()
    return tuple([Trial(officer_id, case.exams_missing, (passage_id,)) for officer_id in case.inspectors])
