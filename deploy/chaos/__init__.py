"""Kills and pauses workers of a running platform, then proves from the log that nothing was lost, repeated or wrong.

stages   a two-stage test topology: counts per lane, and a count of those
path     what a run is made of: stages with topics of its own, a feeder, and the oracle that re-folds the log
workers  the supervised worker processes, and what is done to them
run      one run from first record to verdict
"""
