"""Scenarios: which world to simulate and how faulty its sensors are."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from producers.simulator.plates import CAR_PATTERNS, FACING_STATES
from producers.simulator.traffic import DAILY_COUNTS_2023, DAILY_COUNTS_MATAMOROS_2009, DailyCounts, usual_counts
from schemas.layout import Port
from schemas.records import LaneMode


@dataclass(frozen=True)
class FaultRates:
    """How often sensors and vehicles misbehave. Ratios are of readings unless named otherwise."""

    missing_ratio: float = 0.03
    loop_missing_ratio: float = 0.003  # inductive loops are older and simpler than cameras
    repeated_ratio: float = 0.01
    late_ratio: float = 0.01
    late_seconds_max: float = 5.0
    camera_clock_seconds: float = 0.0  # each camera is ahead or behind by exactly this
    device_clock_sigma_seconds: float = 0.02  # every other device, and cameras without the fault above
    tailgater_ratio: float = 0.001  # of vehicles
    backed_out_ratio: float = 0.0005  # of vehicles
    misread_ratio: float = 0.07  # of plate reads: state of the art is 0.90 to 0.95 right
    misread_jurisdiction_ratio: float = 0.05


@dataclass(frozen=True)
class Scenario:
    """One world. With `headway_seconds` every passenger lane has that mean headway, whatever the counts say."""

    name: str
    daily_counts: Mapping[str, DailyCounts]
    faults: FaultRates = field(default_factory=FaultRates)
    headway_seconds: float | None = None
    modes: tuple[LaneMode, ...] = (LaneMode.PASSENGER, LaneMode.BUS, LaneMode.TRUCK)
    service_seconds: float = 4.0  # mean stop at the light; with moving up this gives SIAVE's 8 s per vehicle
    device_heartbeat_seconds: int = 10
    smuggling_ratio: float = 1 / 2000  # of passages; estimates run from 1 in 1,060 to 1 in 2,200
    crossings_per_vehicle: int | None = None  # each vehicle so often and never again, for benches of state


RUSH_HOUR_FAULTS: Final = FaultRates(
    loop_missing_ratio=0.03,
    late_ratio=0.02,
    camera_clock_seconds=0.3,
    device_clock_sigma_seconds=0.0,
    tailgater_ratio=0.005,
)

SCENARIOS: Final = {
    scenario.name: scenario
    for scenario in (
        Scenario("matamoros-2009", DAILY_COUNTS_MATAMOROS_2009),
        # The gateway still beats every 10 s in each lane; 7 devices of 400 lanes every 10 s would drown the readings.
        Scenario("border-2023", DAILY_COUNTS_2023, device_heartbeat_seconds=60),
        Scenario(
            "rush-hour",
            {"2301": DAILY_COUNTS_2023["2301"]},
            faults=RUSH_HOUR_FAULTS,
            headway_seconds=12.0,
            modes=(LaneMode.PASSENGER,),
        ),
    )
}


def at_port(scenario: Scenario, port: Port) -> Scenario:
    """The scenario at one port of which nobody has published counts: its lanes are as busy as those that were derived
    from counts are. Raises ValueError where no plates are known."""
    if not port.state.startswith("MX-") and port.state not in CAR_PATTERNS:
        raise ValueError(
            f"no plates of {port.state} can be simulated; those of Mexico and {', '.join(FACING_STATES)} can"
        )
    return replace(scenario, daily_counts={port.code: usual_counts(port)})


def find_scenario(name: str) -> Scenario:
    """The scenario of this name. Raises ValueError listing the known ones."""
    try:
        return SCENARIOS[name]
    except KeyError:
        raise ValueError(f"no scenario {name!r}; known: {', '.join(SCENARIOS)}") from None
