"""Pseudonyms of vehicles: oversight sees that two passages are the same vehicle's, and not whose.

    key of the platform ─► key of a window of 90 days ─► token of a plate in that window

Made with keys derived from the platform's master secret, since the plates of a state can all be tried in minutes.
Whoever has no key cannot tell a plate from its token. But a token stands in outcomes together with its passages' ids,
and passages with plates are kept too: whoever may read both, or knows one passage of a vehicle, knows its token, and
with it all crossings of that vehicle in the window. So a token is a pseudonym and no more, outcomes are for those who
may know movements, and each window has a key of its own: one known passage tells of 90 days at most, and not of the
year for which outcomes are kept.

What is lost: all tokens change at once at a window's end, and every vehicle is a stranger to the tests of meetings,
whose own window is as long. What had gathered against a pair by then has to gather again; a pair that would be found
within d days of its first meeting is found late if it began less than d days before the end of a window. Officers'
other tests know no vehicles and go on. Of a month that holds a window's end fewer disparities are found
(`estimates/fairness.py`): of about every third.
"""

import hmac
from typing import Final

# Half of SHA-256: among a billion plates no two are likely to meet.
TOKEN_BYTES: Final = 16

PURPOSE: Final = b"border vehicle tokens"

# As long as meetings are added up (integrity/meetings.py). Shorter, and who meets seldom is never found; longer, and
# one known passage tells more.
WINDOW_MICROSECONDS: Final = 90 * 24 * 3600 * 1_000_000
# Windows whose keys are kept ready: the present one and the one before, with room for a log that is read again.
WINDOWS_KEPT_MAX: Final = 8


def windows_in(from_at: int, until_at: int) -> int:
    """In how many windows a time lies, from one time to another in microseconds UTC, the end excluded."""
    return (until_at - 1) // WINDOW_MICROSECONDS - from_at // WINDOW_MICROSECONDS + 1


class VehicleTokens:
    """Tokens under one key (32 bytes), from which that of each window is derived."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._windows: dict[int, bytes] = {}

    def __repr__(self) -> str:
        return "VehicleTokens(…)"

    def token_of(self, plate: str, at: int) -> str:
        """The token of a normalised plate at a time (microseconds): 32 hexadecimal digits.

        Without its jurisdiction, which is read wrong more often than the plate is shared.
        """
        return hmac.digest(self._key_of(at // WINDOW_MICROSECONDS), plate.encode(), "sha256")[:TOKEN_BYTES].hex()

    def _key_of(self, window: int) -> bytes:
        known = self._windows.get(window)
        if known is None:
            if len(self._windows) >= WINDOWS_KEPT_MAX:
                self._windows.clear()
            known = self._windows[window] = hmac.digest(self._key, f"window {window}".encode(), "sha256")
        return known
