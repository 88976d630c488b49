"""Who is red more often than others for nothing is told, once, and chance is not."""

import math
from dataclasses import replace

import msgspec
import pytest

from schemas.codec import body_of
from schemas.records import (
    Alert,
    AlertKind,
    DisparityMeasure,
    Estimate,
    GroupEstimate,
    GroupKind,
    Light,
    Outcome,
    PlateIssuer,
    Severity,
)
from schemas.topics import ALERTS
from streams.core.disparities import EVENTS_MIN, disparate
from streams.core.estimates.alerts import month_told, summary_of
from streams.core.estimates.fairness import FAMILY_ERROR, comparisons_of, false_red_of, vehicles_in
from streams.core.estimates.parts import FIELDS, HITS, INSPECTED, PARTS, PASSAGES, RED
from streams.core.estimates.stage import EstimatesFold
from streams.core.estimates.state import DAY_PREFIX, PARTS_PREFIX, decode_day, decode_parts
from streams.core.estimates.tallies import GROUPS_MAX
from streams.core.stage import Output
from tests.core.estimates.builders import (
    FIRST,
    FOUND,
    advance,
    grouped,
    inspected,
    month,
    passed,
    record,
    red,
    revised,
    tick,
)
from tests.core.estimates.burdens import Burden, month_of

FALSE_RED = DisparityMeasure.FALSE_RED
Cells = dict[str, list[int]]


def told_of(cells: Cells, family_error: float = FAMILY_ERROR, windows: int = 1) -> set[tuple[str, DisparityMeasure]]:
    """Groups that differ beyond chance."""
    made = comparisons_of(cells, windows)
    return {which for which, one in made.items() if disparate(one, len(made), family_error) is not None}


def group(estimate: Estimate, kind: GroupKind, name: str) -> GroupEstimate:
    (found,) = [one for one in estimate.groups if (one.kind, one.name) == (kind, name)]
    return found


def september(first_day: int = 0) -> list[Outcome]:
    """Of 6,000 vehicles every 20th is red and inspected, of one issuer's 1,200 every tenth; one of each carries."""
    outcomes = []
    for number in range(6_000):
        issuer = (PlateIssuer.MX_TAM, PlateIssuer.US_TX, PlateIssuer.US_NM)[(number >= 1_200) + (number >= 3_600)]
        day, fields = (
            first_day + number % 27 + 0.5,
            {"fairness_group": grouped(issuer), "vehicle_token": f"vehicle {number}"},
        )
        if number % (10 if issuer is PlateIssuer.MX_TAM else 20):
            outcomes.append(passed(number, day, **fields))
        else:
            found = FOUND if number in (0, 1_200, 3_600) else {}
            outcomes.append(inspected(red(number, day, risk_over_threshold=True, **fields), **found))
    return outcomes


def test_an_issuer_red_twice_as_often_without_more_hits_is_told_once_a_month_to_ops_centers() -> None:
    folding, outputs = EstimatesFold({}), list[Output]()
    for value in (tick(0), *september()):
        folding.advance(record(value), outputs)
    for day in range(1, 60):  # FIRST is 4 September 2026
        folding.advance(record(tick(day)), outputs)
    told = [output for output in outputs if isinstance(output.value, Alert)]
    (alert,) = [output.value for output in told]
    assert [(output.topic, output.key) for output in told] == [(ALERTS, alert.incident_id.encode())]
    assert alert.incident_id == "2301 OPERATIONAL disparity 2026-09 ISSUER MX_TAM FALSE_RED"
    assert (alert.kind, alert.severity, alert.light) == (AlertKind.DISPARITY, Severity.MODERATE, Light.UNKNOWN)
    assert (alert.passage_id, alert.lane_id, alert.passage_number, alert.plate) == ("", "", 0, None)
    assert "issued by MX-TAM" in alert.summary and "99.2" in alert.summary and "proves nothing unfair" in alert.summary
    assert folding.counters["alerts_disparity"] == 1


