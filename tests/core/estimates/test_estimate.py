"""The figures of a month, each worked out by hand."""

import pytest

from schemas.records import Arm, GroupKind, InspectionResolution, LaneMode, Light, OutcomeState
from streams.core.estimates.intervals import proportion
from tests.core.estimates.builders import (
    DAY,
    FIRST,
    FOUND,
    MINUTE,
    arm,
    drawn,
    inspected,
    month,
    passed,
    red,
    with_evidence,
)


def test_a_month_counts_passages_referrals_and_finds() -> None:
    told = month(
        passed(1),
        inspected(drawn(2)),
        inspected(drawn(3), **FOUND),
        drawn(4),
        drawn(5, state=OutcomeState.RELEASED, final_light=Light.GREEN),
        drawn(6, inspection_ids=("never ended",)),
    )
    port = told.groups[0]
    assert (port.kind, port.name) == (GroupKind.PORT, "")
    assert (port.passages, port.referred, port.inspected, port.hits) == (6, 5, 2, 1)
    assert (port.not_inspected, port.released, port.open) == (1, 1, 1)
    assert port.skipped_ratio == pytest.approx(0.6)
    assert (told.from_at, told.until_at) == (FIRST * DAY, (FIRST + 30) * DAY)


@pytest.mark.parametrize(
    "found", [{"rounds": 5}, {"magazines": 1}, {"firearms": 2}, {"resolution": InspectionResolution.WEAPONS}]
)
def test_a_gun_a_magazine_or_ammunition_is_a_find(found: dict[str, int]) -> None:
    assert month(inspected(drawn(1), **found)).groups[0].hits == 1


def test_drugs_are_not_what_this_counts() -> None:
    assert month(inspected(drawn(1), resolution=InspectionResolution.NARCOTICS)).groups[0].hits == 0


def test_every_cause_has_its_arm_and_a_vehicle_with_two_is_in_both() -> None:
    told = month(
        inspected(drawn(1, risk_over_threshold=True), **FOUND),
        inspected(red(2, risk_over_threshold=True)),
        red(3, must_refer=True),
        inspected(passed(4, final_light=Light.RED)),
    )
    assert [one.arm for one in told.groups[0].arms] == [Arm.RANDOM, Arm.RISK, Arm.MUST_REFER, Arm.OFFICERS]
    counts = {one.arm: (one.referred, one.inspected, one.hits) for one in told.groups[0].arms}
    assert counts == {
        Arm.RANDOM: (1, 1, 1),
        Arm.RISK: (2, 2, 1),
        Arm.MUST_REFER: (1, 0, 0),
        Arm.OFFICERS: (1, 1, 0),
    }
    expected = proportion(1, 2)
    precision = arm(told, Arm.RISK).precision
    assert (precision.rate, precision.low, precision.high) == (0.5, expected.low, expected.high)
    assert arm(told, Arm.MUST_REFER).precision.rate is None


def test_what_the_dead_man_rule_gave_is_a_referral_of_no_cause_and_no_draw_of_the_lot() -> None:
    told = month(
        inspected(passed(1, final_light=Light.RED, fallback=True), **FOUND),
        drawn(2, state=OutcomeState.PASSED, final_light=Light.GREEN, fallback=True),
        inspected(drawn(3)),
    )
    port = told.groups[0]
    assert (port.passages, port.referred, port.hits) == (3, 2, 1)
    assert [one.referred for one in port.arms] == [1, 0, 0, 0]
    assert (port.violation.drawn, port.violation.hits) == (1, 0)


def test_whatever_else_spoke_for_a_drawn_vehicle_it_is_in_the_violation_rate_and_others_never_are() -> None:
    told = month(
        inspected(drawn(1, must_refer=True), **FOUND),
        inspected(drawn(2)),
        inspected(drawn(3)),
        inspected(drawn(4)),
        *[inspected(red(n, risk_over_threshold=True), **FOUND) for n in range(10, 20)],
    )
    violation = told.groups[0].violation
    assert (violation.drawn, violation.inspected, violation.hits) == (4, 4, 1)
    assert violation.detected.rate == pytest.approx(0.25)


def test_a_drawn_vehicle_stands_for_as_many_as_its_propensity_says() -> None:
    # One load among 10 drawn at 0.01, none among 10 drawn at 0.1: 100 of 10 * 100 + 10 * 10.
    told = month(
        *[inspected(drawn(n, propensity=0.01), **(FOUND if n == 0 else {})) for n in range(10)],
        *[inspected(drawn(n, propensity=0.1)) for n in range(10, 20)],
    )
    detected = told.groups[0].violation.detected
    assert detected.rate == pytest.approx(100 / 1_100)
    assert detected.low < 100 / 1_100 < detected.high


def test_those_not_inspected_are_taken_to_be_like_those_of_their_kind() -> None:
    # Of 20 drawn by lot alone 10 were inspected and all empty; both on the list were, and one was loaded: 1 of 22. That
    # 1 of 12 inspected was loaded says nothing, since officers skip those whom only the lot drew.
    told = month(
        *[inspected(drawn(n)) for n in range(10)],
        *[drawn(n) for n in range(10, 20)],
        inspected(drawn(20, must_refer=True), **FOUND),
        inspected(drawn(21, must_refer=True)),
    )
    violation = told.groups[0].violation
    assert violation.detected.rate == pytest.approx(1 / 22)
    assert violation.bound_low == pytest.approx(1 / 22)
    assert violation.bound_high == pytest.approx(11 / 22)


