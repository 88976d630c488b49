"""What a purchaser's traces, reports and links come to, whatever came in which order, twice or late."""

import random
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import body_of
from schemas.records import (
    OperatingMode,
    Suggestion,
    SuggestionReasonKind,
    SuggestionState,
    Tick,
    TraceResult,
)
from streams.core.keyed_state import OtherVersion
from streams.core.stage import Output, Record, Rejected
from streams.core.times import WATERMARKS_KEY
from streams.core.traces.stage import LINK_KEPT_DAYS, LOOK_DAYS, REPORT_KEPT_DAYS, TRACE_KEPT_DAYS, TracesFold
from streams.core.traces.state import LINKS_MAX, TRACES_MAX
from streams.core.traces.time_to_crime import TOLD_DAYS
from tests.core.crashes import folded_through_crashes
from tests.core.traces.builders import BUYER, advance, at, link, record, report, tick, trace

KINDS = SuggestionReasonKind


FIRST = -1_099  # a Monday, so long ago that what did not come since speaks


def fold() -> TracesFold:
    return TracesFold({})


def four_short() -> list[msgspec.Struct]:
    """Four guns bought weeks apart almost four years ago, each recovered within a quarter, and nothing since.

    They are told on day 400, when recoveries are known up to day 400 - TOLD_DAYS = 309.
    Each is 6.25 * (0.587 / 0.910) = 4.0 times as likely, all of them 250 times; three are 63 and two 16.
    """
    return [trace(number, FIRST + 30 * number, FIRST + 30 * number + 60) for number in range(4)]


def states(suggestions: list[Suggestion]) -> list[tuple[int, str]]:
    return [(one.revision, one.state.value) for one in suggestions]


def test_four_short_times_and_a_link_make_one_suggestion() -> None:
    (made,) = advance(fold(), *four_short(), link())
    assert (made.state, made.revision, made.plate, made.jurisdiction) == (
        SuggestionState.SUGGESTED,
        1,
        "TST0001",
        "US-TX",
    )
    (times,) = made.reasons
    assert times.kind is KINDS.SHORT_TIMES_TO_CRIME
    assert times.evidence_ids == ("trace-0", "trace-1", "trace-2", "trace-3")
    assert times.explanation.startswith("4 of 4 traced firearms were recovered within 91 days")
    assert "at least 100 times" in times.explanation
    assert (made.case_number, made.legal_basis, made.source) == ("case-3", "order 7", "registration record")
    assert (made.valid_until_at, made.suggested_at, made.link_id) == (at(700), at(400), "link-1")


def test_without_a_link_nothing_is_suggested() -> None:
    assert advance(fold(), *four_short()) == []


def test_two_short_times_are_too_few_unless_several_were_bought_at_once() -> None:
    two = four_short()[:2]
    assert advance(fold(), link(), *two) == []
    # The second was bought on a Wednesday; 2 more of that week were reported.
    bought = FIRST + 30
    (made,) = advance(fold(), link(), *two, report(sales=((bought, 1), (bought + 2, 1))))
    assert [reason.kind for reason in made.reasons] == [KINDS.SHORT_TIMES_TO_CRIME, KINDS.MULTIPLE_SALE]
    sale = made.reasons[1]
    assert sale.explanation == (
        "2 firearms bought within 5 consecutive business days from 2023-03-29, 1 of them recovered within 91 days"
    )
    assert sale.evidence_ids == ("report-1", "trace-1")
    assert (
        advance(fold(), link(), *two, report(sales=((bought, 1), (bought + 8, 1)))) == []
    )  # Wednesday to Thursday next


def test_a_traced_gun_that_was_reported_too_is_counted_once() -> None:
    traces = [trace(1, FIRST, FIRST + 30), trace(2, FIRST, FIRST + 40)]
    (made,) = advance(fold(), link(), report(sales=((FIRST, 2),)), *traces)
    assert made.reasons[1].explanation.startswith("2 firearms bought")


