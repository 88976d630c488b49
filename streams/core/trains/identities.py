"""Identities of equipment as one text of fixed length, and how a tag's may differ from the one that it was given.

`TTGX000123` for mark and number: letters padded with blanks to four, digits with zeros to six, so that a misread, one
character of the mark or one digit of the number changed, is one place of the text.
"""

from typing import Final

MARK_LETTERS: Final = 4
NUMBER_DIGITS: Final = 6


def identity_of(mark: str, number: int) -> str:
    """The identity of a mark and a number."""
    return f"{mark.ljust(MARK_LETTERS)}{number:0{NUMBER_DIGITS}}"


def mark_of(identity: str) -> str:
    """The mark in an identity."""
    return identity[:MARK_LETTERS].rstrip()


def number_of(identity: str) -> int:
    """The number in an identity."""
    return int(identity[MARK_LETTERS:])


def shown(identity: str) -> str:
    """`TTGX 123`."""
    return f"{mark_of(identity)} {number_of(identity)}"


def is_near(one: str, other: str) -> bool:
    """Whether one is the other with exactly one character changed."""
    if one == other or len(one) != len(other):
        return False
    differ = 0
    for place in range(len(one)):
        if one[place] != other[place]:
            differ += 1
            if differ > 1:
                return False
    return True
