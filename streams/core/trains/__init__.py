"""Trains: every car of the list and every car on the track ends in exactly one state.

    readings of a pass ─► cutting: cars by axles ─► alignment with the list ─► passes: who is certain
    passes, list, hand inspections ─► visits: one decision a car (cars), counts ─► coverage, alerts
    binding: whose pass it is    state, store: what is kept    live: views of it, what is told    audit: digests

The claim to be held is that no train is ever called covered with a car that is unscanned, unseen, added or not surely
known. It holds since a train is covered only if every decision is CLEARED, CLEARED_BY_HAND or EXEMPT, all axles that
the controller counted are some car's, and a car is CLEARED only by its own tags, its own axles and an analyst's word
on an image of all of them: whatever is inferred, from place, order or what is likely, names a car and never clears it.
"""

from streams.core.trains.stage import TrainsStage

__all__ = ["TrainsStage"]
