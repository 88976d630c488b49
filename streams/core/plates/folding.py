"""The folded key that misreads of one plate share.

A reader confuses characters of the same form ({0 O D Q} {1 I} {2 Z} {5 S} {8 B} {6 G}: the equivalence table of
commercial matchers), so a key is made after folding each set to its digit. The issuer is no part of the key: readers
name the wrong one in 5 to 20 % of reads, and a vehicle must not change partition for it. Histories and watchlist
matches use the exact plate and the issuer; the key only brings them together.
"""

from typing import Final

# Goes into every key. A change of the folding sends every plate to another partition, so it needs a new version and a
# replay of the histories; mixing two foldings under one version would split histories silently.
KEY_VERSION: Final = "p1:"

# A vehicle without a plate is keyed by its own passage, so that it is scored, selected and counted all the same.
PASSAGE_KEY_PREFIX: Final = "passage:"

# Characters kept of one plate. North America's longest have 8; more is a reader's noise, and state is kept per key.
PLATE_LENGTH_MAX: Final = 10

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS: Final = "0123456789"

# A table for bytes: str.translate takes four times as long.
FOLD: Final = bytes.maketrans(b"ODQIZSBG", b"00012586")
_KEEP: Final = frozenset(LETTERS + DIGITS)


def normalise_plate(plate: str) -> str:
    """Upper-case ASCII letters and digits of a plate, at most PLATE_LENGTH_MAX; empty if there is none."""
    if plate.isascii() and plate.isalnum() and plate.isupper() and len(plate) <= PLATE_LENGTH_MAX:
        return plate
    return "".join([c for c in plate.upper() if c in _KEEP])[:PLATE_LENGTH_MAX]


def fold(plate: str) -> str:
    """A normalised plate with every OCR-equivalent character replaced by its set's digit."""
    return plate.encode().translate(FOLD).decode()


def plate_key(plate: str) -> str:
    """Kafka key of a plate: version and folded characters, for instance `p1:A8C1234` for ABC1234.

    Raises ValueError if the plate has no letter or digit; use `key_of` where that can be.
    """
    normalised = normalise_plate(plate)
    if not normalised:
        raise ValueError("a plate needs at least one letter or digit")
    return KEY_VERSION + fold(normalised)


def key_of(plate: str | None, passage_id: str) -> str:
    """Kafka key of a passage: that of its plate, or of the passage itself if no plate was read."""
    normalised = normalise_plate(plate) if plate else ""
    return KEY_VERSION + fold(normalised) if normalised else PASSAGE_KEY_PREFIX + passage_id