def test_what_was_bought_and_recovered_together_counts_once() -> None:
    together = [trace(number, FIRST, FIRST + 30) for number in range(9)]
    assert advance(fold(), link(), *together) == []


def test_a_long_time_to_crime_speaks_for_the_purchaser() -> None:
    made, taken_back = advance(fold(), link(), *four_short(), trace(9, -3000, 0))
    assert states([made, taken_back]) == [(1, "SUGGESTED"), (2, "WITHDRAWN")]
    assert taken_back.reasons == ()


def test_a_gun_reported_stolen_says_nothing_of_its_purchaser() -> None:
    assert advance(fold(), link(), *four_short()[:3], trace(3, FIRST + 90, FIRST + 120, reported_stolen=True)) == []


@pytest.mark.parametrize("order", list(permutations(range(6)))[::5])
def test_the_order_in_which_records_come_changes_nothing_but_the_revision(order: tuple[int, ...]) -> None:
    records = [*four_short(), link(), report(sales=((FIRST, 3),))]
    said = advance(fold(), *[records[place] for place in order])
    expected = advance(fold(), *records)[-1]
    assert msgspec.structs.replace(said[-1], revision=0) == msgspec.structs.replace(expected, revision=0)


def test_a_record_told_twice_or_at_a_lower_revision_changes_nothing() -> None:
    folding = fold()
    advance(folding, *four_short(), link(revision=2))
    folding.take_changes()
    assert advance(folding, *four_short(), link(revision=2), link(plate="TST0002")) == []
    assert folding.take_changes() == {} and folding.counters["records_repeated"] == 6


def test_a_trace_made_in_error_takes_its_suggestion_along_and_does_not_come_back() -> None:
    folding = fold()
    advance(folding, *four_short(), link())
    (gone,) = advance(folding, trace(1, FIRST + 30, FIRST + 90, revision=2, withdrawn=True))
    assert states([gone]) == [(2, "WITHDRAWN")]
    assert advance(folding, trace(1, FIRST + 30, FIRST + 90)) == []  # a late copy of what was wrong
    (again,) = advance(folding, trace(1, FIRST + 30, FIRST + 90, revision=3))
    assert states([again]) == [(3, "SUGGESTED")]


def test_a_corrected_date_counts_as_corrected() -> None:
    folding = fold()
    advance(folding, *four_short(), link())
    (gone,) = advance(folding, trace(1, -3000, FIRST + 90, revision=2))
    assert gone.state is SuggestionState.WITHDRAWN


def test_a_link_that_ends_takes_its_suggestion_along_with_the_next_tick() -> None:
    folding = fold()
    advance(folding, *four_short(), link(until=700), link(2, until=650, plate="TST0002"))
    assert advance(folding, tick(649.9)) == []
    (second,) = advance(folding, tick(650))
    assert (second.link_id, second.state, second.suggested_at) == ("link-2", SuggestionState.WITHDRAWN, at(650))
    (first,) = advance(folding, tick(701))
    assert (first.link_id, first.revision) == ("link-1", 2)
    assert advance(folding, tick(1000)) == []


def test_a_link_that_had_ended_when_it_was_told_ties_nothing_though_no_tick_has_come() -> None:
    assert advance(fold(), *four_short(), link(until=400)) == []


def test_a_link_withdrawn_or_renewed_revises_its_suggestion() -> None:
    folding = fold()
    advance(folding, *four_short(), link())
    said = advance(
        folding,
        link(revision=2, withdrawn=True),
        link(revision=3, until=900),
        link(revision=4, until=900, plate="TST0002"),
    )
    assert states(said) == [(2, "WITHDRAWN"), (3, "SUGGESTED"), (4, "SUGGESTED")]
    assert [one.plate for one in said] == ["TST0001", "TST0001", "TST0002"]
    assert len({one.suggestion_id for one in said}) == 1


def test_a_renewal_after_the_end_continues_the_revisions() -> None:
    folding = fold()
    advance(folding, *four_short(), link(until=700), tick(800))
    (renewed,) = advance(folding, link(revision=2, until=1200, received_at=at(800)))
    assert states([renewed]) == [(3, "SUGGESTED")]