def test_if_nobody_of_a_kind_was_inspected_the_others_stand_for_all() -> None:
    told = month(inspected(drawn(1), **FOUND), inspected(drawn(2)), drawn(3, must_refer=True))
    assert told.groups[0].violation.detected.rate == pytest.approx(0.5)


def test_nobody_drawn_or_nobody_inspected_says_nothing() -> None:
    for told in (month(passed(1)), month(drawn(1))):
        violation = told.groups[0].violation
        assert (violation.detected.rate, violation.detected.low, violation.detected.high) == (None, 0.0, 1.0)
        assert (violation.bound_low, violation.bound_high) == (0.0, 1.0)
        assert (violation.corrected_low, violation.corrected_high) == (0.0, 1.0)


def test_the_corrected_rate_allows_for_what_inspections_miss() -> None:
    told = month(inspected(drawn(0), **FOUND), *[inspected(drawn(n)) for n in range(1, 100)])
    violation = told.groups[0].violation
    assert violation.corrected_low == pytest.approx(violation.detected.low / told.sensitivity_high)
    assert violation.corrected_high == pytest.approx(violation.detected.high / told.sensitivity_low)


def test_lift_is_the_risk_arm_s_precision_over_the_violation_rate() -> None:
    told = month(
        *[inspected(drawn(n), **(FOUND if n == 0 else {})) for n in range(100)],
        *[inspected(red(n, risk_over_threshold=True), **(FOUND if n < 105 else {})) for n in range(100, 120)],
    )
    lift = told.groups[0].lift
    assert lift.ratio == pytest.approx((5 / 20) / (1 / 100))
    assert lift.high is not None and 1.0 < lift.low < 25.0 < lift.high
    assert month(inspected(drawn(1)), inspected(red(2, risk_over_threshold=True), **FOUND)).groups[0].lift.high is None


def test_what_a_seizure_costs_counts_every_inspection() -> None:
    # 20 and 50 minutes with 2 officers and with 1; travellers waited 5 minutes more each. One find.
    port = month(inspected(drawn(1)), inspected(drawn(2), 50, 1, **FOUND), drawn(3), drawn(4)).groups[0]
    assert port.inspector_minutes_per_seizure == pytest.approx(20 * 2 + 50)
    assert port.traveller_minutes_per_seizure == pytest.approx(25 + 55)
    assert port.seizures_per_1000.rate == pytest.approx(250.0)
    assert port.seizures_per_1000.high == pytest.approx(1000 * proportion(1, 4).high)
    assert month(inspected(drawn(1))).groups[0].inspector_minutes_per_seizure is None


def test_an_inspection_reported_to_last_for_weeks_counts_half_a_day() -> None:
    said = inspected(drawn(1), 60 * 24 * 20, 1, closed_at=(FIRST + 1) * DAY, **FOUND)
    assert month(said).groups[0].inspector_minutes_per_seizure == pytest.approx(12 * 60)
    early = inspected(drawn(1), inspection_started_at=FIRST * DAY, inspection_ended_at=FIRST * DAY + MINUTE, **FOUND)
    assert month(early).groups[0].traveller_minutes_per_seizure == 0.0


def test_lane_modes_lanes_and_versions_have_their_own_figures() -> None:
    told = month(
        passed(1),
        inspected(drawn(2, policy_version="winter"), **FOUND),
        drawn(3, lane_id="2301/20", lane_mode=LaneMode.TRUCK, rule_set_version="2026-12"),
    )
    groups = {(one.kind, one.name): (one.passages, one.referred, one.hits) for one in told.groups}
    assert groups == {
        (GroupKind.PORT, ""): (3, 2, 1),
        (GroupKind.LANE_MODE, "PASSENGER"): (2, 1, 1),
        (GroupKind.LANE_MODE, "TRUCK"): (1, 1, 0),
        (GroupKind.LANE, "2301/03"): (2, 1, 1),
        (GroupKind.LANE, "2301/20"): (1, 1, 0),
        (GroupKind.VERSION, "2026-11-test"): (1, 0, 0),
        (GroupKind.VERSION, "2026-11-test winter"): (1, 1, 1),
        (GroupKind.VERSION, "2026-12"): (1, 1, 0),
    }


def test_evidence_has_its_share_of_referrals_and_of_finds() -> None:
    told = month(
        with_evidence(passed(1), "gross_weight"),
        with_evidence(inspected(drawn(2), **FOUND), "gross_weight", "watchlist", "watchlist"),
        with_evidence(inspected(drawn(3), **FOUND), "watchlist"),
        with_evidence(red(4), "gross_weight"),
        drawn(5),
    )
    shares = {one.name: (one.referred, one.hits, one.share_of_referrals, one.share_of_hits) for one in told.evidence}
    assert shares == {"gross_weight": (2, 1, 0.5, 0.5), "watchlist": (2, 2, 0.5, 1.0)}
    (weight, _) = told.evidence
    assert (weight.inspected, weight.precision.rate) == (1, 1.0)
