"""Alerts that no longer stand: told once, whatever took away what they rested on."""

from typing import Any

import msgspec
import pytest

from schemas.records import Alert, AlertKind, Light, MatchKind, PassageState, ScanDecision, Severity
from streams.core.evidence.subject import Subject
from streams.core.vehicle_state import OpenPassage
from streams.core.vehicles.alerts import alert_of
from streams.core.vehicles.decisions import score_of
from tests.core.vehicles.builders import (
    RULES,
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
    remove,
    suppress,
    suppression,
    xray_alarm,
)
from tests.core.vehicles.subjects import TRAVEL


def test_a_withdrawn_plate_calls_its_alert_off_once() -> None:
    folding = fold()
    advance(folding, add(entry()), passage())
    withdrawn = passage(revision=2, state=PassageState.RETRACTED)
    (alert,) = outputs_of(advance(folding, withdrawn), Alert)
    assert (alert.severity, alert.match, alert.plate) == (Severity.MINOR, MatchKind.NONE, None)
    assert not outputs_of(advance(folding, withdrawn), Alert)


@pytest.mark.parametrize("state", [PassageState.UPDATED, PassageState.FINAL])
def test_an_alert_whose_entry_is_gone_is_called_off_once_and_raised_anew_by_a_later_hit(state: PassageState) -> None:
    folding = fold()
    (raised,) = outputs_of(advance(folding, add(entry()), passage()), Alert)
    assert not advance(folding, remove("entry-1"))  # the passage's next revision says so
    (gone,) = outputs_of(advance(folding, passage(revision=2, state=state)), Alert)
    assert (gone.incident_id, gone.kind, gone.severity) == (raised.incident_id, raised.kind, Severity.MINOR)
    assert (gone.match, gone.watchlist_entry_id, gone.confirmation_required) == (MatchKind.NONE, None, False)
    assert "no entry" in gone.summary and gone.light is raised.light
    assert not outputs_of(advance(folding, passage(revision=3, state=state)), Alert)
    (again,) = outputs_of(advance(folding, add(entry()), passage(revision=4, state=state)), Alert)
    assert again.severity is raised.severity
    withdrawn = passage(revision=5, state=PassageState.RETRACTED)
    assert len(outputs_of(advance(folding, withdrawn), Alert)) == 1


@pytest.mark.parametrize("how", ["plate", "entry"])
def test_whoever_was_told_of_a_hit_is_told_that_it_is_called_off(how: str) -> None:
    folding = fold()
    (raised,) = outputs_of(advance(folding, add(entry(audience="officers ops-center")), passage()), Alert)
    gone = passage(revision=2, state=PassageState.RETRACTED if how == "plate" else PassageState.UPDATED)
    (alert,) = outputs_of(advance(folding, remove("entry-1"), gone), Alert)
    assert alert.severity is Severity.MINOR and alert.audience == raised.audience == "officers ops-center"


def test_an_alert_called_off_is_not_called_off_again_by_a_retraction() -> None:
    folding = fold()
    advance(folding, add(entry()), passage(), remove("entry-1"), final())
    assert not outputs_of(advance(folding, passage(revision=3, state=PassageState.RETRACTED)), Alert)


def test_an_alarm_that_the_analyst_clears_is_called_off() -> None:
    folding = fold()
    advance(folding, passage(**xray_alarm(xray_operator_decision=ScanDecision.UNKNOWN)))
    cleared = {"xray_machine_decision": ScanDecision.CLEAR, "xray_operator_decision": ScanDecision.CLEAR}
    (alert,) = outputs_of(advance(folding, passage(revision=2, **xray_alarm(**cleared))), Alert)
    assert (alert.kind, alert.severity) == (AlertKind.XRAY_ALARM, Severity.MINOR) and "no X-ray alarm" in alert.summary


def test_a_risk_is_called_off_when_it_falls_by_what_is_news() -> None:
    subject, threshold = Subject(passage(), START, (), None, 1.0, TRAVEL), RULES.selection.threshold_log_odds
    score = score_of(subject, RULES)
    last = OpenPassage("2301/03/1", 0, "RED", AlertKind.RISK, Severity.MODERATE, "", threshold + 0.1)
    little, much = (msgspec.structs.replace(score, log_odds=threshold - fall) for fall in (0.2, 0.5))
    assert alert_of(subject, little, RULES, Light.RED, last, False) is None  # around the threshold it would come and go
    gone = alert_of(subject, much, RULES, Light.RED, last, False)
    assert gone and (gone.kind, gone.severity) == (AlertKind.RISK, Severity.MINOR)
    of_entry = msgspec.structs.replace(last, alert_entry_id="entry-1")
    assert alert_of(subject, little, RULES, Light.RED, of_entry, False)  # the entry that it told of is gone as well


def test_a_retracted_near_hit_is_called_off() -> None:
    folding = fold()
    read = candidates(ABC1284=0.5, ABC1234=0.45)
    advance(folding, add(entry()), passage(1, "ABC1284", **read))
    gone = passage(1, "ABC1284", revision=2, state=PassageState.RETRACTED, **read)
    (alert,) = outputs_of(advance(folding, gone), Alert)
    assert (alert.severity, alert.match, alert.match_probability) == (Severity.MINOR, MatchKind.NONE, None)


@pytest.mark.parametrize(
    "change", [remove("entry-1"), suppress(suppression(plate="ABC1284"))], ids=["gone", "suppressed"]
)
def test_a_near_hit_that_is_none_any_more_is_called_off(change: Any) -> None:
    folding = fold()
    read = candidates(ABC1284=0.5, ABC1234=0.45)
    advance(folding, add(entry()), passage(1, "ABC1284", **read), change)
    (alert,) = outputs_of(advance(folding, passage(1, "ABC1284", revision=2, **read)), Alert)
    assert (alert.severity, alert.match, alert.watchlist_entry_id) == (Severity.MINOR, MatchKind.NONE, None)


def test_a_hit_whose_entry_ends_between_two_revisions_is_called_off() -> None:
    folding = fold()
    advance(folding, add(entry(valid_until_at=START + SECOND)), passage())
    (alert,) = outputs_of(advance(folding, passage(revision=2)), Alert)
    assert alert.severity is Severity.MINOR


def test_a_hit_that_later_readings_read_otherwise_under_the_same_key_is_called_off() -> None:
    folding = fold()
    advance(folding, add(entry()), passage())
    other = passage(1, "A8C1234", revision=2, **candidates(A8C1234=1.0))  # 8 and B share a key
    (alert,) = outputs_of(advance(folding, other), Alert)
    assert (alert.severity, alert.plate) == (Severity.MINOR, "A8C1234")