def test_reports_and_traces_stop_counting_with_their_time() -> None:
    folding = fold()
    two = four_short()[:2]
    said = advance(folding, link(revision=1, until=1131), *two, report(sales=((FIRST + 30, 2),)))
    assert states(said) == [(1, "SUGGESTED")]
    (gone,) = advance(folding, tick(400 + REPORT_KEPT_DAYS))  # link-1 ends a day later
    assert gone.state is SuggestionState.WITHDRAWN
    folding = fold()
    advance(folding, *four_short(), tick(1_500))
    (made,) = advance(folding, link(until=2_230, received_at=at(1_500)))
    (gone,) = advance(folding, tick(400 + TRACE_KEPT_DAYS))
    assert (made.state, gone.state) == (SuggestionState.SUGGESTED, SuggestionState.WITHDRAWN)
    assert advance(folding, tick(2_230 + LINK_KEPT_DAYS)) == []
    folding.take_changes()
    assert folding.counters["purchasers_forgotten"] == 1


def test_nothing_is_left_of_a_purchaser_once_all_has_expired() -> None:
    stored: dict[bytes, bytes] = {}
    folding = TracesFold(stored)
    advance(folding, *four_short(), link(), report(sales=((FIRST, 2),)))
    folding.take_changes()
    assert len(stored) == 1
    said = advance(folding, tick(5_000))  # the link ended and was forgotten within one tick
    folding.take_changes()
    assert states(said) == [(3, "WITHDRAWN")]
    assert list(stored) == [WATERMARKS_KEY]
    with pytest.raises(Rejected) as refused:
        folding.advance(record(trace()), [])
    assert refused.value.reason == "late"


def test_time_is_that_of_the_slowest_partition() -> None:
    folding = fold()
    advance(folding, *four_short(), link(), tick(600, source=3), tick(600, source=4))
    assert advance(folding, tick(800, source=3)) == []
    assert states(advance(folding, tick(800, source=4))) == [(2, "WITHDRAWN")]


def test_a_simulated_purchaser_is_another_one() -> None:
    simulated = {"operating_mode": OperatingMode.SIMULATED}
    assert advance(fold(), *four_short(), link(**simulated)) == []
    folding = fold()
    (one,) = advance(folding, *[msgspec.structs.replace(t, **simulated) for t in four_short()], link(**simulated))
    (other,) = advance(folding, *four_short(), link())
    assert one.operating_mode is OperatingMode.SIMULATED and one.suggestion_id != other.suggestion_id


def test_a_suggestion_names_no_purchaser_and_no_firearm() -> None:
    (made,) = advance(
        fold(), *[msgspec.structs.replace(t, firearm_serial_number="SN-77") for t in four_short()], link()
    )
    assert BUYER.encode() not in body_of(made) and b"SN-77" not in body_of(made)


def test_the_id_of_a_suggestion_says_nothing_of_the_purchaser_and_stays_when_the_link_is_corrected() -> None:
    folding, other = fold(), fold()
    (made,) = advance(folding, *four_short(), link())
    changed: dict[str, Any] = {"purchaser_id": "purchaser-8"}
    (elsewhere,) = advance(other, *[msgspec.structs.replace(one, **changed) for one in four_short()], link(**changed))
    assert made.suggestion_id == elsewhere.suggestion_id
    (corrected,) = advance(folding, link(revision=2, case_number="case-4", plate="TST0002"))
    assert (corrected.suggestion_id, corrected.revision) == (made.suggestion_id, 2)
    (another,) = advance(other, link(2, **changed))
    assert another.suggestion_id != made.suggestion_id


def test_a_trace_without_a_purchaser_is_counted_and_kept_nowhere() -> None:
    folding = fold()
    none = {"purchaser_id": None, "purchased_at": None, "dealer_state_code": None, "dealer_city_name": None}
    advance(folding, trace(result=TraceResult.NOT_TRACED, **none))
    assert folding.take_changes() == {} and folding.counters == {"traces_without_purchaser": 1}


