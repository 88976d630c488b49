"""Gauges of whom lights burden, by issuer, plate format, hour, or the whole port, as rows of `estimate_details.py`.

The ends of hours' intervals come last, since there are most of them and they say least: they are left out first.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from schemas.records import Arm, Disparity, Estimate, GroupEstimate, GroupKind, PlateFormat, PlateIssuer

LABELS: Final = ("port", "mode", "kind", "group")

# Name, labels, and what the page of metrics says.
FAMILIES: Final = (
    ("border_estimate_fairness_passages", LABELS, "Vehicles of a group at a light in the month."),
    ("border_estimate_fairness_red", LABELS, "Of them, those over the threshold."),
    (
        "border_estimate_fairness_false_red_ratio",
        (*LABELS, "end"),
        "Vehicles over the threshold with nothing found, per vehicle with nothing found: seen, low, high (95 %).",
    ),
    (
        "border_estimate_fairness_hit_ratio",
        (*LABELS, "end"),
        "Hits over inspected, of vehicles over the threshold: seen, low, high (95 %).",
    ),
    (
        "border_estimate_fairness_violation_ratio",
        (*LABELS, "end"),
        "Vehicles in which an inspection finds something, per vehicle, from the random arm: seen, low, high (95 %).",
    ),
    (
        "border_estimate_fairness_disparity_ratio",
        (*LABELS, "measure"),
        "A rate over that of the others, where they differ by more than chance; none where they do not.",
    ),
)
ENDS: Final = ("seen", "low", "high")
GROUPS: Final = {
    GroupKind.PORT: frozenset({""}),
    GroupKind.ISSUER: frozenset(PlateIssuer),
    GroupKind.PLATE_FORMAT: frozenset(PlateFormat),
    GroupKind.HOUR: frozenset(f"{hour:02d}" for hour in range(24)),
}


class Row(NamedTuple):
    """One series."""

    name: str
    labels: tuple[str, ...]
    value: float


def burden_rows(estimates: Mapping[str, Estimate], mode: str) -> Iterator[Row]:
    """The series of one operating mode, but for the ends of hours' intervals."""
    for port, estimate in estimates.items():
        for disparity in estimate.disparities:
            if disparity.name in GROUPS.get(disparity.kind, ()):
                yield from disparity_rows((port, mode, disparity.kind, disparity.name), disparity)
    for port, estimate in estimates.items():
        for group in estimate.groups:
            if group.name in GROUPS.get(group.kind, ()):
                labels = port, mode, group.kind, group.name
                yield from count_rows(labels, group)
                yield from rate_rows(labels, group, ("seen",) if group.kind is GroupKind.HOUR else ENDS)


def hour_interval_rows(estimates: Mapping[str, Estimate], mode: str) -> Iterator[Row]:
    """The ends of hours' intervals in one operating mode."""
    for port, estimate in estimates.items():
        for group in estimate.groups:
            if group.kind is GroupKind.HOUR and group.name in GROUPS[GroupKind.HOUR]:
                yield from rate_rows((port, mode, group.kind, group.name), group, ("low", "high"))


def count_rows(labels: tuple[str, ...], group: GroupEstimate) -> Iterator[Row]:
    """Counts of a group."""
    yield Row("border_estimate_fairness_passages", labels, group.passages)
    for arm in group.arms:
        if arm.arm is Arm.RISK:
            yield Row("border_estimate_fairness_red", labels, arm.referred)


def rate_rows(labels: tuple[str, ...], group: GroupEstimate, ends: tuple[str, ...]) -> Iterator[Row]:
    """What is wanted of a group's rates; what is not known has none."""
    rates = {"false_red": group.false_red, "violation": group.violation.detected}
    for arm in group.arms:
        if arm.arm is Arm.RISK:
            rates["hit"] = arm.precision
    for name, rate in rates.items():
        if rate is not None and rate.rate is not None:
            for end, value in (("seen", rate.rate), ("low", rate.low), ("high", rate.high)):
                if end in ends:
                    yield Row(f"border_estimate_fairness_{name}_ratio", (*labels, end), value)


def disparity_rows(labels: tuple[str, ...], disparity: Disparity) -> Iterator[Row]:
    """How many times the others' rate a group's is."""
    own, others = disparity.own.rate, disparity.others.rate
    if own is not None and others:
        yield Row("border_estimate_fairness_disparity_ratio", (*labels, disparity.measure), own / others)
