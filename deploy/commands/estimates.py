"""`border estimates`: what the inspections of a month say, port by port."""

from collections.abc import Iterable
from typing import Final

import msgspec
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.connection import Connection, connect
from deploy.errors import UserError
from deploy.fairness_tables import TITLES, rate_of, show_fairness
from deploy.options import Flag
from schemas.records import Arm, ArmEstimate, Estimate, GroupEstimate, GroupKind, RateEstimate, RatioEstimate
from schemas.topics import ESTIMATES
from streams.console.log_reader import LogReader
from streams.core.random_draw import DAY_MICROSECONDS, date_of

PER_VEHICLES: Final = 10_000

ARM_NAMES: Final = {
    Arm.RANDOM: "by lot",
    Arm.RISK: "score over the threshold",
    Arm.MUST_REFER: "on a list that demands it",
    Arm.OFFICERS: "green, and referred by an officer",
}

WORDS: Final = """\
Carrying: vehicles in which an inspection finds a gun, a magazine or ammunition, of 10,000 that pass. It rests on those
that the lot drew, whatever else spoke for them, and on nothing else; other referrals are not like the traffic. In 95 of
100 months the range holds the true rate, where the skipped are like those inspected of their kind. "At least, at most"
takes that not for granted: if all that were drawn and skipped were empty, or all loaded. What inspections miss is in
neither: nobody has measured which share of loads they find. If it is {low:.0%} to {high:.0%}, {from_:,.2f} to {to:,.2f}
of 10,000 are loaded.
Lift: how many times likelier a find is over the threshold than in any vehicle; above 1 the score is worth something.
No figure says anything of a person, and a range that reaches from nothing to much says that too little was inspected.
"""


