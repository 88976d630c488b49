"""The vehicles stage: passages of one plate in, risk, light and alerts out.

passage ─► validation ─► history of this exact plate + watchlist ─► evidence ─► score ─► lot and light ─► alert
"""
