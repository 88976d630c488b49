"""The watchlist: near hits and what they may do, suppressions, roll-backs, and what an alert of a hit carries."""

import random
import re
from typing import Any

import pytest

from schemas.records import (
    Alert,
    AlertKind,
    Light,
    ListKind,
    MatchKind,
    OperatingMode,
    PlateCandidate,
    ScanDecision,
    Score,
    Selection,
    Severity,
    WarningMarker,
)
from streams.core.evidence.subject import NearHit, Subject
from streams.core.rule_set import RuleSet, parse_rule_set
from streams.core.stage import Rejected
from streams.core.vehicle_state import OpenPassage, Threshold
from streams.core.vehicles import watchlist as module
from streams.core.vehicles.alerts import alert_of
from streams.core.vehicles.decisions import score_of
from streams.core.vehicles.watchlist import Watchlist
from tests.core.vehicles.builders import (
    DAY,
    RULES,
    SECOND,
    START,
    add,
    advance,
    candidates,
    default_text,
    entry,
    final,
    fold,
    outputs_of,
    passage,
    remove,
    suppress,
    suppression,
    tick,
    unsuppress,
    xray_alarm,
)
from tests.core.vehicles.subjects import TRAVEL

HOUR = 3600 * SECOND


def alerts_of(*values: Any, rules: RuleSet = RULES) -> list[Alert]:
    return outputs_of(advance(fold(rules=rules), *values), Alert)


def test_a_listed_plate_among_the_other_candidates_is_a_near_hit_with_that_candidates_probability() -> None:
    read = passage(1, "ABC1284", **candidates(ABC1284=0.6, ABC1234=0.3))
    (alert,) = alerts_of(add(entry()), read)
    assert (alert.kind, alert.match, alert.severity) == (AlertKind.WATCHLIST_HIT, MatchKind.NEAR, Severity.MODERATE)
    assert alert.match_probability == 0.3 and alert.watchlist_entry_id == "entry-1"
    assert alert.evidence[0].name == "watchlist_near" and "0.30" in alert.evidence[0].explanation


@pytest.mark.parametrize("read", ["ABCI234", "BC1234", "ABC12234"], ids=["substituted", "lost", "added"])
def test_a_read_in_no_shape_of_its_issuer_that_is_one_error_away_is_a_near_hit(read: str) -> None:
    (alert,) = alerts_of(add(entry()), passage(1, read, **candidates(**{read: 0.8})))
    assert alert.match is MatchKind.NEAR and alert.match_probability is not None and alert.match_probability > 0.1


def test_a_plate_that_can_be_somebodys_is_no_near_hit_for_being_similar() -> None:
    assert not alerts_of(add(entry()), passage(1, "ABC1235", **candidates(ABC1235=0.9)))


def test_a_reading_that_has_crossed_before_is_somebodys_plate_and_no_near_hit() -> None:
    read = candidates(ABCI234=0.8)
    before = final(1, "ABCI234", START - DAY, **read)
    assert not alerts_of(before, add(entry()), passage(2, "ABCI234", **read))
    assert alerts_of(add(entry()), passage(2, "ABCI234", **read))


def test_an_alert_says_whom_it_is_for_and_why_the_plate_is_listed() -> None:
    listed = add(entry(audience="officers ops-center", reason="case of May"))
    (alert,) = alerts_of(listed, passage())
    assert (alert.audience, alert.listing_reason) == ("officers ops-center", "case of May")
    assert alert.summary.endswith("for officers, ops-center")
    assert [(image.uri, image.sha256) for image in alert.images] == [(i.uri, i.sha256) for i in passage().images]
    (alarm,) = alerts_of(passage(2, "XYZ9876", **xray_alarm()))
    assert (alarm.audience, alarm.listing_reason) == (None, None)


