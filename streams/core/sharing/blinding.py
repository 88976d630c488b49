"""Blinded questions: what both sides make of the output of the oblivious function for one plate on one day.

    asking side                                        this side, key of agency and day
    ───────────                                        ────────────────────────────────
    plate ─► blind ─► point ────────────────────────►  evaluate, prove (RFC 9497, VOPRF)
    unblind, check the proof ◄───────────────────────  point
    output ─► label ─► its first bits ──────────────►  all crossings of that day whose labels begin so,
    the label's own ─► open with the output's key ◄──  each sealed under the key of its own plate

We do not see the plate, only a bucket of plates; they learn nothing of a plate they did not ask for, since a label and
a key come from the output alone, and an output from our key alone. README.md beside this file has the argument, and
what several questions about one plate tell us after all.
"""

import hashlib
from typing import Final

from streams.core.plates import normalise_plate

LABEL_BYTES: Final = 8

# Crossings that share the told part of a label, on average, at least: among so many of the day's vehicles the one asked
# for stays hidden from us. A day with fewer crossings is told whole.
BUCKET_MIN: Final = 64
BUCKET_BITS_MAX: Final = 32

# Crossings of one answer, on average, at most: 5 MB. Who wants to hide among all of a day fetches all its buckets.
BUCKET_MAX: Final = 8_192

# Sealed texts are padded to a multiple of this: their length would tell what they say.
PADDING_BYTES: Final = 512


def question_of(plate: str) -> bytes:
    """Input of the oblivious function. Raises ValueError if the plate has no letter or digit."""
    normalised = normalise_plate(plate)
    if not normalised:
        raise ValueError("a plate needs at least one letter or digit")
    return normalised.encode()


def label_of(output: bytes) -> bytes:
    """Under which a plate's crossings are found, LABEL_BYTES."""
    return hashlib.sha256(b"border sharing label\0" + output).digest()[:LABEL_BYTES]


def sealing_key_of(output: bytes) -> bytes:
    """The key of 32 bytes that opens a plate's crossings."""
    return hashlib.sha256(b"border sharing seal\0" + output).digest()


def bucket_bits(crossings: int) -> int:
    """How many bits of a label may be told, so that BUCKET_MIN of a day's crossings share them."""
    return min(BUCKET_BITS_MAX, max(0, (crossings // BUCKET_MIN).bit_length() - 1))


def least_bits(crossings: int) -> int:
    """How few bits may be told, so that an answer stays within BUCKET_MAX."""
    return min(bucket_bits(crossings), max(0, -(-crossings // BUCKET_MAX) - 1).bit_length())


def bucket_of(label: bytes, bits: int) -> int:
    """A label's first bits, as a number."""
    return int.from_bytes(label[:4], "big") >> (BUCKET_BITS_MAX - bits)


def padded(text: bytes) -> bytes:
    """A text with blanks behind it, which JSON does not mind."""
    return text.ljust(-(-len(text) // PADDING_BYTES) * PADDING_BYTES)
