"""The selection policy: how many vehicles a port's secondary can take, and how they are drawn; versioned and typed.

A policy is a TOML text, as a rule set is. People publish it; a ReferenceChange carries the text in the log.

    budget of reds an hour = inspectors on shift x 60 / minutes an inspection takes
"""

import tomllib
from itertools import pairwise
from typing import Annotated, Final

import msgspec

from schemas.records import Exam, ExamMandate, LaneMode, ReferralReason
from streams.core.rule_set import Positive, Probability, Rules, Version

# A policy of all ports and modes is a dozen kilobytes; each partition stores it.
POLICY_BYTES_MAX: Final = 65_536

HOUR: Final = 3600
DAY: Final = 24 * HOUR

PortCode = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*\Z", max_length=32)]
# Those of Exam that name one.
Exams = Annotated[tuple[Exam, ...], msgspec.Meta(min_length=1, max_length=len(Exam) - 1)]
Inspectors = Annotated[float, msgspec.Meta(ge=0.0, le=1000.0)]


class Shift(Rules, frozen=True):
    """Inspectors from an hour of the day (UTC) until the next shift begins."""

    from_hour_utc: Annotated[float, msgspec.Meta(ge=0.0, lt=24.0)]
    inspectors: Inspectors


class Budget(Rules, frozen=True):
    """What one port's secondary can take of one lane mode.

    `random_propensity` is drawn first, whatever the risk. Of the others the riskiest are referred until the budget is
    spent, at most `red_share_max` of them, so that no light is certain; and whoever reaches `always_red_log_odds` is
    referred all the same. `mandated_exams` are what every inspection of a vehicle referred for a reason must hold; one
    that is not recorded as done is missing, whatever the officers say of it.
    """

    port_code: PortCode
    lane_mode: LaneMode
    random_propensity: Probability
    minutes_per_inspection: Positive
    shifts: Annotated[tuple[Shift, ...], msgspec.Meta(min_length=1, max_length=24)]
    red_share_max: Probability = 0.5
    always_red_log_odds: Annotated[float, msgspec.Meta(ge=-10.0, le=20.0)] = 0.0
    mandated_exams: dict[ReferralReason, Exams] = msgspec.field(default_factory=dict)

    def inspectors_at(self, second: int) -> float:
        """Inspectors on shift at a second since 1970."""
        hour = second % DAY / HOUR
        begun = [shift for shift in self.shifts if shift.from_hour_utc <= hour]
        return (begun or self.shifts)[-1].inspectors

    @property
    def mandates(self) -> tuple[ExamMandate, ...]:
        """As the lanes are told, each reason's in the order of the enums."""
        return tuple(
            [
                ExamMandate(referral_reason=reason, exams=tuple([exam for exam in Exam if exam in exams]))
                for reason in ReferralReason
                if (exams := self.mandated_exams.get(reason))
            ]
        )

    def reds_per_hour(self, inspectors: float) -> float:
        """How many vehicles so many inspectors can take in an hour."""
        return inspectors * 60.0 / self.minutes_per_inspection


class SelectionPolicy(Rules, frozen=True):
    """All of it. Ports and modes that it does not name are selected by the rule set's threshold and propensity."""

    version: Version
    budgets: Annotated[tuple[Budget, ...], msgspec.Meta(max_length=1000)]


def parse_policy(text: str) -> SelectionPolicy:
    """The policy in a TOML text. Raises ValueError that names what is missing, unknown or out of bounds."""
    if len(text.encode()) > POLICY_BYTES_MAX:
        raise ValueError(f"a selection policy has at most {POLICY_BYTES_MAX} bytes")
    try:
        policy = msgspec.convert(tomllib.loads(text), SelectionPolicy)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise ValueError(f"not a selection policy: {error}") from error
    seen = set()
    for budget in policy.budgets:
        name = f"budget of {budget.port_code} {budget.lane_mode}"
        if budget.lane_mode is LaneMode.UNKNOWN:
            raise ValueError(f"not a selection policy: {name}: lane_mode must be PASSENGER, BUS or TRUCK")
        if (budget.port_code, budget.lane_mode) in seen:
            raise ValueError(f"not a selection policy: there are two budgets of {budget.port_code} {budget.lane_mode}")
        seen.add((budget.port_code, budget.lane_mode))
        check_mandates(name, budget)
        if any(before.from_hour_utc >= after.from_hour_utc for before, after in pairwise(budget.shifts)):
            raise ValueError(f"not a selection policy: {name}: from_hour_utc must rise from shift to shift")
    return policy


def check_mandates(name: str, budget: Budget) -> None:
    """Raises ValueError for a reason for which nobody is referred, and for an exam that is none or told twice."""
    for reason, exams in budget.mandated_exams.items():
        if reason in (ReferralReason.UNKNOWN, ReferralReason.NONE):
            raise ValueError(f"not a selection policy: {name}: nobody is referred for {reason}; mandate nothing for it")
        if Exam.UNKNOWN in exams or len(set(exams)) < len(exams):
            raise ValueError(f"not a selection policy: {name}: {reason} mandates known examinations, each once")
