"""One outcome for each passage, whatever came in which order, and corrections as revisions."""

from itertools import permutations

import msgspec
import pytest

from schemas.records import (
    Exam,
    ExamRecord,
    FairnessGroup,
    FoundItem,
    FoundKind,
    InspectionResolution,
    Light,
    OperatingMode,
    Outcome,
    OutcomeState,
    OverrideReason,
    PlateFormat,
    PlateIssuer,
    Tick,
)
from schemas.topics import OUTCOMES
from streams.core.keyed_state import OtherVersion
from streams.core.outcomes.outcome import INSPECTION_SECONDS, KEPT_SECONDS, LONGEST_SECONDS, OVERRIDE_SECONDS
from streams.core.outcomes.stage import OutcomesFold
from streams.core.outcomes.state import DUTIES_MAX, INSPECTIONS_MAX
from streams.core.stage import Output, Record, Rejected
from streams.core.times import WATERMARKS_KEY
from tests.core.outcomes.builders import (
    LANE,
    advance,
    assignment,
    at,
    inspection,
    override,
    record,
    score,
    selection,
    tick,
)

DAY = 24 * 3600


def in_hour(hour: int) -> FairnessGroup:
    return FairnessGroup(issuer=PlateIssuer.US_TX, plate_format=PlateFormat.ISSUERS, local_hour=hour)


def fold() -> OutcomesFold:
    return OutcomesFold(0, {})


def test_an_inspected_red_is_told_with_the_end_of_its_inspection() -> None:
    found = (
        FoundItem(kind=FoundKind.RIFLE, count=1, serial_number="A1"),
        FoundItem(kind=FoundKind.PISTOL, count=2),
        FoundItem(kind=FoundKind.AMMUNITION, count=400),
        FoundItem(kind=FoundKind.MAGAZINE, count=3),
    )
    exams = (ExamRecord(exam=Exam.VISUAL, done=True), ExamRecord(exam=Exam.CANINE, done=False))
    ended = inspection(found=found, exams=exams, resolution=InspectionResolution.WEAPONS, revision=2)
    assert advance(fold(), selection(), score(), inspection(ended=None)) == []
    (told,) = advance(fold(), selection(), score(), inspection(ended=None), ended)
    assert (told.state, told.light, told.final_light) == (OutcomeState.INSPECTED, Light.RED, Light.RED)
    assert (told.firearms, told.rounds, told.magazines) == (3, 400, 3)
    assert told.exams_missing == (Exam.CANINE,)
    assert told.resolution is InspectionResolution.WEAPONS
    assert (told.inspection_started_at, told.inspection_ended_at) == (at(300), at(1500))
    assert [(said.name, said.log_odds) for said in told.evidence] == [("gross_weight", 1.5)]
    assert (told.random_draw, told.propensity, told.revision) == (True, 0.05, 1)
    assert told.fairness_group == selection().fairness_group is not None
    assert (told.port_code, told.lane_id, told.passage_id) == ("2301", LANE, f"{LANE}/1")


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_in_which_the_parts_come_changes_nothing_but_the_revision(order: tuple[int, ...]) -> None:
    # A score comes behind its selection, both being of one stage; an officer's records come whenever they do.
    parts = [
        [selection(light=Light.GREEN), score()],
        [override(light=Light.RED, reason=OverrideReason.INSPECTOR_SUSPICION)],
        [inspection()],
        [assignment("officer-1", -600, 600)],
    ]
    told = advance(fold(), *[value for place in order for value in parts[place]], tick(2 * DAY))
    last = told[-1]
    # Only what came behind the complete outcome was not in its first revision.
    assert msgspec.structs.replace(last, revision=1, closed_at=0, officer_on_duty_id=None) == msgspec.structs.replace(
        told_in_order(), closed_at=0, officer_on_duty_id=None
    )
    assert [one.revision for one in told] == list(range(1, len(told) + 1))


def told_in_order() -> Outcome:
    referred = override(light=Light.RED, reason=OverrideReason.INSPECTOR_SUSPICION)
    (told,) = advance(fold(), selection(light=Light.GREEN), score(), referred, inspection())
    return told


def test_a_green_that_nobody_changes_has_passed_once_an_override_would_have_come() -> None:
    folding = fold()
    assert advance(folding, selection(light=Light.GREEN), score(), tick(OVERRIDE_SECONDS - 1)) == []
    (told,) = advance(folding, tick(OVERRIDE_SECONDS))
    assert (told.state, told.final_light) == (OutcomeState.PASSED, Light.GREEN)
    assert (told.resolution, told.inspection_ids) == (InspectionResolution.UNKNOWN, ())


