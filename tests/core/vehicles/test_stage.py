"""The vehicles stage: history, selection, alerts, modes, expiry and what it refuses."""

import re

import pytest

from schemas.records import (
    Alert,
    AlertKind,
    Direction,
    Light,
    ListKind,
    MatchKind,
    OperatingMode,
    PassageState,
    ReferralReason,
    Score,
    Selection,
    Severity,
    Tick,
)
from schemas.topics import ALERTS, CROSSINGS, LANE_DECISIONS
from streams.core import vehicle_history as history
from streams.core.keyed_state import OtherVersion
from streams.core.rule_set import parse_rule_set
from streams.core.stage import Rejected
from streams.core.vehicles.watchlist import Watchlist
from tests.core.vehicles.builders import (
    DAY,
    RULES,
    SECOND,
    START,
    add,
    advance,
    default_text,
    entry,
    final,
    fold,
    outputs_of,
    passage,
    remove,
    rule_set_change,
    tick,
    xray_alarm,
)

HOUR = 3600 * SECOND


def names_of(score: Score) -> list[str]:
    return [evidence.name for evidence in score.evidence]


def said_of(score: Score, name: str) -> str:
    return next(evidence.explanation for evidence in score.evidence if evidence.name == name)


def came_before(score: Score) -> bool:
    return "no earlier" not in said_of(score, "repetition")


def test_a_passage_at_the_light_is_selected_once_and_scored_at_every_revision() -> None:
    outputs = advance(fold(), passage(), passage(), passage(revision=2), final(revision=3), passage())
    assert len(outputs_of(outputs, Selection)) == 1
    assert [score.revision for score in outputs_of(outputs, Score)] == [1, 1, 2, 3, 1]
    urgent = [output for output in outputs if output.urgent]
    assert [(o.topic, o.key) for o in urgent] == [(LANE_DECISIONS, b"2301/03")]


def test_a_passage_that_came_from_another_key_is_not_selected_again() -> None:
    moved = passage(revision=2, state=PassageState.UPDATED)
    assert not outputs_of(advance(fold(), moved), Selection)


def test_a_second_stop_that_is_told_of_the_same_passage_gets_a_light_of_its_own() -> None:
    # The first one's sighting has been given to another vehicle since; whoever stands at the light now needs an answer.
    again = passage(revision=3, state=PassageState.AT_LIGHT, at_light_reading_id="second stop")
    outputs = advance(fold(), passage(), passage(revision=2, state=PassageState.UPDATED), again, again)
    answered = [selection.at_light_reading_id for selection in outputs_of(outputs, Selection)]
    assert answered == [passage().at_light_reading_id, "second stop"]


def test_who_backed_out_has_not_crossed() -> None:
    folding = fold()
    advance(folding, final(1, at=START, at_light_at=None, left_at=None))
    later = outputs_of(advance(folding, passage(2, at=START + HOUR)), Score)[0]
    assert not came_before(later)


def test_a_must_refer_kind_of_the_rules_comes_before_any_priority() -> None:
    text = re.sub(r"STOLEN = {", "STOLEN = { must_refer = true,", default_text())
    folding = fold(rules=parse_rule_set(text))
    urgent = entry("urgent", list_kind=ListKind.INTELLIGENCE, priority=0)
    stolen = entry("stolen", list_kind=ListKind.STOLEN, priority=90)
    selection = outputs_of(advance(folding, add(urgent), add(stolen), passage()), Selection)[0]
    assert (selection.light, selection.must_refer) == (Light.RED, True)


@pytest.mark.parametrize("issuer", ["us-tx", "US TX", "US-TX", None])
def test_an_issuer_written_otherwise_is_the_same(issuer: str | None) -> None:
    outputs = advance(fold(), add(entry(jurisdiction=issuer)), passage(jurisdiction="US-TX"))
    assert outputs_of(outputs, Alert)


def test_a_full_watchlist_can_be_edited() -> None:
    watchlist = Watchlist({}, entries_max=1)
    watchlist.add(entry("one", plate="ABC1234"))
    watchlist.add(entry("one", plate="KTR8052"))
    with pytest.raises(Rejected, match="at most 1 entries"):
        watchlist.add(entry("two"))
    assert watchlist.match("KTR8052", None, START, OperatingMode.OPERATIONAL, RULES)
    assert not watchlist.match("ABC1234", None, START, OperatingMode.OPERATIONAL, RULES)


