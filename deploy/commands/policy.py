"""`border policy`: how many reds a port's secondary can take: shown, validated, published, and told when it differs."""

from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import orjson
from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy import publication
from deploy.connection import connect
from deploy.errors import UserError
from deploy.officer_records import MICROSECONDS, time_of
from deploy.options import Flag
from deploy.policy_publication import POLICY_PUBLICATION, load_policy, policy_change
from producers.pacing import now_us
from producers.publisher import DeliveryError, Publisher
from schemas.records import LaneMode, SecondaryStaffing
from schemas.topics import OUTCOMES
from streams.core.policy.validation import INSPECTORS_MAX, check_staffing
from streams.core.selection_policy import SelectionPolicy
from streams.core.stage import Rejected

EXAMPLE: Final = "policy_example.toml"

app = App(name="policy", help="Budgets of red lights and mandated exams: show, validate, publish, list, staff.")


@app.command
def show(
    version: str | None = None,
    *,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Print the text of a published selection policy, or an example to begin with.

    Examples:

        border policy show > mine.toml
        border policy show 2026-11-example-1

    Parameters
    ----------
    version
        a published version.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    if version is None:
        print(resources.files("deploy").joinpath(EXAMPLE).read_text(encoding="utf-8"), end="")
        return 0
    found = publication.published(POLICY_PUBLICATION, connect(broker, registry_url, state_directory)).get(version)
    if found is None:
        raise UserError(f"no version {version} is published; `border policy list` shows which are")
    print(found.text, end="")
    return 0


@app.command
def validate(file: Path, *, json: Flag = False) -> int:
    """Check a selection policy without a network, and show what its budgets come to.

    Examples:

        border policy validate mine.toml

    Parameters
    ----------
    file
        selection policy (TOML).
    json
        print one line of JSON.
    """
    _, policy = load_policy(file)
    rows = budget_rows(policy)
    if json:
        print(orjson.dumps({"version": policy.version, "budgets": rows}).decode())
        return 0
    table = Table(
        "port", "lanes", "lot", "reds an hour by shift (from, UTC)", "mandated exams", title=Text(policy.version)
    )
    for row in rows:
        shifts = ", ".join(f"{shift['reds_per_hour']:g} ({shift['from_hour_utc']:g})" for shift in row["shifts"])
        exams = "\n".join(f"{reason}: {', '.join(names)}" for reason, names in row["mandated_exams"].items())
        lot = f"{row['random_propensity']:.1%}"
        table.add_row(Text(row["port_code"]), row["lane_mode"], lot, shifts, exams or "-")
    Console().print(table)
    return 0


def budget_rows(policy: SelectionPolicy) -> list[dict[str, Any]]:
    """What each budget comes to, as JSON."""
    return [
        {
            "port_code": budget.port_code,
            "lane_mode": budget.lane_mode,
            "random_propensity": budget.random_propensity,
            "shifts": [
                {"from_hour_utc": shift.from_hour_utc, "reds_per_hour": budget.reds_per_hour(shift.inspectors)}
                for shift in budget.shifts
            ],
            "mandated_exams": {str(mandate.referral_reason): list(mandate.exams) for mandate in budget.mandates},
        }
        for budget in policy.budgets
    ]


@app.command
def publish(
    file: Path,
    *,
    by: str,
    approved_by: str,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Publish a selection policy and put it in force. Two people are needed.

    A version is published once; the same text again puts it in force again, which is how one goes back.

    Examples:

        border policy publish mine.toml --by port-director-3 --approved-by chief-2

    Parameters
    ----------
    file
        selection policy (TOML).
    by
        id of the person who publishes it.
    approved_by
        id of the second person, who approved it.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    change = policy_change(file, by, approved_by)
    version, text = change.selection_policy_version or "", change.selection_policy_text or ""
    connection = connect(broker, registry_url, state_directory)
    new = publication.publish(POLICY_PUBLICATION, version, text, change, connection)
    print(f"{version} is {'published and' if new else 'published already; it is'} in force from here on")
    return 0


@app.command(name="list")
def list_policies(
    *,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """List the published policies, and which one the partitions of the policy stage hold.

    Examples:

        border policy list

    Parameters
    ----------
    json
        print one line of JSON.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    connection = connect(broker, registry_url, state_directory)
    versions = publication.published(POLICY_PUBLICATION, connection)
    held = list(publication.versions_in_force(POLICY_PUBLICATION, connection).values())
    if json:
        rows = [
            {
                **{name: getattr(one, name) for name in one.__struct_fields__ if name != "text"},
                "partitions": held.count(one.version),
            }
            for one in versions.values()
        ]
        print(orjson.dumps({"versions": rows, "without": OUTCOMES.partitions - len(held)}).decode())
        return 0
    table = Table("version", "published by", "approved by", "sha256", "in force in partitions")
    for one in versions.values():
        people = Text(one.published_by), Text(one.approved_by)  # what looks like rich's markup is none
        table.add_row(Text(one.version), *people, one.sha256[:12], f"{held.count(one.version) or '-'}")
    Console().print(table)
    if len(held) < OUTCOMES.partitions:
        print(f"{OUTCOMES.partitions - len(held)} of {OUTCOMES.partitions} partitions have no policy")
    return 0


@app.command
def staff(
    port: str,
    lane_mode: Literal["PASSENGER", "BUS", "TRUCK"],
    *,
    inspectors: Annotated[float, Parameter(validator=Number(gte=0, lte=INSPECTORS_MAX))],
    until: str,
    begins: str | None = None,
    by: str,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Tell how many inspectors are really there, where that differs from the policy's shifts.

    A repeat of port, lanes and start replaces it; where several overlap, the one that begins last holds.

    Examples:

        border policy staff 2301 PASSENGER --inspectors 4 --until 2026-11-24T20:00Z --by 4711

    Parameters
    ----------
    port
        port of entry.
    lane_mode
        the lanes whose vehicles they inspect.
    inspectors
        how many; 0.5 for one who shares the time.
    until
        when the policy's shifts hold again, ISO 8601 with its zone; at most a week after it begins.
    begins
        since when, if not from now.
    by
        number of the officer who says so, never a name.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    now = now_us()
    from_at = now if begins is None else time_of(begins)
    said = SecondaryStaffing(
        staffing_id=f"{port} {lane_mode} {from_at // MICROSECONDS}",  # the stage goes by the second
        port_code=port,
        lane_mode=LaneMode(lane_mode),
        inspectors=inspectors,
        from_at=from_at,
        until_at=time_of(until),
        told_by=by,
        received_at=now,
    )
    try:
        check_staffing(said, port.encode(), now)
    except Rejected as error:
        raise UserError(str(error)) from error
    connection = connect(broker, registry_url, state_directory)
    try:
        with Publisher(connection.broker, connection.codec, OUTCOMES) as publisher:
            publisher.publish(said)
    except DeliveryError as error:
        raise UserError(f"{error}; whether it was written is not known; to tell it again is safe") from error
    minutes = (said.until_at - said.from_at) / (60 * MICROSECONDS)
    print(f"{port} {lane_mode}: {inspectors:g} inspectors for {minutes:.0f} minutes")
    return 0
