"""Logged duties against the key that they are said to be drawn with.

    shift (hours, lanes, officers) ─► digest, which stands in each duty's id since before the shift
    shift + revealed key           ─► the duties that the lot gave, compared with the logged ones

The digest binds the shift's officers: whoever shows others later has another digest. So what `border schedule --json`
prints, kept by whoever draws, is all that an auditor needs besides the key and the log.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from schemas.records import OfficerAssignment
from streams.core.random_draw import date_of, key_id_of
from streams.core.rotation import (
    MINUTE,
    SHIFT_MINUTES_MAX,
    DrawnDuty,
    Shift,
    draw_rotation,
    drawing_of,
    slot_of,
    started_at,
)

# Of the rotation's keys in a file of revealed ones or commitments: the random arm's are others.
KEY_PREFIX: Final = "rotation "
# Duties named in a report; all are counted.
EXAMPLES_MAX: Final = 20


class Logged(NamedTuple):
    """A duty as the log has it, and when the broker took it (microseconds)."""

    assignment: OfficerAssignment
    appended_at: int


def rotation_key_id(port_code: str, at: int) -> str:
    """`rotation 2301:2026-11-24`: id of the key with which a port's shifts of a UTC day are drawn."""
    return KEY_PREFIX + key_id_of(port_code, date_of(at))


def shift_in(told: Mapping[str, Any]) -> Shift:
    """A shift as `border schedule --json` tells it. Raises ValueError if it is none."""
    try:
        return Shift(int(told["from_at"]), int(told["until_at"]), tuple(told["officers"]), tuple(told["lanes"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"no drawing has {error}") from error


def audit_rotation(keys: Mapping[str, bytes], shifts: Iterable[Shift], logged: Iterable[Logged]) -> dict[str, Any]:
    """Counts of duties of the keys' days: `checked` ones, `wrong` ones, those of a drawing that nobody showed
    (`unexplained`), drawn but not in the log (`not_told`), told when they had begun (`late`), and lanes and starts for
    which several drawings were told (`redrawn`).

    Raises ValueError for a shift that cannot be drawn.
    """
    expected: dict[str, dict[str, DrawnDuty]] = {}
    for shift in shifts:
        key = keys.get(rotation_key_id(shift.lanes[0].partition("/")[0], shift.from_at)) if shift.lanes else None
        if key is not None:
            expected[shift.drawing] = {duty.assignment_id: duty for duty in draw_rotation(key, shift)}
    told, wrong, unexplained, late = set[str](), list[str](), list[str](), 0
    drawings: dict[str, set[str]] = {}
    for one, appended_at in logged:
        drawing = drawing_of(one.assignment_id)
        if drawing is None or rotation_key_id(one.port_code, shift_start(drawing, one.from_at)) not in keys:
            continue
        drawings.setdefault(slot_of(one.assignment_id), set()).add(drawing)
        late += appended_at > one.from_at
        if drawing not in expected:
            unexplained.append(one.assignment_id)
            continue
        duty = DrawnDuty(one.lane_id, one.officer_id, one.from_at, one.until_at, drawing)
        if expected[drawing].get(one.assignment_id) == duty:
            told.add(one.assignment_id)
        else:
            wrong.append(one.assignment_id)
    return {
        "checked": len(told),
        "wrong": len(wrong),
        "unexplained": len(unexplained),
        "not_told": len({duty for duties in expected.values() for duty in duties} - told - set(wrong)),
        "late": late,
        "redrawn": sum(len(several) > 1 for several in drawings.values()),
        "examples": [*wrong, *unexplained][:EXAMPLES_MAX],
    }


def shift_start(drawing: str, from_at: int) -> int:
    """When a drawing's shift begins; a start that cannot be, which would hide a duty from its day's key, is the
    duty's own."""
    start = started_at(drawing)
    if start is None or not from_at - SHIFT_MINUTES_MAX * MINUTE < start <= from_at:
        return from_at
    return start
