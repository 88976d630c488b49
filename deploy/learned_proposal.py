"""A proposed rule set from what inspections found: rates of X-ray units, learned from vehicles that the lot drew.

passages (what a unit said of which vehicle) ┐
outcomes (drawn by lot, inspected, found)    ┴► drawn scans ─► learned rates ─► the rule set's text with their tables

Nothing here publishes. The text keeps every comment of the rule set it starts from, so that the difference is what a
person reads, and each table says what it rests on.
"""

import hashlib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from deploy.errors import UserError
from schemas.container import LogRecord
from schemas.records import OperatingMode, Outcome, OutcomeState, Passage, ScanDecision, ScanQuality
from streams.core.estimates.tallies import is_hit
from streams.core.learned_rates import DrawnScan, LearnedRates, learned_rates, proposed_rates, proposed_rates_text
from streams.core.random_draw import date_of
from streams.core.rule_set import VERSION_LENGTH_MAX, RuleSet, parse_rule_set

LEARNED: Final = "+learned"  # after the version
DIGEST_LENGTH: Final = 8

_VERSION: Final = re.compile(r"^version\s*=.*$", re.MULTILINE)
_HEADER: Final = re.compile(r"^\s*\[")
_KEY: Final = re.compile(r'^\s*"?(\w+)"?\s*=')


class Scan(NamedTuple):
    """What a unit said of a vehicle."""

    revision: int
    device: str
    machine_decision: ScanDecision
    operator_decision: ScanDecision
    quality: ScanQuality


class Draw(NamedTuple):
    """What became of a vehicle that the lot drew."""

    revision: int
    selected_at: int
    inspected: bool
    found: bool


@dataclass
class Scanned:
    """What a log tells of vehicles that the lot drew and a unit scanned. `take` a topic's records in their order.

    Of an outcome and of a passage the highest revision counts.
    """

    mode: OperatingMode
    _scans: dict[str, Scan] = field(default_factory=dict)
    _draws: dict[str, Draw] = field(default_factory=dict)

    def take(self, record: LogRecord) -> None:
        """Keep what counts of a passage that a unit scanned, or of a vehicle that the lot drew; of this mode only."""
        value = record.value
        if isinstance(value, Passage) and value.operating_mode is self.mode:
            self._take_passage(value)
        elif isinstance(value, Outcome) and value.operating_mode is self.mode:
            self._take_outcome(value)

    def drawn(self) -> list[tuple[Scan, Draw]]:
        """Vehicles that were drawn and scanned, by time of selection."""
        both = [
            (draw.selected_at, passage_id, self._scans[passage_id], draw)
            for passage_id, draw in self._draws.items()
            if passage_id in self._scans
        ]
        return [(scan, draw) for _, _, scan, draw in sorted(both)]

    def _take_passage(self, passage: Passage) -> None:
        before = self._scans.get(passage.passage_id)
        if before is not None and before.revision >= passage.revision:
            return
        answers = passage.xray_machine_decision, passage.xray_operator_decision
        if passage.xray_unit_id is None or set(answers) == {ScanDecision.UNKNOWN}:
            self._scans.pop(passage.passage_id, None)  # a late reading took the scan away
            return
        scan = Scan(passage.revision, passage.xray_unit_id, *answers, passage.xray_scan_quality)
        self._scans[passage.passage_id] = scan

    def _take_outcome(self, outcome: Outcome) -> None:
        before = self._draws.get(outcome.passage_id)
        if before is not None and before.revision >= outcome.revision:
            return
        if not outcome.random_draw or outcome.selected_at is None or outcome.fallback:
            # It stopped again, and was not drawn then; or it saw the dead-man rule's light and not the lot's.
            self._draws.pop(outcome.passage_id, None)
            return
        inspected = outcome.state is OutcomeState.INSPECTED
        self._draws[outcome.passage_id] = Draw(
            outcome.revision, outcome.selected_at, inspected, inspected and is_hit(outcome)
        )


@dataclass(frozen=True)
class Proposal:
    """A proposed rule set's text, and what it rests on in counts."""

    text: str
    version: str
    drawn: int
    inspected: int
    finds: int
    rates: Sequence[LearnedRates]


