"""What the inspections of a burn-in teach: rates of X-ray units, put in force as a person would who accepts them.

vehicles that the lot drew and a unit had scanned ─► inspected ─► learned rates ─► the rule set's text with their tables

Only what an operator has: an inspection finds what is there or misses it, and nobody looks at the truth. Of thinned
traffic the lot draws as many loaded vehicles as it would at a border, and one in fifty of the empty ones: so hit rates
are learned as fast as there, false-alarm rates more slowly.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from deploy.evaluation.decisions import Decided
from streams.core.learned_rates import Inspection, learned_rates, proposed_rates_text
from streams.core.rule_set import parse_rule_set

LEARNED: Final = "+learned"  # after the version
VERSION: Final = re.compile(r'^(version\s*=\s*"[^"]*)"', re.MULTILINE)


def inspections(drawn: Iterable[Decided], found: Callable[[Decided], bool]) -> list[Inspection]:
    """Inspections of the scanned ones among vehicles that the lot drew; `found` is what the inspector says."""
    inspected = []
    for said in drawn:
        passage = said.revision.passage
        if said.selection is None or passage.xray_unit_id is None:
            continue
        inspected.append(
            Inspection(
                device=passage.xray_unit_id,
                machine_decision=passage.xray_machine_decision,
                operator_decision=passage.xray_operator_decision,
                quality=passage.xray_scan_quality,
                propensity=said.selection.propensity,
                random_draw=said.selection.random_draw,
                found=found(said),
            )
        )
    return inspected


def with_learned_rates(rule_set_text: str, inspected: Iterable[Inspection]) -> str | None:
    """A rule set's text with the rates that inspections gave, under a version of its own; None if they gave none."""
    tables = proposed_rates_text(learned_rates(inspected, parse_rule_set(rule_set_text).xray))
    if not tables:
        return None
    return VERSION.sub(rf'\g<1>{LEARNED}"', rule_set_text, count=1) + "\n" + tables
