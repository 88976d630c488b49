"""The vehicles stage: passages of one plate in, risk, light and alerts out.

passage ─► validation ─► history of this exact plate + watchlist ─► evidence ─► score ─► lot and light ─► alert
"""

from streams.core.vehicles.stage import VehiclesStage

__all__ = ["VehiclesStage"]
