"""What the vehicles stage has to do with company: it tells ports of crossings and histories of companions.

    FINAL passage of a regular  ─► Crossing to its port ─► CONVOYS ─► Association ─► companions in the plate's history
    FINAL passage of a listed plate with companions ─► Association to each of them

Only a plate's own exact hit is passed on, and only by a passage: an Association never leads to another one, so a hit
reaches the companions of a vehicle and nobody else.

FINAL is a passage's last revision, so neither is ever taken back. But a companion keeps which entry was met, and
whenever that is weighed the watchlist, which every partition holds whole, is asked whether the entry stands. So
removal, suppression and expiry reach whoever inherited a hit at the same place in the log as the listed plate itself.
"""

from typing import Final

import msgspec

from schemas.records import Association, Crossing, LaneMode, OperatingMode, Passage
from schemas.topics import CROSSINGS, PASSAGES
from streams.core.convoys.companions import COMPANY_SECONDS, EARLIER_MIN
from streams.core.evidence.subject import Subject
from streams.core.evidence.watchlist import watchlist_exact
from streams.core.plates import key_of, normalise_plate
from streams.core.rule_set import RuleSet
from streams.core.stage import ID_LENGTH_MAX, Output, Rejected
from streams.core.times import check_time
from streams.core.vehicle_history import SECOND, port_of, without_hit
from streams.core.vehicle_state import Companion, KeyState, Vehicle
from streams.core.vehicles.watchlist import Watchlist

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
    if passage.lane_mode is LaneMode.PASSENGER and len(subject.passed) >= EARLIER_MIN:
        crossing = crossing_of(subject, hit_log_odds)
        told.append(Output(CROSSINGS, passage.port_code.encode(), crossing))
    if hit_log_odds is not None:
        for companion in subject.companions:
            told.append(hit_of_companion(subject, companion, hit_log_odds))
    return told


def crossing_of(subject: Subject, hit_log_odds: float | None) -> Crossing:
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
        earlier_at=tuple([passed.at_s * SECOND for passed in subject.passed]),
        earlier_port_codes=tuple([port_of(passed.passage_id) for passed in subject.passed]),
        hit_log_odds=hit_log_odds,
        hit_entry_id=subject.hit.entry_id if subject.hit is not None and hit_log_odds is not None else None,
    )


def hit_of_companion(subject: Subject, companion: Companion, hit_log_odds: float) -> Output:
    """Tells a companion's history of this vehicle's hit. It does not make their company last longer."""
    passage = subject.passage
    value = told_again(companion, passage, normalise_plate(passage.plate or ""), passage.jurisdiction)
    entry_id = subject.hit.entry_id if subject.hit is not None else None
    value = msgspec.structs.replace(value, hit_log_odds=hit_log_odds, hit_at=subject.at, hit_entry_id=entry_id)
    return Output(PASSAGES, value.plate_key.encode(), value)


def told_again(companion: Companion, passage: Passage, plate: str, jurisdiction: str | None) -> Association:
    """What a companion's history knows of a plate already."""
    return Association(
        plate_key=key_of(companion.plate, ""),
        plate=companion.plate,
        jurisdiction=companion.jurisdiction,
        operating_mode=passage.operating_mode,
        other_plate=plate,
        other_jurisdiction=jurisdiction,
        passage_id=passage.passage_id,
        log_likelihood_ratio=companion.log_likelihood_ratio,
        joint_crossings=companion.joint_crossings,
        expires_at=companion.until_s * SECOND,
    )


def companions_at(
    vehicle: Vehicle, at_s: int, watchlist: Watchlist, counting_at: int, mode: OperatingMode
) -> tuple[Companion, ...]:
    """A vehicle's companions that count at a time, without hits whose entry no longer stands or meets their plate."""
    return tuple(
        [
            companion if hit_stands(companion, watchlist, counting_at, mode) else without_hit(companion)
            for companion in vehicle.companions
            if companion.until_s > at_s
        ]
    )


def hit_stands(companion: Companion, watchlist: Watchlist, at: int, mode: OperatingMode) -> bool:
    """Whether the entry that a companion met still meets its plate."""
    return watchlist.still_meets(companion.hit_entry_id, companion.plate, companion.jurisdiction, at, mode)


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
    newest = Companion(
        said.other_plate,
        said.other_jurisdiction,
        said.expires_at // SECOND,
        said.log_likelihood_ratio,
        said.joint_crossings,
    )
    others = []
    for companion in vehicle.companions:
        if companion.plate == said.other_plate and companion.jurisdiction == said.other_jurisdiction:
            newest = msgspec.structs.replace(
                companion,
                until_s=max(newest.until_s, companion.until_s),
                log_likelihood_ratio=said.log_likelihood_ratio,
                joint_crossings=said.joint_crossings,
            )
        else:
            others.append(companion)
    if said.hit_at is not None and said.hit_log_odds is not None and said.hit_entry_id is not None:
        newest = msgspec.structs.replace(
            newest,
            hit_log_odds=said.hit_log_odds,
            hit_until_s=said.hit_at // SECOND + COMPANY_SECONDS,
            hit_entry_id=said.hit_entry_id,
        )
    return msgspec.structs.replace(vehicle, companions=(*others, newest)[-COMPANIONS_MAX:])


def check_association(said: Association, key: bytes) -> None:
    """Raises Rejected `wrong_key` or `impossible_value`."""
    if said.plate_key != key_of(said.plate, "") or key != said.plate_key.encode():
        raise Rejected("wrong_key", "the record's key, its plate_key and its folded plate are not the same")
    if said.operating_mode is OperatingMode.UNKNOWN:
        raise Rejected("impossible_value", "operating_mode is UNKNOWN")
    if max(len(said.passage_id), len(said.other_plate), len(said.hit_entry_id or "")) > ID_LENGTH_MAX:
        raise Rejected("impossible_value", f"an id and other_plate have at most {ID_LENGTH_MAX} characters")
    hit = [part is None for part in (said.hit_log_odds, said.hit_at, said.hit_entry_id)]
    if any(hit) and not all(hit):
        raise Rejected("impossible_value", "hit_log_odds, hit_at and hit_entry_id come together or not at all")
    for name, at in (("expires_at", said.expires_at), ("hit_at", said.hit_at)):
        check_time(name, at)
    # A comparison with NaN is false, so NaN is refused too.
    if not 0.0 <= said.log_likelihood_ratio <= RATIO_MAX:
        raise Rejected("impossible_value", f"log_likelihood_ratio must lie in 0 to {RATIO_MAX:.0f}")
    if not abs(said.hit_log_odds or 0.0) <= HIT_LOG_ODDS_MAX:
        raise Rejected("impossible_value", f"hit_log_odds must lie within {HIT_LOG_ODDS_MAX:.0f} of 0")