def test_a_lane_days_behind_finds_the_same_history_after_a_restart() -> None:
    stored: dict[bytes, bytes] = {}
    folding = fold(stored)
    advance(folding, final(1, at=START), final(2, at=START + HOUR))
    folding.take_changes()
    folding = fold(stored)  # the index has the key at 90 days; the retraction leaves 8, which only a restart notes
    advance(folding, passage(2, at=START + HOUR, revision=2, state=PassageState.RETRACTED))
    folding.take_changes()
    restarted = fold(dict(stored))
    later, behind = tick(0, START + 9 * 24 * HOUR), passage(3, at=START + 7 * 24 * HOUR)
    as_ever, after_restart = advance(folding, later, behind), advance(restarted, later, behind)
    assert [output.value for output in as_ever] == [output.value for output in after_restart]


def test_a_passage_without_a_plate_is_scored_and_selected_all_the_same() -> None:
    outputs = advance(fold(), passage(plate=None), final(plate=None))
    assert len(outputs_of(outputs, Selection)) == 1 and len(outputs_of(outputs, Score)) == 2


def test_only_final_passages_count_as_crossings() -> None:
    folding = fold()
    advance(folding, passage(1, at=START))
    second = outputs_of(advance(folding, passage(2, at=START + HOUR)), Score)[0]
    assert not came_before(second)
    advance(folding, final(1, at=START))
    third = outputs_of(advance(folding, passage(3, at=START + 2 * HOUR)), Score)[0]
    assert came_before(third)


def test_a_retraction_takes_a_passage_out_of_the_history() -> None:
    folding = fold()
    advance(folding, final(1), passage(1, revision=3, state=PassageState.RETRACTED))
    score = outputs_of(advance(folding, passage(2, at=START + HOUR)), Score)[0]
    assert not came_before(score)


def test_look_alike_plates_share_a_key_but_not_a_history() -> None:
    folding = fold()
    advance(folding, final(1, "ABO1234"))
    other = outputs_of(advance(folding, passage(2, "AB01234", START + HOUR)), Score)[0]
    same = outputs_of(advance(folding, passage(3, "ABO1234", START + HOUR)), Score)[0]
    assert not came_before(other)
    assert came_before(same)


def test_weight_is_held_against_the_class_and_the_plates_own_weighings() -> None:
    folding = fold()
    said = []
    for day in range(3):
        at = START + day * DAY
        said += [said_of(score, "gross_weight") for score in outputs_of(advance(folding, passage(day, at=at)), Score)]
        advance(folding, final(day, at=at))
    assert [text.partition("against ")[2].partition(" with")[0] for text in said] == [
        "class 2",
        "class 2 and its 1 earlier weighing",
        "class 2 and its 2 earlier weighings",
    ]


def test_a_hit_alerts_with_the_images_to_confirm_and_never_a_plate_in_its_words() -> None:
    outputs = advance(fold(), add(entry()), passage())
    (alert,) = outputs_of(outputs, Alert)
    assert (alert.kind, alert.severity, alert.match) == (AlertKind.WATCHLIST_HIT, Severity.SEVERE, MatchKind.EXACT)
    assert alert.confirmation_required and len(alert.images) == 2 and alert.watchlist_entry_id == "entry-1"
    assert alert.light is outputs_of(outputs, Selection)[0].light
    assert "ABC1234" not in alert.summary + "".join(e.explanation for e in alert.evidence)
    assert [(o.topic, o.key) for o in outputs if isinstance(o.value, Alert)] == [(ALERTS, b"2301/03/1")]
    assert alert.log_odds == pytest.approx(alert.prior_log_odds + sum(e.log_odds for e in alert.evidence), abs=1e-9)


def test_an_alert_is_repeated_only_when_something_changed() -> None:
    folding = fold()
    first = advance(folding, add(entry()), passage())
    same = advance(folding, passage(revision=2))
    changed = advance(folding, final(revision=3, **xray_alarm()))
    assert [len(outputs_of(outputs, Alert)) for outputs in (first, same, changed)] == [1, 0, 1]
    assert outputs_of(changed, Alert)[0].incident_id == outputs_of(first, Alert)[0].incident_id


def test_a_wanted_plate_is_red_whatever_the_lot_and_the_score_say() -> None:
    outputs = advance(fold(), add(entry(list_kind=ListKind.WANTED)), passage())
    (selection,) = outputs_of(outputs, Selection)
    assert (selection.light, selection.referral_reason) == (Light.RED, ReferralReason.US_INTELLIGENCE)
    assert selection.must_refer and selection.propensity == RULES.selection.random_propensity
    assert outputs_of(outputs, Alert)[0].severity is Severity.EXTREME


