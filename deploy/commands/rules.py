"""`border rules`: rule sets as data: read, linted, tested, compared on captured readings, published by two people."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from deploy.connection import connect
from deploy.errors import UserError
from deploy.options import Flag
from deploy.rule_comparison import RuleSetComparison, is_reading, result_of, watchlist_changes
from deploy.rule_publication import publish_rule_set, published_versions, versions_in_force
from deploy.settings import Settings, load_settings
from deploy.stages import load_random_keys, load_rule_set, rule_set_text
from schemas.container import LogRecord, read_container
from schemas.layout import load_ports
from schemas.topics import PASSAGES
from streams.core.evidence.catalogue import EVIDENCE_CATALOGUE
from streams.core.random_draw import MASTER_SECRET_BYTES_MIN, RandomKeys
from streams.core.rule_set import RuleSet, parse_rule_set
from streams.core.rule_set_examples import ExampleResult, run_examples
from streams.core.rule_set_lint import lint as lint_text

# How long a referred vehicle is held, for the delay that a rule set costs [assumed]; an option says it otherwise.
INSPECTION_MINUTES: Final = 20.0
FIRST_CHANGED: Final = 20
PROGRESS_EVERY: Final = 500

app = App(name="rules", help="Show, lint, test, compare and publish rule sets.")


@app.command
def show(
    version: str | None = None,
    *,
    evidence: Flag = False,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Print the text of a published rule set, or of the one that stages start with; or what evidence there is.

    Examples:

        border rules show > mine.toml
        border rules show 2026-11-default-2
        border rules show --evidence

    Parameters
    ----------
    version
        a published version; without it the rule set that stages start with (the setting rule_set_file).
    evidence
        print each evidence that a score may hold, with one line on what it is.
    json
        print one line of JSON.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    if evidence:
        if json:
            print(orjson.dumps(dict(EVIDENCE_CATALOGUE)).decode())
            return 0
        table = Table("evidence", "what it is")
        for name, meaning in EVIDENCE_CATALOGUE.items():
            table.add_row(name, meaning)
        Console().print(table)
        return 0
    if version is None:
        text = rule_set_text(load_settings(state_directory=state_directory).rule_set_file)
    else:
        found = published_versions(connect(broker, registry_url, state_directory)).get(version)
        if found is None:
            raise UserError(f"no version {version} is published; `border rules list` shows which are")
        text = found.text
    print(orjson.dumps({"text": text}).decode() if json else text, end="\n" if json else "")
    return 0


@app.command
def lint(file: Path, *, json: Flag = False) -> int:
    """Check a rule set's text: its schema, forbidden evidence, and numbers without a source. Exits 1 if it finds any.

    Examples:

        border rules lint mine.toml

    Parameters
    ----------
    file
        rule set (TOML).
    json
        print one line of JSON.
    """
    problems = lint_text(rule_set_text(str(file)))
    if json:
        print(orjson.dumps({"problems": [problem._asdict() for problem in problems]}).decode())
    else:
        for problem in problems:
            print(f"{file}:{problem.line}: {problem.message}" if problem.line else f"{file}: {problem.message}")
        if not problems:
            print(f"{file}: nothing found")
    return 1 if problems else 0


@app.command
def test(file: Path, *, json: Flag = False) -> int:
    """Run a rule set's own examples through the real evidence. Exits 1 if one fails or there are none.

    Examples:

        border rules test mine.toml

    Parameters
    ----------
    file
        rule set (TOML) with `[[examples]]`.
    json
        print one line of JSON.
    """
    results = run_examples(load_rule_set(str(file)), load_ports())
    failed = [result for result in results if result.problems]
    if json:
        rows = [result_row(result) for result in results]
        print(orjson.dumps({"examples": rows, "failed": len(failed)}).decode())
    else:
        for result in results:
            show_result(result)
        print(f"{len(results) - len(failed)} of {len(results)} examples as expected")
    if not results:
        raise UserError(f"{file} has no [[examples]]; `border rules show` prints a rule set that has some")
    return 1 if failed else 0


@app.command
def compare(
    before: Path,
    after: Path,
    *,
    on: Annotated[list[Path], Parameter(consume_multiple=True, negative=())],
    inspection_minutes: float = INSPECTION_MINUTES,
    first: int = FIRST_CHANGED,
    json: Flag = False,
    state_directory: str | None = None,
) -> int:
    """Replay captured readings under two rule sets and report what would change: reds, hits, delay.

    Lots are drawn with the platform's secret if it is here, else with a stand-in, for both alike. Passages are named
    by their ids, never by plate.

    Examples:

        border capture day.avro && border rules compare now.toml mine.toml --on day.avro

    Parameters
    ----------
    before
        rule set (TOML).
    after
        the one to compare it with.
    on
        Avro container files from `border capture` or `border simulate`, in order.
    inspection_minutes
        how long an inspection is assumed to hold a vehicle.
    first
        how many of the passages whose light changes to name.
    json
        print one line of JSON.
    state_directory
        where the platform that was captured keeps its secret.
    """
    rules = load_rule_set(str(before)), load_rule_set(str(after))
    keys, lots = keys_of(load_settings(state_directory=state_directory))
    try:
        result = compared(rules, on, keys, inspection_minutes, first, json) | {"lots": lots}
    except (OSError, ValueError) as error:
        raise UserError(str(error)) from error
    if result["stops"] == 0:
        raise UserError("no vehicle reached a light in these files; they need lane readings: `border capture FILE`")
    if json:
        print(orjson.dumps(result).decode())
    else:
        show_comparison(result)
    return 0


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
    """Lint and test a rule set, then publish it and put it in force, in one transaction.

    A version is published once; the same text again puts it in force again, which is how one goes back.

    Examples:

        border rules publish mine.toml --by analyst-7 --approved-by chief-2

    Parameters
    ----------
    file
        rule set (TOML).
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
    text = rule_set_text(str(file))
    problems = lint_text(text)
    if problems:
        raise UserError(f"{file} is not published, since `border rules lint` finds {len(problems)} problems")
    rules = parse_rule_set(text)
    results = run_examples(rules, load_ports())
    failed = [result.name for result in results if result.problems]
    if failed or not results:
        what = f"example {failed[0]!r} fails" if failed else "it has no [[examples]]"
        raise UserError(f"{file} is not published, since {what}; see `border rules test`")
    new = publish_rule_set(text, by, approved_by, connect(broker, registry_url, state_directory))
    print(f"{rules.version} is {'published and' if new else 'published already; it is'} in force from here on")
    return 0


