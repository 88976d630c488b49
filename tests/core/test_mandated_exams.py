"""Mandated examinations, from the policy's text to the auditors: four stages in a row."""

import msgspec
import pytest

from schemas.records import (
    Exam,
    ExamMandate,
    ExamRecord,
    Inspection,
    LaneMode,
    Light,
    LightAnswerReason,
    OperatingMode,
    ReferralReason,
    Selection,
    SelectionThreshold,
)
from streams.core.integrity import exams as missing_exams
from streams.core.integrity.cases import case_of
from streams.core.outcomes.stage import OutcomesFold
from streams.core.policy.stage import PolicyFold
from streams.core.selection_policy import parse_policy
from streams.core.stage import Record, Rejected
from streams.core.vehicles.stage import VehiclesFold
from tests.core.outcomes import builders as decisions
from tests.core.outcomes.builders import answer, at, inspection, score, selection
from tests.core.policy.builders import PARTITION, POLICY, change, told
from tests.core.vehicles import builders as vehicles

MANDATES = """
[budgets.mandated_exams]
ATS_RECOMMENDATION = ["CANINE", "VISUAL"]
INSPECTOR_SUSPICION = ["DOCUMENTS"]
"""

VISUAL, CANINE = ExamRecord(exam=Exam.VISUAL, done=True), ExamRecord(exam=Exam.CANINE, done=True)


def threshold(text: str = POLICY + MANDATES) -> SelectionThreshold:
    """What the lanes of real travellers are told of a policy at once."""
    (said,) = [
        one for one in told(PolicyFold(PARTITION, {}), change(text)) if one.operating_mode is OperatingMode.OPERATIONAL
    ]
    return said


def selected(log_odds: float, number: int = 1, **fields: object) -> Selection:
    """The selection of a vehicle by the policy and this threshold."""
    said = msgspec.structs.replace(threshold(), random_propensity=1e-9, threshold_log_odds=log_odds)
    folding = vehicles.fold()
    folding.advance(Record(b"2301", said, vehicles.START), [])
    (made,) = vehicles.outputs_of(vehicles.advance(folding, vehicles.passage(number, **fields)), Selection)  # type: ignore[arg-type]
    assert isinstance(made, Selection)
    return made


def missing_of(made: Selection, *said: msgspec.Struct) -> tuple[Exam, ...]:
    """Exams that the last outcome of a vehicle tells as missing."""
    return decisions.advance(OutcomesFold(0, {}), made, score(), *said)[-1].exams_missing


def red(*exams: Exam) -> Selection:
    return selection(mandated_exams=exams, referral_reason=ReferralReason.ATS_RECOMMENDATION)


def test_an_ended_inspection_without_the_mandated_exams_is_an_event_of_its_officers() -> None:
    made = selected(-20.0, at=at(0))
    assert (made.light, made.mandated_exams) == (Light.RED, (Exam.VISUAL, Exam.CANINE))
    assert made.policy_version == "policy-1"
    (outcome,) = decisions.advance(OutcomesFold(0, {}), made, score(), inspection())
    assert outcome.exams_missing == (Exam.VISUAL, Exam.CANINE)
    (trial,) = missing_exams.trials_of(case_of(outcome, 0), outcome.passage_id)
    assert (trial.officer_id, trial.event) == ("officer-9", True)
    (outcome,) = decisions.advance(OutcomesFold(0, {}), made, score(), inspection(exams=(VISUAL, CANINE)))
    (trial,) = missing_exams.trials_of(case_of(outcome, 0), outcome.passage_id)
    assert not trial.event


def test_a_green_vehicle_is_inspected_as_one_that_an_officer_suspects() -> None:
    made = selected(5.0)
    assert (made.light, made.mandated_exams) == (Light.GREEN, (Exam.DOCUMENTS,))


def test_lanes_that_the_policy_does_not_name_mandate_nothing() -> None:
    assert selected(-20.0, lane_mode=LaneMode.TRUCK).mandated_exams == ()


@pytest.mark.parametrize(
    ("exams", "missing"),
    [
        ((), (Exam.VISUAL, Exam.CANINE)),
        ((VISUAL,), (Exam.CANINE,)),
        ((CANINE, VISUAL), ()),
        ((VISUAL, ExamRecord(exam=Exam.CANINE, done=False)), (Exam.CANINE,)),
        # What the officers themselves say was left out is told too.
        ((VISUAL, CANINE, ExamRecord(exam=Exam.XRAY, done=False)), (Exam.XRAY,)),
    ],
)
def test_what_is_mandated_and_not_recorded_as_done_is_missing(
    exams: tuple[ExamRecord, ...], missing: tuple[Exam, ...]
) -> None:
    assert missing_of(red(Exam.VISUAL, Exam.CANINE), inspection(exams=exams)) == missing


def test_an_exam_of_another_inspection_of_the_same_vehicle_counts() -> None:
    second = inspection(inspection_id="inspection-1b", started=1600, ended=1900, exams=(CANINE,))
    assert missing_of(red(Exam.VISUAL, Exam.CANINE), inspection(exams=(VISUAL,)), second) == ()


