"""Lanes: which readings are of one vehicle. A lane is a queue, so order decides first, time second, plates confirm.

reading ─► validation ─► search (which vehicle?) ─► queue (slots by sensor) ─► passages (revisions) ─► ticks
"""

from streams.core.lanes.stage import BacklogStage, LanesStage

__all__ = ["BacklogStage", "LanesStage"]
