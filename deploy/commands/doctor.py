"""`border doctor`: what is wrong with a platform, and how to mend it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Final

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.doctor.check import Check, Level
from deploy.doctor.examine import examine
from deploy.options import Flag

STYLES: Final = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def doctor(
    *,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Check broker, topics, clocks, registry, schemas, machine, stages and gateways, and say how to mend what is wrong.

    Nothing is written or changed, and what is down does not stop the other checks. Exit status 0 if nothing fails
    (warnings are told), 1 if something does.

    Examples:

        border doctor
        border doctor --broker kafka.example:9092 --registry-url http://registry.example/apis/ccompat/v7
        border doctor --json

    Parameters
    ----------
    broker
        Kafka's bootstrap address; default: the running local platform's.
    registry_url
        Confluent interface of the schema registry; the same.
    state_directory
        where a local platform keeps its state.
    json
        print one line of JSON, every check in it.
    """
    checks = examine(broker=broker, registry_url=registry_url, state_directory=state_directory)
    count = Counter(check.level for check in checks)
    good = not count[Level.FAIL]
    if json:
        line = {"good": good, **{level.lower(): count[level] for level in Level}, "checks": list(map(asdict, checks))}
        print(orjson.dumps(line).decode())
    else:
        Console().print(table_of(checks))
        print(f"{count[Level.OK]} good, {count[Level.WARN]} to look at, {count[Level.FAIL]} wrong")
    return 0 if good else 1


def table_of(checks: Sequence[Check]) -> Table:
    """A row for each check; of topics and schemas, those that are good in one row."""
    table = Table("check", "", "found", "how to mend it")
    for group, members in groupby(checks, key=lambda check: check.group):
        found = list(members)
        good = [check for check in found if check.level is Level.OK]
        if group in ("topic", "schema") and good:
            add_row(table, Check(f"{group}s", Level.OK, f"{len(good)} as they should be"))
            found = [check for check in found if check.level is not Level.OK]
        for check in found:
            add_row(table, check)
    return table


def add_row(table: Table, check: Check) -> None:
    """One check. What was found may hold brackets, which are no markup."""
    table.add_row(Text(check.name), Text(check.level, STYLES[check.level]), Text(check.found), Text(check.mend))