def estimates(
    port: str | None = None,
    *,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """The latest estimates from outcomes: rate of violations, precision, lift, cost, each with how far it is known.

    A port's is written once a day, for the 30 days that ended a day ago. With PORT all its figures by cause, lane,
    version and evidence, and whom lights burden: false reds and hits by issuer, plate format and hour, and what differs
    beyond chance; without, one line for each port.

    Examples:

        border estimates
        border estimates 2301
        border estimates 2301 --json | jq '.groups[0].violation'

    Parameters
    ----------
    port
        code of a port.
    json
        one line of JSON for each estimate.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    connection = connect(broker, registry_url, state_directory)
    found = latest(connection)
    told = [found[key] for key in sorted(found) if port in (None, found[key].port_code)]
    if not told:
        of_what = f"of port {port}" if port is not None else "yet"
        raise UserError(f"there is no estimate {of_what}: one is written a day after the first whole day of outcomes")
    if json:
        for estimate in told:
            print(orjson.dumps(msgspec.to_builtins(estimate)).decode())
    elif port is None:
        show_ports(told)
    else:
        for estimate in told:
            show_port(estimate)
    return 0


def latest(connection: Connection) -> dict[tuple[str, str], Estimate]:
    """The last estimate of each port and operating mode."""
    found: dict[tuple[str, str], Estimate] = {}
    with reader_of(connection) as reader:
        for received in reader.read_to_end():
            value = received.log_record.value
            if isinstance(value, Estimate):
                found[value.port_code, value.operating_mode] = value
    return found


def reader_of(connection: Connection) -> LogReader:
    """All estimates, from the first one kept."""
    return LogReader(
        connection.broker, connection.registry_url, connection.codec, [ESTIMATES.name], from_beginning=True
    )


def show_ports(told: Iterable[Estimate]) -> None:
    """One line for each port and operating mode."""
    table = Table("port", "month until", "vehicles", "referred", "skipped", "finds", title="What inspections say")
    for heading in (
        f"carrying, of {PER_VEHICLES:,}",
        "at least, at most",
        "lift of the score",
        "finds of 1,000 referred",
        "false reds of 1,000",
        "differ",
    ):
        table.add_column(heading, justify="right")
    for one in told:
        whole = one.groups[0]
        table.add_row(
            Text(name_of(one)),
            day_before(one.until_at),
            f"{whole.passages:,}",
            f"{whole.referred:,}",
            share(whole.skipped_ratio),
            f"{whole.hits:,}",
            rate(whole.violation.detected, PER_VEHICLES),
            bounds(whole),
            ratio(whole.lift),
            rate(whole.seizures_per_1000, 1),
            rate_of(whole.false_red),
            str(len(one.disparities)),
        )
    Console().print(table)
    print("`border estimates PORT` says what these mean, by cause, lane, version, evidence, and whom lights burden")


def show_port(estimate: Estimate) -> None:
    """All figures of one port, and what they mean."""
    console, whole = Console(), estimate.groups[0]
    days = (estimate.until_at - estimate.from_at) // DAY_MICROSECONDS
    print(f"port {name_of(estimate)}, {days} days until {day_before(estimate.until_at)}")
    print(f"{whole.passages:,} vehicles, {whole.referred:,} referred, {whole.hits:,} finds; {missing(whole)}")
    arms = Table("referred for", "vehicles", "inspected", "finds", "finds of 100 inspected", title="By cause")
    for arm in whole.arms:
        arms.add_row(ARM_NAMES.get(arm.arm, str(arm.arm)), *counts(arm), rate(arm.precision, 100))
    console.print(arms)
    carrying = f"carrying, of {PER_VEHICLES:,}"
    groups = Table("", "vehicles", "referred", "finds", "drawn", carrying, "at least, at most", "lift of the score")
    for group in estimate.groups:
        if group.kind in TITLES:
            continue
        label = {GroupKind.PORT: "all", GroupKind.LANE: "lane ", GroupKind.VERSION: "rules "}.get(group.kind, "mode ")
        groups.add_row(
            Text(label + group.name),
            f"{group.passages:,}",
            f"{group.referred:,}",
            f"{group.hits:,}",
            f"{group.violation.drawn:,}",
            rate(group.violation.detected, PER_VEHICLES),
            bounds(group),
            ratio(group.lift),
        )
    console.print(groups)
    if estimate.evidence:
        evidence = Table("evidence", "referred with it", "of all", "finds", "of all", "finds of 100 inspected")
        for one in estimate.evidence:
            shares = share(one.share_of_referrals), share(one.share_of_hits)
            precision = rate(one.precision, 100)
            evidence.add_row(Text(one.name), f"{one.referred:,}", shares[0], f"{one.hits:,}", shares[1], precision)
        console.print(evidence)
    print(f"finds of 1,000 referred: {rate(whole.seizures_per_1000, 1)}; {cost(whole)}")
    loaded = whole.violation.corrected_low * PER_VEHICLES, whole.violation.corrected_high * PER_VEHICLES
    found = estimate.sensitivity_low, estimate.sensitivity_high
    show_fairness(estimate, console)
    print("\n" + WORDS.format(low=found[0], high=found[1], from_=loaded[0], to=loaded[1]), end="")


def name_of(estimate: Estimate) -> str:
    """The port's code, and whose passages unless they are real travellers'."""
    mode = str(estimate.operating_mode)
    return estimate.port_code if mode == "OPERATIONAL" else f"{estimate.port_code} {mode}"


def day_before(until_at: int) -> str:
    """The last day of a window, UTC."""
    return date_of(until_at - 1)


def counts(arm: ArmEstimate) -> tuple[str, str, str]:
    """Referred, inspected, found."""
    return f"{arm.referred:,}", f"{arm.inspected:,}", f"{arm.hits:,}"


def share(part: float | None) -> str:
    """A share as a percentage."""
    return "-" if part is None else f"{part:.1%}"


def rate(one: RateEstimate, of: float) -> str:
    """A rate of so many, with its interval."""
    if one.rate is None:
        return "nothing inspected"
    return f"{one.rate * of:,.2f} ({one.low * of:,.2f} to {one.high * of:,.2f})"


def bounds(group: GroupEstimate) -> str:
    """What the rate is if all that were drawn and skipped were empty, or all loaded."""
    if not group.violation.drawn:
        return "nothing drawn"
    return f"{group.violation.bound_low * PER_VEHICLES:,.2f}, {group.violation.bound_high * PER_VEHICLES:,.2f}"


def ratio(one: RatioEstimate) -> str:
    """A ratio with its interval; one without an upper end is told by its lower one."""
    if one.ratio is None or one.high is None:
        return f"at least {one.low:,.1f}" if one.low else "-"
    return f"{one.ratio:,.1f} ({one.low:,.1f} to {one.high:,.1f})"


def missing(group: GroupEstimate) -> str:
    """Who was referred and not inspected."""
    return (
        f"not inspected {share(group.skipped_ratio)}: {group.not_inspected:,} left, {group.released:,} released by an "
        f"officer, {group.open:,} inspections without an end"
    )


def cost(group: GroupEstimate) -> str:
    """What a find takes of inspectors and travellers, all empty inspections counted."""
    inspectors, travellers = group.inspector_minutes_per_seizure, group.traveller_minutes_per_seizure
    if inspectors is None or travellers is None:
        return "nothing was found, so nothing says what a find costs"
    return f"a find costs inspectors {inspectors:,.0f} minutes and travellers {travellers:,.0f}"
