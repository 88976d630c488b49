"""A rule set's examples, run through the real vehicles stage: its own test, before anyone is referred by it.

example ─► watchlist entry, earlier FINAL passages, the passage at the light ─► VehiclesFold ─► Score, Selection
                                                                          what was expected ─► problems
"""

import hashlib
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from schemas.layout import Port
from schemas.records import (
    ChangeKind,
    Direction,
    Light,
    OperatingMode,
    Passage,
    PassageState,
    PlateCandidate,
    ReadingReference,
    ReferenceChange,
    ScanDecision,
    ScanQuality,
    Score,
    Selection,
    SensorRole,
    WatchlistEntry,
)
from streams.core.evidence.catalogue import EVIDENCE_CATALOGUE
from streams.core.plates import key_of
from streams.core.random_draw import MASTER_SECRET_BYTES_MIN, RandomKeys
from streams.core.rule_set import EarlierCrossings, Example, RuleSet
from streams.core.stage import Output, Record, Rejected
from streams.core.vehicles.stage import VehiclesStage

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND

# When the passage of every example stands at the light: 2026-09-21 14:13 UTC, a Monday. Earlier crossings lie before.
AT: Final = 1_790_000_000 * SECOND

LANE_ID: Final = "2301/03"

# Lots are drawn with it and left out of what an example expects.
_NO_SECRET: Final = bytes(MASTER_SECRET_BYTES_MIN)


class ExampleResult(NamedTuple):
    """What came of an example, and what of it was not as expected; without a score if the passage cannot be."""

    name: str
    score: Score | None
    light: Light
    problems: list[str]


def run_examples(rules: RuleSet, ports: Mapping[str, Port]) -> list[ExampleResult]:
    """Every example of a rule set under that rule set, each in a world of its own."""
    stage = VehiclesStage(rules, RandomKeys(_NO_SECRET), ports)
    return [run_example(stage, example) for example in rules.examples]


def run_example(stage: VehiclesStage, example: Example) -> ExampleResult:
    """One example."""
    fold = stage.open(0, {})
    outputs: list[Output] = []
    try:
        if example.listed is not None:
            fold.advance(Record(b"", _listing(example), AT), [])
        passages = [*_earlier(example), *_turned_back(example), _passage(example, 0, AT, example.weight_kg, LANE_ID)]
        for passage in passages:
            outputs = []
            fold.advance(Record(passage.plate_key.encode(), passage, AT), outputs)
    except Rejected as refusal:
        return ExampleResult(example.name, None, Light.UNKNOWN, [f"this cannot be: {refusal}"])
    score = light = None
    for output in outputs:
        if isinstance(output.value, Score):
            score = output.value
        elif isinstance(output.value, Selection):
            red = output.value.risk_over_threshold or output.value.must_refer
            light = Light.RED if red else Light.GREEN
    if score is None or light is None:
        return ExampleResult(example.name, None, Light.UNKNOWN, ["the stage gave neither a score nor a light"])
    return ExampleResult(example.name, score, light, _problems(example, score, light))


def _problems(example: Example, score: Score, light: Light) -> list[str]:
    expect, names = example.expect, {said.name for said in score.evidence}
    problems = []
    if expect.log_odds_min is not None and not score.log_odds >= expect.log_odds_min:
        problems.append(f"log-odds {score.log_odds:+.2f}, expected at least {expect.log_odds_min:+.2f}")
    if expect.log_odds_max is not None and not score.log_odds <= expect.log_odds_max:
        problems.append(f"log-odds {score.log_odds:+.2f}, expected at most {expect.log_odds_max:+.2f}")
    if expect.light is not None and light is not expect.light:
        problems.append(f"{light}, expected {expect.light}")
    problems += [f"no {name}" for name in expect.present if name not in names]
    problems += [f"{name} was not expected" for name in expect.absent if name in names]
    unknown = [name for name in (*expect.present, *expect.absent) if name not in EVIDENCE_CATALOGUE]
    problems += [
        f"there is no evidence {name!r}; `border rules show --evidence` lists what there is" for name in unknown
    ]
    return problems


