"""A simulated border: pure, seeded, in event time. Plates are synthetic and every reading is marked SIMULATED."""

from producers.simulator.scenario import SCENARIOS, FaultRates, Scenario, find_scenario
from producers.simulator.truth import PassageTruth, SimulatedReading, watchlist
from producers.simulator.world import simulate, with_stop

__all__ = [
    "SCENARIOS",
    "FaultRates",
    "PassageTruth",
    "Scenario",
    "SimulatedReading",
    "find_scenario",
    "simulate",
    "watchlist",
    "with_stop",
]
