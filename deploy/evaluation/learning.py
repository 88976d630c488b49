"""What the inspections of a burn-in teach: rates of X-ray units, put in force as a person would who accepts them.

vehicles that a unit had scanned and the lot drew ─► inspected ─► learned rates ─► the rule set's text with their tables

Only what an operator has: an inspection finds what is there or misses it, and nobody looks at the truth. Thinning must
not leave fewer inspections than a border would have: a kept vehicle that was scanned stands for others that were, and
the lot draws among all of them (`scans_of_stand_ins`). Measured with burn-ins of 15 days: of the kept ones alone 13 to
23 inspections in each of eight, and no unit learned anything; with those they stand for 645 to 1,494 in each of four,
and 56 of 81 units learned a rate of false alarms. A hit rate none did: at most one load was among them, as at a border.
"""

import tomllib
from collections.abc import Callable, Iterable

import tomli_w

from deploy.evaluation.decisions import Decided
from deploy.learned_proposal import learned_version
from producers.simulator.inspections import scans_of_stand_ins
from streams.core.learned_rates import DrawnScan, learned_rates, proposed_rates
from streams.core.rule_set import parse_rule_set


def inspections(scanned: Iterable[Decided], found: Callable[[Decided], bool], seed: int) -> list[DrawnScan]:
    """Inspections of those that the lot drew among scanned vehicles and those that they stand for.

    `found` is what the inspector says of a simulated one; the others carry nothing, since smugglers are all kept.
    """
    inspected = []
    for said in scanned:
        passage, selection = said.revision.passage, said.selection
        if selection is None or passage.xray_unit_id is None:
            continue
        if selection.random_draw:
            inspected.append(
                DrawnScan(
                    device=passage.xray_unit_id,
                    machine_decision=passage.xray_machine_decision,
                    operator_decision=passage.xray_operator_decision,
                    quality=passage.xray_scan_quality,
                    inspected=True,
                    found=found(said),
                )
            )
        for scan in scans_of_stand_ins(seed, said.revision.crossing, passage.xray_unit_id, selection.propensity):
            inspected.append(
                DrawnScan(
                    device=passage.xray_unit_id,
                    machine_decision=scan["machine_decision"],
                    operator_decision=scan["operator_decision"],
                    quality=scan["scan_quality"],
                    inspected=True,
                    found=False,
                )
            )
    return inspected


def with_learned_rates(rule_set_text: str, inspected: Iterable[DrawnScan]) -> str | None:
    """A rule set's text with the rates that inspections gave, under a version of its own; None if they gave none.

    As data and without comments: nobody reads it. What a person is to accept is `proposed_rates_text`.
    """
    rules = parse_rule_set(rule_set_text)
    proposed = proposed_rates(learned_rates(inspected, rules.xray))
    if not proposed:
        return None
    data = tomllib.loads(rule_set_text)
    devices = data["xray"].setdefault("devices", {})
    for device, detectors in proposed.items():
        for detector, qualities in detectors.items():
            devices.setdefault(device, {}).setdefault(detector, {}).update(qualities)
    return tomli_w.dumps(data | {"version": learned_version(rules.version)})
