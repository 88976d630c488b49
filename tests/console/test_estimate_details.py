"""Gauges of lanes, versions, evidence and fairness groups: what they say, and that there are never too many."""

import msgspec
import pytest

from schemas.records import Arm, Estimate, GroupEstimate, GroupKind, OperatingMode, RateEstimate
from streams.console.estimate_burdens import GROUPS
from streams.console.estimate_details import LEFT_OUT, SERIES_MAX, details
from streams.core.evidence.catalogue import EVIDENCE_CATALOGUE
from tests.core.estimates.builders import FOUND, drawn, inspected, month, passed, red, with_evidence


def a_month() -> Estimate:
    """Of 40 drawn and inspected vehicles 2 were loaded; of 10 over the threshold 3 were, all with heavy ones."""
    risky = [with_evidence(red(n, n % 30, risk_over_threshold=True), "gross_weight") for n in range(100, 110)]
    return month(
        *[inspected(drawn(n, n % 30), **(FOUND if n < 2 else {})) for n in range(40)],
        *[inspected(one, **(FOUND if place < 3 else {})) for place, one in enumerate(risky)],
        drawn(41, lane_id="2301/20"),
        *[passed(n, rule_set_version="new") for n in range(200, 290)],
    )


def series(*estimates: Estimate) -> dict[tuple[str, ...], float]:
    """Values by family, without its prefix, and labels."""
    return {
        (sample.name.removeprefix("border_estimate_"), *sample.labels.values()): sample.value
        for family in details({(one.port_code, one.operating_mode): one for one in estimates})
        for sample in family.samples
    }