def test_a_red_without_an_inspection_is_told_so_and_a_late_one_corrects_it() -> None:
    folding = fold()
    (missed,) = advance(folding, selection(), score(), tick(INSPECTION_SECONDS))
    assert missed.state is OutcomeState.NOT_INSPECTED
    late = inspection(started=INSPECTION_SECONDS + 60, ended=INSPECTION_SECONDS + 600)
    (corrected,) = advance(folding, late)
    assert (corrected.state, corrected.revision) == (OutcomeState.INSPECTED, 2)


def test_an_officer_releases_a_red_and_refers_a_green() -> None:
    (released,) = advance(fold(), selection(), score(), override(), tick(OVERRIDE_SECONDS + 20))
    assert (released.state, released.light, released.final_light) == (OutcomeState.RELEASED, Light.RED, Light.GREEN)
    assert (released.override_reason, released.override_officer_id) == (OverrideReason.SECONDARY_FULL, "officer-7")
    folding = fold()
    referred = override(light=Light.RED, reason=OverrideReason.INSPECTOR_SUSPICION)
    assert advance(folding, selection(light=Light.GREEN), score(), referred, tick(OVERRIDE_SECONDS + 20)) == []
    (missed,) = advance(folding, tick(INSPECTION_SECONDS + 20))
    assert missed.state is OutcomeState.NOT_INSPECTED


def test_overrides_of_an_earlier_stop_are_not_counted_at_the_next() -> None:
    again = [selection(seconds=600), score(seconds=600)]
    made = [override(seconds=20), override(light=Light.RED, seconds=30)]
    (told,) = advance(fold(), selection(), score(), *made, *again, inspection(started=700))
    assert (told.overrides, told.override_reason, told.final_light) == (0, None, Light.RED)
    later = override(seconds=620, override_id="override-of-the-second-stop")
    (told,) = advance(fold(), selection(), score(), *made, *again, later, inspection(started=700))
    assert told.overrides == 1


def test_a_terminal_s_repeat_changes_nothing() -> None:
    folding = fold()
    told = advance(folding, selection(), score(), override(), override(), inspection(), inspection())
    assert [one.overrides for one in told] == [1]
    assert folding.counters["inspections_repeated"] == 1


def test_another_report_under_a_revision_that_was_told_is_refused_and_a_higher_one_corrects_it() -> None:
    folding = fold()
    nothing, rifles = inspection(revision=2), (FoundItem(kind=FoundKind.RIFLE, count=5),)
    advance(folding, selection(), score(), nothing)
    folding.take_changes()
    weapons = msgspec.structs.replace(nothing, resolution=InspectionResolution.WEAPONS, found=rifles)
    with pytest.raises(Rejected, match="only a higher one corrects it") as refused:
        advance(folding, weapons)
    assert refused.value.reason == "conflict"
    assert folding.take_changes() == {}
    # A terminal that sends one again stamps the receipt anew, and what was told before comes late: neither is another.
    again = [msgspec.structs.replace(nothing, received_at=at(1700)), inspection(revision=1, ended=None)]
    assert advance(folding, *again) == []
    (corrected,) = advance(folding, msgspec.structs.replace(weapons, revision=3))
    assert (corrected.firearms, corrected.revision) == (5, 2)


def test_the_last_override_in_the_log_stands_whatever_the_terminals_clocks_say() -> None:
    ahead, last = override(light=Light.GREEN, seconds=270), override(light=Light.RED, seconds=30)
    (told,) = advance(fold(), selection(), score(), ahead, last, ahead, tick(INSPECTION_SECONDS + 270))
    assert (told.overrides, told.final_light) == (2, Light.RED)


def test_an_inspection_that_never_ends_does_not_keep_its_outcome_back() -> None:
    folding = fold()
    assert advance(folding, selection(), score(), inspection(ended=None), tick(LONGEST_SECONDS + 299)) == []
    (told,) = advance(folding, tick(LONGEST_SECONDS + 300))
    assert (told.state, told.inspection_ids, told.inspection_ended_at) == (
        OutcomeState.NOT_INSPECTED,
        ("inspection-1",),
        None,
    )


def test_two_inspections_of_one_vehicle_are_counted_together() -> None:
    rifle = (FoundItem(kind=FoundKind.RIFLE, count=1),)
    second = inspection(
        started=2000, ended=2600, inspection_id="b", found=rifle, resolution=InspectionResolution.WEAPONS
    )
    first, both = advance(
        fold(), selection(), score(), inspection(found=rifle, resolution=InspectionResolution.WEAPONS), second
    )
    assert (first.firearms, both.firearms, both.revision) == (1, 2, 2)
    assert both.inspection_ids == ("inspection-1", "b")


