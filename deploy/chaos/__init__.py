"""Kills and pauses workers of a running platform, then proves from the log that nothing was lost, repeated or wrong.

stages   a two-stage test topology: counts per lane, and a count of those
path     what a run is made of: stages with topics of its own and a feeder; lane_path, rail_path: the real ones
lights   the light server of the lane path, and who asks it
oracle   re-folds the log and compares
workers  the supervised worker processes, and what is done to them
run      one run from first record to verdict
"""
