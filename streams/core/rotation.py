"""A shift's rotation over its lanes, drawn by lot: nobody can tell before who stands where, auditors can check after.

    key of port and day ─► HMAC-SHA256(key, shift or block, and a counter) ─► block lengths, officers, lanes

A shift is cut into blocks of 30 to 60 minutes, and for each of them officers and lanes are drawn anew, independently of
the block before: that is what makes the test of meetings exact. Who has just stood in a lane may be drawn for it again;
to forbid that would tell what comes. The whole port changes at once.

One drawing is of one shift: its hours, its lanes, its officers. Those of several groups, say one for each bridge, are
independent of each other: the drawing's digest is part of what its lots are made from, and of each duty's id. So the
log tells which duties were drawn together, and whoever is shown a shift's officers and lanes can tell that they are
those of before the draw.

Whoever knows the key knows the rotation. A day's key is that of the shifts which begin on it, so it is given to
auditors when the last of them is over (`border keys reveal --rotation`), a day after those of the random arm, and its
SHA-256 is told before. With it and the shift's officers `border keys audit-rotation` draws again.
"""

import hashlib
import hmac
from typing import Final, NamedTuple

from streams.core.random_draw import RandomKeys, date_of, key_id_of

# Of a duty's assignment_id: it was drawn as here. Duties without it are never tested for meetings, since nobody knows
# how they came about. Another roster that draws in the same way may use it too.
ROTATION_PREFIX: Final = "rotation:"
# Half of SHA-256: nobody finds two lists of officers with one digest, to choose between them later.
DIGEST_BYTES: Final = 16
# Microseconds since 1970 until the year 5138.
START_DIGITS_MAX: Final = 17

MINUTE: Final = 60_000_000
BLOCK_MINUTES_MIN: Final = 30
BLOCK_MINUTES_MAX: Final = 60

# A shift of a day at most, and more lanes and officers than any port has: a slip of a unit must not draw for hours.
SHIFT_MINUTES_MAX: Final = 24 * 60
LANES_MAX: Final = 256
OFFICERS_MAX: Final = 1_024


class Shift(NamedTuple):
    """Officers who serve lanes from a time to another, in microseconds UTC, the end excluded."""

    from_at: int
    until_at: int
    officers: tuple[str, ...]
    lanes: tuple[str, ...]

    @property
    def drawing(self) -> str:
        """Start and digest of hours, lanes and officers: what is drawn together."""
        # No name holds a line break, and every list ends with an empty line: two shifts never give one text.
        names = [*sorted(self.lanes), "", *sorted(self.officers), ""]
        text = "\n".join([f"{self.from_at} {self.until_at}", *names])
        return f"{self.from_at}-{hashlib.sha256(text.encode()).digest()[:DIGEST_BYTES].hex()}"


def drawing_between(from_at: int, until_at: int, officers: tuple[str, ...], lanes: tuple[str, ...]) -> str:
    """The drawing of a shift, for another roster that draws by lot; times in microseconds UTC."""
    return Shift(from_at, until_at, officers, lanes).drawing


class DrawnDuty(NamedTuple):
    """One officer in one lane for one block."""

    lane_id: str
    officer_id: str
    from_at: int
    until_at: int
    drawing: str

    @property
    def assignment_id(self) -> str:
        """Begins alike for every drawing of this lane and start: see `slot_of`."""
        return f"{ROTATION_PREFIX}{self.lane_id} {self.from_at} {self.drawing}"


def slot_of(assignment_id: str) -> str:
    """What a duty replaces if it was told before: the same id; of drawn ones that of any drawing, since only the last
    of a lane and start holds."""
    return assignment_id.rpartition(" ")[0] if drawing_of(assignment_id) is not None else assignment_id


def drawing_of(assignment_id: str) -> str | None:
    """With which others a duty was drawn; None if it says that it was not."""
    if not assignment_id.startswith(ROTATION_PREFIX):
        return None
    parts = assignment_id.rsplit(" ", 2)
    return parts[2] if len(parts) == 3 else None


def started_at(drawing: str) -> int | None:
    """When the shift of a drawing begins, microseconds; None of what `Shift.drawing` never gives."""
    start = drawing.partition("-")[0]
    return int(start) if start.isascii() and start.isdigit() and len(start) <= START_DIGITS_MAX else None