def test_short_times_speak_only_once_nothing_has_come_for_long() -> None:
    folding = fold()
    together = [trace(number, -number, 40 + number) for number in range(3)]
    assert advance(folding, tick(400), link(until=1_100), *together) == []
    # Three guns bought within five business days: 10 times as likely a year and some days after their purchase, and the
    # stage looks again by itself. Then a fourth comes late.
    said = advance(folding, *[tick(day) for day in range(400, 600)])
    assert [(one.revision, one.state.value, one.suggested_at) for one in said] == [(1, "SUGGESTED", at(484))]
    late = [trace(4 + number, -number, 500 + number, received_at=at(600)) for number in range(2)]
    assert states(advance(folding, *late, tick(640))) == [(2, "WITHDRAWN")]


def test_what_was_recovered_just_now_counts_once_the_others_traces_have_come_too() -> None:
    folding = fold()
    new = trace(4, FIRST + 10, 350)
    advance(folding, *four_short(), link(), new)
    assert advance(folding, tick(350 + TOLD_DAYS - 0.1)) == []
    (gone,) = advance(folding, *[tick(350 + TOLD_DAYS + day) for day in range(LOOK_DAYS + 1)])
    assert gone.state is SuggestionState.WITHDRAWN


@pytest.mark.parametrize(
    ("value", "reason", "message"),
    [
        (trace(trace_id=""), "impossible_value", "trace_id"),
        (trace(trace_id="x" * 129), "impossible_value", "trace_id"),
        (trace(purchaser_id="trace:1"), "impossible_value", "purchaser_id must not"),
        (trace(revision=0), "impossible_value", "revision"),
        (trace(operating_mode=OperatingMode.UNKNOWN), "impossible_value", "operating_mode"),
        (trace(result=TraceResult.UNKNOWN), "impossible_value", "result"),
        (trace(result=TraceResult.NOT_TRACED), "impossible_value", "PURCHASER_FOUND only"),
        (trace(purchased_at=None), "impossible_value", "needs purchaser_id"),
        (trace(recovered_at=at(30) + 1), "impossible_value", "recovered_at must be a date"),
        (trace(bought=31), "impossible_value", "must not be after"),
        (trace(bought=-30_000), "impossible_value", "purchased_at must lie"),
        (trace(recovered=402), "impossible_value", "recovered_at must lie"),
        (trace(received_at=at(10_001)), "clock_ahead", "received_at"),
        (trace(dealer_city_name="Laredo\n"), "impossible_value", "dealer_city_name holds"),
        (report(sales=()), "impossible_value", "1 to 16 sales"),
        (report(sales=((0, 1),) * 17), "impossible_value", "1 to 16 sales"),
        (report(sales=((0, 0),)), "impossible_value", "firearm_count"),
        (link(plate="---"), "impossible_value", "a letter or digit"),
        (link(plate="A" * 17), "impossible_value", "plate"),
        (link(legal_basis=""), "impossible_value", "legal_basis"),
        (link(until=400 + 733), "impossible_value", "valid for at most"),
        (tick(1, source=12), "impossible_value", "a tick must name"),
    ],
)
def test_what_cannot_be_is_refused(value: msgspec.Struct, reason: str, message: str) -> None:
    folding = fold()
    with pytest.raises(Rejected, match=message) as refused:
        folding.advance(record(value), [])
    assert refused.value.reason == reason and folding.take_changes() == {}


def test_a_key_that_is_not_the_purchaser_is_refused() -> None:
    with pytest.raises(Rejected, match="key"):
        fold().advance(Record(b"another", trace(), at(10_000)), [])


