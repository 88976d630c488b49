"""Gauges of lanes, rule-set versions and evidence: counts, precision and lift as seen, without intervals. With those of
fairness groups (`estimate_burdens.py`) they have one bound.

Their labels are bounded, since Prometheus keeps each combination for good: lanes of known ports (what is of no known
lane is a dead letter long before), the VERSIONS_MAX versions of a port that most vehicles met, evidence of the
catalogue, over all ports; the 45 fairness groups of a port. Of 500 lanes and 28 ports these are 2,868 series (5 a lane,
10 a port, 4 an evidence) and 13,860 (11 a fairness group), of which 4,032 are ends of hours' intervals; and up to 90 of
a port's disparities, where mostly there are none. Beyond SERIES_MAX nothing is added, real travellers' first and the
ends of hours' intervals last; what is left out is counted, and all of it, with intervals, is in the topic and in
`border estimates PORT`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from schemas.records import Estimate, EvidenceEstimate, GroupEstimate, GroupKind, OperatingMode
from streams.console import estimate_burdens
from streams.console.estimate_burdens import Row, burden_rows, hour_interval_rows
from streams.core.evidence.catalogue import EVIDENCE_CATALOGUE

# One border without the ends of hours' intervals, 12,696, with room for some disparities.
SERIES_MAX: Final = 13_000
VERSIONS_MAX: Final = 2

LEFT_OUT: Final = "border_estimate_series_left_out"
LANE_LABELS: Final = ("port", "mode", "lane")
VERSION_LABELS: Final = ("port", "mode", "version")
EVIDENCE_LABELS: Final = ("mode", "evidence")

# Name, labels, and what the page of metrics says.
FAMILIES: Final = (
    ("border_estimate_lane_referred", LANE_LABELS, "Vehicles of a lane that were referred in the month."),
    ("border_estimate_lane_inspected", LANE_LABELS, "Of them, those whose inspection ended."),
    ("border_estimate_lane_hits", LANE_LABELS, "Of them, those with a gun, a magazine or ammunition."),
    ("border_estimate_lane_precision_ratio", LANE_LABELS, "Hits over inspected; of few inspections it says little."),
    (
        "border_estimate_lane_lift_ratio",
        LANE_LABELS,
        "Precision of the risk arm over the violation rate, where both are known.",
    ),
    (
        "border_estimate_version_referred",
        VERSION_LABELS,
        "Vehicles referred under a rule set (and, after a space, a selection policy); "
        "the two that most vehicles of the port met.",
    ),
    ("border_estimate_version_inspected", VERSION_LABELS, "Of them, those whose inspection ended."),
    ("border_estimate_version_hits", VERSION_LABELS, "Of them, those with a gun, a magazine or ammunition."),
    ("border_estimate_version_precision_ratio", VERSION_LABELS, "Hits over inspected."),
    (
        "border_estimate_version_lift_ratio",
        VERSION_LABELS,
        "Precision of the risk arm over the violation rate, where both are known.",
    ),
    ("border_estimate_evidence_referred", EVIDENCE_LABELS, "Referred vehicles with this evidence, all ports."),
    ("border_estimate_evidence_inspected", EVIDENCE_LABELS, "Of them, those whose inspection ended."),
    ("border_estimate_evidence_hits", EVIDENCE_LABELS, "Of them, those with a gun, a magazine or ammunition."),
    ("border_estimate_evidence_precision_ratio", EVIDENCE_LABELS, "Hits over inspected."),
    *estimate_burdens.FAMILIES,
    (
        LEFT_OUT,
        (),
        "Series of lanes, versions, evidence and fairness groups that are in the topic only, since there are too many.",
    ),
)


def details(latest: Mapping[tuple[str, str], Estimate]) -> Iterator[GaugeMetricFamily]:
    """All families. `latest` by port and operating mode."""
    families = {name: GaugeMetricFamily(name, text, labels=labels) for name, labels, text in FAMILIES}
    modes = sorted({mode for _, mode in latest}, key=lambda mode: (mode != OperatingMode.OPERATIONAL, mode))
    of_mode = {mode: {port: one for (port, told), one in sorted(latest.items()) if told == mode} for mode in modes}
    rows = [row for mode, estimates in of_mode.items() for row in rows_of(estimates, mode)]
    rows += [row for mode, estimates in of_mode.items() for row in hour_interval_rows(estimates, mode)]
    for row in rows[:SERIES_MAX]:
        families[row.name].add_metric(row.labels, row.value)
    families[LEFT_OUT].add_metric((), max(0, len(rows) - SERIES_MAX))
    yield from families.values()


def rows_of(estimates: Mapping[str, Estimate], mode: str) -> Iterator[Row]:
    """The series of one operating mode, few before many: evidence, versions, lanes, fairness groups."""
    yield from evidence_rows(estimates, mode)
    for port, estimate in estimates.items():
        versions = [group for group in estimate.groups if group.kind is GroupKind.VERSION]
        versions.sort(key=lambda group: (-group.passages, group.name))
        for group in versions[:VERSIONS_MAX]:
            yield from group_rows("version", (port, mode, group.name), group)
    for port, estimate in estimates.items():
        for group in estimate.groups:
            if group.kind is GroupKind.LANE and group.name.startswith(f"{port}/"):  # what is beyond a bound is "other"
                yield from group_rows("lane", (port, mode, group.name), group)
    yield from burden_rows(estimates, mode)


def evidence_rows(estimates: Mapping[str, Estimate], mode: str) -> Iterator[Row]:
    """Evidence over all ports: of one port there is too little of each to say anything of it."""
    found: dict[str, list[EvidenceEstimate]] = {}
    for estimate in estimates.values():
        for one in estimate.evidence:
            if one.name in EVIDENCE_CATALOGUE:
                found.setdefault(one.name, []).append(one)
    for name, ones in sorted(found.items()):
        referred, inspected, hits = (
            sum([one.referred for one in ones]),
            sum([one.inspected for one in ones]),
            sum([one.hits for one in ones]),
        )
        yield from count_rows("evidence", (mode, name), referred, inspected, hits)


def group_rows(kind: str, labels: tuple[str, ...], group: GroupEstimate) -> Iterator[Row]:
    """The series of a lane or version; what is not known has none."""
    yield from count_rows(kind, labels, group.referred, group.inspected, group.hits)
    if group.lift.ratio is not None:
        yield Row(f"border_estimate_{kind}_lift_ratio", labels, group.lift.ratio)


def count_rows(kind: str, labels: tuple[str, ...], referred: int, inspected: int, hits: int) -> Iterator[Row]:
    """Counts and what follows from them."""
    for name, value in (("referred", referred), ("inspected", inspected), ("hits", hits)):
        yield Row(f"border_estimate_{kind}_{name}", labels, value)
    if inspected:
        yield Row(f"border_estimate_{kind}_precision_ratio", labels, hits / inspected)
