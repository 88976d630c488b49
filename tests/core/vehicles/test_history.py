"""Histories as values: what counts at a time is a matter of the time alone."""

from hypothesis import example, given
from hypothesis import strategies as st

from schemas.records import Alert, Severity
from streams.core import vehicle_history as history
from streams.core.vehicle_state import KeyState, OpenPassage, PassedBy
from tests.core.vehicles.builders import add, advance, entry, fold, outputs_of, passage, remove

DAY_S = history.DAY_SECONDS


# Days of crossings, southbound and northbound.
crossings = st.lists(st.tuples(st.integers(1, 200), st.booleans()), min_size=1, max_size=6)


def state_of(days: list[tuple[int, bool]]) -> KeyState:
    state = history.EMPTY
    for number, (day, north) in enumerate(days):
        passed = PassedBy(day * DAY_S, f"2301/03/{number}")
        if north:
            state = history.with_inbound(state, "ABC1234", "US-TX", passed)
        else:
            state = history.with_passage(state, "ABC1234", "US-TX", passed, None)
    return state


@given(crossings, st.integers(0, 300), st.integers(0, 300))
# At 95 days the first has passed out of the 90, and the second was read once, 34 days ago.
@example([(1, False), (61, False)], 95, 0)
@example([(1, True), (61, False)], 95, 0)
def test_a_sweep_on_the_way_changes_nothing(days: list[tuple[int, bool]], until: int, sweep: int) -> None:
    state = state_of(days)
    swept = history.without_expired(state, min(sweep, until) * DAY_S)
    kept = history.without_expired(state, until * DAY_S)
    assert history.without_expired(swept, until * DAY_S) == kept
    assert history.without_expired(kept, until * DAY_S) == kept


@given(crossings, st.integers(0, 300))
# Neither vehicle has expired at 95 days, and the older of its crossings has.
@example([(1, False), (61, False), (62, False)], 95)
@example([(1, True), (61, False), (62, False)], 95)
def test_a_vehicle_is_due_as_soon_as_a_part_of_it_counts_no_longer(days: list[tuple[int, bool]], now: int) -> None:
    state = state_of(days)
    is_due = history.due_s(state) <= now * DAY_S
    assert is_due == (history.without_expired(state, now * DAY_S) != state)


def test_the_inbound_feed_takes_nothing_from_what_is_known_southbound() -> None:
    days = [(day, north) for day in range(1, 81) for north in (True, False)]
    with_feed = state_of(days).vehicles[0]
    without = state_of([(day, north) for day, north in days if not north]).vehicles[0]
    assert [passed.at_s for passed in with_feed.passages] == [passed.at_s for passed in without.passages]
    assert [passed.at_s // DAY_S for passed in with_feed.passages] == list(range(41, 81))
    assert [passed.at_s // DAY_S for passed in with_feed.inbound] == [79, 80]


def test_a_passage_of_either_direction_is_taken_out_of_the_history() -> None:
    state = state_of([(1, True), (2, False), (3, True)])
    assert history.has_passed(state, "2301/03/0")
    for number in range(3):
        state = history.without_passage(state, f"2301/03/{number}")
    assert state == history.EMPTY


def test_of_too_many_passages_under_way_those_with_the_least_to_lose_are_dropped_first() -> None:
    alerted = [OpenPassage(f"alert-{n}", 9, "RED", "RISK") for n in range(history.OPEN_MAX - 3)]
    lit = [OpenPassage(f"light-{n}", 9, "GREEN") for n in range(2)]
    state = KeyState(open=(*alerted, *lit, OpenPassage("neither", 9)))
    dropped = []
    for number in range(4):
        before = {one.passage_id for one in state.open}
        state = history.with_open(state, OpenPassage(f"new-{number}", 9, "RED", "RISK"))
        assert len(state.open) == history.OPEN_MAX and state.open[-1].passage_id == f"new-{number}"
        dropped += before - {one.passage_id for one in state.open}
    assert dropped == ["neither", "light-0", "light-1", "alert-0"]


def test_a_passage_under_way_that_is_told_again_drops_no_other() -> None:
    state = KeyState(open=tuple(OpenPassage(f"{n}", 9) for n in range(history.OPEN_MAX)))
    state = history.with_open(state, OpenPassage("0", 10, "RED"))
    assert sorted(one.passage_id for one in state.open) == sorted(f"{n}" for n in range(history.OPEN_MAX))


def test_an_alert_is_called_off_though_many_lanes_told_of_its_plate_since() -> None:
    folding = fold()
    advance(folding, add(entry()), passage())  # raises one
    advance(folding, remove("entry-1"))
    for number in range(2, history.OPEN_MAX + 20):
        advance(folding, passage(number, lane_id="2301/04"))
    (alert,) = outputs_of(advance(folding, passage(revision=2)), Alert)
    assert alert.severity is Severity.MINOR
