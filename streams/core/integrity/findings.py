"""Findings: what was counted, against what, and in words. Numbers of officers and pseudonyms of vehicles only."""

from typing import Final

from schemas.records import Finding, FindingKind, OperatingMode, Selection, SensorRole
from streams.core.integrity.bets import MILLI, capital
from streams.core.integrity.friends import threshold_of as friends_threshold
from streams.core.integrity.meetings import threshold_of as meeting_threshold
from streams.core.integrity.state import SECOND, Bet, Pair, Requirement

_WORDS: Final = {
    FindingKind.RED_NOT_INSPECTED: "red lights in the lane of officer {officer} that no inspection followed",
    FindingKind.OVERRIDES: "red lights that officer {officer} made green in the own lane",
    FindingKind.SHORT_INSPECTIONS: "inspections by officer {officer} shorter than a vehicle can be inspected in",
    FindingKind.EXAMS_MISSING: "inspections by officer {officer} without a mandated examination",
    FindingKind.BLIND_SENSOR: "duties of officer {officer} with a blind {sensor}",
}


def of_comparison(
    about: tuple[FindingKind, SensorRole | None],
    place: tuple[OperatingMode, str],
    officer_id: str,
    bet: Bet,
    threshold: int,
    at: int,
) -> Finding:
    """An officer whose cases differ from the others'. `place`: mode and port; `bet.told` counts this telling."""
    (kind, sensor), (mode, port_code) = about, place
    expected = bet.expected_milli / MILLI
    words = _WORDS[kind].format(officer=officer_id, sensor=sensor)
    test = f"{kind}:{sensor}" if sensor is not None else str(kind)
    return Finding(
        finding_id=f"{test}:{mode}:{port_code}:{officer_id}:{bet.started_s}",
        revision=bet.told,
        kind=kind,
        port_code=port_code,
        operating_mode=mode,
        officer_id=officer_id,
        sensor=sensor,
        trials=bet.trials,
        events=bet.events,
        expected=expected,
        log_e_value=capital(bet.small, bet.large) / MILLI,
        log_e_threshold=threshold / MILLI,
        since_at=bet.started_s * SECOND,
        found_at=at,
        passages=bet.passages,
        message=f"{bet.events} of {bet.trials} on {bet.shifts} shifts: {words}; "
        f"twice what others have would be {expected:.1f}",
    )


def of_meetings(place: tuple[OperatingMode, str], vehicle_token: str, pair: Pair, tested: int, at: int) -> Finding:
    """An officer and a vehicle that keep meeting. `place`: mode and port; `pair.told` counts this telling."""
    mode, port_code = place
    expected = pair.expected_milli / MILLI
    return Finding(
        finding_id=f"{FindingKind.MEETINGS}:{mode}:{port_code}:{pair.officer_id}:{vehicle_token}:{pair.started_s}",
        revision=pair.told,
        kind=FindingKind.MEETINGS,
        port_code=port_code,
        operating_mode=mode,
        officer_id=pair.officer_id,
        vehicle_token=vehicle_token,
        trials=pair.crossings,
        events=pair.meetings,
        expected=expected,
        log_e_value=capital(pair.small, pair.large) / MILLI,
        log_e_threshold=meeting_threshold(pair, tested) / MILLI,
        since_at=pair.started_s * SECOND,
        found_at=at,
        passages=pair.passages,
        message=f"one vehicle took the lane drawn for officer {pair.officer_id} at {pair.meetings} of its "
        f"{pair.crossings} crossings at which it could, after a first meeting; the lot allows {expected:.1f}",
    )


def of_friends(place: tuple[OperatingMode, str], officer_id: str, bet: Bet, tested: int, at: int) -> Finding:
    """An officer whom several vehicles keep meeting. `place`: mode and port; `bet.told` counts this telling."""
    mode, port_code = place
    expected = bet.expected_milli / MILLI
    return Finding(
        finding_id=f"{FindingKind.MEETINGS}:{mode}:{port_code}:{officer_id}::{bet.started_s}",
        revision=bet.told,
        kind=FindingKind.MEETINGS,
        port_code=port_code,
        operating_mode=mode,
        officer_id=officer_id,
        trials=bet.trials,
        events=bet.events,
        expected=expected,
        log_e_value=capital(bet.small, bet.large) / MILLI,
        log_e_threshold=friends_threshold(tested) / MILLI,
        since_at=bet.started_s * SECOND,
        found_at=at,
        passages=bet.passages,
        message=f"vehicles that had often met officer {officer_id} took the lane drawn for that officer again at "
        f"{bet.events} of {bet.trials} crossings at which they could; the lot allows {expected:.1f}",
    )


def of_rule_set(selection: Selection, required: Requirement) -> Finding:
    """Rules in force other than those required."""
    return Finding(
        finding_id=f"{FindingKind.RULE_SET}:{selection.operating_mode}:{selection.port_code}:"
        f"{required.requirement_id}:{selection.rule_set_version}:{selection.policy_version or ''}",
        revision=1,
        kind=FindingKind.RULE_SET,
        port_code=selection.port_code,
        operating_mode=selection.operating_mode,
        rule_set_version=selection.rule_set_version,
        policy_version=selection.policy_version,
        required_rule_set_version=required.rule_set_version,
        required_policy_version=required.policy_version,
        trials=1,
        events=1,
        expected=0.0,
        since_at=required.valid_from_at,
        found_at=selection.selected_at,
        passages=(selection.passage_id,),
        message=f"rule set {selection.rule_set_version} and policy {selection.policy_version or 'none'} are in force "
        f"where {required.rule_set_version} and {required.policy_version or 'any'} are required",
    )