def test_an_entry_that_gets_another_audience_is_told_to_that_one_and_to_whoever_was_told_before() -> None:
    folding = fold()
    advance(folding, add(entry(audience="officers")), passage())
    other = add(entry(audience="ops-center OFFICERS"))
    (alert,) = outputs_of(advance(folding, other, passage(revision=2)), Alert)
    assert alert.audience == "officers ops-center"
    (gone,) = outputs_of(advance(folding, remove("entry-1"), passage(revision=3)), Alert)
    assert (gone.severity, gone.audience) == (Severity.MINOR, "officers ops-center")
    (anew,) = outputs_of(advance(folding, add(entry(audience="ops-center")), passage(revision=4)), Alert)
    assert anew.audience == "ops-center"


NEAR = candidates(ABC1284=0.5, ABC1234=0.45)
FOR_OPS = add(entry(audience="ops"))


def test_an_alarm_is_for_all_though_the_plate_nearly_meets_an_entry_of_some() -> None:
    (alert,) = alerts_of(FOR_OPS, passage(1, "ABC1284", **NEAR, **xray_alarm()))
    assert (alert.kind, alert.match, alert.audience) == (AlertKind.XRAY_ALARM, MatchKind.NEAR, None)
    assert alert.summary.endswith("for all")


def test_a_risk_is_for_all_if_it_is_one_without_the_entry() -> None:
    (by_entry,) = alerts_of(FOR_OPS, passage(1, "ABC1284", **NEAR, gross_weight_kg=None))
    assert (by_entry.kind, by_entry.audience) == (AlertKind.RISK, "ops")
    near = NearHit(entry(audience="ops"), 0.45)
    threshold = Threshold(score_of(Subject(passage(), START, (), None, 0.5, TRAVEL), RULES).log_odds)
    subject = Subject(passage(), START, (), None, 0.5, TRAVEL, near=near, threshold=threshold)
    alert = alert_of(subject, score_of(subject, RULES), RULES, Light.RED, OpenPassage("p", 0), False)
    assert alert and (alert.kind, alert.match, alert.audience) == (AlertKind.RISK, MatchKind.NEAR, None)


def test_whoever_was_told_of_an_alarm_is_told_that_it_is_cleared_whatever_entry_is_met_since() -> None:
    folding, plain = fold(), candidates(ABC1284=0.95)
    advance(folding, passage(1, "ABC1284", **plain, **xray_alarm()))
    advance(folding, FOR_OPS, passage(1, "ABC1284", revision=2, **NEAR, **xray_alarm()))
    cleared = xray_alarm(xray_machine_decision=ScanDecision.CLEAR, xray_operator_decision=ScanDecision.CLEAR)
    (hit,) = outputs_of(advance(folding, passage(1, "ABC1284", revision=3, **NEAR, **cleared)), Alert)
    assert hit.kind is not AlertKind.XRAY_ALARM and hit.match is MatchKind.NEAR and hit.audience is None
    (gone,) = outputs_of(advance(folding, passage(1, "ABC1284", revision=4, **plain, **cleared)), Alert)
    assert (gone.severity, gone.audience) == (Severity.MINOR, None)


def test_an_entry_for_nobody_is_refused() -> None:
    with pytest.raises(Rejected, match="audience"):
        advance(fold(), add(entry(audience=" ")))


def test_an_exact_hit_goes_before_a_nearer_looking_one() -> None:
    listed = (add(entry("low", "ABC1284", priority=90)), add(entry("high", "ABC1234", priority=0)))
    (alert,) = alerts_of(*listed, passage(1, "ABC1284", **candidates(ABC1284=0.5, ABC1234=0.45)))
    assert (alert.match, alert.watchlist_entry_id, alert.match_probability) == (MatchKind.EXACT, "low", 0.5)


def test_a_wanted_plate_met_nearly_does_not_have_to_be_referred() -> None:
    wanted = add(entry(list_kind=ListKind.WANTED, priority=0))
    outputs = advance(fold(), wanted, passage(1, "ABC1284", **candidates(ABC1284=0.5, ABC1234=0.45)))
    (selection,) = outputs_of(outputs, Selection)
    assert not selection.must_refer and selection.light is Light.GREEN
    assert outputs_of(outputs, Alert)[0].severity is Severity.MODERATE


