"""`border rules propose`: a rule set with rates learned from inspections, for people to accept."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

import orjson
from cyclopts import Parameter

from deploy.captured import read_captured
from deploy.connection import Connection, connect
from deploy.errors import UserError
from deploy.learned_proposal import Proposal, Scanned, propose_learned
from deploy.new_file import check_new_file, new_file
from deploy.options import Flag
from deploy.publication import published, versions_in_force
from deploy.rule_publication import RULE_SET_PUBLICATION
from deploy.settings import load_settings
from deploy.stages import load_rule_set, rule_set_text
from schemas.container import LogRecord
from schemas.records import OperatingMode
from schemas.topics import OUTCOMES, PASSAGES
from streams.console.log_reader import LogReader

# 30 days of passages of the whole border are 20 million records: ten minutes.
READ_SECONDS: Final = 3600.0


def propose(
    *,
    learned: Path,
    rules: Path | None = None,
    on: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative=())] = None,
    version: str | None = None,
    mode: OperatingMode = OperatingMode.OPERATIONAL,
    json: Flag = False,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Write a proposed rule set with X-ray rates learned from inspections. It publishes nothing.

    Only vehicles that the lot drew count, and of them those that were scanned and inspected. The file keeps the rule
    set's comments and says what each rate rests on. Two people read it and publish it, or do not.

    Examples:

        border rules propose --learned proposal.toml
        diff <(border rules show) proposal.toml
        border rules publish proposal.toml --by analyst-7 --approved-by chief-2

    Parameters
    ----------
    learned
        new file for the proposal.
    rules
        rule set (TOML) to start from; without it the one that is in force, or with --on the platform's own.
    on
        Avro container files from `border capture` to learn from, in place of the broker's log.
    version
        the proposal's version; without it the rule set's, marked as learned.
    mode
        whose passages: those of real travellers are OPERATIONAL, the demo's SIMULATED.
    json
        print one line of JSON.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    check_new_file(learned)
    connection = None if on else connect(broker, registry_url, state_directory)
    if rules is not None:
        text = rule_set_text(str(rules))
        load_rule_set(str(rules))
    elif connection is not None:
        text = text_in_force(connection)
    else:
        text = rule_set_text(load_settings(state_directory=state_directory).rule_set_file)
    scanned = Scanned(mode)
    for record in captured(on) if on else logged(connection):
        scanned.take(record)
    proposal = propose_learned(text, scanned, version)
    with new_file(learned) as part:
        part.write_text(proposal.text, encoding="utf-8")
    tell(learned, proposal, json)
    return 0


def captured(files: Iterable[Path]) -> Iterator[LogRecord]:
    """Records of files, one after another."""
    for file in files:
        yield from read_captured(file)


def logged(connection: Connection | None) -> Iterator[LogRecord]:
    """Passages and outcomes of the broker's log."""
    if connection is None:
        return
    topics = [PASSAGES.name, OUTCOMES.name]
    place = connection.broker, connection.registry_url, connection.codec
    with LogReader(*place, topics, from_beginning=True) as reader:
        for received in reader.read_to_end(READ_SECONDS):
            yield received.log_record


def text_in_force(connection: Connection) -> str:
    """The rule set that all partitions hold. Raises UserError if they hold several."""
    held = versions_in_force(RULE_SET_PUBLICATION, connection)
    if not held:
        return rule_set_text(connection.settings.rule_set_file)
    versions = set(held.values())
    if len(held) < PASSAGES.partitions or len(versions) > 1 or None in versions:
        raise UserError("partitions hold several rule sets; `border rules list` shows which, --rules FILE takes one")
    (version,) = versions
    text = published(RULE_SET_PUBLICATION, connection).get(version or "")
    if text is None:
        raise UserError(f"version {version} is in force and not published; give its file with --rules FILE")
    return text.text


def tell(file: Path, proposal: Proposal, json: bool) -> None:
    """What was written, and what to do with it."""
    learned = sum([one.hit.learned for one in proposal.rates]), sum([one.false_alarm.learned for one in proposal.rates])
    if json:
        counts = {"drawn": proposal.drawn, "inspected": proposal.inspected, "finds": proposal.finds}
        rates = {"hit_rates": learned[0], "false_alarm_rates": learned[1]}
        print(orjson.dumps({"file": str(file), "version": proposal.version} | counts | rates).decode())
        return
    print(
        f"{file}: version {proposal.version}, {learned[0]} hit rates and {learned[1]} rates of false alarms, learned "
        f"from {proposal.inspected} inspections of {proposal.drawn} vehicles that the lot drew and a unit scanned; "
        f"{proposal.finds} finds"
    )
    print("a proposal: read it, `border rules test` and `compare` it, and let two people `border rules publish` it")
