"""A plate's past, read once for all the evidence that rests on it.

Everything here is of one vehicle and bounded (PASSAGES_MAX, INBOUND_MAX), but it is looked at for every revision of
every passage: so plain lists, each made in one go.
"""

import math
from collections.abc import Sequence
from typing import Final

from schemas.records import ScaleType
from streams.core.rule_set import WeightRules
from streams.core.vehicle_state import PassedBy

SCALE_TYPES: Final = tuple(ScaleType)

# Earlier weighings beyond so many of their sigmas from the middle one are gross errors and teach nothing.
OUTLIER_SIGMAS: Final = 4.0


class Past:
    """Southbound passages, oldest first: when (seconds since 1970), through which port and lane.

    `came_north_s`: the northbound passage since the last southbound one, 0 if there is none.
    """

    def __init__(self, passed: Sequence[PassedBy], inbound: Sequence[PassedBy]) -> None:
        self.at_s: list[int] = []
        self.ports: list[str] = []
        self.lanes: list[str] = []
        for one in passed:
            self.at_s.append(one.at_s)
            passage_id = one.passage_id
            port_end = passage_id.find("/")
            self.ports.append(passage_id[:port_end])
            self.lanes.append(passage_id[: passage_id.find("/", port_end + 1)])
        last_s = self.at_s[-1] if self.at_s else 0
        self.came_north_s = inbound[-1].at_s if inbound and inbound[-1].at_s > last_s else 0


class OwnWeighings:
    """What earlier weighings, in either direction, say of the vehicle: their mean and its precision (1/kg²).

    `kg` and `sigma_kg` are of each one that counts.
    """

    def __init__(self, passed: Sequence[PassedBy], rules: WeightRules) -> None:
        ratios = [_scale_ratio(kind, rules) for kind in SCALE_TYPES]
        trip_kg = rules.payload_trip_sigma_kg
        self.kg: list[float] = []
        self.sigma_kg: list[float] = []
        for one in passed:
            weight_kg = one.weight_kg
            if weight_kg:
                scale_kg = ratios[one.scale] * weight_kg
                self.kg.append(float(weight_kg))
                self.sigma_kg.append(math.sqrt(scale_kg * scale_kg + trip_kg * trip_kg))
        if len(self.kg) > 2:
            self._drop_outliers()
        self.precision = 0.0
        weighted = 0.0
        for kg, sigma in zip(self.kg, self.sigma_kg, strict=True):
            precision = 1.0 / (sigma * sigma)
            self.precision += precision
            weighted += kg * precision
        self.mean_kg = weighted / self.precision if self.kg else 0.0

    def _drop_outliers(self) -> None:
        middle_kg = sorted(self.kg)[len(self.kg) // 2]
        kept = [
            index for index, kg in enumerate(self.kg) if abs(kg - middle_kg) <= OUTLIER_SIGMAS * self.sigma_kg[index]
        ]
        if len(kept) < len(self.kg):
            self.kg = [self.kg[index] for index in kept]
            self.sigma_kg = [self.sigma_kg[index] for index in kept]


def weighing_sigma_kg(weight_kg: float, scale: ScaleType, rules: WeightRules) -> float:
    """How far one weighing lies from a vehicle's mean: the scale's tolerance, and what differs from trip to trip."""
    return math.hypot(_scale_ratio(scale, rules) * weight_kg, rules.payload_trip_sigma_kg)


def _scale_ratio(scale: ScaleType, rules: WeightRules) -> float:
    ratio = rules.scale_sigma_ratio.get(scale)
    return max(rules.scale_sigma_ratio.values()) if ratio is None else ratio
