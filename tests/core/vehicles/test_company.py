"""Companions in a plate's history: who is told of a crossing, who of a hit, and what that weighs for how long."""

import math
from typing import Any

import msgspec
import pytest

from schemas.records import (
    Association,
    Crossing,
    LaneMode,
    ListKind,
    OperatingMode,
    PassageState,
    ReferenceChange,
    Score,
)
from streams.core import vehicle_history as history
from streams.core.convoys.companions import COMPANY_SECONDS, EARLIER_MIN, THRESHOLD
from streams.core.evidence.convoy import associate_of_hit, convoy
from streams.core.evidence.groups import group_caps
from streams.core.evidence.subject import Subject
from streams.core.plates import key_of
from streams.core.stage import Record, Rejected
from streams.core.vehicle_state import Companion
from streams.core.vehicles.company import COMPANIONS_MAX
from streams.core.vehicles.stage import VehiclesFold
from tests.core.vehicles.builders import (
    DAY,
    RULES,
    SECOND,
    START,
    add,
    advance,
    association,
    entry,
    final,
    fold,
    of_hit,
    outputs_of,
    passage,
    remove,
    suppress,
    suppression,
    tick,
)
from tests.core.vehicles.subjects import TRAVEL

OTHER = "XYZ9876"


def tell(folding: VehiclesFold, said: Association) -> None:
    assert advance(folding, said) == []  # what one vehicle is told goes no further


def listed_other(plate: str = OTHER, **fields: Any) -> ReferenceChange:
    return add(entry("listed-other", plate, **{"valid_until_at": START + 60 * DAY} | fields))


def regular(times: int, plate: str = "ABC1234", **fields: Any) -> VehiclesFold:
    folding = fold()
    for number in range(times):
        advance(folding, final(number, plate, START - (times - number) * DAY, **fields))
    return folding


def companions_of(folding: VehiclesFold, plate: str = "ABC1234") -> tuple[Companion, ...]:
    stored = folding._stored
    folding.take_changes()
    state = history.decode(stored[b"o:" + key_of(plate, "").encode()])
    return next(vehicle.companions for vehicle in state.vehicles if vehicle.plate == plate)


def evidence_of(folding: VehiclesFold, at: int, plate: str = "ABC1234") -> dict[str, float]:
    (score,) = outputs_of(advance(folding, passage(99, plate, at)), Score)
    return {said.name: said.log_odds for said in score.evidence if said.group == "company"}


def test_a_port_is_told_of_a_regulars_crossing_with_its_history() -> None:
    folding = regular(EARLIER_MIN, lane_id="2302/01")
    (told,) = [output for output in advance(folding, final(9)) if isinstance(output.value, Crossing)]
    assert told.key == b"2301"
    assert isinstance(told.value, Crossing)
    assert (told.value.crossed_at, told.value.plate, told.value.hit_log_odds) == (START, "ABC1234", None)
    assert told.value.earlier_at == tuple(START - n * DAY for n in range(EARLIER_MIN, 0, -1))
    assert told.value.earlier_port_codes == ("2302",) * EARLIER_MIN


@pytest.mark.parametrize(
    ("before", "value"),
    [
        (EARLIER_MIN - 1, final(9)),
        (EARLIER_MIN, passage(9)),
        (EARLIER_MIN, final(9, at_light_at=None, left_at=None)),
        (EARLIER_MIN, final(9, lane_mode=LaneMode.BUS)),
        (EARLIER_MIN, final(9, lane_mode=LaneMode.TRUCK)),
        (EARLIER_MIN, final(9, state=PassageState.RETRACTED)),
        (EARLIER_MIN, final(9, plate=None)),
    ],
    ids=["seldom", "at-light", "backed-out", "bus", "truck", "retracted", "no-plate"],
)
def test_of_anything_else_no_port_is_told(before: int, value: Any) -> None:
    assert outputs_of(advance(regular(before), value), Crossing) == []


def test_a_crossing_tells_of_the_plates_own_hit() -> None:
    folding = regular(EARLIER_MIN)
    (told,) = outputs_of(advance(folding, add(entry()), final(9)), Crossing)
    assert told.hit_log_odds == pytest.approx(math.log(0.95 * math.exp(3.7) + 0.05))  # TRACE_LINKED, read at 0.95
    assert told.hit_entry_id == "entry-1"


def test_a_companion_is_evidence_until_it_expires_and_through_the_plates_own_crossings() -> None:
    folding = regular(5)
    tell(folding, association())
    advance(folding, final(6, at=START + DAY))
    said = evidence_of(folding, START + 2 * DAY)
    assert set(said) == {"convoy"} and 0.0 < said["convoy"] < 0.69
    assert evidence_of(folding, START + COMPANY_SECONDS * SECOND + SECOND) == {}


