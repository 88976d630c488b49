"""The bias of a lane's scale, learned from all the cars that pass over it.

A scale drifts as its sensors age, by a per cent or two between calibrations; on a car that is 20 to 30 kg, more than
most loads. One car says little of it, since cars differ by a fifth; thousands say it well. So the bias is estimated by
a Kalman filter with one state, in logarithms: it wanders a little with each vehicle, and each weighing of a passenger
car or pickup shows bias plus the spread of cars about the mean of their class.

Only differences between lanes matter here: were all cars heavier than the register says, every lane would show it and
the vehicles stage would see the excess nowhere. Trucks and buses are left out; their loads differ more than any bias.
"""

import math
from typing import Final

from schemas.records import Weighing

# Mean weight on a southbound lane by FHWA class: curb weight and the usual payload (the rule set's register, which may
# change without the bias meaning something else).
USUAL_KG: Final = {2: 1780.0, 3: 2380.0}

# Spread of single cars about it, as a share: curb weights 17 %, payload and scale 8 %, some classes taken for another.
SPREAD: Final = 0.22

# A scale fresh from calibration is right within this (FHWA Traffic Monitoring Guide: mean error should be near 0).
FIRST_SIGMA: Final = 0.01

# How far a bias wanders with each vehicle: 0.02 % makes 0.6 % in a thousand, a per cent in a few days of a busy lane.
STEP: Final = 0.0002

# What lies further off says something of the vehicle, or of a wheel beside the plate, and not of the scale.
OUTLIER_SIGMAS: Final = 3.0

# An estimate beyond this is a fault for a technician, and no correction.
BIAS_MAX: Final = 0.10

# No estimate is better than a poor one: passages carry it once its uncertainty is below this.
TELLING_SIGMA: Final = 0.0075


class ScaleBias:
    """An estimate: log of measured over true weight, and its variance."""

    def __init__(self, log_bias: float = 0.0, variance: float = FIRST_SIGMA**2) -> None:
        self.log_bias = log_bias
        self.variance = variance

    @property
    def ratio(self) -> float | None:
        """The bias as a share of the weight; None as long as too little is known, and beyond BIAS_MAX."""
        ratio = math.expm1(self.log_bias)
        if self.variance > TELLING_SIGMA**2 or abs(ratio) > BIAS_MAX:
            return None
        return ratio

    def learn(self, reading: Weighing) -> None:
        """Fold one weighing in; one of another class than car and pickup, or far off, changes nothing."""
        usual_kg = USUAL_KG.get(reading.vehicle_class or 0)
        if usual_kg is None or reading.gross_weight_kg <= 0.0:
            return
        surprise = math.log(reading.gross_weight_kg / usual_kg) - self.log_bias
        if abs(surprise) > OUTLIER_SIGMAS * SPREAD:
            return
        variance = self.variance + STEP**2
        gain = variance / (variance + SPREAD**2)
        self.log_bias += gain * surprise
        self.variance = variance * (1.0 - gain)
