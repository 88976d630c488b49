"""Measures decisions of the core against the simulator's truth, offline."""