def test_a_report_that_is_completed_later_corrects_what_is_missing() -> None:
    told = decisions.advance(
        OutcomesFold(0, {}), red(Exam.VISUAL), score(), inspection(), inspection(revision=2, exams=(VISUAL,))
    )
    assert [one.exams_missing for one in told] == [(Exam.VISUAL,), ()]


def test_nothing_is_missing_of_a_vehicle_that_was_not_inspected() -> None:
    made = red(Exam.VISUAL)
    assert missing_of(made, decisions.tick(5 * 3600)) == ()
    assert missing_of(made, inspection(ended=None), decisions.tick(24 * 3600)) == ()


def test_the_officers_word_on_the_reason_changes_no_mandate() -> None:
    given = inspection(referral_reason=ReferralReason.INSPECTOR_SUSPICION)
    assert missing_of(red(Exam.CANINE), given) == (Exam.CANINE,)


@pytest.mark.parametrize(
    ("chosen", "lot_light"),
    [
        (selection(light=Light.GREEN, mandated_exams=(Exam.CANINE,)), Light.RED),
        (red(Exam.CANINE), Light.GREEN),  # and an officer stopped it on suspicion
        (red(Exam.CANINE), Light.RED),
    ],
)
def test_a_selection_that_nobody_showed_mandates_nothing(chosen: Selection, lot_light: Light) -> None:
    drawn = answer(light=lot_light, reason=LightAnswerReason.NO_SELECTION)
    assert missing_of(chosen, drawn, inspection()) == ()
    named = inspection(exams=(ExamRecord(exam=Exam.XRAY, done=False),))
    assert missing_of(chosen, drawn, named) == (Exam.XRAY,)  # the officers' own word stands


@pytest.mark.parametrize(
    ("light", "more", "given", "reason"),
    [
        (Light.RED, (), ReferralReason.UNKNOWN, ReferralReason.RANDOM),
        (Light.RED, (), ReferralReason.US_INTELLIGENCE, ReferralReason.US_INTELLIGENCE),
        (Light.GREEN, (), ReferralReason.UNKNOWN, ReferralReason.INSPECTOR_SUSPICION),
        (Light.GREEN, (), ReferralReason.NONE, ReferralReason.INSPECTOR_SUSPICION),
        (Light.RED, (), ReferralReason.NONE, ReferralReason.RANDOM),
        (
            Light.GREEN,
            (answer(light=Light.RED, reason=LightAnswerReason.NO_SELECTION),),
            ReferralReason.UNKNOWN,
            ReferralReason.RANDOM,
        ),
    ],
)
def test_the_reason_of_an_inspection_is_the_officers_else_the_lights(
    light: Light, more: tuple[msgspec.Struct, ...], given: ReferralReason, reason: ReferralReason
) -> None:
    said = inspection(referral_reason=given)
    (told,) = decisions.advance(OutcomesFold(0, {}), selection(light=light), *more, said, score())
    assert told.inspection_reason is reason


def test_without_an_inspection_or_a_selection_there_is_no_reason() -> None:
    (passed,) = decisions.advance(OutcomesFold(0, {}), selection(), score(), decisions.tick(5 * 3600))
    assert passed.inspection_reason is None
    unknown: Inspection = inspection(referral_reason=ReferralReason.UNKNOWN)
    (told,) = decisions.advance(OutcomesFold(0, {}), unknown, decisions.tick(24 * 3600))
    assert told.inspection_reason is None


def test_a_policy_of_the_same_lanes_without_mandates_takes_them_back() -> None:
    folding = PolicyFold(PARTITION, {})
    (first, *_), (last, *_) = (
        told(folding, change(POLICY + MANDATES)),
        told(folding, change(POLICY.replace("policy-1", "policy-2"), "policy-2")),
    )
    assert [one.referral_reason for one in first.mandates] == [
        ReferralReason.ATS_RECOMMENDATION,
        ReferralReason.INSPECTOR_SUSPICION,
    ]
    assert (last.policy_version, last.mandates) == ("policy-2", ())


@pytest.mark.parametrize(
    ("mandates", "message"),
    [
        ('NONE = ["VISUAL"]', "nobody is referred for NONE"),
        ('UNKNOWN = ["VISUAL"]', "nobody is referred for UNKNOWN"),
        ('RANDOM = ["UNKNOWN"]', "known examinations"),
        ('RANDOM = ["VISUAL", "VISUAL"]', "each once"),
        ("RANDOM = []", "length"),
        ('RANDOM = ["PALMISTRY"]', "PALMISTRY"),
        ('WHIM = ["VISUAL"]', "WHIM"),
    ],
)
def test_a_mandate_of_nothing_is_refused(mandates: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_policy(f"{POLICY}[budgets.mandated_exams]\n{mandates}\n")


def test_what_would_swell_every_selection_is_refused() -> None:
    swollen = ExamMandate(referral_reason=ReferralReason.RANDOM, exams=(Exam.VISUAL,) * 20)
    folding: VehiclesFold = vehicles.fold()
    with pytest.raises(Rejected, match="once"):
        folding.advance(Record(b"2301", msgspec.structs.replace(threshold(), mandates=(swollen,)), vehicles.START), [])
    with pytest.raises(Rejected, match="mandated exams"):
        decisions.advance(OutcomesFold(0, {}), selection(mandated_exams=(Exam.VISUAL,) * 20))
