"""Sensors in the order in which a vehicle meets them; a slot is the place of one in this order."""

from typing import Final

from schemas.layout import SENSORS

ENTRY: Final = 0
FRONT: Final = 1
REAR: Final = 2
SCALE: Final = 3
XRAY: Final = 4
STOP_LINE: Final = 5
EXIT: Final = 6

ROLES: Final = SENSORS
LOOPS: Final = frozenset({ENTRY, STOP_LINE, EXIT})
TERMINAL: Final = 7  # no slot: what an officer says is of the vehicle that he speaks of
