"""`border rules`: rule sets as data: read, linted, tested, compared on captured readings, published by two people."""

from pathlib import Path
from typing import Any

import orjson
from cyclopts import App
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from deploy.commands.rules_compare import compare
from deploy.commands.rules_propose import propose
from deploy.connection import connect
from deploy.errors import UserError
from deploy.options import Flag
from deploy.publication import published, versions_in_force
from deploy.rule_publication import RULE_SET_PUBLICATION, publish_rule_set
from deploy.settings import load_settings
from deploy.stages import load_rule_set, rule_set_text
from schemas.layout import load_ports
from schemas.topics import PASSAGES
from streams.core.evidence.catalogue import EVIDENCE_CATALOGUE
from streams.core.rule_set import parse_rule_set
from streams.core.rule_set_examples import ExampleResult, run_examples
from streams.core.rule_set_lint import Problem
from streams.core.rule_set_lint import lint as lint_text

app = App(name="rules", help="Show, lint, test, compare, propose and publish rule sets.")
app.command(compare)
app.command(propose)


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
        border rules show 2026-11-default-4
        border rules show --evidence

    Parameters
    ----------
    version
        a published version, or that of the rule set that stages start with (the setting rule_set_file), which is shown
        without one.
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
    own = load_settings(state_directory=state_directory).rule_set_file
    if version is None or version == load_rule_set(own).version:
        text = rule_set_text(own)
    else:
        found = published(RULE_SET_PUBLICATION, connect(broker, registry_url, state_directory)).get(version)
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
            print(problem_text(file, problem))
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
        more = f"; `border rules lint` finds {len(problems) - 1} more" if len(problems) > 1 else ""
        raise UserError(f"not published: {problem_text(file, problems[0])}{more}")
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
    kind = RULE_SET_PUBLICATION
    versions, held = published(kind, connection), versions_in_force(kind, connection)
    partitions = list(held.values())
    unreadable = [partition for partition, version in held.items() if version is None]
    if json:
        rows = [
            {
                **{name: getattr(one, name) for name in one.__struct_fields__ if name != "text"},
                "partitions": partitions.count(one.version),
            }
            for one in versions.values()
        ]
        own_file = PASSAGES.partitions - len(partitions)
        print(orjson.dumps({"versions": rows, "own_file": own_file, "unreadable": unreadable}).decode())
        return 0
    whole_version = Column("version", min_width=max(map(len, versions), default=0))  # for `show`
    table = Table(whole_version, "published by", "approved by", "sha256", "in force in partitions")
    for one in versions.values():
        count = partitions.count(one.version)
        people = Text(one.published_by), Text(one.approved_by)  # what looks like rich's markup is none
        table.add_row(Text(one.version), *people, one.sha256[:12], f"{count or '-'}")
    Console().print(table)
    if len(partitions) < PASSAGES.partitions:
        print(
            f"{PASSAGES.partitions - len(partitions)} of {PASSAGES.partitions} partitions use their worker's own file"
        )
    if unreadable:
        print(f"the rule set in force cannot be read in partitions {', '.join(map(str, unreadable))}")
    return 0


def problem_text(file: Path, problem: Problem) -> str:
    """`file:line: message`, without a line where it is of the whole."""
    return f"{file}:{problem.line}: {problem.message}" if problem.line else f"{file}: {problem.message}"


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