def test_a_near_match_alone_reaches_the_threshold_and_no_more() -> None:
    text = re.sub(r"TRACE_LINKED = { log_odds = 3.7", "TRACE_LINKED = { log_odds = 9.9", default_text())
    assert text != default_text()
    read = passage(
        1, "ABC1284", gross_weight_kg=None, **candidates(ABC1284=0.5, ABC1234=0.45)
    )  # without a weight nothing but the match is evidence
    outputs = advance(fold(rules=parse_rule_set(text)), add(entry()), read)
    (score,) = outputs_of(outputs, Score)
    near = score.evidence[0]
    assert near.name == "watchlist_near" and not any(said.log_odds for said in score.evidence[1:])
    assert score.prior_log_odds + near.log_odds == pytest.approx(RULES.selection.threshold_log_odds, abs=1e-9)
    assert outputs_of(outputs, Alert)[0].severity is Severity.MODERATE


def test_a_near_hit_does_not_hide_an_alarm_that_is_more_serious() -> None:
    read = passage(1, "ABC1284", **candidates(ABC1284=0.5, ABC1234=0.45), **xray_alarm())
    (alert,) = alerts_of(add(entry()), read)
    assert (alert.kind, alert.severity, alert.match) == (AlertKind.XRAY_ALARM, Severity.SEVERE, MatchKind.NEAR)
    assert alert.confirmation_required and "confirm" in alert.summary


@pytest.mark.parametrize("read", ["ABC1234", "ABC1284"])
def test_an_alert_of_a_hit_says_that_a_person_must_confirm_it_and_carries_what_he_needs(read: str) -> None:
    listed = entry(case_number="2026-17", warning_markers=(WarningMarker.ARMED, WarningMarker.FLED_BEFORE))
    seen = {"ABC1284": 0.5, "ABC1234": 0.45} if read == "ABC1284" else {"ABC1234": 0.9}
    (alert,) = alerts_of(add(listed), passage(1, read, **candidates(**seen)))
    assert alert.confirmation_required and len(alert.images) == 2
    assert "a person must confirm the plate against the image before anyone acts" in alert.summary
    assert "warning: armed, fled before" in alert.summary
    assert (alert.case_number, alert.legal_basis) == ("2026-17", "order 7")
    assert alert.warning_markers == (WarningMarker.ARMED, WarningMarker.FLED_BEFORE)
    assert alert.match_probability == pytest.approx(0.45 if read == "ABC1284" else 0.9)
    assert "ABC12" not in alert.summary + "".join(said.explanation for said in alert.evidence)


@pytest.mark.parametrize(
    "listed",
    [
        entry(valid_until_at=START),
        entry(valid_from_at=START + 1),
        entry(jurisdiction="MX-TAM"),
        entry(list_kind=ListKind.TEST),
    ],
    ids=["expired", "not yet valid", "other issuer", "test entry"],
)
def test_an_entry_that_does_not_apply_is_not_met_nearly(listed: Any) -> None:
    assert not alerts_of(add(listed), passage(1, "ABC1284", **candidates(ABC1284=0.5, ABC1234=0.45)))
    assert not alerts_of(add(listed), passage(1, "ABCI234", **candidates(ABCI234=0.8)))


@pytest.mark.parametrize("read", [{"ABC1234": 0.9}, {"ABC1284": 0.5, "ABC1234": 0.45}, {"ABCI234": 0.8}])
def test_a_suppressed_reading_hits_nothing_until_it_ends(read: dict[str, float]) -> None:
    plate = next(iter(read))
    until = START + DAY
    log = add(entry()), suppress(suppression(plate=plate, valid_until_at=until))
    assert alerts_of(add(entry()), passage(1, plate, **candidates(**read)))
    assert not alerts_of(*log, passage(1, plate, **candidates(**read)))
    assert alerts_of(*log, passage(1, plate, until, **candidates(**read)))
    assert alerts_of(*log, unsuppress("not-that-car"), passage(1, plate, **candidates(**read)))


