"""From an outcome to what it counts as, and from that to the tallies of its day."""

from typing import Final

from schemas.records import InspectionResolution, Light, Outcome, OutcomeState
from streams.core.estimates.parts import FAIRNESS, fairness_groups, part_of, stratum_of
from streams.core.estimates.state import DAY, SECOND, Arm, Day, Lot, Said, Tally
from streams.core.outcomes.outcome import KEPT_SECONDS, LONGEST_SECONDS

# An outcome is revised for KEPT_SECONDS after its last word by its own stage's watermark. A day more covers the slowest
# partition of that stage, by which time passes here, and its backlog.
REMEMBERED_SECONDS: Final = KEPT_SECONDS + 24 * 3600

# Lanes, versions and evidence of a port on one day: Laredo has 53 lanes, and there are two dozen kinds of evidence.
# What comes beyond is counted as "other" of its kind. Fairness groups are from closed sets, 44 in all, and are always
# counted each for itself.
GROUPS_MAX: Final = 256
OTHER: Final = "other"

PORT: Final = ""
LANE_MODE: Final = "m:"
LANE: Final = "l:"
VERSION: Final = "v:"
EVIDENCE: Final = "e:"

# Weights are kept in thousandths, which errs by 1 in 20,000 at a propensity of 0.05. Beyond 10,000 they are trimmed: no
# port that draws one vehicle in 10,000 has a month with a hit.
UNIT: Final = 1000
WEIGHT_MAX: Final = 10_000 * UNIT


def counts_as(outcome: Outcome, counted_before: bool) -> Said:
    """What an outcome counts as; `counted_before`: its passage was, when it passed.

    Where the light server's dead-man rule gave the light, neither the score nor the lot nor an officer of the lane
    referred anyone: such a vehicle is in no arm, and not in the sample of the lot.
    """
    due_s = outcome.closed_at // SECOND + REMEMBERED_SECONDS
    passages = 0 if counted_before else 1
    if outcome.selected_at is None:
        return Said(due_s, outcome.revision, passages, None)
    chosen = not outcome.fallback
    green = outcome.light is Light.GREEN
    inspected = outcome.state is OutcomeState.INSPECTED
    seconds = _inspection_seconds(outcome) if inspected else 0
    return Said(
        due_s=due_s,
        revision=outcome.revision,
        passages=passages,
        day=outcome.selected_at // DAY,
        groups=_groups(outcome),
        referred=outcome.state is not OutcomeState.PASSED,
        inspected=inspected,
        hit=inspected and is_hit(outcome),
        released=outcome.state is OutcomeState.RELEASED,
        open=not inspected and bool(outcome.inspection_ids),
        risk=chosen and outcome.risk_over_threshold,
        must_refer=chosen and outcome.must_refer,
        officers=chosen and green and outcome.state is not OutcomeState.PASSED,
        weight=_weight(outcome) if chosen else 0,
        inspector_seconds=seconds * len(outcome.inspection_officer_ids),
        traveller_seconds=_held_seconds(outcome) if inspected else 0,
        stratum=stratum_of(outcome),
        part=part_of(outcome),
    )


def is_plain(said: Said) -> bool:
    """Whether it counts as a passage and nothing else, so that it need not be remembered."""
    return said.day is not None and not said.referred and not said.weight


def is_hit(outcome: Outcome) -> bool:
    """Whether a gun, a magazine or ammunition was found."""
    found = outcome.firearms + outcome.magazines + outcome.rounds
    return found > 0 or outcome.resolution is InspectionResolution.WEAPONS


def add(day: Day, said: Said, sign: int) -> None:
    """Put what a passage counts as into its groups' tallies, or with -1 take it out again.

    Of evidence only referrals are counted: those that passed are not remembered with theirs.
    """
    for name in (PORT, *said.groups):
        if name.startswith(EVIDENCE):
            if said.referred:
                _add_arm(_tally(day, name).referred, said, sign)
            continue
        tally = _tally(day, name)
        tally.passages += sign * said.passages
        if said.referred:
            _add_referral(tally, said, sign)
        if said.weight:
            _add_drawn(tally.also if said.risk or said.must_refer else tally.alone, said, sign)