@pytest.mark.parametrize(
    "listed",
    [
        entry(valid_until_at=START),
        entry(valid_from_at=START + 1),
        entry(jurisdiction="MX-TAM"),
        entry(plate="ABC1Z34"),
        entry(list_kind=ListKind.TEST),
    ],
    ids=["expired", "not yet valid", "other issuer", "look-alike", "test entry"],
)
def test_an_entry_that_does_not_apply_never_matches(listed: object) -> None:
    outputs = advance(fold(), add(listed), passage())  # type: ignore[arg-type]
    assert not outputs_of(outputs, Alert)


def test_a_removed_entry_no_longer_matches() -> None:
    assert not outputs_of(advance(fold(), add(entry()), remove("entry-1"), passage()), Alert)


def test_a_rule_set_applies_from_its_place_in_the_log_and_survives_a_restart() -> None:
    text = default_text().replace(RULES.version, "next").replace("random_propensity = 0.05", "random_propensity = 0.5")
    stored: dict[bytes, bytes] = {}
    folding = fold(stored)
    before = outputs_of(advance(folding, passage(1)), Selection)[0]
    after = outputs_of(advance(folding, rule_set_change(text, "next"), add(entry()), passage(2)), Selection)[0]
    folding.take_changes()
    restarted = advance(fold(stored), passage(3))
    assert (before.rule_set_version, after.rule_set_version) == (RULES.version, "next")
    assert (before.propensity, after.propensity) == (0.05, 0.5)
    assert outputs_of(restarted, Selection)[0].rule_set_version == "next"
    assert outputs_of(restarted, Alert)[0].watchlist_entry_id == "entry-1"


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (default_text().replace("random_propensity", "of_an_older_version").encode(), "of_an_older_version"),
        (default_text().encode() + b"# \xff", "utf-8"),
    ],
    ids=["unknown-field", "no-text"],
)
def test_a_stored_rule_set_that_this_version_refuses_is_of_another_version(stored: bytes, reason: str) -> None:
    with pytest.raises(OtherVersion, match=f"{reason}.* publish one") as refused:
        fold({b"rules": stored})
    assert "becomes a dead letter" in str(refused.value)


@pytest.mark.parametrize(
    "mode", [m for m in OperatingMode if m not in (OperatingMode.UNKNOWN, OperatingMode.OPERATIONAL)]
)
def test_no_other_mode_touches_the_history_of_real_travellers(mode: OperatingMode) -> None:
    folding = fold()
    staged = advance(folding, final(1, operating_mode=mode))
    real = outputs_of(advance(folding, passage(2, at=START + HOUR)), Score)[0]
    assert {output.value.operating_mode for output in staged} == {mode}  # type: ignore[attr-defined]
    assert not came_before(real)


def test_ticks_go_to_every_lane_partition_at_the_slowest_source_and_never_back() -> None:
    folding = fold()
    first = advance(folding, tick(0, START))
    decisions = [output.partition for output in first if output.topic is LANE_DECISIONS]
    assert decisions == list(range(LANE_DECISIONS.partitions))
    assert not advance(folding, tick(1, START - HOUR))
    assert not advance(folding, tick(0, START + HOUR))  # source 1 is still an hour behind
    assert not advance(folding, tick(1, START + 9 * SECOND))
    onward = outputs_of(advance(folding, tick(1, START + 10 * SECOND)), Tick)
    assert {t.watermark_at for t in onward} == {START + 10 * SECOND}


def test_ports_are_told_the_time_every_ten_minutes() -> None:
    folding = fold()
    told = [
        len([o for o in advance(folding, tick(0, START + n * 10 * SECOND)) if o.topic is CROSSINGS]) for n in range(121)
    ]
    assert sum(told) == 3 * CROSSINGS.partitions  # at once, then at the full ten minutes
    assert max(told) == CROSSINGS.partitions


def test_a_plate_read_once_is_swept_after_days_and_a_regular_one_after_ninety() -> None:
    stored: dict[bytes, bytes] = {}
    folding = fold(stored)
    advance(folding, final(1, "AAA1111"), final(2, "BBB2222"), final(3, "BBB2222", START + HOUR))
    folding.take_changes()
    advance(folding, tick(0, START + history.READ_ONCE_SECONDS * SECOND + 2 * HOUR))
    folding.take_changes()
    assert [key for key in stored if key.startswith(b"o:")] == [b"o:p1:8882222"]
    advance(folding, tick(0, START + 91 * DAY))
    folding.take_changes()
    assert not [key for key in stored if key.startswith(b"o:")]


def test_a_misread_is_swept_after_days_from_beside_a_regular_plate_that_shares_its_key() -> None:
    stored: dict[bytes, bytes] = {}
    folding = fold(stored)
    advance(folding, final(1), final(2, at=START + HOUR), final(3, "A8C1234", START + 20 * DAY))
    for day in (21, 29):
        advance(folding, tick(0, START + day * DAY))
        folding.take_changes()
    assert [vehicle.plate for vehicle in history.decode(stored[b"o:p1:A8C1234"]).vehicles] == ["ABC1234"]


