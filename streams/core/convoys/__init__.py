"""Who keeps crossing together: crossings by port to associations, which go back to the vehicles' histories.

crossing ─► stage ─► its neighbours in time ─► companions: one test for each pair ─► associations for both
"""
