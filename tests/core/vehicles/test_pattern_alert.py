"""The ant test's alarm as an alert of its own kind: once within a year of a vehicle, for an analyst, with its rate."""

import math
from typing import Any

import pytest

from schemas.records import (
    Alert,
    AlertKind,
    Direction,
    Light,
    ListKind,
    Passage,
    PassageState,
    Score,
    Selection,
    Severity,
)
from streams.core.evidence.ant_traffic import COUNTED_DAYS
from streams.core.vehicles.stage import VehiclesFold
from tests.core.vehicles.builders import (
    DAY,
    SECOND,
    START,
    add,
    advance,
    candidates,
    entry,
    final,
    fold,
    outputs_of,
    passage,
    xray_alarm,
)

# Through one port twice and then through each of the others in turn, at another hour each day, eight days round.
OTHER_PORTS = ("2302", "2303", "2304", "2305", "2307", "2309", "2310")
EVERY = DAY + 3 * 3600 * SECOND


def crossing(number: int, **fields: Any) -> dict[str, Any]:
    """Fields of a courier's passage, who is never weighed."""
    port = OTHER_PORTS[number % len(OTHER_PORTS)] if number > 1 else "2301"
    where = {"at": START + number * EVERY, "lane_id": f"{port}/03", "port_code": port, "gross_weight_kg": None}
    return {"number": number} | where | fields


def first_alarm(folding: VehiclesFold) -> int:
    """Has a courier cross until the test is over its alarm; the number of the passage at the light."""
    for number in range(40):
        if outputs_of(advance(folding, passage(**crossing(number))), Alert):
            return number
        assert not outputs_of(advance(folding, final(**crossing(number))), Alert)
    raise AssertionError("the alarm is never reached")


def passage_of_alarm(**fields: Any) -> tuple[VehiclesFold, Passage]:
    """A fold before the passage that reaches the alarm, and that passage."""
    number, folding = first_alarm(fold()), fold()
    for before in range(number):
        advance(folding, final(**crossing(before)))
    return folding, passage(**crossing(number, **fields))


def test_the_alarm_is_told_once_with_its_rate_for_an_analyst_and_refers_nobody() -> None:
    folding, reaching = passage_of_alarm()
    outputs = advance(folding, reaching)
    (alert,), (selection,) = outputs_of(outputs, Alert), outputs_of(outputs, Selection)
    assert (alert.kind, alert.severity) == (AlertKind.PATTERN, Severity.MODERATE)
    assert "crosses as couriers do" in alert.summary and "at most about 2%" in alert.summary
    assert "analyst" in alert.summary and not alert.confirmation_required
    assert (selection.light, selection.must_refer, selection.risk_over_threshold) == (Light.GREEN, False, False)
    weights = [said.log_odds for said in alert.evidence]
    assert math.fsum([alert.prior_log_odds, *weights]) == pytest.approx(alert.log_odds, abs=1e-9)
    (pattern,) = [said for said in alert.evidence if said.name == "ant_traffic"]
    assert "over the alarm, which at most about 2% of those reach in a year" in pattern.explanation
    assert pattern.reading_ids and "ABC" not in alert.summary
    number, ratios = reaching.passage_number, []
    outputs = advance(folding, final(**crossing(number)))
    for later in range(number + 1, number + 30):
        outputs += advance(folding, passage(**crossing(later)), final(**crossing(later)))
    assert not outputs_of(outputs, Alert)
    assert folding.counters["ant_alarms"] == folding.counters["alerts_pattern"] == 1
    for score in outputs_of(outputs, Score):
        ratios += [said.log_odds for said in score.evidence if said.name == "ant_traffic"]
    below = next(place for place, ratio in enumerate(ratios) if ratio < ratios[0])
    assert max(ratios[below:]) == ratios[0]  # it fell below the alarm and came back to it


def test_after_a_restart_it_is_not_told_again_and_after_the_year_that_is_counted_it_is() -> None:
    stored: dict[bytes, bytes] = {}
    folding, reaching = passage_of_alarm()
    advance(folding, reaching, final(**crossing(reaching.passage_number)))
    stored |= {key: change for key, change in folding.take_changes().items() if change is not None}
    again, number = fold(stored), reaching.passage_number
    told = []
    for later in range(number + 1, number + COUNTED_DAYS + 40):
        (*alerts,) = outputs_of(advance(again, final(**crossing(later))), Alert)
        told += [(one.kind, later) for one in alerts]
    ((kind, later),) = told
    assert kind is AlertKind.PATTERN and later * EVERY >= COUNTED_DAYS * DAY


@pytest.mark.parametrize(
    ("fields", "kind"),
    [(xray_alarm(), AlertKind.XRAY_ALARM), ({}, AlertKind.WATCHLIST_HIT)],
    ids=["alarm of an X-ray", "listed plate"],
)
def test_an_alert_of_another_kind_tells_of_it_too_and_so_it_is_told(fields: dict[str, Any], kind: AlertKind) -> None:
    folding, reaching = passage_of_alarm(**fields)
    listed = [add(entry(valid_until_at=reaching.watermark_at + SECOND))] if kind is AlertKind.WATCHLIST_HIT else []
    (alert,) = outputs_of(advance(folding, *listed, reaching), Alert)
    assert alert.kind is kind and "crosses as couriers do" in alert.summary
    assert alert.audience is None  # for all: it is told once a year
    number = reaching.passage_number
    advance(folding, final(**crossing(number, **fields)))
    assert folding.counters["ant_alarms"] == 1
    later = [final(**crossing(later)) for later in range(number + 1, number + 10)]
    assert not outputs_of(advance(folding, *later), Alert)


def test_a_near_match_names_the_alert_since_somebody_must_look_at_the_plate_now() -> None:
    read = candidates(ABC1234=0.5, ABC1284=0.45)
    folding, reaching = passage_of_alarm(**read)
    listed = add(entry(plate="ABC1284", list_kind=ListKind.STOLEN))  # of little weight
    (alert,) = outputs_of(advance(folding, listed, reaching), Alert)
    assert alert.kind is AlertKind.WATCHLIST_HIT and alert.confirmation_required
    assert "crosses as couriers do" in alert.summary


def test_it_is_called_off_with_the_plate_and_told_of_the_next_crossing_instead() -> None:
    folding, reaching = passage_of_alarm()
    number = reaching.passage_number
    gone = passage(**crossing(number, revision=2, state=PassageState.RETRACTED))
    first, last = outputs_of(advance(folding, reaching, gone), Alert)
    assert (first.incident_id, last.kind, last.severity) == (last.incident_id, AlertKind.PATTERN, Severity.MINOR)
    (alert,) = outputs_of(advance(folding, passage(**crossing(number + 1))), Alert)
    assert alert.kind is AlertKind.PATTERN


def test_who_turned_back_and_who_comes_north_has_not_crossed() -> None:
    folding, reaching = passage_of_alarm()
    number = reaching.passage_number
    turned_back = final(**crossing(number, at_light_at=None, at_light_received_at=None, left_at=None))
    north = final(**crossing(number + 90, at=reaching.watermark_at, direction=Direction.NORTHBOUND))
    assert not outputs_of(advance(folding, turned_back, north), Alert)
    assert "ant_alarms" not in folding.counters
