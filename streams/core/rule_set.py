"""The rule set: every number that turns readings into a risk and a risk into a light, versioned and typed.

A rule set is a TOML text. The shell reads the text and hands it to `parse_rule_set`; a ReferenceChange carries one in
the log, so that a replay weighs every passage by the rules of its time.
"""

import math
import tomllib
from itertools import pairwise
from typing import Annotated, Final, Literal, get_args

import msgspec

from schemas.records import LaneMode, Light, ListKind, ScaleType, ScanDecision, ScanQuality

# A rule set is a few kilobytes; a longer text is a mistake, and every partition stores it.
RULE_SET_BYTES_MAX: Final = 65_536
VERSION_LENGTH_MAX: Final = 64  # characters

# Nothing a vehicle is or its people are may be evidence, whatever it would predict (issue of fairness and of law).
FORBIDDEN_EVIDENCE: Final = frozenset({"jurisdiction", "nationality", "occupants", "demeanour"})

# Officers and logs name it, and `border rules show` takes it: nothing that cannot be seen, typed or told apart.
Version = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*\Z", max_length=VERSION_LENGTH_MAX)]
Probability = Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)]
# No weight in kg, count or shape of a law comes near a million; beyond it, and with inf, scores would be no numbers.
Positive = Annotated[float, msgspec.Meta(gt=0.0, le=1e6)]


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a rule set; an unknown name in the text is an error, never ignored."""


class ListRule(Rules, frozen=True):
    """What a watchlist kind weighs. `must_refer` turns the light red outside any budget."""

    log_odds: Annotated[float, msgspec.Meta(ge=-10.0, le=10.0)]
    must_refer: bool = False


class LoadShare(Rules, frozen=True):
    """Part of the smuggled loads: mass in kg and its share of loads; the shares add up to 1."""

    load_kg: Positive
    share: Probability


class ClassWeight(Rules, frozen=True):
    """Weight of an FHWA class without load, in kg: mean and standard deviation between vehicles."""

    mean_kg: Positive
    sigma_kg: Positive


class WeightRules(Rules, frozen=True):
    """Scales, vehicles and loads. Sigmas of scales are shares of the mass; payload is people, fuel and shopping, whose
    spread has a part between vehicles and a part between trips of one vehicle."""

    scale_sigma_ratio: Annotated[dict[ScaleType, Probability], msgspec.Meta(min_length=1)]
    payload_mean_kg: Positive
    payload_vehicle_sigma_kg: Positive
    payload_trip_sigma_kg: Positive
    class_confusion_ratio: Probability
    gross_error_share: Probability
    gross_error_range_kg: Positive
    declared_sigma_ratio: Probability
    loads: Annotated[tuple[LoadShare, ...], msgspec.Meta(min_length=1)]
    classes: dict[str, ClassWeight]


class AxleShare(Rules, frozen=True):
    """Share of the gross weight on the rear axle of an unladen class: mean and standard deviation between vehicles."""

    mean_share: Probability
    sigma_share: Probability


class AxleBalanceRules(Rules, frozen=True):
    """How a two-axle vehicle's weight lies on its axles, and how much of a hidden load lies on the rear one."""

    axle_to_gross_tolerance: Positive
    load_over_rear_axle: Probability
    classes: dict[str, AxleShare]


class DetectorRates(Rules, frozen=True):
    """Chance of an alarm with and without a gun in the vehicle."""

    hit_rate: Probability
    false_alarm_rate: Probability

    def __post_init__(self) -> None:
        if self.hit_rate <= self.false_alarm_rate:
            raise ValueError("hit_rate must be above false_alarm_rate, or an alarm would speak for the vehicle")


class ShieldingRates(DetectorRates, frozen=True):
    """Chance of a region that could not be penetrated with and without a gun; `hidden_share` of the guns in a vehicle
    with such a region lie behind it."""

    hidden_share: Probability