def test_what_has_expired_does_not_count_before_it_is_swept() -> None:
    folding = fold()
    advance(folding, final(1), final(2, at=START + HOUR))
    late = START + 91 * DAY
    score = outputs_of(advance(folding, passage(3, at=late)), Score)[0]
    assert not came_before(score)


def test_an_index_rebuilt_at_open_sweeps_what_was_stored() -> None:
    stored: dict[bytes, bytes] = {}
    folding = fold(stored)
    advance(folding, final(1))
    folding.take_changes()
    reopened = fold(stored)
    advance(reopened, tick(0, START + 10 * DAY))
    assert reopened.take_changes()[b"o:p1:A8C1234"] is None


def test_a_roll_back_forgets_records_watchlist_and_sweeps() -> None:
    stored: dict[bytes, bytes] = {}
    folding = fold(stored)
    advance(folding, final(1))
    folding.take_changes()
    advance(folding, add(entry()), passage(2, at=START + HOUR), tick(0, START + 10 * DAY))
    folding.roll_back()
    assert folding.take_changes() == {}
    outputs = advance(folding, passage(2, at=START + HOUR))
    assert not outputs_of(outputs, Alert)
    assert came_before(outputs_of(outputs, Score)[0])
    advance(folding, tick(0, START + 10 * DAY))
    assert folding.take_changes()[b"o:p1:A8C1234"] is None


def test_a_flood_of_one_plate_stays_bounded() -> None:
    folding = fold()
    for number in range(300):
        advance(
            folding,
            final(number, "AB0123" + "O0DQ"[number % 4], START + number * SECOND, jurisdiction=f"X-{number % 50}"),
        )
    (size,) = [len(value) for key, value in folding.take_changes().items() if value and key.startswith(b"o:")]
    assert size <= history.VEHICLES_MAX * (history.PASSAGES_MAX * 33 + 30)


def test_northbound_passages_get_no_light_but_tell_of_the_stay_and_the_weight() -> None:
    folding = fold()
    north = {"direction": Direction.NORTHBOUND, "lane_id": "2301/90", "gross_weight_kg": 1700.0}
    assert not advance(folding, passage(1, **north), final(1, **north))
    score = outputs_of(advance(folding, passage(2, at=START + 2 * HOUR)), Score)[0]
    assert "its 1 earlier weighing" in said_of(score, "gross_weight")
    assert not came_before(score)  # it has not gone south before
    advance(folding, final(1, **north | {"revision": 3, "state": PassageState.RETRACTED}))
    assert "earlier" not in said_of(
        outputs_of(advance(folding, passage(3, at=START + 2 * HOUR)), Score)[0], "gross_weight"
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (passage(plate_key="p1:OTHER"), "wrong_key"),
        (passage(gross_weight_kg=-1.0), "impossible_value"),
        (passage(gross_weight_kg=float("nan")), "impossible_value"),
        (passage(scale_bias_ratio=-1.0), "impossible_value"),
        (passage(axle_loads_kg=(float("inf"), 500.0)), "impossible_value"),
        (passage(revision=0), "impossible_value"),
        (passage(watermark_at=5), "impossible_value"),
        (passage(operating_mode=OperatingMode.UNKNOWN), "impossible_value"),
        (tick(12, START), "impossible_value"),
        (tick(0, -1), "impossible_value"),
        (add(entry(approved_by="analyst-1")), "impossible_value"),
        (add(entry(approved_by=" Analyst-1")), "impossible_value"),
        (add(entry(entered_by="Groß", approved_by="GROSS")), "impossible_value"),
        (add(entry(plate=" - ")), "impossible_value"),
        (rule_set_change("version = 1", "1"), "impossible_value"),
        (rule_set_change(default_text(), "another"), "impossible_value"),
        (rule_set_change(default_text(), RULES.version, approved_by="analyst-1"), "impossible_value"),
        (rule_set_change(default_text(), RULES.version, approved_by="Analyst-1"), "impossible_value"),
        (rule_set_change(default_text(), RULES.version, approved_by=None), "impossible_value"),
        (rule_set_change(default_text(), RULES.version, approved_by=""), "impossible_value"),
        (entry(), "unexpected_type"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_changes(value: object, reason: str) -> None:
    folding = fold()
    with pytest.raises(Rejected) as refused:
        advance(folding, value)
    assert refused.value.reason == reason and "ABC" not in str(refused.value)
    assert folding.take_changes() == {}