def test_lists_are_bounded_and_what_is_too_many_changes_nothing() -> None:
    folding = fold()
    advance(folding, *[trace(number, 0, 500 + number, received_at=at(800)) for number in range(TRACES_MAX)])
    advance(folding, *[link(number) for number in range(LINKS_MAX)])
    folding.take_changes()
    for one in (trace(1_000), link(1_000)):
        with pytest.raises(Rejected) as refused:
            folding.advance(record(one), [])
        assert refused.value.reason == "too_many" and folding.take_changes() == {}
    assert advance(folding, trace(3, 0, 500, revision=2, received_at=at(800))) == []  # a correction of one is taken


def test_a_state_of_another_version_is_refused() -> None:
    with pytest.raises(OtherVersion):
        TracesFold({b"p:OPERATIONAL:purchaser-7": b"\x00"})


def random_log(draw: random.Random) -> list[Record]:
    """Purchasers whose records come in any order, twice, corrected and late, between ticks of years."""
    timed: list[tuple[float, msgspec.Struct]] = []
    for buyer in range(draw.randrange(1, 6)):
        own: dict[str, Any] = {"purchaser_id": f"purchaser-{buyer}"}
        fast = draw.random() < 0.6
        for number in range(draw.randrange(2, 7) if fast else draw.randrange(0, 7)):
            for revision in range(1, draw.choice((2, 2, 3))):
                day = draw.randrange(0, 600 if fast else 2000)
                bought = day - draw.choice((10, 40, 90) if fast else (10, 40, 90, 91, 500, 3000))
                told = day + draw.randrange(0, 400)
                more = {"revision": revision, "withdrawn": draw.random() < 0.2, "received_at": at(told)} | own
                timed += [(told + draw.uniform(0, 300), trace(number, bought, day, **more))] * draw.choice((1, 2))
        for number in range(draw.randrange(0, 3)):
            told = draw.randrange(60, 2000)
            sales = tuple([(told - draw.randrange(0, 60), draw.randrange(1, 4)) for _ in range(draw.randrange(1, 4))])
            timed.append((told + draw.uniform(0, 300), report(number, sales, received_at=at(told), **own)))
        for number in range(draw.randrange(0, 4)):
            for revision in range(1, draw.choice((2, 3, 4))):
                told = draw.randrange(0, 2500)
                more = {"revision": revision, "withdrawn": draw.random() < 0.3, "received_at": at(told)} | own
                more |= {"case_number": f"case-{buyer}"}
                until = told + draw.randrange(-100, 700)
                timed.append((told + draw.uniform(0, 300), link(number, until, **more)))
    timed += [(float(day), tick(day, source)) for day in range(0, 5_000, draw.choice((1, 7, 90))) for source in (0, 1)]
    timed.sort(key=lambda item: item[0])
    return [record(value) for _, value in timed]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_kills_and_batches_change_nothing_and_no_suggestion_outlives_its_link(seed: int) -> None:
    draw = random.Random(seed)
    due_max, kept, told = draw.choice((1, 2_000)), dict[bytes, bytes](), list[Output]()
    plain, accepted = TracesFold(kept, due_max), list[Record]()
    for one in random_log(draw):
        try:
            plain.advance(one, told)
            accepted.append(one)
        except Rejected as refused:
            assert refused.reason == "late"
            continue
        plain.take_changes()
    crashed, committed = folded_through_crashes(lambda stored: TracesFold(stored, due_max), accepted, draw, 50)
    assert [body_of(output.value) for output in told] == [body_of(value) for value in crashed]
    assert kept == committed
    last: dict[str, Suggestion] = {}
    for output in told:
        said = output.value
        assert isinstance(said, Suggestion)
        before = last.get(said.suggestion_id)
        assert before is not None or said.state is SuggestionState.SUGGESTED
        assert before is None or not (before.state is said.state is SuggestionState.WITHDRAWN)
        assert said.state is SuggestionState.WITHDRAWN or (said.valid_until_at > 0 and said.reasons)
        last[said.suggestion_id] = said
    assert {one.state for one in last.values()} <= {SuggestionState.WITHDRAWN}  # years later nothing stands
    assert all(isinstance(one.value, Tick) for one in accepted[-1:]) and list(kept) == [WATERMARKS_KEY]