class Lots:
    """A stream of lots from a key, each independent of the others and fixed by key, label and place."""

    def __init__(self, key: bytes, label: bytes) -> None:
        self._key, self._label, self._count = key, label, 0

    def below(self, bound: int) -> int:
        """A number of 0 to bound - 1, each as likely."""
        # The rest of 2^64 that is no whole multiple would favour small numbers: drawn again.
        limit = (1 << 64) - (1 << 64) % bound
        while True:
            message = self._label + self._count.to_bytes(8, "big")
            self._count += 1
            number = int.from_bytes(hmac.digest(self._key, message, "sha256")[:8], "big")
            if number < limit:
                return number % bound

    def drawn(self, names: tuple[str, ...], count: int) -> list[str]:
        """So many of the names in an order by lot (Fisher and Yates)."""
        left = list(names)
        for place in range(count):
            other = place + self.below(len(left) - place)
            left[place], left[other] = left[other], left[place]
        return left[:count]


def rotation_key(keys: RandomKeys, port_code: str, at: int) -> bytes:
    """The key of a port's rotation on the UTC day of a time; it tells nothing of the light's draws."""
    return keys.derived(b"border rotation\n" + key_id_of(port_code, date_of(at)).encode())


def draw_rotation(key: bytes, shift: Shift) -> list[DrawnDuty]:
    """The duties of a shift, by block and lane.

    Raises ValueError if lanes or officers are named twice, too few officers serve, or a bound is passed. Minutes are
    whole; the order in which officers and lanes are given does not matter.
    """
    check_shift(shift)
    lanes, officers = tuple(sorted(shift.lanes)), tuple(sorted(shift.officers))
    drawing = shift.drawing
    lengths = Lots(key, f"blocks {shift.from_at} {shift.until_at}\n".encode())
    duties, from_at = list[DrawnDuty](), shift.from_at
    while from_at < shift.until_at:
        until_at = from_at + block_minutes(lengths, (shift.until_at - from_at) // MINUTE) * MINUTE
        # Lots of their own, and blocks as every shift of these hours has them: whoever draws again with another officer
        # replaces them, one by one.
        lots = Lots(key, f"block {from_at} {drawing}\n".encode())
        for lane_id, officer_id in zip(lanes, lots.drawn(officers, len(lanes)), strict=True):
            duties.append(DrawnDuty(lane_id, officer_id, from_at, until_at, drawing))
        from_at = until_at
    return duties


def block_minutes(lots: Lots, left: int) -> int:
    """Minutes of the next block: 30 to 60 at random, and such that what is left can be cut into blocks too."""
    if left <= BLOCK_MINUTES_MAX:
        return left
    longest = min(BLOCK_MINUTES_MAX, left - BLOCK_MINUTES_MIN)
    return BLOCK_MINUTES_MIN + lots.below(longest - BLOCK_MINUTES_MIN + 1)


def check_shift(shift: Shift) -> None:
    """Raises ValueError."""
    minutes, rest = divmod(shift.until_at - shift.from_at, MINUTE)
    if rest or not BLOCK_MINUTES_MIN <= minutes <= SHIFT_MINUTES_MAX:
        raise ValueError(f"a shift takes {BLOCK_MINUTES_MIN} to {SHIFT_MINUTES_MAX} whole minutes")
    if not 0 < len(shift.lanes) <= LANES_MAX or len(shift.officers) > OFFICERS_MAX:
        raise ValueError(f"a shift has 1 to {LANES_MAX} lanes and at most {OFFICERS_MAX} officers")
    if any("\n" in name for name in (*shift.lanes, *shift.officers)):
        raise ValueError("a lane or an officer has a line break in its name")
    if len(set(shift.lanes)) < len(shift.lanes) or len(set(shift.officers)) < len(shift.officers):
        raise ValueError("a lane or an officer is named twice in one shift")
    if len(shift.officers) < len(shift.lanes):
        raise ValueError(
            f"{len(shift.officers)} officers cannot staff {len(shift.lanes)} lanes: name more officers, or fewer lanes"
        )
