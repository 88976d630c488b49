"""Drives the canary through a running platform and says what became of it.

ports ─► voice: readings into the log ─► stages ─► ear: selections, read committed ─► drive ─► telemetry, a table
"""