class XrayDevice(Rules, frozen=True):
    """Rates of one X-ray unit; what is not given is as for all units."""

    machine: dict[ScanQuality, DetectorRates] = {}
    operator: dict[ScanQuality, DetectorRates] = {}
    operator_after_alarm: dict[ScanQuality, DetectorRates] = {}
    operator_after_clear: dict[ScanQuality, DetectorRates] = {}
    shielding: ShieldingRates | None = None


class LearningRules(Rules, frozen=True):
    """How rates are learned: the type rates count as `prior_inspections` loaded and as many empty vehicles; fewer than
    `inspections_min` of our own leave them as they are."""

    prior_inspections: Positive
    inspections_min: Annotated[int, msgspec.Meta(ge=1)]


class XrayRules(Rules, frozen=True):
    """Rates of software and analyst by scan quality; a quality that is not listed says nothing.

    The analyst sees what the software marked, so has rates of his own for each answer of the software; `operator`
    holds where the software gave none. `devices` are by X-ray unit.
    """

    machine: dict[ScanQuality, DetectorRates]
    operator: dict[ScanQuality, DetectorRates]
    operator_after_alarm: dict[ScanQuality, DetectorRates]
    operator_after_clear: dict[ScanQuality, DetectorRates]
    shielding: ShieldingRates
    learning: LearningRules
    devices: dict[str, XrayDevice] = {}


class RepetitionBand(Rules, frozen=True):
    """Up to so many earlier southbound crossings in 30 days: share of smuggling and of ordinary passages of plates."""

    crossings_max: Annotated[int, msgspec.Meta(ge=0)]
    smuggling_share: Probability
    ordinary_share: Probability


class BetaLaw(Rules, frozen=True):
    """How the rate of a sign differs between vehicles: Beta(a, b), mean a / (a + b)."""

    a: Positive
    b: Positive


class SignLaw(Rules, frozen=True):
    """A sign of a crossing among vehicles that come back and among couriers, and how it is put into words."""

    said_as: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    ordinary: BetaLaw
    courier: BetaLaw


SignName = Literal["other_port", "other_hour", "short_return", "heavy", "short_stay"]


class AntTraffic(Rules, frozen=True):
    """The sequential test for one lane mode. `courier_share`: of the smuggling passages of plates that came back."""

    crossings_min: Annotated[int, msgspec.Meta(ge=2)]
    courier_share: Probability
    false_alarm_ratio: Probability
    signs: dict[SignName, SignLaw]


class ConvoyRules(Rules, frozen=True):
    """What company weighs. `involved_share` of a listed vehicle's companions are part of what it is listed for."""

    pair_prior_log_odds: Annotated[float, msgspec.Meta(ge=-30.0, le=0.0)]
    companion_log_odds: Annotated[float, msgspec.Meta(ge=0.0, le=10.0)]
    involved_share: Probability


class LaneSwitchRules(Rules, frozen=True):
    """Shares of passages before which the vehicle turned back in another lane of the port."""

    smuggling_share: Probability
    ordinary_share: Probability


class PlateRules(Rules, frozen=True):
    """Plates that are not the vehicle's, among smugglers, and how often errors look like one."""

    misread_disagreement_rate: Probability
    swapped_plate_rate: Probability
    cloned_plate_rate: Probability
    clone_meets_owner_ratio: Probability
    twin_misread_rate: Probability
    class_misjudged_rate: Probability


GroupName = Literal["weight", "repetition", "plate", "xray", "watchlist", "company"]


class GroupBounds(Rules, frozen=True):
    """What evidence of one group may add up to."""

    log_odds_min: Annotated[float, msgspec.Meta(ge=-10.0, le=0.0)]
    log_odds_max: Annotated[float, msgspec.Meta(ge=0.0, le=10.0)]


class SelectionRules(Rules, frozen=True):
    """When the light turns red. `propensity_by_port` replaces the common propensity of the random arm."""

    threshold_log_odds: float
    random_propensity: Probability
    propensity_by_port: dict[str, Probability] = {}


class EarlierCrossings(Rules, frozen=True):
    """Of an example's plate: so many southbound crossings, the last one `hours_ago`."""

    hours_ago: Positive
    times: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    every_hours: Positive = 24.0
    weight_kg: Positive | None = None
    lane_id: str = "2301/03"


