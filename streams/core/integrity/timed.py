"""Keyed states that a tick looks at when their time has come: kept, moved or forgotten by the log alone."""

from collections.abc import Callable, MutableMapping
from typing import Generic, TypeVar

import msgspec

from streams.core.deadlines import Deadlines
from streams.core.integrity.state import State, encode
from streams.core.keyed_state import KeyedState

Kept = TypeVar("Kept", bound=State)


class TimedStates(Generic[Kept]):
    """States of one kind over the stored bytes, each noted at its `due_s`.

    A state's `due_s` stays as it is while the state changes: only when it comes is it asked how long it is still
    needed. So a vehicle that crosses every day stands once among the deadlines and not ninety times.
    """

    def __init__(
        self,
        stored: MutableMapping[bytes, bytes],
        deadlines: Deadlines,
        kind: type[Kept],
        over_s_of: Callable[[Kept], int],
    ) -> None:
        """`over_s_of`: the second from which a state is needed no more, as it stands now."""
        decoder = msgspec.msgpack.Decoder(kind)

        def decode(encoded: bytes) -> Kept:
            return decoder.decode(memoryview(encoded)[5:])

        self._states: KeyedState[Kept] = KeyedState(stored, encode, decode)
        self._deadlines = deadlines
        self._over_s_of = over_s_of

    def get(self, key: bytes) -> Kept | None:
        """The state of a key, None if there is none."""
        return self._states.get(key)

    def put(self, key: bytes, state: Kept) -> None:
        """Set the state of a key."""
        before = self._states.get(key)
        if before is None or before.due_s != state.due_s:
            self._deadlines.note(state.due_s, key)
        self._states.put(key, state)

    def remove(self, key: bytes) -> None:
        """Remove a key."""
        self._states.remove(key)

    def is_due(self, key: bytes, due_s: int) -> bool:
        """Whether a deadline is the present one of its state, which may be removed or moved since it was noted."""
        state = self._states.get(key)
        return state is not None and state.due_s == due_s

    def taken_out(self, key: bytes, now_s: int) -> Kept | None:
        """The state whose deadline has come if it is over, removed; one that is still needed is looked at later."""
        state = self._states.get(key)
        if state is None:
            return None
        over_s = self._over_s_of(state)
        if over_s > now_s:
            self.put(key, msgspec.structs.replace(state, due_s=over_s))
            return None
        self._states.remove(key)
        return state

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded states changed since the last call, None for a removed key."""
        return self._states.take_changes()

    def roll_back(self) -> None:
        """Forget every change since the last take_changes."""
        self._states.roll_back()
