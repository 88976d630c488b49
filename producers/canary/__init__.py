"""The canary: a synthetic vehicle in a lane of its own at every port, which shows whether the whole path works.

port ─► readings of one vehicle (`vehicle`) ─► the log ─► stages ─► its selection ─► told, late or missing (`book`)
"""

from producers.canary.book import CrossingBook, Result, Verdict
from producers.canary.vehicle import Vehicle

__all__ = ["CrossingBook", "Result", "Vehicle", "Verdict"]