def test_rates_of_a_group_stand_beside_what_the_lot_says() -> None:
    told = month(*september())
    tam = group(told, GroupKind.ISSUER, "MX_TAM")
    # 119 of the 1,199 in which nothing was found, and one of 120 inspected.
    assert tam.false_red is not None and tam.false_red.rate == pytest.approx(119 / 1_199)
    assert tam.false_red.low < 119 / 1_199 < tam.false_red.high < 0.15
    assert [(one.referred, one.hits) for one in tam.arms if one.arm == "RISK"] == [(120, 1)]
    whole = told.groups[0]
    assert whole.false_red is not None and whole.false_red.rate == pytest.approx((120 + 240 - 3) / (6_000 - 3))
    (one,) = told.disparities
    assert (one.kind, one.name, one.measure) == (GroupKind.ISSUER, "MX_TAM", FALSE_RED)
    assert one.own.low > one.others.high and one.own_violation.rate is None  # the lot drew nobody
    assert told.comparisons >= 3 and told.family_error == FAMILY_ERROR
    assert group(told, GroupKind.LANE, "2301/03").false_red is None


def commuters(first_day: int) -> list[Outcome]:
    """40 vehicles that cross daily, four of them always red."""
    outcomes = []
    for number in range(40 * 27):
        fields = {"vehicle_token": f"commuter {number % 40}", "fairness_group": grouped(PlateIssuer.MX_TAM)}
        vehicle = passed if number % 40 >= 4 else red
        outcomes.append(vehicle(number, first_day + number // 40 + 0.5, risk_over_threshold=vehicle is red, **fields))
    return outcomes


def test_rates_of_a_month_in_which_pseudonyms_change_are_less_sure() -> None:
    # FIRST begins a window of 90 days.
    (within,) = advance(EstimatesFold({}), tick(50), *commuters(59), tick(90))  # days 59 to 88
    (across,) = advance(EstimatesFold({}), tick(52), *commuters(62), tick(93))  # days 62 to 91
    known, less = (group(told, GroupKind.ISSUER, "MX_TAM").false_red for told in (within, across))
    assert known is not None and less is not None and known.rate == less.rate == 0.1
    assert less.high - less.low > 1.3 * (known.high - known.low)


def test_commuters_who_change_their_pseudonym_within_a_month_are_not_told_of_by_chance() -> None:
    # Of 500 even months (seeds 1001 to 1500) ten would be told of if each were two vehicles, these among them.
    months = [month_of(Burden(pseudonyms=2, alike=0.5), seed) for seed in (1036, 1051)]
    assert all(told_of(cells, windows=1) for cells in months)
    assert not any(told_of(cells, windows=2) for cells in months)


def test_an_even_month_is_quiet_at_the_stated_level_though_commuters_are_always_or_never_red() -> None:
    months = 120
    allowed = FAMILY_ERROR * months + 2.0 * math.sqrt(FAMILY_ERROR * months)
    assert sum(bool(told_of(month_of(Burden(), seed))) for seed in range(months)) <= allowed


def test_whoever_took_each_passage_for_another_vehicle_would_tell_of_chance() -> None:
    def dealt_out(counts: list[int]) -> list[int]:
        """The same counts, as even over the parts as can be."""
        return [
            sum(counts[field::FIELDS]) // PARTS + (part < sum(counts[field::FIELDS]) % PARTS)
            for part in range(PARTS)
            for field in range(FIELDS)
        ]

    months = 10
    loud = 0
    for seed in range(months):
        loud += bool(told_of({key: dealt_out(counts) for key, counts in month_of(Burden(), seed).items()}))
    assert loud > months / 2


@pytest.mark.parametrize("seed", range(4))
def test_of_a_port_of_many_vehicles_the_one_issuer_that_differs_is_told_and_no_other(seed: int) -> None:
    unlike = Burden(vehicles=30_000, red_factors={"US_CA": 2.0}, hit_factors={"US_CA": 0.5})
    assert told_of(month_of(unlike, seed)) == {("i:US_CA", FALSE_RED)}
    fewer_hits = Burden(vehicles=30_000, hit_rate=0.1, hit_factors={"US_CA": 0.25})
    assert told_of(month_of(fewer_hits, seed)) == {("i:US_CA", DisparityMeasure.HIT_RATE)}


def cell(passages: int, reds: int, vehicles: int = 10_000, hits: int = 0) -> list[int]:
    """So many vehicles, which cross and are red as evenly as can be, those of the first part first."""
    counts = [0] * (PARTS * FIELDS)
    for number in range(passages):
        counts[number % vehicles % PARTS * FIELDS + PASSAGES] += 1
    for number in range(reds):
        first = number % vehicles % PARTS * FIELDS
        counts[first + RED] += 1
        counts[first + INSPECTED] += 1
        counts[first + HITS] += number < hits
    return counts


def test_trucks_are_compared_with_trucks() -> None:
    lanes = {
        "PASSENGER:i:US_TX": cell(9_000, 450),
        "PASSENGER:i:US_AZ": cell(1_000, 50),
        "TRUCK:i:US_TX": cell(1_000, 200),
        "TRUCK:i:US_AZ": cell(9_000, 1_800),
    }
    assert told_of(lanes) == set()
    mixed = {
        "PASSENGER:i:US_TX": cell(10_000, 650),
        "PASSENGER:i:US_AZ": cell(10_000, 1_850),
    }
    assert told_of(mixed) == {("i:US_TX", FALSE_RED), ("i:US_AZ", FALSE_RED)}


def test_hours_are_compared_only_where_no_policy_says_how_many_are_red_in_each() -> None:
    night, noon = cell(1_000, 300), cell(9_000, 900)
    assert told_of({"PASSENGER policy:h:03": night, "PASSENGER policy:h:12": noon}) == set()
    assert told_of({"PASSENGER:h:03": night, "PASSENGER:h:12": noon}) == {("h:03", FALSE_RED), ("h:12", FALSE_RED)}
    assert ("i:US_TX", FALSE_RED) in told_of({"TRUCK policy:i:US_TX": night, "TRUCK policy:i:US_AZ": noon})


def test_few_reds_or_few_vehicles_are_not_compared() -> None:
    others = {"PASSENGER:i:US_TX": cell(10_000, 500)}
    assert comparisons_of(others | {"PASSENGER:i:US_AZ": cell(50, EVENTS_MIN - 1)}) == {}
    assert told_of(others | {"PASSENGER:i:US_AZ": cell(50, EVENTS_MIN)})
    one_vehicle = cell(500, 500, vehicles=1)
    assert comparisons_of(others | {"PASSENGER:i:US_AZ": one_vehicle}) == {}
    assert comparisons_of({"PASSENGER:i:US_TX": cell(10_000, 500)}) == {}  # there are no others


def test_a_group_that_is_never_red_is_told_if_as_many_others_would_be() -> None:
    spared = {"PASSENGER:i:US_TX": cell(10_000, 1_000), "PASSENGER:i:US_AZ": cell(1_000, 0)}
    assert ("i:US_AZ", FALSE_RED) in told_of(spared)


def test_a_vehicle_that_crosses_all_month_makes_no_rate_surer() -> None:
    once, daily = false_red_of([parts_of(cell(640, 64))]), false_red_of([parts_of(alike())])
    assert once.rate == daily.rate == 0.1
    assert daily.high - daily.low > 2 * (once.high - once.low)
    assert vehicles_in([[500] + [0] * (PARTS - 1)]) == pytest.approx(1.0)
    assert vehicles_in([[10] * PARTS]) == 10 * PARTS


def alike() -> list[int]:
    """Of 32 vehicles that cross 20 times each, one in every part, three are red nearly always and the others never."""
    counts = [0] * (PARTS * FIELDS)
    for part in range(PARTS):
        counts[part * FIELDS + PASSAGES] = 20
    for part, reds in ((0, 20), (1, 20), (2, 20), (3, 4)):
        counts[part * FIELDS + RED] = reds
    return counts


def parts_of(counts: list[int]) -> tuple[list[int], list[int]]:
    return counts[PASSAGES::FIELDS], counts[RED::FIELDS]


def test_a_revision_moves_a_vehicle_between_false_reds_and_hits() -> None:
    first = red(1, risk_over_threshold=True, fairness_group=grouped())
    empty, loaded = revised(inspected(first)), revised(inspected(first, **FOUND), 3)
    others = [passed(number, fairness_group=grouped()) for number in range(2, 12)]
    told = month(first, *others, empty, loaded)
    assert body_of(told) == body_of(month(*others, revised(loaded, 1)))
    whole = told.groups[0].false_red
    assert whole is not None and whole.rate == 0.0
    (false_red,) = [one.false_red for one in month(first, *others).groups if one.kind is GroupKind.HOUR]
    assert false_red is not None and false_red.rate == pytest.approx(1 / 11)


def test_what_is_kept_of_a_day_is_bounded_whatever_comes() -> None:
    stored: dict[bytes, bytes] = {}
    folding = EstimatesFold(stored)
    issuers = tuple(PlateIssuer)
    advance(folding, tick(0))
    for number in range(3_000):
        group_of = grouped(issuers[number % len(issuers)], number % 24)
        one = red(number, lane_id=f"2301/{number % 400}", risk_over_threshold=True, fairness_group=group_of)
        advance(folding, one)
    folding.take_changes()
    day = decode_day(stored[DAY_PREFIX + f"OPERATIONAL:2301:{FIRST}".encode()])
    closed = [name for name in day.groups if name[:2] in ("i:", "f:", "h:")]
    assert len(closed) == len(issuers) + 1 + 24 and "l:other" in day.groups  # none of them became one of the others
    assert len(day.groups) <= GROUPS_MAX + len(closed) + 4
    cells = decode_parts(stored[PARTS_PREFIX + f"OPERATIONAL:2301:{FIRST}".encode()]).cells
    assert len(cells) == len(closed)
    assert sum(sum(counts[RED::FIELDS]) for key, counts in cells.items() if ":i:" in key) == 3_000
    for later in range(1, 34):
        advance(folding, tick(later))
    folding.take_changes()
    assert not any(key.startswith((DAY_PREFIX, PARTS_PREFIX)) for key in stored)


def test_a_month_is_looked_at_once_by_the_first_window_that_ends_with_it() -> None:
    # FIRST is 4 September: 1 October is 27 days later, and a window ends a day before it is told of.
    october = FIRST + 27
    assert [month_told(last, last - 29, last) for last in range(october - 3, october + 2)] == [
        None,
        None,
        "2026-09",
        None,
        None,
    ]
    # Ten days were missed: the window of 12 September to 11 October has most of September.
    assert month_told(october - 2, october - 19, october + 10) == "2026-09"


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        (GroupKind.HOUR, "03", "in hour 03"),
        (GroupKind.PLATE_FORMAT, "NONE", "no known format"),
        (GroupKind.PLATE_FORMAT, "UNREAD", "plate was not read"),
        (GroupKind.ISSUER, "UNREAD", "issuer was not read"),
        (GroupKind.ISSUER, "US_OTHER", "issued by US-OTHER"),
    ],
)
def test_an_alert_says_in_words_of_whom_it_is(kind: GroupKind, name: str, words: str) -> None:
    (one,) = month(*september()).disparities
    hits = msgspec.structs.replace(one, kind=kind, name=name, measure=DisparityMeasure.HIT_RATE)
    assert words in summary_of(hits) and "carried something" in summary_of(hits)


def test_burdens_differ_by_their_seed_alone() -> None:
    small = replace(Burden(), vehicles=50)
    assert month_of(small, 1) == month_of(small, 1) != month_of(small, 2)
