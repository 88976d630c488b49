"""What is simulated of rail: ports and their traffic, and how often devices, trains and people do what they should not.

Traffic: US DOT Bureau of Transportation Statistics, Border Crossing/Entry Data 2023 (public domain), entries INTO the
United States. Nobody publishes southbound trains; a train that came north goes back south, so entries stand in for
them, with loaded and empty exchanged, since the cars that came loaded go home empty [assumed]. A rail container counts
as a car [assumed]. Rates without a source are assumptions of ours and say so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

RAIL_SCENARIO: Final = "rail-2023"
DAYS_OF_YEAR: Final = 365


class RailTraffic(NamedTuple):
    """A port's entries of a year, and its tracks with a portal [assumed]."""

    trains: int
    containers_loaded: int
    containers_empty: int
    tracks: int = 1

    @property
    def trains_a_day(self) -> float:
        """Mean trains a day."""
        return self.trains / DAYS_OF_YEAR

    @property
    def cars_a_train(self) -> float:
        """Mean cars of a train."""
        return (self.containers_loaded + self.containers_empty) / self.trains

    @property
    def loaded_share_southbound(self) -> float:
        """Share of southbound cars with a load: that of the empty ones northbound."""
        return self.containers_empty / (self.containers_loaded + self.containers_empty)


# Sums of the twelve months of 2023: 10,625 trains, 107.9 containers each. Otay Mesa (147 trains of 15) has no portal.
RAIL_TRAFFIC_2023: Final = {
    "2301": RailTraffic(896, 16_325, 76_770),  # Brownsville
    "2303": RailTraffic(2_869, 159_228, 150_936),  # Eagle Pass
    "2304": RailTraffic(4_415, 305_447, 226_119, tracks=2),  # Laredo
    "2402": RailTraffic(1_293, 25_617, 86_908),  # El Paso
    "2507": RailTraffic(263, 512, 11_947),  # Calexico East
    "2604": RailTraffic(889, 57_324, 29_003),  # Nogales
}


@dataclass(frozen=True)
class DeviceRates:
    """How often readers, scale and scanner err. Ratios are of reads, cars or images unless named otherwise."""

    tag_lost_ratio: float = 0.02  # of each tag at each pass
    tag_misread_ratio: float = 0.01  # one character of mark or number is another
    right_check_fails_ratio: float = 0.001  # a check bit alone is misread [assumed], like everything from here on
    axle_off_by_one_ratio: float = 0.03
    weighing_missing_ratio: float = 0.005
    weighing_merged_ratio: float = 0.0005  # two cars taken for one
    scale_sigma: float = 0.004  # of the mass; coupled in motion
    scale_outlier_ratio: float = 0.0005  # a wheel that hunts: off by a tenth to a fifth
    scan_missing_ratio: float = 0.002  # of images
    scan_aborted_ratio: float = 0.003
    scan_cut_ratio: float = 0.0005  # an image that ends inside its car
    scan_bad_ratio: float = 0.01
    scan_degraded_ratio: float = 0.03
    shared_image_ratio: float = 0.7  # of pairs of short cars
    outage_ratio: float = 0.015  # of passes
    machine_hit_ratio: float = 0.90  # of contraband; published with the next (arXiv 1609.02805: under 6 %)
    machine_false_alarm_ratio: float = 0.03
    operator_keeps_hit_ratio: float = 0.95  # of alarms at contraband
    operator_sees_ratio: float = 0.30  # of contraband without an alarm
    operator_keeps_false_alarm_ratio: float = 0.10
    operator_own_alarm_ratio: float = 0.0005
    operator_silent_ratio: float = 0.002  # never decides
    loaded_indicator_missing_ratio: float = 0.05
    loaded_indicator_wrong_ratio: float = 0.0005
    shielded_ratio: float = 0.003  # of loaded cars


@dataclass(frozen=True)
class TrainRates:
    """How trains, railroads and people depart from the plan. Ratios are of trains [all assumed]."""

    consist_late_ratio: float = 0.03
    consist_never_ratio: float = 0.01
    consist_corrected_ratio: float = 0.04  # before the train comes
    corrected_after_ratio: float = 0.5  # of trains with an added or missing car, once people have asked
    arrival_untold_ratio: float = 0.05
    arrival_wrong_ratio: float = 0.03
    tail_first_ratio: float = 0.04
    backs_up_ratio: float = 0.05
    again_ratio: float = 0.01  # comes through a second time
    again_after_outage_ratio: float = 0.6  # of those of which ten cars or more were not scanned
    released_early_ratio: float = 0.1


@dataclass(frozen=True)
class AnomalyRates:
    """Trains with something wrong, by kind: far more than there are, so that a month measures them [assumed]."""

    added: float = 0.20
    missing: float = 0.20
    swapped: float = 0.15
    moved: float = 0.05
    unscanned: float = 0.20
    contraband: float = 0.05
    seal_broken: float = 0.05
    loaded_empty: float = 0.05
    added_without_tags_ratio: float = 0.15  # of added cars: tags taken off


@dataclass(frozen=True)
class DeliveryRates:
    """What happens between device and log. Ratios are of readings [all assumed]."""

    late_ratio: float = 0.01
    late_seconds_max: float = 20.0
    repeated_ratio: float = 0.01
    repeated_seconds_max: float = 30.0
    clock_sigma_seconds: float = 0.5  # of each device, once and for all


@dataclass(frozen=True)
class RailScenario:
    """One world of rail."""

    name: str
    traffic: Mapping[str, RailTraffic]
    devices: DeviceRates = field(default_factory=DeviceRates)
    trains: TrainRates = field(default_factory=TrainRates)
    anomalies: AnomalyRates = field(default_factory=AnomalyRates)
    delivery: DeliveryRates = field(default_factory=DeliveryRates)


RAIL_2023: Final = RailScenario(RAIL_SCENARIO, RAIL_TRAFFIC_2023)
