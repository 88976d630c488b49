"""Histories as values: what counts at a time is a matter of the time alone."""

from hypothesis import example, given
from hypothesis import strategies as st

from streams.core import vehicle_history as history
from streams.core.vehicle_state import KeyState, PassedBy, Vehicle

DAY_S = history.DAY_SECONDS


@given(st.lists(st.integers(1, 200), min_size=1, max_size=5), st.integers(0, 300), st.integers(0, 300))
@example([1, 61], 95, 0)  # at 95 days the first has passed out of the 90, and the second was read once, 34 days ago
def test_a_sweep_on_the_way_changes_nothing(days: list[int], until: int, sweep: int) -> None:
    passages = tuple(PassedBy(day * DAY_S, f"2301/03/{n}") for n, day in enumerate(sorted(days)))
    state = KeyState((Vehicle("ABC1234", "US-TX", passages),))
    swept = history.without_expired(state, min(sweep, until) * DAY_S)
    kept = history.without_expired(state, until * DAY_S)
    assert history.without_expired(swept, until * DAY_S) == kept
    assert history.without_expired(kept, until * DAY_S) == kept


@given(st.lists(st.integers(1, 200), min_size=1, max_size=5), st.integers(0, 300))
def test_the_expiry_is_when_nothing_is_left(days: list[int], now: int) -> None:
    passages = tuple(PassedBy(day * DAY_S, f"2301/03/{n}") for n, day in enumerate(sorted(days)))
    state = KeyState((Vehicle("ABC1234", "US-TX", passages),))
    is_over = history.expires_s(state) <= now * DAY_S
    assert is_over == (history.without_expired(state, now * DAY_S) == history.EMPTY)
