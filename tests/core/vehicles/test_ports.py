"""Ports published into the passages' log: how far apart they lie, and their random arms, from their place in it on."""

from typing import Any

import msgspec
import pytest

from schemas.records import ReferenceChange, Score, Selection
from streams.core import published_ports
from streams.core.keyed_state import OtherVersion
from streams.core.stage import Rejected
from tests.core.ports import CAR_LANE, CODE, TEXT, port_change, text_with
from tests.core.vehicles.builders import (
    RULES,
    SECOND,
    START,
    advance,
    default_text,
    final,
    fold,
    outputs_of,
    passage,
    rule_set_change,
)

HOUR = 3600 * SECOND
AT_PORT: dict[str, Any] = {"lane_id": CAR_LANE, "port_code": CODE}


def evidence_of(score: Score) -> set[str]:
    return {said.name for said in score.evidence}


def test_a_plate_far_south_an_hour_later_is_two_vehicles_once_the_port_is_known() -> None:
    # Brownsville to Ciudad Hidalgo is 1,360 km: nobody drives that in an hour.
    later = passage(2, at=START + HOUR, **AT_PORT)
    for change, expected in (((), False), ((port_change(),), True)):
        (score,) = outputs_of(advance(fold(), *change, final(), later), Score)[-1:]
        assert ("impossible_travel" in evidence_of(score)) is expected


def test_lots_are_drawn_as_the_ports_file_says_unless_the_rule_set_says_it_of_the_port() -> None:
    folding = fold()
    said = []
    more = text_with(("random_propensity = 0.1", "random_propensity = 0.25"))
    of_port = default_text().replace(
        "random_propensity = 0.05", f'random_propensity = 0.05\npropensity_by_port = {{ "{CODE}" = 0.5 }}'
    )
    rules = rule_set_change(of_port.replace(RULES.version, "by-port"), "by-port")
    for number, changes in enumerate(((), (port_change(),), (port_change(more),), (rules,))):
        (selection,) = outputs_of(advance(folding, *changes, passage(number, None, **AT_PORT)), Selection)
        (other,) = outputs_of(advance(folding, passage(number, None)), Selection)
        assert other.propensity == 0.05
        said.append(selection.propensity)
    assert said == [0.05, 0.1, 0.25, 0.5]


def test_a_failed_batch_takes_its_port_back() -> None:
    stored: dict[bytes, bytes] = {}
    folding = fold(stored)
    advance(folding, port_change())
    folding.take_changes()
    advance(folding, port_change(text_with(("random_propensity = 0.1", "random_propensity = 0.25"))))
    folding.roll_back()
    for one in (folding, fold(stored)):
        (selection,) = outputs_of(advance(one, passage(1, None, **AT_PORT)), Selection)
        assert selection.propensity == 0.1


@pytest.mark.parametrize(
    "change", [port_change(None), port_change("x"), port_change(approved_by=None), port_change(changed_by="CHIEF-2")]
)
def test_what_is_no_port_is_refused_and_changes_nothing(change: ReferenceChange) -> None:
    folding = fold()
    with pytest.raises(Rejected) as refusal:
        advance(folding, change)
    assert refusal.value.reason == "impossible_value"
    assert folding.take_changes() == {}


def test_a_stored_port_that_this_version_refuses_stops_the_stage() -> None:
    value = msgspec.msgpack.encode((TEXT.replace("latitude_deg", "north"), "one", "two", START))
    with pytest.raises(OtherVersion, match="north"):
        fold({published_ports.key_of(CODE): value})
