"""The stored state of one partition, as a stage sees it: a mapping that can take its last changes back."""

from collections.abc import Callable, Iterator, MutableMapping


class StoredState(MutableMapping[bytes, bytes]):
    """Encoded states by key, with a journal of what they were at the last `accept`.

    Reading costs what a dict costs; writing, once per changed key and batch, notes the old value first. `size_bytes` is
    the size of all keys and values.
    """

    def __init__(self, states: dict[bytes, bytes]) -> None:
        self._states = states
        self._journal: dict[bytes, bytes | None] = {}
        self.get: Callable[..., bytes | None] = states.get  # type: ignore[assignment]
        self.size_bytes = sum(map(len, states)) + sum(map(len, states.values()))

    def accept(self) -> None:
        """Changes up to here are final."""
        self._journal.clear()

    def restore(self) -> bool:
        """Take back every change since the last accept; True if there were any."""
        changed, journal = bool(self._journal), self._journal
        self._journal = {}
        for key, state in journal.items():
            if state is None:
                self.pop(key, None)
            else:
                self[key] = state
        self._journal.clear()
        return changed

    def __getitem__(self, key: bytes) -> bytes:
        return self._states[key]

    def __setitem__(self, key: bytes, state: bytes) -> None:
        old = self._states.get(key)
        self._journal.setdefault(key, old)
        self.size_bytes += len(state) + len(key) if old is None else len(state) - len(old)
        self._states[key] = state

    def __delitem__(self, key: bytes) -> None:
        old = self._states.pop(key)
        self._journal.setdefault(key, old)
        self.size_bytes -= len(key) + len(old)

    def __contains__(self, key: object) -> bool:
        return key in self._states

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._states)

    def __len__(self) -> int:
        return len(self._states)
