"""`border rules compare`: what another rule set would change, on captured readings."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from deploy.captured import read_captured
from deploy.errors import UserError
from deploy.options import CountOrNone, Flag, Positive
from deploy.policy_publication import policy_change
from deploy.rule_comparison import Captured, RuleSetComparison, is_reading, result_of
from deploy.settings import Settings, load_settings
from deploy.stages import load_random_keys, load_rule_set
from schemas.container import LogRecord
from schemas.records import ReferenceChange
from streams.core.random_draw import MASTER_SECRET_BYTES_MIN, RandomKeys
from streams.core.rule_set import RuleSet

# How long a referral holds a vehicle where no budget says it [assumed]; an option says it otherwise.
INSPECTION_MINUTES: Final = 20.0
FIRST_CHANGED: Final = 20
# Ports and modes with a budget that are shown one by one; JSON has all.
PLACES_SHOWN: Final = 20
PROGRESS_EVERY: Final = 500


def compare(
    before: Path,
    after: Path,
    *,
    on: Annotated[list[Path], Parameter(consume_multiple=True, negative=())],
    policy: Path | None = None,
    inspection_minutes: Positive = INSPECTION_MINUTES,
    first: CountOrNone = FIRST_CHANGED,
    json: Flag = False,
    state_directory: str | None = None,
) -> int:
    """Replay captured readings under two rule sets and report what would change: reds, hits, finds, delay.

    Both spend the same budgets: those of the selection policies in the files, or of --policy. The policy stage runs
    along with each, since the threshold that spends a budget is another one for other scores. Where no policy holds,
    each goes by its own threshold, and the report says so.

    Finds are what the inspections in the files found; of vehicles that nobody inspected nothing is known, so they are
    bounds. Company (convoys) is not weighed, since who keeps crossing together is not in lane readings. Lots are drawn
    with the platform's secret if it is here, else with a stand-in, for both alike. Passages are named by their ids,
    never by plate.

    Examples:

        border capture day.avro && border rules compare now.toml mine.toml --on day.avro
        border rules compare now.toml mine.toml --on simulated.avro --policy budgets.toml

    Parameters
    ----------
    before
        rule set (TOML).
    after
        the one to compare it with.
    on
        Avro container files from `border capture` or `border simulate`, in order.
    policy
        selection policy (TOML) to compare under, instead of those in the files.
    inspection_minutes
        how long a referral is assumed to hold a vehicle where no policy says it.
    first
        how many of the passages whose light changes to name.
    json
        print one line of JSON.
    state_directory
        where the platform that was captured keeps its secret.
    """
    rules = load_rule_set(str(before)), load_rule_set(str(after))
    own_policy = None if policy is None else policy_change(policy, "compares", "this command")  # nothing is published
    keys, lots = keys_of(load_settings(state_directory=state_directory))
    try:
        result = compared(rules, on, keys, own_policy, inspection_minutes, first, json) | {"lots": lots}
    except ValueError as error:
        raise UserError(str(error)) from error
    if result["stops"] == 0:
        raise UserError("no vehicle reached a light in these files; they need lane readings: `border capture FILE`")
    if json:
        print(orjson.dumps(result).decode())
    else:
        show_comparison(result)
    return 0


def keys_of(settings: Settings) -> tuple[RandomKeys, str]:
    """Keys of the random arm, and whose they are."""
    if settings.random_secret_path.exists():
        return load_random_keys(settings.random_secret_path), "the platform's"
    return RandomKeys(bytes(MASTER_SECRET_BYTES_MIN)), "a stand-in's"


def compared(
    rules: tuple[RuleSet, RuleSet],
    files: Sequence[Path],
    keys: RandomKeys,
    policy: ReferenceChange | None,
    inspection_minutes: float,
    first: int,
    quiet: bool,
) -> dict[str, Any]:
    """Read the files twice: for what people did and how much there is, then for the readings."""
    captured = Captured()
    for record in records_of(files):
        captured.see(record)
    comparison = RuleSetComparison(*rules, keys, inspection_minutes, captured.changes(policy), captured.inspected)
    columns = (TextColumn("comparing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    terminal = Console(stderr=True)
    hidden = quiet or not terminal.is_terminal  # into a file a bar would be an empty line
    with Progress(*columns, console=terminal, disable=hidden, transient=True) as progress:
        task, done = progress.add_task("", total=captured.readings), 0
        for record in records_of(files):
            if is_reading(record):
                comparison.advance(record)
                done += 1
                if done % PROGRESS_EVERY == 0:
                    progress.update(task, completed=done)
    comparison.finish()
    return result_of(comparison, inspection_minutes, first)


def records_of(files: Sequence[Path]) -> Iterator[LogRecord]:
    """Records of all files in order."""
    for file in files:
        yield from read_captured(file)


def show_comparison(result: dict[str, Any]) -> None:
    """A comparison as text."""
    before, after = result["before"], result["after"]
    sides = f"before: {before['version']}", f"after: {after['version']}"
    table = Table("", *sides, "change", title=f"{result['stops']:,} stops at a light")
    rows = [("red lights", before["reds"], after["reds"])]
    for name, field in (("red", "reds_by_reason"), ("watchlist hits", "watchlist_hits"), ("alert", "alerts_by_kind")):
        for kind in sorted(before[field].keys() | after[field].keys()):
            rows.append((f"  {name}: {kind.lower()}", before[field].get(kind, 0), after[field].get(kind, 0)))
    for name, was, now in rows:
        table.add_row(name, f"{was:,}", f"{now:,}", f"{now - was:+,}")
    hours = before["delay_hours"], after["delay_hours"]
    table.add_row("hours of delay", f"{hours[0]:,.1f}", f"{hours[1]:,.1f}", f"{hours[1] - hours[0]:+,.1f}")
    finds = result["finds"]
    if finds is not None:
        table.add_row(
            "finds",
            *(f"{one['low']} to {one['high']}" for one in (finds["before"], finds["after"])),
            between(finds["change"]),
        )
    Console().print(table)
    show_budgets(result)
    if finds is None:
        print("finds: the files tell of no inspection (outcomes are captured, readings alone have none)")
    else:
        print(
            f"finds: {finds['found']:,} in {finds['inspected']:,} inspected vehicles; {finds['kept']:,} kept, "
            f"{finds['lost']:,} lost, {finds['gained']:,} gained; of others that would be red nothing is known"
        )
    print(
        f"delay: a referral holds a vehicle for its policy's minutes, {result['inspection_minutes']:g} where there is "
        f"none; waiting for an inspector comes on top. Lots are {result['lots']}"
    )
    print(f"company is not weighed ({', '.join(result['not_weighed'])}): it is not in lane readings")
    print(f"{result['changed_lights']:,} lights would change")
    for one in result["first_changed"]:
        print(f"  {one['passage_id']}: {one['before']} to {one['after']} ({one['reason'].lower()})")


def show_budgets(result: dict[str, Any]) -> None:
    """Under which budgets and thresholds each side ran."""
    before, after = result["before"], result["after"]
    if not result["policies"]:
        print("budget: none, since the files hold no selection policy; each rule set refers by its own threshold")
        return
    later = {place_of(row): row for row in after["places"]}
    budgeted = [
        (was, later[place_of(was)])
        for was in before["places"]
        if was["budget_reds"] is not None and place_of(was) in later
    ]
    table = Table(
        "port", "lanes", "stops", "budget of reds", "reds before", "reds after", "threshold before", "threshold after",
        title=f"budgets of {', '.join(result['policies'])}, without what must be referred",
    )  # fmt: skip
    for was, now in budgeted[:PLACES_SHOWN]:
        counts = (f"{was['stops']:,}", f"{was['budget_reds']:,.1f}", f"{was['reds']:,}", f"{now['reds']:,}")
        table.add_row(was["port_code"], was["lane_mode"], *counts, threshold_text(was), threshold_text(now))
    if len(budgeted) > PLACES_SHOWN:
        table.caption = f"{len(budgeted) - PLACES_SHOWN} more in --json"
    Console().print(table)
    for side in (before, after):
        by_own = f"{side['stops_by_rule_set_threshold']:,} stops by the own threshold of {side['version']}"
        print(f"{by_own}: no budget there, or too few vehicles yet to say what spends it")


def place_of(row: dict[str, Any]) -> tuple[str, str, str]:
    """What has a budget of its own: port, lane mode and operating mode."""
    return row["port_code"], row["lane_mode"], row["operating_mode"]


def threshold_text(place: dict[str, Any]) -> str:
    """Median of the thresholds that decided, with the lowest and the highest."""
    threshold = place["threshold_log_odds"]
    return f"{threshold['median']:.2f} ({threshold['low']:.2f} to {threshold['high']:.2f})"


def between(bounds: dict[str, int]) -> str:
    """Two bounds with their signs."""
    return f"{bounds['low']:+,} to {bounds['high']:+,}"
