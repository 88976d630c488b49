"""Decoded states of one partition over their stored bytes, with what changed since the runtime last took it.

stored (runtime's; bytes) ─► get: decoded once per batch ─► put / remove ─► take_changes: encoded once per batch
                                                                        └► roll_back: forgotten
"""

from collections.abc import Callable, Iterable, MutableMapping
from typing import Generic, TypeVar

State = TypeVar("State")


class OtherVersion(ValueError):
    """What is stored was written by another version of its stage; the message holds no value of it."""


def check_version(stored: Iterable[bytes], version: bytes, what: str) -> None:
    """Raises OtherVersion for the first state that does not begin with this byte. A million take 0.1 s."""
    for state in stored:
        if state[:1] != version:
            raise OtherVersion(f"{what} is stored in version {state[:1].hex() or 'none'}, this is {version.hex()}")


class KeyedState(Generic[State]):
    """States by key. `decoded_max` bounds the decoded ones kept between batches: a state costs several times its bytes.

    Call `put` before mutating a mutable state, so that an exception half-way is rolled back with it.
    """

    def __init__(
        self,
        stored: MutableMapping[bytes, bytes],
        encode: Callable[[State], bytes],
        decode: Callable[[bytes], State],
        decoded_max: int = 1024,
    ) -> None:
        self._stored = stored
        self._encode = encode
        self._decode = decode
        self._decoded_max = decoded_max
        self._decoded: dict[bytes, State] = {}
        self._touched: dict[bytes, None] = {}  # in order of first touch, so that changes come in a stable order

    def get(self, key: bytes) -> State | None:
        """The state of a key, None if there is none."""
        state = self._decoded.get(key)
        if state is None and key not in self._touched:
            stored = self._stored.get(key)
            if stored is not None:
                state = self._decoded[key] = self._decode(stored)
        return state

    def put(self, key: bytes, state: State) -> None:
        """Set the state of a key."""
        self._decoded[key] = state
        self._touched[key] = None

    def remove(self, key: bytes) -> None:
        """Remove a key; nothing happens if there is none."""
        self._decoded.pop(key, None)
        self._touched[key] = None

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded states changed since the last call, None for a removed key; puts them into the stored state."""
        changes: dict[bytes, bytes | None] = {}
        for key in self._touched:
            state = self._decoded.get(key)
            if state is not None:
                changes[key] = self._stored[key] = self._encode(state)
            elif self._stored.pop(key, None) is not None:
                changes[key] = None
        self._touched.clear()
        if len(self._decoded) > self._decoded_max:
            self._decoded.clear()
        return changes

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        for key in self._touched:
            self._decoded.pop(key, None)
        self._touched.clear()