def test_a_suppression_of_one_entry_or_one_issuer_leaves_the_others() -> None:
    both = add(entry("one", priority=0)), add(entry("two", priority=9))
    (alert,) = alerts_of(*both, suppress(suppression(entry_id="one")), passage())
    assert alert.watchlist_entry_id == "two"
    assert not alerts_of(*both, suppress(suppression(jurisdiction="us tx")), passage())
    assert alerts_of(*both, suppress(suppression(jurisdiction="US-NM")), passage())
    assert alerts_of(*both, suppress(suppression(jurisdiction="US-TX")), passage(jurisdiction=None))


def test_a_suppression_survives_a_restart_and_is_swept_when_it_has_ended() -> None:
    stored: dict[bytes, bytes] = {}
    folding = fold(stored)
    advance(folding, add(entry()), suppress(suppression()))
    folding.take_changes()
    restarted = fold(stored)
    assert not outputs_of(advance(restarted, passage()), Alert)
    advance(restarted, tick(0, START + 11 * DAY))
    restarted.take_changes()
    assert not [key for key in stored if key.startswith(module.SUPPRESSION_PREFIX)]
    assert [key for key in stored if key.startswith(module.PREFIX)]
    advance(restarted, tick(0, START + 31 * DAY))
    restarted.take_changes()
    assert not [key for key in stored if key.startswith(module.PREFIX)]


@pytest.mark.parametrize(
    "wrong",
    [
        suppression(reason=""),
        suppression(approved_by="analyst-1"),
        suppression(approved_by="ANALYST-1 "),
        suppression(approved_by=""),
        suppression(plate="-"),
        suppression(suppression_id=""),
        suppression(valid_until_at=0),
        suppression(valid_until_at=START // 1_000_000),
    ],
    ids=["no reason", "one person", "capitals", "nobody approved", "no plate", "no id", "no end", "seconds"],
)
def test_a_suppression_without_what_it_needs_is_refused(wrong: Any) -> None:
    with pytest.raises(Rejected) as refused:
        advance(fold(), suppress(wrong))
    assert refused.value.reason == "impossible_value" and "ABC" not in str(refused.value)


def test_the_same_entry_again_changes_nothing_and_is_counted() -> None:
    folding = fold()
    advance(folding, add(entry()))
    folding.take_changes()
    advance(folding, add(entry()), remove("unknown"), unsuppress("unknown"))
    assert folding.take_changes() == {}
    assert folding.counters["watchlist_duplicates"] == 1
    assert folding.counters["watchlist_removals_of_nothing"] == 2


PLATES = ("ABC1234", "ABC1284", "ABCI234", "BC1234", "XYZ9876")


def said_of(held: Watchlist) -> list[Any]:
    """What a watchlist says of every plate at several times."""
    said: list[Any] = []
    for at in (START, START + 4 * HOUR, START + 9 * HOUR):
        for plate in PLATES:
            hit = held.match(plate, "US-TX", at, OperatingMode.OPERATIONAL, RULES)
            read = (PlateCandidate(plate=plate, confidence=0.6),)
            near = held.near_match(plate, read, "US-TX", False, at, OperatingMode.OPERATIONAL, RULES)
            said.append((hit, near and (near.entry, near.probability)))
    return said


@pytest.mark.parametrize("seed", range(20))
def test_after_any_changes_and_roll_backs_it_says_what_one_read_from_the_store_says(seed: int) -> None:
    draw = random.Random(seed)
    stored: dict[bytes, bytes] = {}
    held, count = Watchlist(stored), 0
    for _ in range(60):
        for _ in range(draw.randrange(4)):
            number, plate, until = draw.randrange(5), draw.choice(PLATES), START + draw.randrange(1, 10) * HOUR
            change = draw.randrange(5)
            if change < 2:
                held.add(entry(f"entry-{number}", plate, valid_until_at=until, priority=draw.randrange(3)))
            elif change == 2:
                held.remove(f"entry-{number}")
            elif change == 3:
                held.suppress(suppression(f"s-{draw.randrange(2)}", plate, valid_until_at=until))
            else:
                held.sweep(START + draw.randrange(3) * HOUR, draw.randrange(3))
        if draw.random() < 0.4:
            held.roll_back()
        else:
            count += len(held.take_changes())
        assert said_of(held) == said_of(Watchlist(dict(stored)))
    assert count > 20
