"""A simulated world through the vehicles stage: every revision with what the stage said of it.

crossings ─► revisions of passages ─┐
watchlist, learned rates, ticks ────┴─► the vehicles fold, all keys in one ─► Decided

The first days are a burn-in: histories fill, and inspections of scanned vehicles drawn by lot give learned rates, which
are in force from its end on.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from deploy.evaluation.passages import Revision
from schemas.layout import load_ports
from schemas.records import Alert, ChangeKind, ReferenceChange, Score, Selection, Tick, WatchlistEntry
from schemas.topics import LANE_READINGS
from streams.core.random_draw import RandomKeys
from streams.core.rule_set import RuleSet, parse_rule_set
from streams.core.stage import Fold, Output, Record
from streams.core.vehicles.stage import VehiclesStage

# The lot of no traveller depends on it.
SECRET: Final = b"the evaluation's draws, for all to know"
# Ticks only drive expiry, of days and weeks; the stage itself looks at every passage's own time.
TICK: Final = 3_600_000_000
CHANGES_TAKEN_EVERY: Final = 500  # records; bounds what a fold keeps decoded, as the runtime does
CHANGED_BY: Final = "evaluation"
APPROVED_BY: Final = "the person who would accept it"


class Decided(NamedTuple):
    """A revision and what the stage said of it. Alerts may be several, a selection only at the light."""

    revision: Revision
    score: Score | None
    selection: Selection | None
    alerts: tuple[Alert, ...]


class VehiclesOfWorld:
    """The vehicles stage of one world."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self._fold: Fold = VehiclesStage(rules, RandomKeys(SECRET), load_ports()).open(0, {})
        self._count = 0
        self._next_tick_at = 0

    def list_plates(self, entries: Iterable[WatchlistEntry], at: int) -> None:
        """Put entries on the watchlist."""
        for entry in entries:
            self._change(
                ReferenceChange(
                    change_id=f"list-{entry.entry_id}",
                    kind=ChangeKind.WATCHLIST_ADD,
                    changed_by=CHANGED_BY,
                    changed_at=at,
                    watchlist_entry=entry,
                ),
                at,
            )

    def change_rules(self, text: str, at: int) -> None:
        """Put another rule set in force. Raises ValueError for a text that is none."""
        self.rules = parse_rule_set(text)
        self._change(
            ReferenceChange(
                change_id=f"rules-{at}",
                kind=ChangeKind.RULE_SET,
                changed_by=CHANGED_BY,
                approved_by=APPROVED_BY,
                changed_at=at,
                rule_set_version=self.rules.version,
                rule_set_text=text,
            ),
            at,
        )

    def decide(self, revision: Revision) -> Decided:
        """What the stage says of a revision. Revisions come in order of time."""
        if revision.at >= self._next_tick_at:
            watermark_at = revision.at // TICK * TICK
            self._next_tick_at = watermark_at + TICK
            tick = Tick(source_topic=LANE_READINGS.name, source_partition=0, watermark_at=watermark_at)
            self._advance(b"tick", tick, revision.at)
        outputs = self._advance(revision.passage.plate_key.encode(), revision.passage, revision.at)
        said = [output.value for output in outputs]
        return Decided(
            revision,
            next((value for value in said if isinstance(value, Score)), None),
            next((value for value in said if isinstance(value, Selection)), None),
            tuple([value for value in said if isinstance(value, Alert)]),
        )

    def _change(self, change: ReferenceChange, at: int) -> None:
        self._advance(b"change", change, at)

    def _advance(self, key: bytes, value: object, at: int) -> list[Output]:
        outputs: list[Output] = []
        self._fold.advance(Record(key, value, at), outputs)  # type: ignore[arg-type]
        self._count += 1
        if self._count % CHANGES_TAKEN_EVERY == 0:
            self._fold.take_changes()
        return outputs


def decisions(
    stage: VehiclesOfWorld,
    revised: Iterable[Revision],
    burn_in_until: int,
    learn: Callable[[list[Decided]], str | None],
) -> Iterator[Decided]:
    """Everything that the stage says of revisions in order of time.

    At `burn_in_until`, `learn` is given the decisions at the light before it of vehicles that a unit had scanned, and
    returns the text of the rule set in force from then on; None leaves it as it is.
    """
    scanned: list[Decided] | None = []
    for revision in revised:
        if scanned is not None and revision.at >= burn_in_until:
            text = learn(scanned)
            if text is not None:
                stage.change_rules(text, revision.at)
            scanned = None
        decided = stage.decide(revision)
        if scanned is not None and decided.selection is not None and revision.passage.xray_unit_id is not None:
            scanned.append(decided)
        yield decided
