"""A simulated border: pure, seeded, in event time. Plates are synthetic and every reading is marked SIMULATED."""

from producers.simulator.scenario import SCENARIOS, FaultRates, Scenario, at_port, find_scenario
from producers.simulator.truth import PassageTruth, SimulatedReading, watchlist
from producers.simulator.world import lanes_used, simulate, vehicles_per_hour, with_stop

__all__ = [
    "SCENARIOS",
    "FaultRates",
    "PassageTruth",
    "Scenario",
    "SimulatedReading",
    "at_port",
    "find_scenario",
    "lanes_used",
    "simulate",
    "vehicles_per_hour",
    "watchlist",
    "with_stop",
]
