"""From the tallies of a window to the figures of a port.

The violation rate rests on all that the lot drew, whatever else spoke for it: the one sample that is like the traffic
(COMPEX, GAO-02-215R). Propensities differ by port, rule set and policy, so each drawn vehicle weighs 1 over its own,
and the sum is divided by that of the weights (Hájek 1971). Strata of one propensity each would do as well where there
are few; a policy that moves it by the hour makes hundreds, most of them without a hit.

Whoever was drawn and not inspected is missing. Officers skip a vehicle that only the lot drew sooner than one that is
on a list besides, and those differ in what they carry; so those inspected stand for those that were not within each of
the two kinds (weighting classes, Oh and Scheuren 1983). If vehicles are skipped for how they look, that is wrong too:
the bounds take nothing for granted (Manski 1989).
"""

from typing import Final

from schemas.records import (
    Arm,
    ArmEstimate,
    Estimate,
    EvidenceEstimate,
    GroupEstimate,
    GroupKind,
    OperatingMode,
    RateEstimate,
    RatioEstimate,
    ViolationEstimate,
)
from streams.core.estimates import state
from streams.core.estimates.intervals import NOTHING, Interval, WeightedHits, proportion, ratio_of, weighted_rate
from streams.core.estimates.parts import HOUR, ISSUER, PLATE_FORMAT
from streams.core.estimates.state import DAY, Lot, Tally
from streams.core.estimates.tallies import EVIDENCE, LANE, LANE_MODE, PORT, UNIT, VERSION

# Shares of loads that an inspection finds, at least and at most. Nobody publishes the hit rate of a border search:
# covert tests were not analysed as a whole (GAO-19-658). Wrong, and the corrected rate is wrong by as much. [assumed]
SENSITIVITY_LOW: Final = 0.5
SENSITIVITY_HIGH: Final = 0.95

KINDS: Final = {
    LANE_MODE: GroupKind.LANE_MODE,
    LANE: GroupKind.LANE,
    VERSION: GroupKind.VERSION,
    ISSUER: GroupKind.ISSUER,
    PLATE_FORMAT: GroupKind.PLATE_FORMAT,
    HOUR: GroupKind.HOUR,
}
PREFIX_LENGTH: Final = 2
SECONDS_PER_MINUTE: Final = 60.0
PER_REFERRALS: Final = 1000.0


def estimate_of(mode: OperatingMode, port_code: str, first: int, last: int, groups: dict[str, Tally]) -> Estimate:
    """The estimate of a port from the sums of its window, `first` to `last` day since 1970, both included."""
    whole = groups[PORT]
    told = [group_estimate(GroupKind.PORT, "", whole)]
    for prefix, kind in KINDS.items():
        names = sorted([name for name in groups if name.startswith(prefix)])
        told += [group_estimate(kind, name[PREFIX_LENGTH:], groups[name]) for name in names]
    evidence = sorted([name for name in groups if name.startswith(EVIDENCE)])
    return Estimate(
        port_code=port_code,
        operating_mode=mode,
        from_at=first * DAY,
        until_at=(last + 1) * DAY,
        sensitivity_low=SENSITIVITY_LOW,
        sensitivity_high=SENSITIVITY_HIGH,
        groups=tuple(told),
        evidence=tuple([evidence_estimate(name[PREFIX_LENGTH:], groups[name], whole) for name in evidence]),
    )


def group_estimate(kind: GroupKind, name: str, tally: Tally) -> GroupEstimate:
    """The figures of one group of vehicles. Lift takes the risk arm and the lot to be independent: of the risk arm the
    lot draws no more than of all others."""
    violation = violation_of(tally.alone, tally.also)
    referred = tally.referred
    drawn = state.Arm(tally.alone.drawn + tally.also.drawn, violation.inspected, violation.hits)
    risk = arm_estimate(Arm.RISK, tally.risk)
    detected = violation.detected
    lift = ratio_of(interval_of(risk.precision), interval_of(detected))
    return GroupEstimate(
        kind=kind,
        name=name,
        passages=tally.passages,
        referred=referred.referred,
        inspected=referred.inspected,
        hits=referred.hits,
        not_inspected=tally.not_inspected,
        released=tally.released,
        open=tally.open,
        skipped_ratio=_share(referred.referred - referred.inspected, referred.referred),
        arms=(
            arm_estimate(Arm.RANDOM, drawn),
            risk,
            arm_estimate(Arm.MUST_REFER, tally.must_refer),
            arm_estimate(Arm.OFFICERS, tally.officers),
        ),
        violation=violation,
        lift=RatioEstimate(ratio=lift.ratio, low=lift.low, high=lift.high),
        seizures_per_1000=rate_estimate(proportion(referred.hits, referred.referred), PER_REFERRALS),
        inspector_minutes_per_seizure=_minutes_each(tally.inspector_seconds, referred.hits),
        traveller_minutes_per_seizure=_minutes_each(tally.traveller_seconds, referred.hits),
    )