@pytest.mark.parametrize("restarts", [False, True])
def test_an_expired_companion_is_forgotten_though_its_vehicle_never_comes_back(restarts: bool) -> None:
    folding = regular(5)  # its own history stands for 90 days
    folding.take_changes()
    tell(folding, association())
    advance(folding, tick(0, START + COMPANY_SECONDS * SECOND - SECOND))
    assert [companion.plate for companion in companions_of(folding)] == [OTHER]
    if restarts:
        folding = fold(dict(folding._stored))
    advance(folding, tick(0, START + COMPANY_SECONDS * SECOND + 3600 * SECOND))
    assert companions_of(folding) == ()
    advance(folding, tick(0, START + 91 * DAY))
    assert [key for key, state in folding.take_changes().items() if state is None] == [b"o:p1:A8C1234"]


def test_a_companions_hit_is_forgotten_when_it_has_expired_though_the_company_lasts() -> None:
    folding, met_until = regular(5), START + COMPANY_SECONDS * SECOND
    advance(folding, listed_other())
    tell(folding, association(**of_hit(START)))
    for week in range(1, 5):  # they meet again each week, so the company lasts
        tell(folding, association(at=START + 7 * week * DAY, joint_crossings=7 + week))
    advance(folding, tick(0, met_until - SECOND))
    assert [one.hit_entry_id for one in companions_of(folding)] == ["listed-other"]
    advance(folding, tick(0, met_until + 3600 * SECOND))
    (kept,) = companions_of(folding)
    assert (kept.hit_entry_id, kept.hit_until_s, kept.hit_log_odds) == ("", 0, 0.0)
    assert (kept.plate, kept.joint_crossings) == (OTHER, 11)


def test_company_is_kept_under_the_exact_plate_and_issuer() -> None:
    folding = regular(5)
    advance(folding, final(7, "A8C1234"), final(8, jurisdiction="MX-TAM"))
    tell(folding, association())
    assert evidence_of(folding, START, "A8C1234") == {}
    (score,) = outputs_of(advance(folding, passage(98, jurisdiction="MX-TAM")), Score)
    assert not [said for said in score.evidence if said.group == "company"]


def test_a_plate_without_history_is_told_in_vain() -> None:
    folding = fold()
    tell(folding, association())
    assert folding.counters == {"associations_without_history": 1}
    assert folding.take_changes() == {}


def test_companions_are_bounded_and_the_same_one_is_kept_once() -> None:
    folding = regular(5)
    for number in range(COMPANIONS_MAX + 2):
        tell(folding, association(other=f"OTH{number:04d}"))
    tell(folding, association(other="OTH0003", joint_crossings=8))
    kept = companions_of(folding)
    assert [companion.plate for companion in kept] == ["OTH0002", "OTH0004", "OTH0005", "OTH0003"]
    assert kept[-1].joint_crossings == 8


def test_a_hit_is_told_to_every_companion_and_does_not_prolong_the_company() -> None:
    folding = regular(5)
    tell(folding, association(at=START - 7 * DAY))
    advance(folding, add(entry()))
    assert outputs_of(advance(folding, passage(9)), Association) == []  # the plate may yet turn out another
    (told,) = [output for output in advance(folding, final(9)) if isinstance(output.value, Association)]
    said = told.value
    assert isinstance(said, Association)
    assert told.key == said.plate_key.encode() == key_of(OTHER, "").encode()
    assert (said.plate, said.other_plate) == (OTHER, "ABC1234")
    assert said.expires_at == START - 7 * DAY + COMPANY_SECONDS * SECOND
    assert said.hit_at == START and said.hit_log_odds == pytest.approx(3.65, abs=0.01)
    assert (said.hit_entry_id, said.passage_id) == ("entry-1", "2301/03/9")


def test_an_inherited_hit_is_passed_on_to_nobody() -> None:
    folding = regular(5)
    tell(folding, association())
    tell(folding, association(other="THD0003", **of_hit(START)))
    assert outputs_of(advance(folding, final(9)), Association) == []


def test_a_companions_hit_is_weak_evidence_that_expires_and_survives_later_news_of_the_pair() -> None:
    folding = regular(5)
    advance(folding, listed_other())
    tell(folding, association(**of_hit(START)))
    tell(folding, association(at=START + 14 * DAY, joint_crossings=9))
    advance(folding, final(6, at=START + 14 * DAY))
    said = evidence_of(folding, START + 20 * DAY)
    assert said["associate_of_hit"] > 0.0 and sum(said.values()) <= RULES.groups["company"].log_odds_max
    assert set(evidence_of(folding, START + 29 * DAY)) == {"convoy"}


