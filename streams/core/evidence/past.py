"""A plate's past, read once for all the evidence that rests on it.

Everything here is of one vehicle and bounded (PASSAGES_MAX), but it is looked at for every revision of every passage:
so plain lists, each made in one go.
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

    `stays_s`: for each of those that a northbound passage stands before, the seconds in between. `came_north_s`: the
    northbound passage since the last southbound one, 0 if there is none.
    """

    def __init__(self, passed: Sequence[PassedBy]) -> None:
        self.at_s: list[int] = []
        self.ports: list[str] = []
        self.lanes: list[str] = []
        self.stays_s: list[int] = []
        self.came_north_s = 0
        for one in passed:
            if one.inbound:
                self.came_north_s = one.at_s
                continue
            if self.came_north_s:
                self.stays_s.append(one.at_s - self.came_north_s)
                self.came_north_s = 0
            self.at_s.append(one.at_s)
            passage_id = one.passage_id
            port_end = passage_id.find("/")
            self.ports.append(passage_id[:port_end])
            self.lanes.append(passage_id[: passage_id.find("/", port_end + 1)])


class OwnWeighings:
    """What earlier weighings, in either direction, say of the vehicle: their mean and its precision (1/kg²).

    `kg` and `sigma_kg` are of each one that counts, `south` whether it was southbound.
    """

    def __init__(self, passed: Sequence[PassedBy], rules: WeightRules) -> None:
        roughest = max(rules.scale_sigma_ratio.values())
        ratios = [rules.scale_sigma_ratio.get(kind, roughest) for kind in SCALE_TYPES]
        trip_kg = rules.payload_trip_sigma_kg
        self.kg: list[float] = []
        self.sigma_kg: list[float] = []
        self.south: list[bool] = []
        for one in passed:
            weight_kg = one.weight_kg
            if weight_kg:
                scale_kg = ratios[one.scale] * weight_kg
                self.kg.append(float(weight_kg))
                self.sigma_kg.append(math.sqrt(scale_kg * scale_kg + trip_kg * trip_kg))
                self.south.append(not one.inbound)
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
            self.south = [self.south[index] for index in kept]
