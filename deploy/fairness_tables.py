"""Whom lights burden, on paper: tables of an estimate's groups, and what differs beyond chance."""

from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas.records import Arm, Disparity, DisparityMeasure, Estimate, GroupEstimate, GroupKind, RateEstimate

PER: Final = 1000

TITLES: Final = {
    GroupKind.ISSUER: "By issuer of the plate, as read",
    GroupKind.PLATE_FORMAT: "By plate format",
    GroupKind.HOUR: "By hour of the port's standard time",
}
FORMATS: Final = {
    "ISSUERS": "its issuer's",
    "ANOTHERS": "another issuer's",
    "NONE": "none known",
    "UNREAD": "no plate read",
}
MEASURES: Final = {DisparityMeasure.FALSE_RED: "false reds", DisparityMeasure.HIT_RATE: "hits"}

WORDS: Final = """\
False red: over the threshold, and nothing found, of 1,000 in which nothing was found; a vehicle that crosses again
counts as the same one in how sure that is. Hits: of 1,000 over the threshold and inspected. Carrying: what the lot
alone says of the group, so that one that carries more can be told from one that is only referred more. A group is
compared with the port's others, weighted as it is itself over lane modes and over traffic with and without a policy;
hours only where no policy sets how many are red in each.
"""


def show_fairness(estimate: Estimate, console: Console) -> None:
    """A table for each kind of group that was counted, and what differs beyond chance."""
    told = False
    for kind, title in TITLES.items():
        groups = [group for group in estimate.groups if group.kind is kind]
        if not groups:
            continue
        told = True
        table = Table("", "vehicles", "red", "inspected", "finds", "false reds", "hits", "carrying", title=title)
        for group in groups:
            table.add_row(Text(label_of(kind, group.name)), *figures_of(group))
        console.print(table)
    if not told:
        return
    for one in estimate.disparities:
        console.print(Text(sentence_of(one)))
    chance = f"chance of any without a true difference at most {estimate.family_error:.0%}"
    differ = f"{len(estimate.disparities)} of {estimate.comparisons} comparisons differ beyond chance; {chance}"
    print(f"{differ}\n{WORDS}", end="")
    if estimate.disparities:
        print("A difference is no proof of unfairness. Somebody has to look at it and write down why it is there.")


def figures_of(group: GroupEstimate) -> tuple[str, ...]:
    """Columns behind a group's name."""
    risk = next((arm for arm in group.arms if arm.arm is Arm.RISK), None)
    counts = ("-", "-", "-") if risk is None else (f"{risk.referred:,}", f"{risk.inspected:,}", f"{risk.hits:,}")
    rates = (group.false_red, None if risk is None else risk.precision, group.violation.detected)
    return (f"{group.passages:,}", *counts, *[rate_of(rate) for rate in rates])


def sentence_of(one: Disparity) -> str:
    """What differs from what."""
    kind = {GroupKind.ISSUER: "issuer", GroupKind.PLATE_FORMAT: "plate format", GroupKind.HOUR: "hour"}.get(
        one.kind, ""
    )
    carrying = f"carrying, by lot: {rate_of(one.own_violation)} and {rate_of(one.others_violation)}"
    return (
        f"differs: {kind} {label_of(one.kind, one.name)}, {MEASURES.get(one.measure, 'rate')} {rate_of(one.own)}, "
        f"others like them {rate_of(one.others)}; {carrying}"
    )


def label_of(kind: GroupKind, name: str) -> str:
    """A group as people say it."""
    return FORMATS.get(name, name) if kind is GroupKind.PLATE_FORMAT else name.replace("_", "-")


def rate_of(rate: RateEstimate | None) -> str:
    """A rate of 1,000 with its interval."""
    if rate is None or rate.rate is None:
        return "-"
    return f"{rate.rate * PER:,.1f} ({rate.low * PER:,.1f} to {rate.high * PER:,.1f})"