def propose_learned(base_text: str, scanned: Scanned, version: str | None) -> Proposal:
    """The rule set with the rates that inspections gave, under a version of its own.

    Raises UserError if they gave none, or the rule set cannot take their tables.
    """
    try:
        rules = parse_rule_set(base_text)
    except ValueError as error:
        raise UserError(f"the rule set to start from: {error}") from error
    drawn = scanned.drawn()
    rates = learned_rates([scan_of(scan, draw) for scan, draw in drawn], rules.xray)
    counts = len(drawn), sum([draw.inspected for _, draw in drawn]), sum([draw.found for _, draw in drawn])
    devices = proposed_rates(rates)
    if not devices:
        raise UserError(
            f"nothing to propose: of {counts[0]} vehicles that the lot drew and a unit scanned {counts[1]} were "
            f"inspected, and a rate needs {rules.xray.learning.inspections_min} of one unit, with or without a find, "
            "and some of each answer that it gave"
        )
    name = version or learned_version(rules.version)
    text = merged(base_text, devices, proposed_rates_text(rates))
    text = _VERSION.sub(lambda _: f"version = {quoted(name)}", text, count=1)
    text = basis(rules, scanned.mode, drawn, counts) + text
    try:
        proposed = parse_rule_set(text)
    except ValueError as error:
        raise UserError(
            f"the proposal would be no rule set ({error}); if units' rates stand inline, write them as tables of their "
            'own, [xray.devices."unit".machine]'
        ) from error
    if proposed.version != name:
        raise UserError('the version of the rule set to start from must stand on a line of its own, version = "…"')
    return Proposal(text, proposed.version, *counts, rates)


def scan_of(scan: Scan, draw: Draw) -> DrawnScan:
    """A drawn vehicle as the learning takes it."""
    return DrawnScan(
        device=scan.device,
        machine_decision=scan.machine_decision,
        operator_decision=scan.operator_decision,
        quality=scan.quality,
        inspected=draw.inspected,
        found=draw.found,
    )


def learned_version(version: str) -> str:
    """The version with LEARNED; one that is too long for it is cut, and its digest tells it from others alike."""
    if len(version) + len(LEARNED) <= VERSION_LENGTH_MAX:
        return version + LEARNED
    ending = "-" + hashlib.sha256(version.encode()).hexdigest()[:DIGEST_LENGTH] + LEARNED
    return version[: VERSION_LENGTH_MAX - len(ending)] + ending


def merged(base: str, devices: dict[str, dict[str, dict[str, Any]]], tables: str) -> str:
    """A rule set's text with learned tables: a unit's old rates of the same detector and quality give way, its other
    ones move into the new table, since TOML has a table once."""
    kept: list[str] = []
    moved: dict[tuple[str, str], list[str]] = {}
    place: tuple[str, str] | None = None
    for line in base.splitlines(keepends=True):
        if _HEADER.match(line):
            place = unit_and_detector(line, devices)
            if place is not None:
                moved[place] = []
                continue
        if place is None:
            kept.append(line)
            continue
        quality = _KEY.match(line)
        if quality is None or quality[1] not in devices[place[0]][place[1]]:
            moved[place].append(line)
    lines = []
    for line in tables.splitlines(keepends=True):
        lines.append(line)
        place = unit_and_detector(line, devices) if _HEADER.match(line) else None
        if place is not None:
            lines += [old for old in moved.pop(place, []) if old.strip()]
    return "".join(kept).rstrip("\n") + "\n\n" + "".join(lines)


def unit_and_detector(header: str, devices: dict[str, dict[str, dict[str, Any]]]) -> tuple[str, str] | None:
    """Whose rates a table holds, if a learned one takes its place."""
    try:
        data = tomllib.loads(header)
    except tomllib.TOMLDecodeError:  # a line of an array, or no header after all
        return None
    units = data.get("xray", {}).get("devices", {}) if isinstance(data.get("xray", {}), dict) else {}
    if not isinstance(units, dict):
        return None
    for unit, detectors in units.items():
        for detector in detectors if isinstance(detectors, dict) else ():
            if detector in devices.get(unit, {}):
                return unit, detector
    return None


def basis(rules: RuleSet, mode: OperatingMode, drawn: Sequence[tuple[Scan, Draw]], counts: tuple[int, int, int]) -> str:
    """What a proposal rests on, as comments at its head."""
    first, last = (date_of(draw.selected_at) for _, draw in (drawn[0], drawn[-1]))
    learning = rules.xray.learning
    return (
        f"# Proposed from inspections, and in force only when two people publish it: `border rules publish`.\n"
        f"# Base: {rules.version}. {mode} passages selected {first} to {last}: {counts[0]} drawn by lot and scanned,\n"
        f"# {counts[1]} of them inspected, {counts[2]} with a find. Who was referred for risk counts for nothing.\n"
        f"# Those inspected stand for those that were skipped and whose scan said the same.\n"
        f"# Priors: the rule set's rates of all units, worth {learning.prior_inspections:g} inspections each; a rate\n"
        f"# is learned from {learning.inspections_min} inspections. What an inspection missed counts as empty.\n\n"
    )


def quoted(text: str) -> str:
    """A TOML basic string. Raises UserError for a version that would need escapes."""
    if not text.isprintable() or '"' in text or "\\" in text:
        raise UserError("a version has printable characters without quotes and backslashes")
    return f'"{text}"'