def test_an_inspection_that_ended_counts_though_another_never_closes() -> None:
    found = {"found": (FoundItem(kind=FoundKind.RIFLE, count=1),), "resolution": InspectionResolution.WEAPONS}
    parts = [inspection(**found), inspection(inspection_id="b", started=310, ended=None)]
    for order in (parts, parts[::-1]):
        told = advance(fold(), selection(), score(), *order, tick(LONGEST_SECONDS + 310))
        assert (told[-1].state, told[-1].firearms) == (OutcomeState.INSPECTED, 1)


def test_what_comes_while_more_is_awaited_is_told_in_the_end() -> None:
    folding = fold()
    never_ends = inspection(ended=None)
    (unknown,) = advance(folding, override(), never_ends, tick(LONGEST_SECONDS + 300))
    assert unknown.state is OutcomeState.UNKNOWN
    assert advance(folding, selection(), score()) == []
    (known,) = advance(folding, tick(LONGEST_SECONDS + 301))
    assert (known.state, known.revision, known.propensity) == (OutcomeState.RELEASED, 2, 0.05)


def test_an_officer_s_word_without_a_selection_is_of_an_unknown_outcome() -> None:
    (told,) = advance(fold(), override(light=Light.RED), tick(DAY))
    assert (told.state, told.final_light) == (OutcomeState.UNKNOWN, Light.RED)


def test_an_override_is_of_the_stop_that_it_was_made_at() -> None:
    again = [selection(seconds=600), score(seconds=600)]
    (told,) = advance(fold(), selection(), score(), override(), *again, tick(DAY))
    assert (told.state, told.final_light, told.overrides) == (OutcomeState.NOT_INSPECTED, Light.RED, 0)


def test_a_correction_within_the_week_still_knows_who_was_on_duty() -> None:
    folding = fold()
    half_hours = [assignment(f"officer-{n}", n * 1800, n * 1800 + 1800, received_at=at(0)) for n in range(48 * 2)]
    advance(folding, *half_hours, selection(seconds=60), score())
    for day in range(6):
        later = [(n * 1800 + (day + 2) * DAY) for n in range(48)]
        advance(folding, *[assignment(f"officer-{s}", s, s + 1800, received_at=at((day + 1) * DAY)) for s in later])
    (told,) = advance(folding, inspection(revision=3))
    assert told.officer_on_duty_id == "officer-0"


def test_an_inspection_without_a_selection_is_told_without_one() -> None:
    (told,) = advance(fold(), inspection(), tick(DAY))
    assert (told.state, told.light, told.selected_at, told.propensity) == (
        OutcomeState.INSPECTED,
        Light.UNKNOWN,
        None,
        None,
    )


def test_what_the_score_was_at_the_light_stands_and_later_scores_do_not() -> None:
    (told,) = advance(fold(), selection(), score(), score(log_odds=3.0, revision=2), inspection())
    assert [said.log_odds for said in told.evidence] == [1.5]


def test_the_officer_on_duty_is_who_has_the_lane_at_the_light() -> None:
    roster = [assignment("officer-1", -3600, 0), assignment("officer-2", 0, 3600), assignment("officer-3", 3600, 7200)]
    (told,) = advance(fold(), *roster, selection(), score(), inspection())
    assert told.officer_on_duty_id == "officer-2"
    roster.append(assignment("officer-8", 0, 3600, assignment_id="officer-2 0"))
    (moved,) = advance(fold(), *roster, selection(), score(), inspection())
    assert moved.officer_on_duty_id == "officer-8"


def test_a_drill_is_another_world() -> None:
    folding = fold()
    world = {"operating_mode": OperatingMode.EXERCISE, "passage_id": f"{LANE}/EXERCISE/1"}
    drill = selection(light=Light.GREEN, **world)
    told = advance(folding, selection(), score(), drill, score(**world), tick(DAY))
    assert {one.lane_id for one in told} == {LANE}
    assert [(one.operating_mode, one.state) for one in told] == [
        (OperatingMode.EXERCISE, OutcomeState.PASSED),
        (OperatingMode.OPERATIONAL, OutcomeState.NOT_INSPECTED),
    ]


def test_written_cases_are_forgotten_and_what_comes_then_is_refused() -> None:
    stored: dict[bytes, bytes] = {}
    folding = OutcomesFold(0, stored)
    advance(folding, selection(), score(), selection(2, light=Light.GREEN), score(2), tick(DAY), tick(9 * DAY))
    advance(folding, tick(9 * DAY + 1))
    folding.take_changes()
    assert list(stored) == [WATERMARKS_KEY]
    with pytest.raises(Rejected, match="a day ago") as refused:
        advance(folding, inspection())
    assert refused.value.reason == "late"
    assert 9 * DAY > KEPT_SECONDS


def test_a_slow_partition_holds_the_deadlines_back() -> None:
    folding = fold()
    assert advance(folding, tick(0, source=1), selection(), score(), tick(DAY, source=0)) == []
    assert len(advance(folding, tick(DAY, source=1))) == 1