def arm_estimate(arm: Arm, tally: state.Arm) -> ArmEstimate:
    """Referrals of one cause; each inspected one counts the same."""
    return ArmEstimate(
        arm=arm,
        referred=tally.referred,
        inspected=tally.inspected,
        hits=tally.hits,
        precision=rate_estimate(proportion(tally.hits, tally.inspected)),
    )


def evidence_estimate(name: str, tally: Tally, whole: Tally) -> EvidenceEstimate:
    """Referred vehicles with one evidence, among all that were referred."""
    with_it, all_of_them = tally.referred, whole.referred
    return EvidenceEstimate(
        name=name,
        referred=with_it.referred,
        inspected=with_it.inspected,
        hits=with_it.hits,
        precision=rate_estimate(proportion(with_it.hits, with_it.inspected)),
        share_of_hits=_share(with_it.hits, all_of_them.hits),
        share_of_referrals=_share(with_it.referred, all_of_them.referred),
    )


def violation_of(alone: Lot, also: Lot) -> ViolationEstimate:
    """The rate from all that the lot drew, with what bounds it."""
    detected = detected_rate(alone, also)
    drawn_weight = alone.drawn_weight + also.drawn_weight
    hit_weight = alone.hit_weight + also.hit_weight
    missing_weight = drawn_weight - alone.inspected_weight - also.inspected_weight
    return ViolationEstimate(
        drawn=alone.drawn + also.drawn,
        inspected=alone.inspected + also.inspected,
        hits=alone.hits + also.hits,
        detected=rate_estimate(detected),
        bound_low=hit_weight / drawn_weight if drawn_weight else 0.0,
        bound_high=(hit_weight + missing_weight) / drawn_weight if drawn_weight else 1.0,
        corrected_low=min(1.0, detected.low / SENSITIVITY_HIGH),
        corrected_high=min(1.0, detected.high / SENSITIVITY_LOW),
    )


def detected_rate(alone: Lot, also: Lot) -> Interval:
    """Vehicles in which an inspection finds something, per vehicle; the missing ones are like those of their kind."""
    lots = [lot for lot in (alone, also) if lot.drawn_weight]
    if not any(lot.inspected_weight for lot in lots):
        return NOTHING
    drawn_weight = sum([lot.drawn_weight for lot in lots])
    if all(lot.inspected_weight for lot in lots):
        factors = [lot.drawn_weight / lot.inspected_weight for lot in lots]
    else:  # nobody of one kind was inspected: those of the other stand for all
        factors = [drawn_weight / sum([lot.inspected_weight for lot in lots])] * len(lots)
    rate = variance = heaviest = 0.0
    for lot, factor in zip(lots, factors, strict=True):
        rate += factor * lot.hit_weight / drawn_weight
        variance += factor * factor * lot.hit_square * UNIT / (drawn_weight * drawn_weight)
        if lot.inspected_weight:
            heaviest = max(heaviest, factor * lot.weight_max / drawn_weight)
    return weighted_rate(WeightedHits(rate, variance, heaviest))


def rate_estimate(interval: Interval, scale: float = 1.0) -> RateEstimate:
    """An interval as it is written."""
    rate = None if interval.rate is None else interval.rate * scale
    return RateEstimate(rate=rate, low=interval.low * scale, high=interval.high * scale)


def interval_of(rate: RateEstimate) -> Interval:
    """A written rate as an interval."""
    return Interval(rate.rate, rate.low, rate.high)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _minutes_each(seconds: int, hits: int) -> float | None:
    return seconds / SECONDS_PER_MINUTE / hits if hits else None
