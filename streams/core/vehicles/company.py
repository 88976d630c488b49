"""What the vehicles stage has to do with company: it tells ports of crossings and histories of companions.

    FINAL passage of a regular  ─► Crossing to its port ─► CONVOYS ─► Association ─► companions in the plate's history
    FINAL passage of a listed plate with companions ─► Association to each of them

Only a plate's own exact hit is passed on, and only by a passage: an Association never leads to another one, so a hit
reaches the companions of a vehicle and nobody else.
"""

from typing import Final

import msgspec

from schemas.records import Association, Crossing, LaneMode, OperatingMode
from schemas.topics import CROSSINGS, PASSAGES
from streams.core.convoys.companions import COMPANY_SECONDS, EARLIER_MIN
from streams.core.evidence.subject import Subject
from streams.core.evidence.watchlist import watchlist_exact
from streams.core.plates import key_of, normalise_plate
from streams.core.rule_set import RuleSet
from streams.core.stage import Output, Rejected
from streams.core.vehicle_history import SECOND, port_of
from streams.core.vehicle_state import Companion, KeyState, PassedBy, Vehicle
from streams.core.vehicles.validation import ID_LENGTH_MAX, TIME_MAX, TIME_MIN

# Companions kept of one vehicle, those met last: a family has two cars or three, a convoy a scout and a load or two.
COMPANIONS_MAX: Final = 4

# No sum of a history's joint crossings reaches this: 40 of them at 3.4 each are 136.
RATIO_MAX: Final = 1_000.0

# No list kind weighs more (`ListRule`), and the evidence takes its exponential.
HIT_LOG_ODDS_MAX: Final = 10.0


def told_of(subject: Subject, rules: RuleSet) -> list[Output]:
    """What a FINAL passage lets others know: its port of a regular's crossing, its companions of an exact hit."""
    passage = subject.passage
    told: list[Output] = []
    if passage.plate is None:
        return told
    said = watchlist_exact(subject, rules)
    hit_log_odds = said.log_odds if said is not None else None
    # Buses keep a timetable and trucks run in company of their own fleet: there, company says nothing.
    if passage.lane_mode is LaneMode.PASSENGER:
        earlier = [passed for passed in subject.passed if not passed.inbound]
        if len(earlier) >= EARLIER_MIN:
            crossing = crossing_of(subject, earlier, hit_log_odds)
            told.append(Output(CROSSINGS, passage.port_code.encode(), crossing))
    if hit_log_odds is not None:
        for companion in subject.companions:
            told.append(hit_of_companion(subject, companion, hit_log_odds))
    return told


def crossing_of(subject: Subject, earlier: list[PassedBy], hit_log_odds: float | None) -> Crossing:
    """A regular's crossing with its southbound history."""
    passage = subject.passage
    return Crossing(
        passage_id=passage.passage_id,
        port_code=passage.port_code,
        operating_mode=passage.operating_mode,
        crossed_at=subject.at,
        plate_key=passage.plate_key,
        plate=normalise_plate(passage.plate or ""),
        jurisdiction=passage.jurisdiction,
        earlier_at=tuple([passed.at_s * SECOND for passed in earlier]),
        earlier_port_codes=tuple([port_of(passed.passage_id) for passed in earlier]),
        hit_log_odds=hit_log_odds,
    )


def hit_of_companion(subject: Subject, companion: Companion, hit_log_odds: float) -> Output:
    """Tells a companion's history of this vehicle's hit. It does not make their company last longer."""
    passage = subject.passage
    plate_key = key_of(companion.plate, "")
    value = Association(
        plate_key=plate_key,
        plate=companion.plate,
        jurisdiction=companion.jurisdiction,
        operating_mode=passage.operating_mode,
        other_plate=normalise_plate(passage.plate or ""),
        other_jurisdiction=passage.jurisdiction,
        passage_id=passage.passage_id,
        log_likelihood_ratio=companion.log_likelihood_ratio,
        joint_crossings=companion.joint_crossings,
        expires_at=companion.until_s * SECOND,
        hit_log_odds=hit_log_odds,
        hit_at=subject.at,
    )
    return Output(PASSAGES, plate_key.encode(), value)


def companions_at(state: KeyState, plate: str, jurisdiction: str | None, at_s: int) -> tuple[Companion, ...]:
    """Companions of an exact plate and issuer that count at a time."""
    for vehicle in state.vehicles:
        if vehicle.companions and vehicle.plate == plate and vehicle.jurisdiction == jurisdiction:
            return tuple([companion for companion in vehicle.companions if companion.until_s > at_s])
    return ()


def with_companion(state: KeyState, said: Association) -> KeyState:
    """The state with a companion added or brought up to date; unchanged if the plate has no history (any more)."""
    vehicles = tuple(
        [
            accompanied(vehicle, said)
            if vehicle.plate == said.plate and vehicle.jurisdiction == said.jurisdiction
            else vehicle
            for vehicle in state.vehicles
        ]
    )
    return state if vehicles == state.vehicles else msgspec.structs.replace(state, vehicles=vehicles)


def accompanied(vehicle: Vehicle, said: Association) -> Vehicle:
    """The vehicle with a companion added or brought up to date. What is known of an earlier hit stays."""
    until_s, hit_log_odds, hit_until_s = said.expires_at // SECOND, 0.0, 0
    others = []
    for companion in vehicle.companions:
        if companion.plate == said.other_plate and companion.jurisdiction == said.other_jurisdiction:
            until_s = max(until_s, companion.until_s)
            hit_log_odds, hit_until_s = companion.hit_log_odds, companion.hit_until_s
        else:
            others.append(companion)
    if said.hit_at is not None and said.hit_log_odds is not None:
        hit_log_odds, hit_until_s = said.hit_log_odds, said.hit_at // SECOND + COMPANY_SECONDS
    newest = Companion(
        said.other_plate,
        said.other_jurisdiction,
        until_s,
        said.log_likelihood_ratio,
        said.joint_crossings,
        hit_log_odds,
        hit_until_s,
    )
    return msgspec.structs.replace(vehicle, companions=(*others, newest)[-COMPANIONS_MAX:])


def check_association(said: Association, key: bytes) -> None:
    """Raises Rejected `wrong_key` or `impossible_value`."""
    if said.plate_key != key_of(said.plate, "") or key != said.plate_key.encode():
        raise Rejected("wrong_key", "the record's key, its plate_key and its folded plate are not the same")
    if said.operating_mode is OperatingMode.UNKNOWN:
        raise Rejected("impossible_value", "operating_mode is UNKNOWN")
    if len(said.passage_id) > ID_LENGTH_MAX or len(said.other_plate) > ID_LENGTH_MAX:
        raise Rejected("impossible_value", f"passage_id and other_plate have at most {ID_LENGTH_MAX} characters")
    for name, at in (("expires_at", said.expires_at), ("hit_at", said.hit_at)):
        if at is not None and not TIME_MIN <= at < TIME_MAX:
            raise Rejected("impossible_value", f"{name} must lie in 2000 to 2100")
    # A comparison with NaN is false, so NaN is refused too.
    if not 0.0 <= said.log_likelihood_ratio <= RATIO_MAX:
        raise Rejected("impossible_value", f"log_likelihood_ratio must lie in 0 to {RATIO_MAX:.0f}")
    if not abs(said.hit_log_odds or 0.0) <= HIT_LOG_ODDS_MAX:
        raise Rejected("impossible_value", f"hit_log_odds must lie within {HIT_LOG_ODDS_MAX:.0f} of 0")