@app.command(name="list")
def list_(
    *,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """List the published versions, and which one each partition of the vehicles stage holds.

    Examples:

        border rules list

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
    versions, held = published_versions(connection), versions_in_force(connection)
    partitions = list(held.values())
    if json:
        rows = [
            {
                **{name: getattr(one, name) for name in one.__struct_fields__ if name != "text"},
                "partitions": partitions.count(one.version),
            }
            for one in versions.values()
        ]
        print(orjson.dumps({"versions": rows, "own_file": PASSAGES.partitions - len(partitions)}).decode())
        return 0
    table = Table("version", "published by", "approved by", "sha256", "in force in partitions")
    for one in versions.values():
        count = partitions.count(one.version)
        table.add_row(one.version, one.published_by, one.approved_by, one.sha256[:12], f"{count or '-'}")
    Console().print(table)
    if len(partitions) < PASSAGES.partitions:
        print(
            f"{PASSAGES.partitions - len(partitions)} of {PASSAGES.partitions} partitions use their worker's own file"
        )
    return 0


def result_row(result: ExampleResult) -> dict[str, Any]:
    """An example's result as JSON."""
    evidence = {} if result.score is None else {said.name: said.log_odds for said in result.score.evidence}
    log_odds = None if result.score is None else result.score.log_odds
    return {
        "name": result.name,
        "problems": result.problems,
        "light": str(result.light),
        "log_odds": log_odds,
        "evidence": evidence,
    }


def show_result(result: ExampleResult) -> None:
    """An example's result as text; a failed one with every line of its score."""
    print(f"{'FAILED' if result.problems else 'ok    '}  {result.name}")
    for problem in result.problems:
        print(f"          {problem}")
    if result.problems and result.score is not None:
        print(f"          {result.score.prior_log_odds:+.2f}  prior")
        for said in result.score.evidence:
            print(f"          {said.log_odds:+.2f}  {said.name}: {said.explanation}")
        print(f"          {result.score.log_odds:+.2f}  {result.light}")


def keys_of(settings: Settings) -> tuple[RandomKeys, str]:
    """Keys of the random arm, and whose they are."""
    if settings.random_secret_path.exists():
        return load_random_keys(settings.random_secret_path), "the platform's"
    return RandomKeys(bytes(MASTER_SECRET_BYTES_MIN)), "a stand-in's"


def compared(
    rules: tuple[RuleSet, RuleSet],
    files: Sequence[Path],
    keys: RandomKeys,
    inspection_minutes: float,
    first: int,
    quiet: bool,
) -> dict[str, Any]:
    """Read the files twice: for what was changed in the watchlist and how much there is, then for the readings."""
    total = 0

    def counted() -> Iterator[LogRecord]:
        nonlocal total
        for file in files:
            for record in read_container(file):
                total += is_reading(record)
                yield record

    comparison = RuleSetComparison(*rules, keys, watchlist_changes(counted()))
    columns = (TextColumn("comparing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as progress:
        task, done = progress.add_task("", total=total), 0
        for file in files:
            for record in read_container(file):
                if is_reading(record):
                    comparison.advance(record)
                    done += 1
                    if done % PROGRESS_EVERY == 0:
                        progress.update(task, completed=done)
    comparison.finish()
    return result_of(comparison, inspection_minutes, first)


def show_comparison(result: dict[str, Any]) -> None:
    """A comparison as text."""
    before, after = result["before"], result["after"]
    table = Table("", before["version"], after["version"], "change", title=f"{result['stops']:,} stops at a light")
    rows = [("red lights", before["reds"], after["reds"])]
    for name, part in (("red", "reds_by_reason"), ("alert", "alerts_by_kind")):
        for kind in sorted(before[part].keys() | after[part].keys()):
            rows.append((f"  {name}: {kind.lower()}", before[part].get(kind, 0), after[part].get(kind, 0)))
    for name, was, now in rows:
        table.add_row(name, f"{was:,}", f"{now:,}", f"{now - was:+,}")
    hours = before["inspection_hours"], after["inspection_hours"]
    table.add_row("hours of inspection", f"{hours[0]:,.1f}", f"{hours[1]:,.1f}", f"{hours[1] - hours[0]:+,.1f}")
    Console().print(table)
    print(f"at {result['inspection_minutes']:g} minutes a referral; lots are {result['lots']}")
    print(f"{result['changed_lights']:,} lights would change")
    for one in result["first_changed"]:
        print(f"  {one['passage_id']}: {one['before']} to {one['after']} ({one['reason'].lower()})")
