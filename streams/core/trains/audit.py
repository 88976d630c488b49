"""Digests with which an auditor recomputes from the log what was signed off.

    chain of a pass, of a train's papers  ─► sha256(chain before, reading id) for each reading, in log order
    readings_sha256                       ─► sha256 over the train's chain and its passes' chains, in order of track
                                             and pass number
    cars_sha256                           ─► sha256 over coverage id, revision and state of its cars in order of id

A digest that is under way cannot be stored, so each step ends in one: a chain is 32 bytes, however many readings.
Readings of a pass may come before it is known whose it is, so each pass has a chain of its own.
"""

import hashlib
from collections.abc import Iterable

from streams.core.trains.store import WITHDRAWN


def chained(chain: bytes, reading_id: str) -> bytes:
    """The chain with one more reading; empty before the first."""
    return hashlib.sha256(chain + reading_id.encode()).digest()


def readings_sha256(chains: Iterable[bytes]) -> str:
    """Of the train's chain first, then of its passes'; hexadecimal."""
    return hashlib.sha256(b"".join(chains)).hexdigest()


def cars_sha256(cars: Iterable[tuple[str, int, str]]) -> str:
    """Of coverage id, revision and state of a visit's cars, without those withdrawn; hexadecimal. Each makes a line
    `<coverage id> <revision> <state>` with its end."""
    lines = sorted([f"{name} {revision} {state}\n" for name, revision, state in cars if state != WITHDRAWN])
    return hashlib.sha256("".join(lines).encode()).hexdigest()
