"""Simulated rail: pure, seeded, in event time; numbers of cars are drawn and every reading is marked SIMULATED."""

from producers.simulator.rail.scenario import RAIL_2023, RAIL_SCENARIO, RailScenario
from producers.simulator.rail.truth import RailItem, RailReading, RailTruthWriter, TrainTruth
from producers.simulator.rail.world import DEFAULT_START_AT, RailWorld, pace_for

__all__ = [
    "DEFAULT_START_AT",
    "RAIL_2023",
    "RAIL_SCENARIO",
    "RailItem",
    "RailReading",
    "RailScenario",
    "RailTruthWriter",
    "RailWorld",
    "TrainTruth",
    "pace_for",
]
