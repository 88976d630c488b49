"""Stored state takes its last changes back exactly."""

from hypothesis import given
from hypothesis import strategies as st

from streams.runtime.state import StoredState

KEYS = st.sampled_from([b"a", b"b", b"c", b"d"])
CHANGES = st.lists(st.tuples(KEYS, st.none() | st.binary(max_size=5)), max_size=20)


def change(stored: StoredState, changes: list[tuple[bytes, bytes | None]]) -> None:
    for key, state in changes:
        if state is None:
            stored.pop(key, None)
        else:
            stored[key] = state


@given(CHANGES, CHANGES)
def test_restore_brings_back_what_was_accepted(
    accepted: list[tuple[bytes, bytes | None]], undone: list[tuple[bytes, bytes | None]]
) -> None:
    stored = StoredState({})
    change(stored, accepted)
    stored.accept()
    before, size_before = dict(stored), stored.size_bytes
    change(stored, undone)
    stored.restore()
    assert (dict(stored), stored.size_bytes) == (before, size_before)


@given(CHANGES)
def test_the_size_is_that_of_all_keys_and_states(changes: list[tuple[bytes, bytes | None]]) -> None:
    stored = StoredState({b"a": b"123"})
    change(stored, changes)
    assert stored.size_bytes == sum(len(key) + len(state) for key, state in stored.items())


def test_restore_says_whether_there_was_anything_to_take_back() -> None:
    stored = StoredState({})
    assert not stored.restore()
    stored[b"a"] = b"1"
    assert stored.restore()