def of_a_border(lanes: int, ports: int = 28, **fields: object) -> list[Estimate]:
    """Estimates in which everything is known of each of so many lanes, and of more versions and evidence than count."""
    whole = a_month()
    (lane,) = [one for one in whole.groups if one.kind is GroupKind.LANE and one.name == "2301/03"]
    estimates = []
    for port in range(ports):
        ours = [f"{port}/{number}" for number in range(lanes // ports + (port < lanes % ports))]
        groups: list[GroupEstimate] = [msgspec.structs.replace(lane, name=name) for name in [*ours, "other"]]
        groups += [msgspec.structs.replace(lane, kind=GroupKind.VERSION, name=f"v{n}") for n in range(9)]
        evidence = [msgspec.structs.replace(whole.evidence[0], name=name) for name in [*EVIDENCE_CATALOGUE, "other"]]
        estimates.append(
            msgspec.structs.replace(
                whole, port_code=str(port), groups=tuple(groups), evidence=tuple(evidence), **fields
            )
        )
    return estimates


def test_counts_precision_and_lift_of_lanes_and_versions() -> None:
    told = series(a_month())
    for labels in (("lane", "2301/03"), ("version", "2026-11-test")):
        kind, place = labels[0], ("2301", "OPERATIONAL", labels[1])
        drawn_elsewhere = kind == "version"
        assert told[f"{kind}_referred", *place] == 50 + drawn_elsewhere
        assert told[f"{kind}_inspected", *place] == 50
        assert told[f"{kind}_hits", *place] == 5
        assert told[f"{kind}_precision_ratio", *place] == pytest.approx(5 / 50)
        # 3 of 10 over the threshold, 2 of 40 drawn.
        assert told[f"{kind}_lift_ratio", *place] == pytest.approx((3 / 10) / (2 / 40))


def test_what_is_not_known_has_no_series() -> None:
    told = series(a_month())
    place = ("2301", "OPERATIONAL", "2301/20")
    assert (told["lane_referred", *place], told["lane_inspected", *place]) == (1, 0)
    assert ("lane_precision_ratio", *place) not in told and ("lane_lift_ratio", *place) not in told


def test_evidence_is_added_up_over_ports_and_apart_by_world() -> None:
    here = a_month()
    there = msgspec.structs.replace(here, port_code="2302")
    drill = msgspec.structs.replace(here, operating_mode=OperatingMode.EXERCISE)
    told = series(here, there, drill)
    assert told["evidence_referred", "OPERATIONAL", "gross_weight"] == 20
    assert told["evidence_hits", "OPERATIONAL", "gross_weight"] == 6
    assert told["evidence_precision_ratio", "OPERATIONAL", "gross_weight"] == pytest.approx(0.3)
    assert told["evidence_referred", "EXERCISE", "gross_weight"] == 10


def test_labels_are_lanes_evidence_of_the_catalogue_and_the_two_versions_that_most_vehicles_met() -> None:
    estimates = of_a_border(3, ports=1)
    first = estimates[0].groups
    more = [msgspec.structs.replace(one, passages=1_000) for one in first if one.name in ("v5", "v7")]
    told = series(msgspec.structs.replace(estimates[0], groups=(*first[:-2], *more)))
    assert {labels[3] for labels in told if labels[0] == "lane_hits"} == {"0/0", "0/1", "0/2"}
    assert {labels[3] for labels in told if labels[0] == "version_hits"} == {"v5", "v7"}
    assert {labels[2] for labels in told if labels[0] == "evidence_hits"} == set(EVIDENCE_CATALOGUE)


def test_the_whole_border_has_fewer_than_3000_series_and_leaves_none_out() -> None:
    estimates = of_a_border(500)
    told = series(*estimates)
    # 500 lanes and 56 versions of 5 series, each evidence of 4, and the one of what is left out.
    assert len(told) == 500 * 5 + 28 * 2 * 5 + len(EVIDENCE_CATALOGUE) * 4 + 1 < 3_000
    assert told[LEFT_OUT.removeprefix("border_estimate_"),] == 0


def with_burdens(estimate: Estimate) -> Estimate:
    """With every fairness group, of which everything is known."""
    rate = RateEstimate(rate=0.1, low=0.05, high=0.2)
    (known, *_) = [one for one in estimate.groups if one.kind is GroupKind.LANE]
    arms = [msgspec.structs.replace(one, precision=rate) for one in known.arms if one.arm is Arm.RISK]
    violation = msgspec.structs.replace(known.violation, detected=rate)
    whole = msgspec.structs.replace(known, arms=tuple(arms), violation=violation, false_red=rate)
    groups = [msgspec.structs.replace(whole, kind=kind, name=name) for kind, names in GROUPS.items() for name in names]
    return msgspec.structs.replace(estimate, groups=(*estimate.groups, *groups))


HOUR_INTERVALS = 28 * 24 * 3 * 2
OF_A_BORDER = 2_868 + 28 * 45 * 11


def hour_intervals(told: dict[tuple[str, ...], float]) -> set[tuple[str, ...]]:
    return {labels for labels in told if "HOUR" in labels and labels[-1] in ("low", "high")}


def test_of_a_whole_border_with_its_fairness_groups_only_ends_of_hours_intervals_are_left_out() -> None:
    told = series(*map(with_burdens, of_a_border(500)))
    assert len(told) == SERIES_MAX + 1
    assert told[LEFT_OUT.removeprefix("border_estimate_"),] == OF_A_BORDER - SERIES_MAX
    assert len(hour_intervals(told)) == HOUR_INTERVALS - (OF_A_BORDER - SERIES_MAX)
    assert len([labels for labels in told if "HOUR" in labels and labels[-1] == "seen"]) == 28 * 24 * 3


def test_whatever_comes_there_are_no_more_and_real_travellers_come_first() -> None:
    real = [with_burdens(one) for one in of_a_border(500)]
    drills = [msgspec.structs.replace(one, operating_mode=OperatingMode.EXERCISE) for one in real]
    told = series(*drills, *real)
    assert len(told) == SERIES_MAX + 1
    assert told[LEFT_OUT.removeprefix("border_estimate_"),] == 2 * OF_A_BORDER - SERIES_MAX
    alone = series(*real)
    assert not hour_intervals(told) and alone.keys() - told.keys() == hour_intervals(alone)
