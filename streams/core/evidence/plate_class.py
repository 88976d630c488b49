"""The plate was on a vehicle of another size before: a car's plate on a truck, or the other way round.

Mostly a misread plate or a misjudged class. Classes that scales take for one another count as one size. With a share m
of such passages by error and a share s of smugglers whose plate is not the vehicle's, the ratio is (s + (1 - s) m) / m.
"""

from typing import Final

from schemas.records import Evidence, SensorRole
from streams.core.evidence.odds import beside_errors
from streams.core.evidence.subject import CAMERAS, Subject
from streams.core.rule_set import RuleSet

# FHWA classes that no axle count confuses: motorcycle; car, pickup and van; bus; single unit; with trailers.
SIZES: Final = {1: 1, 2: 2, 3: 2, 4: 3, 5: 4, 6: 4, 7: 4, 8: 5, 9: 5, 10: 5, 11: 5, 12: 5, 13: 5}

# One earlier class may be an error itself.
EARLIER_MIN: Final = 2


def plate_class(subject: Subject, rules: RuleSet) -> Evidence | None:
    """Evidence of a plate on a vehicle of another size than all its earlier passages."""
    size = SIZES.get(subject.passage.vehicle_class or 0)
    if size is None:
        return None
    earlier = [
        SIZES.get(passed.vehicle_class, 0) for passed in (*subject.inbound, *subject.passed) if passed.vehicle_class
    ]
    if len(earlier) < EARLIER_MIN or earlier.count(earlier[0]) < len(earlier) or earlier[0] == size:
        return None
    misjudged, swapped = rules.plates.class_misjudged_rate, rules.plates.swapped_plate_rate
    return Evidence(
        name="plate_class",
        group="plate",
        log_odds=beside_errors(swapped, misjudged),
        explanation=f"the plate's {len(earlier)} earlier passages were of a vehicle of another size",
        reading_ids=subject.readings_of(*CAMERAS, SensorRole.SCALE),
    )
