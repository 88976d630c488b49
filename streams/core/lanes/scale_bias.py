"""The bias of a lane's scale, learned from all the cars that pass over it.

A scale drifts as its sensors age, by a per cent or two between calibrations; on a car that is 20 to 30 kg, more than
most loads. One car says little of it, since cars differ by a fifth; thousands say it well. But what thousands say is
the scale's bias and their own mix in one: a lane of pickups and large cars is heavier by per cents on the best scale,
and to call that a bias would take the weight off whoever uses another lane now and then. No weighing tells the two
apart; time does: a lane's traffic stays what it is, a scale wanders and is set right again. So the estimate is a Kalman
filter of two states, in logarithms,

    weighing of a car  =  bias, which wanders within its tolerance  +  mix, which hardly does  +  spread of cars

and of what it finds at first the mix, being wider, gets the larger share.

Trucks and buses are left out; their loads differ more than any bias.
"""

import math
from typing import Final

from schemas.records import Weighing

# Mean weight on a southbound lane by FHWA class: curb weight and the usual payload (the rule set's register, which may
# change without the bias meaning something else).
USUAL_KG: Final = {2: 1780.0, 3: 2380.0}

# Spread of single cars about it, as a share: curb weights 17 %, payload and scale 8 %, some classes taken for another.
SPREAD: Final = 0.22

# A scale is right within this, fresh from calibration and between two (FHWA Traffic Monitoring Guide: mean error should
# be near 0; a per cent or two of drift is twice this).
BIAS_SIGMA: Final = 0.01

# How far a bias wanders with each vehicle: 0.02 % makes 0.6 % in a thousand, a per cent in a few days of a busy lane.
BIAS_STEP: Final = 0.0002

# What is left of a bias after one more vehicle: as much as keeps a wandering one within BIAS_SIGMA for ever.
BIAS_KEPT: Final = 1.0 - BIAS_STEP**2 / (2.0 * BIAS_SIGMA**2)

# How far lanes are from the usual mean by the mix of their traffic. Axle sensors take one pickup in eight for a car and
# back, so simulated lanes of 15 to 60 % pickups, whose cars differ by 1 % in size, differ by 1.4 % class by class, and
# all of them lie 2.4 % below.
MIX_SIGMA: Final = 0.02

# Traffic changes too, over seasons: 0.6 % in a hundred thousand vehicles [assumed].
MIX_STEP: Final = 0.00002

# What lies further off says something of the vehicle, or of a wheel beside the plate, and not of the scale.
OUTLIER_SIGMAS: Final = 3.0

# An estimate beyond this is a fault for a technician, and no correction.
BIAS_MAX: Final = 0.10

# No estimate is better than a poor one: passages carry it once its uncertainty is below this, after 25,000 cars. In 60
# simulated lanes of different mixes it is then off by 0.5 %, where no correction is off by 0.6 % and the lane's mean,
# taken for a bias, by 2.8 %.
TELLING_SIGMA: Final = 0.0075


class ScaleBias:
    """An estimate: logs of measured over true weight and of the lane's mean over the usual, with their covariance."""

    def __init__(
        self,
        log_bias: float = 0.0,
        log_mix: float = 0.0,
        variance: float = BIAS_SIGMA**2,
        covariance: float = 0.0,
        mix_variance: float = MIX_SIGMA**2,
    ) -> None:
        self.log_bias = log_bias
        self.log_mix = log_mix
        self.variance = variance
        self.covariance = covariance
        self.mix_variance = mix_variance

    def fields(self) -> tuple[float, float, float, float, float]:
        """What is stored of it, as the constructor takes it."""
        return self.log_bias, self.log_mix, self.variance, self.covariance, self.mix_variance

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
        log_bias = self.log_bias * BIAS_KEPT
        surprise = math.log(reading.gross_weight_kg / usual_kg) - log_bias - self.log_mix
        if abs(surprise) > OUTLIER_SIGMAS * SPREAD:
            return
        variance = self.variance * BIAS_KEPT**2 + BIAS_STEP**2
        covariance = self.covariance * BIAS_KEPT
        mix_variance = self.mix_variance + MIX_STEP**2
        of_surprise = variance + 2.0 * covariance + mix_variance + SPREAD**2
        gain, mix_gain = (variance + covariance) / of_surprise, (covariance + mix_variance) / of_surprise
        self.log_bias = log_bias + gain * surprise
        self.log_mix += mix_gain * surprise
        self.variance = variance - gain * gain * of_surprise
        self.covariance = covariance - gain * mix_gain * of_surprise
        self.mix_variance = mix_variance - mix_gain * mix_gain * of_surprise