def of_companion(**fields: Any) -> ReferenceChange:
    return suppress(suppression(plate=OTHER, **{"valid_until_at": START + 60 * DAY} | fields))


@pytest.mark.parametrize(
    "change",
    [
        remove("listed-other"),
        listed_other(valid_until_at=START + DAY),
        listed_other(plate="ZZZ0001"),
        listed_other(jurisdiction="MX-TAM"),
        of_companion(),
        of_companion(entry_id="listed-other"),
    ],
    ids=["removed", "ended", "of-another-plate", "of-another-issuer", "suppressed", "suppressed-for-the-entry"],
)
def test_an_inherited_hit_ends_with_its_entry(change: ReferenceChange) -> None:
    folding = regular(5)
    advance(folding, listed_other())
    tell(folding, association(**of_hit(START)))
    assert "associate_of_hit" in evidence_of(folding, START + DAY)
    advance(folding, change)
    assert set(evidence_of(folding, START + DAY)) == {"convoy"}


def test_another_entrys_suppression_leaves_an_inherited_hit() -> None:
    folding = regular(5)
    advance(folding, listed_other(), of_companion(entry_id="another"))
    tell(folding, association(**of_hit(START)))
    assert "associate_of_hit" in evidence_of(folding, START + DAY)


def subject(*companions: Companion) -> Subject:
    return Subject(passage(99), START, (), None, 1.0, TRAVEL, companions)


def companion(ratio: float = 14.0, hit: float = 0.0) -> Companion:
    return Companion(OTHER, "US-TX", START // SECOND + 9, ratio, 7, hit, START // SECOND + 9 if hit else 0)


def test_company_weighs_what_its_certainty_leaves_of_the_rule_sets_weight() -> None:
    at_threshold = 1 / (1 + math.exp(9.2 - THRESHOLD))  # 0.95
    weak, sure = (
        convoy(subject(companion(THRESHOLD)), RULES),
        convoy(subject(companion(THRESHOLD), companion(40)), RULES),
    )
    assert weak and weak.log_odds == pytest.approx(math.log(at_threshold * math.exp(0.69) + 1 - at_threshold))
    assert sure and sure.log_odds == pytest.approx(0.69)


@pytest.mark.parametrize("kind", list(RULES.watchlist))
def test_company_alone_never_reaches_the_threshold_whatever_the_companion_is_listed_for(kind: ListKind) -> None:
    one = subject(companion(60.0, RULES.watchlist[kind].log_odds), companion(60.0, 10.0))
    said = [part for part in (convoy(one, RULES), associate_of_hit(one, RULES)) if part is not None]
    assert len(said) == 2
    said += group_caps(said, RULES)
    assert RULES.prior_log_odds + sum(part.log_odds for part in said) < RULES.selection.threshold_log_odds


def test_neither_evidence_names_the_other_plate() -> None:
    one = subject(companion(hit=3.7))
    for said in (convoy(one, RULES), associate_of_hit(one, RULES)):
        assert said is not None
        assert OTHER not in said.explanation and said.group == "company" and said.reading_ids


@pytest.mark.parametrize(
    ("key", "fields", "reason"),
    [
        (b"p1:OTHER", {}, "wrong_key"),
        (None, {"plate": OTHER}, "wrong_key"),
        (None, {"operating_mode": OperatingMode.UNKNOWN}, "impossible_value"),
        (None, {"log_likelihood_ratio": math.nan}, "impossible_value"),
        (None, of_hit(START, log_odds=800.0), "impossible_value"),
        (None, of_hit(START, entry_id="x" * 200), "impossible_value"),
        (None, of_hit(START) | {"hit_entry_id": None}, "impossible_value"),
        (None, {"expires_at": -1}, "impossible_value"),
        (None, {"other_plate": "X" * 200}, "impossible_value"),
    ],
)
def test_an_impossible_association_is_refused_and_changes_nothing(
    key: bytes | None, fields: dict[str, Any], reason: str
) -> None:
    folding, said = regular(5), msgspec.structs.replace(association(), **fields)
    folding.take_changes()
    with pytest.raises(Rejected) as refused:
        folding.advance(Record(key or said.plate_key.encode(), said, START), [])
    assert refused.value.reason == reason
    assert folding.take_changes() == {}