@pytest.mark.parametrize(
    ("value", "reason", "message"),
    [
        (override(reason=OverrideReason.UNKNOWN), "impossible_value", "needs a reason"),
        (override(light=Light.UNKNOWN), "impossible_value", "RED or GREEN"),
        (override(received_at=at(10_000_400)), "clock_ahead", "ahead"),
        (override(seconds=0, overridden_at=at(301)), "clock_ahead", "after received_at"),
        (inspection(started=365 * DAY, ended=None, received_at=at(300)), "clock_ahead", "after received_at"),
        (
            inspection(ended=20 * 365 * DAY, received_at=at(1500)),
            "clock_ahead",
            "ended_at is more than 5 minutes after",
        ),
        (inspection(found=(FoundItem(kind=FoundKind.AMMUNITION, count=10_000_000),) * 2), "impossible_value", "most"),
        (selection(rule_set_version="v" * 129), "impossible_value", "rule_set_version"),
        (assignment("officer-1", 0, 60, lane_id="2301/03/EXERCISE"), "impossible_value", "a slash and a lane"),
        (override(officer_id="x" * 129), "impossible_value", "officer_id"),
        (selection(light=Light.UNKNOWN), "impossible_value", "RED or GREEN"),
        (selection(propensity=float("nan")), "impossible_value", "propensity"),
        (selection(fairness_group=in_hour(24)), "impossible_value", "local_hour"),
        (selection(passage_id="2301/04/1"), "impossible_value", "begin with the lane_id"),
        (selection(port_code="2302"), "impossible_value", "port_code"),
        (inspection(started=300, ended=299), "impossible_value", "before started_at"),
        (inspection(resolution=InspectionResolution.UNKNOWN), "impossible_value", "needs a resolution"),
        (inspection(officer_ids=()), "impossible_value", "officers"),
        (inspection(found=(FoundItem(kind=FoundKind.RIFLE, count=0),)), "impossible_value", "count"),
        (
            inspection(found=(FoundItem(kind=FoundKind.RIFLE, count=2, serial_number="A"),)),
            "impossible_value",
            "serial",
        ),
        (inspection(revision=0), "impossible_value", "revision"),
        (assignment("officer-1", 600, 600), "impossible_value", "24 hours"),
        (assignment("officer-1", 3 * DAY, 3 * DAY + 60), "impossible_value", "48 hours"),
        (tick(0, source=12), "impossible_value", "partition"),
    ],
)
def test_what_cannot_be_is_refused(value: msgspec.Struct, reason: str, message: str) -> None:
    folding = fold()
    with pytest.raises(Rejected, match=message) as refused:
        advance(folding, value)
    assert refused.value.reason == reason
    assert folding.take_changes() == {}


def test_a_key_that_is_not_the_lane_is_refused() -> None:
    with pytest.raises(Rejected, match="key") as refused:
        fold().advance(Record(b"2301/04", selection(), at(0)), [])
    assert refused.value.reason == "wrong_key"


def test_selections_and_duties_go_on_to_their_port_at_once_and_the_time_every_minute() -> None:
    folding, outputs = OutcomesFold(5, {}), list[Output]()
    duty = assignment("officer-1", 0, 1800)
    for value in (selection(), duty, duty, tick(0), tick(59), tick(60)):
        folding.advance(record(value), outputs)
    sent = [(output.key, output.value) for output in outputs if output.partition is None]
    assert sent == [(b"2301", selection()), (b"2301", duty)]  # the duty once, though it was told twice
    ticks = [output for output in outputs if isinstance(output.value, Tick)]
    by_port = [output.partition for output in ticks if output.topic is OUTCOMES]
    assert by_port == 2 * list(range(OUTCOMES.partitions))
    assert {output.value.source_partition for output in ticks} == {5}  # type: ignore[attr-defined]


def test_a_fifth_inspection_is_refused_and_changes_nothing() -> None:
    folding = fold()
    told = advance(folding, selection(), score(), *[inspection(inspection_id=f"i{n}") for n in range(INSPECTIONS_MAX)])
    with pytest.raises(Rejected, match="at most"):
        advance(folding, inspection(inspection_id="one more"))
    assert len(told[-1].inspection_ids) == INSPECTIONS_MAX


def test_a_roster_is_bounded() -> None:
    stored: dict[bytes, bytes] = {}
    folding = OutcomesFold(0, stored)
    advance(folding, *[assignment("officer-1", n * 60, n * 60 + 60) for n in range(DUTIES_MAX + 50)])
    folding.take_changes()
    assert max(len(state) for state in stored.values()) < 100 * DUTIES_MAX


def test_a_state_of_another_version_is_refused() -> None:
    with pytest.raises(OtherVersion):
        OutcomesFold(0, {b"c:OPERATIONAL:2301/03/1": b"\x00"})