class Listed(Rules, frozen=True):
    """An entry of the watchlist in an example; without `plate` it is of the plate that was read."""

    kind: ListKind
    plate: str | None = None
    priority: Annotated[int, msgspec.Meta(ge=0, le=100)] = 10


class Expectation(Rules, frozen=True):
    """What must come of an example. `light` is what risk and lists make of it, whatever the lot."""

    log_odds_min: float | None = None
    log_odds_max: float | None = None
    light: Light | None = None
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


class Example(Rules, frozen=True):
    """A passage at the light in a few fields, and what must come of it: a rule set's own test."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    expect: Expectation
    lane_mode: LaneMode = LaneMode.PASSENGER
    vehicle_class: int | None = 2
    scale_type: ScaleType = ScaleType.TYPE_I
    weight_kg: float | None = None
    axle_loads_kg: tuple[float, ...] = ()
    axle_spacings_m: tuple[float, ...] = ()
    declared_load_kg: float | None = None
    plate: str | None = "KTP1048"
    plate_probability: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 1.0
    front_rear_agree: bool | None = True
    listed: Listed | None = None
    earlier: tuple[EarlierCrossings, ...] = ()
    turned_back_in: str | None = None
    xray_unit_id: str | None = None
    xray_machine: ScanDecision = ScanDecision.UNKNOWN
    xray_operator: ScanDecision = ScanDecision.UNKNOWN
    xray_quality: ScanQuality = ScanQuality.GOOD
    xray_shielding: bool | None = None


class RuleSet(Rules, frozen=True):
    """All of it. `version` stands in every Score, Selection and Alert."""

    version: Version
    prior_log_odds: float
    selection: SelectionRules
    watchlist: dict[ListKind, ListRule]
    weight: WeightRules
    axle_balance: AxleBalanceRules
    xray: XrayRules
    repetition: Annotated[tuple[RepetitionBand, ...], msgspec.Meta(min_length=1)]
    ant_traffic: dict[LaneMode, AntTraffic]
    lane_switch: LaneSwitchRules
    convoys: ConvoyRules
    plates: PlateRules
    groups: dict[GroupName, GroupBounds]
    examples: tuple[Example, ...] = ()

    def propensity_at(self, port_code: str, of_port: float | None = None) -> float:
        """Probability of the random arm at a port: this rule set's for it, else its file's, else the common one."""
        common = self.selection.random_propensity if of_port is None else of_port
        return self.selection.propensity_by_port.get(port_code, common)


def parse_rule_set(text: str) -> RuleSet:
    """The rule set in a TOML text. Raises ValueError that names what is missing, unknown or out of bounds."""
    if len(text.encode()) > RULE_SET_BYTES_MAX:
        raise ValueError(f"a rule set has at most {RULE_SET_BYTES_MAX} bytes")
    try:
        rules = msgspec.convert(tomllib.loads(text), RuleSet)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise ValueError(f"not a rule set: {error}") from error
    if not all(map(math.isfinite, (rules.prior_log_odds, rules.selection.threshold_log_odds))):
        raise ValueError("not a rule set: prior and threshold must be finite")
    if abs(sum(load.share for load in rules.weight.loads) - 1.0) > 1e-9:
        raise ValueError("not a rule set: the shares of weight.loads must add up to 1")
    missing = sorted(set(get_args(GroupName)) - set(rules.groups))
    if missing:
        raise ValueError(f"not a rule set: groups lacks {', '.join(missing)}; every group of evidence has bounds")
    _check_bands(rules)
    return rules


def _check_bands(rules: RuleSet) -> None:
    """Shares of the bands are of all passages, and every count has its band."""
    bands = rules.repetition
    if any(before.crossings_max >= after.crossings_max for before, after in pairwise(bands)):
        raise ValueError("not a rule set: crossings_max of repetition must rise from band to band")
    for total in (sum(band.smuggling_share for band in bands), sum(band.ordinary_share for band in bands)):
        if abs(total - 1.0) > 1e-9:
            raise ValueError("not a rule set: the shares of repetition must add up to 1 for each kind of passage")