def _listing(example: Example) -> ReferenceChange:
    listed = example.listed
    assert listed is not None
    entry = WatchlistEntry(
        entry_id="example",
        plate=listed.plate or example.plate or "",
        list_kind=listed.kind,
        reason="example",
        legal_basis="none",
        priority=listed.priority,
        audience="nobody",
        valid_from_at=AT - HOUR,
        valid_until_at=AT + HOUR,
        entered_by="example",
        approved_by="example of a second person",
    )
    return ReferenceChange(
        change_id="example", kind=ChangeKind.WATCHLIST_ADD, changed_by="example", changed_at=AT, watchlist_entry=entry
    )


def _earlier(example: Example) -> list[Passage]:
    """FINAL passages of the example's plate, oldest first."""
    crossings: list[tuple[int, EarlierCrossings]] = []
    for group in example.earlier:
        for number in range(group.times):
            crossings.append((AT - round((group.hours_ago + number * group.every_hours) * HOUR), group))
    crossings.sort(key=lambda crossing: crossing[0])
    return [
        _passage(example, number, at, group.weight_kg, group.lane_id, PassageState.FINAL)
        for number, (at, group) in enumerate(crossings, 1)
    ]


def _turned_back(example: Example) -> list[Passage]:
    """Ten minutes before, the vehicle came into another lane and left it as it came."""
    if example.turned_back_in is None:
        return []
    came = _passage(example, 1, AT - HOUR // 6, None, example.turned_back_in, PassageState.FINAL)
    return [msgspec.structs.replace(came, at_light_at=None, at_light_received_at=None, at_light_reading_id=None)]


def _passage(
    example: Example,
    number: int,
    at: int,
    weight_kg: float | None,
    lane_id: str,
    state: PassageState = PassageState.AT_LIGHT,
) -> Passage:
    """A vehicle as the example describes it. Only the passage at the light was scanned and declared."""
    passage_id = f"{lane_id}/{number}"
    now, plate = state is PassageState.AT_LIGHT, example.plate
    scanned = now and (example.xray_machine, example.xray_operator, example.xray_shielding) != (
        ScanDecision.UNKNOWN,
        ScanDecision.UNKNOWN,
        None,
    )
    return Passage(
        passage_id=passage_id,
        lane_id=lane_id,
        port_code=lane_id.partition("/")[0],
        passage_number=number,
        revision=1,
        state=state,
        lane_mode=example.lane_mode,
        direction=Direction.SOUTHBOUND,
        operating_mode=OperatingMode.OPERATIONAL,
        entered_at=at - 20 * SECOND,
        at_light_at=at,
        at_light_received_at=at,
        at_light_reading_id=f"{passage_id}/light",
        watermark_at=at,
        plate_key=key_of(plate, passage_id),
        plate=plate,
        plate_candidates=(PlateCandidate(plate=plate, confidence=example.plate_probability),) if plate else (),
        front_rear_agree=example.front_rear_agree,
        gross_weight_kg=weight_kg,
        axle_loads_kg=example.axle_loads_kg if now else (),
        axle_spacings_m=example.axle_spacings_m,
        scale_type=example.scale_type,
        vehicle_class=example.vehicle_class,
        xray_unit_id=example.xray_unit_id if now else None,
        xray_machine_decision=example.xray_machine if now else ScanDecision.UNKNOWN,
        xray_operator_decision=example.xray_operator if now else ScanDecision.UNKNOWN,
        xray_scan_quality=example.xray_quality if scanned else ScanQuality.UNKNOWN,
        xray_shielding_indicator=example.xray_shielding if now else None,
        declared_load_kg=example.declared_load_kg if now else None,
        readings=tuple(
            [
                ReadingReference(reading_id=f"{passage_id}/{sensor}", sensor=sensor, observed_at=at - 10 * SECOND)
                for sensor in (SensorRole.FRONT_CAMERA, SensorRole.REAR_CAMERA, SensorRole.SCALE, SensorRole.XRAY)
            ]
        ),
        join_probability=1.0,
        first_reading_digest=hashlib.sha256(passage_id.encode()).hexdigest(),
    )