def merge(into: Tally, other: Tally) -> None:
    """Add one tally to another, as of another day."""
    into.passages += other.passages
    into.not_inspected += other.not_inspected
    into.released += other.released
    into.open += other.open
    into.inspector_seconds += other.inspector_seconds
    into.traveller_seconds += other.traveller_seconds
    _merge_arm(into.referred, other.referred)
    _merge_arm(into.risk, other.risk)
    _merge_arm(into.must_refer, other.must_refer)
    _merge_arm(into.officers, other.officers)
    _merge_lot(into.alone, other.alone)
    _merge_lot(into.also, other.also)


def _add_referral(tally: Tally, said: Said, sign: int) -> None:
    _add_arm(tally.referred, said, sign)
    if said.risk:
        _add_arm(tally.risk, said, sign)
    if said.must_refer:
        _add_arm(tally.must_refer, said, sign)
    if said.officers:
        _add_arm(tally.officers, said, sign)
    if said.inspected:
        tally.inspector_seconds += sign * said.inspector_seconds
        tally.traveller_seconds += sign * said.traveller_seconds
    elif said.open:
        tally.open += sign
    elif said.released:
        tally.released += sign
    else:
        tally.not_inspected += sign


def _add_arm(arm: Arm, said: Said, sign: int) -> None:
    arm.referred += sign
    arm.inspected += sign * said.inspected
    arm.hits += sign * said.hit


def _add_drawn(lot: Lot, said: Said, sign: int) -> None:
    weight = sign * said.weight
    lot.drawn += sign
    lot.drawn_weight += weight
    lot.weight_max = max(lot.weight_max, said.weight)
    if said.inspected:
        lot.inspected += sign
        lot.inspected_weight += weight
    if said.hit:
        lot.hits += sign
        lot.hit_weight += weight
        lot.hit_square += sign * (said.weight * said.weight // UNIT)


def _merge_arm(into: Arm, other: Arm) -> None:
    into.referred += other.referred
    into.inspected += other.inspected
    into.hits += other.hits


def _merge_lot(into: Lot, other: Lot) -> None:
    into.drawn += other.drawn
    into.inspected += other.inspected
    into.hits += other.hits
    into.drawn_weight += other.drawn_weight
    into.inspected_weight += other.inspected_weight
    into.hit_weight += other.hit_weight
    into.hit_square += other.hit_square
    into.weight_max = max(into.weight_max, other.weight_max)


def _tally(day: Day, name: str) -> Tally:
    """The tally of a group. Names are never taken out of a day, so what was counted as OTHER is found there again."""
    tally = day.groups.get(name)
    if tally is None:
        if len(day.groups) >= GROUPS_MAX and not name.startswith(FAIRNESS):
            name = name[:2] + OTHER
        tally = day.groups.setdefault(name, Tally())
    return tally


def _groups(outcome: Outcome) -> tuple[str, ...]:
    version = outcome.rule_set_version
    if outcome.policy_version is not None:
        version = f"{version} {outcome.policy_version}"
    evidence = [EVIDENCE + name for name in dict.fromkeys([said.name for said in outcome.evidence])]
    where = LANE_MODE + outcome.lane_mode, LANE + outcome.lane_id, VERSION + version
    return (*where, *fairness_groups(outcome), *evidence)


def _weight(outcome: Outcome) -> int:
    """1 over the propensity of a drawn vehicle, 0 of another."""
    if not outcome.random_draw or outcome.propensity is None:
        return 0
    return min(round(UNIT / max(outcome.propensity, UNIT / WEIGHT_MAX)), WEIGHT_MAX)


def _inspection_seconds(outcome: Outcome) -> int:
    """From the begin of the first to the end of the last; half a day at most, as a clock or a typing error may say."""
    if outcome.inspection_started_at is None or outcome.inspection_ended_at is None:
        return 0
    return min((outcome.inspection_ended_at - outcome.inspection_started_at) // SECOND, LONGEST_SECONDS)


def _held_seconds(outcome: Outcome) -> int:
    """From the light to the end of the inspection, within the same bounds."""
    if outcome.selected_at is None or outcome.inspection_ended_at is None:
        return 0
    return max(0, min((outcome.inspection_ended_at - outcome.selected_at) // SECOND, LONGEST_SECONDS))
