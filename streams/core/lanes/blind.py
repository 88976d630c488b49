"""Sensors that have gone blind: traffic passes, and one of a lane's sensors says nothing of it.

    vehicle that went through ─► of each sensor: saw it, or missed it
    misses in a row           ─► how probable they are of a sensor that works as it did ─► Alert SENSOR_BLIND, once
    seen again, three times   ─► the same incident, MINOR: it is over

A heartbeat says that a device lives; a camera behind a spider's web lives. What a sensor usually misses is its own: a
camera reads nine plates in ten, a loop sees all but one vehicle in a thousand. So each is held against itself. Of one
that saw s vehicles and missed m, the next k are all missed with the probability of a beta-binomial law,

    P(k) = B(s + 1, m + 1 + k) / B(s + 1, m + 1)

and below BLIND_PROBABILITY it is called blind. At 240 lanes of six sensors and a thousand vehicles a day that bound
means a false call in two years, if misses are independent of each other; a night of snow is not, and is no false call.

X-ray units are left out: most vehicles are not scanned. A lane whose every sensor is silent shows no vehicle either:
that is for its devices' heartbeats to tell.
"""

import math
from typing import Final

from schemas.records import (
    Alert,
    AlertKind,
    OperatingMode,
    SensorRole,
    Severity,
)
from streams.core.lanes.slots import EXIT, ROLES, STOP_LINE, XRAY
from streams.core.unweighed_alert import unweighed_alert

BLIND_PROBABILITY: Final = 1e-9
_LOG_BLIND: Final = math.log(BLIND_PROBABILITY)

# Fewer in a row are never called blind, however good the sensor was: a tow truck's convoy, a closed lane [assumed].
MISSED_MIN: Final = 8

# What has seen fewer vehicles was never at work here, or has just been put up.
SEEN_MIN: Final = 30

# Of more vehicles both counts are halved, so that a sensor that has grown worse over weeks is held against what it is.
COUNTED_MAX: Final = 4_000

# One vehicle seen in between is a reflection, or a connector that somebody touched.
RECOVERED: Final = 3

# A sensor misses what nobody else saw either; whoever two others saw was there.
OTHERS_MIN: Final = 2

JUDGED: Final = tuple(slot for slot in range(len(ROLES)) if slot != XRAY)
ROLES_JUDGED: Final = tuple(ROLES[slot] for slot in JUDGED)


class Sight:
    """What one sensor has seen of the vehicles that passed it."""

    def __init__(
        self,
        seen: int = 0,
        missed: int = 0,
        missed_in_row: int = 0,
        seen_in_row: int = 0,
        missed_since: int = 0,
        blind_since: int = 0,
        missed_blind: int = 0,
    ) -> None:
        self.seen = seen
        self.missed = missed  # of those behind which it saw another one
        self.missed_in_row = missed_in_row
        self.seen_in_row = seen_in_row  # since it was called blind
        self.missed_since = missed_since  # lane time at which the first of the row had left
        self.blind_since = blind_since  # 0: it is not
        self.missed_blind = missed_blind  # vehicles missed since `blind_since`

    def fields(self) -> tuple[int, ...]:
        """What is stored of it, as the constructor takes it."""
        return (
            self.seen,
            self.missed,
            self.missed_in_row,
            self.seen_in_row,
            self.missed_since,
            self.blind_since,
            self.missed_blind,
        )

    def see(self) -> bool:
        """It saw a vehicle. True if it was blind and is not any more."""
        if self.blind_since:
            self.seen_in_row += 1
            self.missed_in_row = 0
            if self.seen_in_row < RECOVERED:
                return False
            self.blind_since = self.seen_in_row = self.missed_since = 0
            return True
        self.missed += self.missed_in_row
        self.seen += 1
        self.missed_in_row = self.missed_since = 0
        if self.seen + self.missed > COUNTED_MAX:
            self.seen //= 2
            self.missed //= 2
        return False

    def miss(self, at: int) -> bool:
        """A vehicle passed it unseen and had left by a time, microseconds. True if it is blind from now on."""
        self.missed_in_row += 1
        if self.blind_since:
            self.seen_in_row = 0
            self.missed_blind += 1
            return False
        if self.missed_in_row == 1:
            self.missed_since = at
        if self.missed_in_row < MISSED_MIN or self.seen < SEEN_MIN:
            return False
        if log_probability(self.missed_in_row, self.seen, self.missed) > _LOG_BLIND:
            return False
        self.blind_since, self.missed_blind = self.missed_since, self.missed_in_row
        return True


def log_probability(in_row: int, seen: int, missed: int) -> float:
    """The logarithm of P(k) above: that a sensor which is as it was misses this many in a row."""
    of_missed = math.lgamma(missed + 1 + in_row) - math.lgamma(missed + 1)
    return of_missed - math.lgamma(seen + missed + 2 + in_row) + math.lgamma(seen + missed + 2)


def passed_unseen_by(seen_by: list[bool], slot: int) -> bool | None:
    """Whether a vehicle that left passed a sensor unseen; None if the other sensors do not say that it came by."""
    others = sum(seen_by) - seen_by[slot]
    through = (seen_by[STOP_LINE] and slot != STOP_LINE) or (seen_by[EXIT] and slot != EXIT)
    if others < OTHERS_MIN or not through:
        return None
    return not seen_by[slot]


def alert_of(
    sight_since: int,
    missed: int,
    is_over: bool,
    sensor: SensorRole,
    lane_id: str,
    mode: OperatingMode,
    passage_id: str,
    passage_number: int,
    at: int,
) -> Alert:
    """The alert of a sensor that has gone blind, or sees again; it weighs no vehicle. Times in microseconds."""
    incident_id = f"{lane_id} {mode} {sensor} {sight_since}"
    name = sensor.replace("_", " ").lower()
    says = (
        f"the {name} sees vehicles again; {missed} passed it unseen"
        if is_over
        else f"the {name} is blind: {missed} vehicles in a row passed it that other sensors saw; have it looked at"
    )
    return unweighed_alert(
        AlertKind.SENSOR_BLIND,
        incident_id,
        2 if is_over else 1,
        Severity.MINOR if is_over else Severity.SEVERE,
        f"lane {lane_id}: {says}",
        at,
        lane_id.partition("/")[0],
        mode,
        lane_id,
        passage_id,
        passage_number,
    )


def sensor_of(incident_id: str) -> SensorRole | None:
    """Which sensor of its lane an incident of `alert_of` is of; None for another's id."""
    parts = incident_id.split(" ")
    return next((role for role in ROLES_JUDGED if len(parts) == 4 and role == parts[2]), None)
