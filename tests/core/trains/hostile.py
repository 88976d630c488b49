"""Readings that hang together in nothing: two tracks, a few passes, cars and ids, in any order and at any time."""

from random import Random
from typing import Any, Final

from schemas.records import (
    CarScan,
    CarTagRead,
    CarWeighing,
    ConsistEquipment,
    EquipmentKind,
    HandInspection,
    HandInspectionResult,
    LoadState,
    OperatingMode,
    ScanDecision,
    ScanQuality,
    TagSide,
    TrainConsist,
    TrainEvent,
    TrainEventKind,
)
from tests.core.trains.builders import PORT, SECOND, START, base

HOUR: Final = 3600 * SECOND
FLEET: Final = [("TTGX", 100_000 + n) for n in range(12)] + [("UP", 5_000), ("UP", 5_001)]
# Fewer than those after which a train is forgotten, and its revisions begin anew.
DAYS: Final = 6 * 24 * HOUR
TRAINS: Final = ("A", "B", "C")
PASSES: Final = (1, 2)
KINDS: Final = [one for one in TrainEventKind if one is not TrainEventKind.UNKNOWN]
RESULTS: Final = [one for one in HandInspectionResult if one is not HandInspectionResult.UNKNOWN]


def readings(random: Random, count: int) -> list[Any]:
    """So many valid readings; some come twice, some late, over a week."""
    made: list[Any] = []
    clock, axles_max = START, random.choice([12, 40, 70])
    while len(made) < count:
        long = random.choice([HOUR, 3 * HOUR, 26 * HOUR]) if clock < START + DAYS else HOUR
        clock += random.choice([SECOND, 10 * SECOND, 600 * SECOND, long])
        at = clock - random.choice([0, 0, 0, 5 * SECOND, HOUR, 27 * HOUR])
        place = base(f"reading {len(made)}", at, random.choice(["2304/R1", "2304/R2"]))
        place["observed_at"] = at - random.choice([0, SECOND, -5 * SECOND, HOUR])
        make = random.choice([tag, tag, weighing, scan, scan, event, hand, listed])
        made.append(random.choice(made) if made and random.random() < 0.1 else make(random, place, axles_max))
    return made


def tag(random: Random, place: dict[str, Any], axles_max: int) -> CarTagRead:
    mark, number = random.choice(FLEET)
    return CarTagRead(
        **place,
        pass_number=random.choice(PASSES),
        axle_count=random.randint(0, axles_max),
        equipment_kind=random.choice([EquipmentKind.CAR, EquipmentKind.CAR, *EquipmentKind]),
        mark=mark,
        number=number,
        tag_side=random.choice(list(TagSide)),
        length_m=18.0,
        axles=random.choice([1, 2, 4, 4, 6, 8, 32]),
        check_passed=random.random() < 0.9,
        tag_hex="0" * 32,
    )


def weighing(random: Random, place: dict[str, Any], axles_max: int) -> CarWeighing:
    axles, gross_kg = random.choice([1, 2, 4, 4, 6, 8]), random.choice([0.0, 20_000.0, 80_000.0])
    return CarWeighing(
        **place,
        pass_number=random.choice(PASSES),
        first_axle=first_axle(random, axles_max),
        axle_loads_kg=(gross_kg / axles,) * axles,
        axle_spacings_m=(2.0,) * (axles - 1),
        gross_weight_kg=gross_kg,
        speed_mps=2.0,
    )


def scan(random: Random, place: dict[str, Any], axles_max: int) -> CarScan:
    first = first_axle(random, axles_max)
    return CarScan(
        **place,
        pass_number=random.choice(PASSES),
        scan_id=f"scan {random.randint(1, 10)}",
        revision=random.randint(1, 3),
        scan_started_at=place["received_at"] - SECOND,
        scan_ended_at=place["received_at"],
        first_axle=first,
        last_axle=first + random.choice([0, 3, 3, 5, 7, 63]),
        machine_decision=random.choice(list(ScanDecision)),
        operator_decision=random.choice([ScanDecision.CLEAR, *ScanDecision]),
        scan_quality=random.choice([ScanQuality.GOOD, *ScanQuality]),
        abort_reason=random.choice([None, None, "TIMEOUT"]),
        loaded_indicator=random.choice([None, True, False]),
        shielding_indicator=random.choice([None, None, True]),
    )


def first_axle(random: Random, axles_max: int) -> int:
    """More often than not where a car of four axles begins."""
    return random.choice([1 + 4 * random.randint(0, axles_max // 4), random.randint(1, axles_max)])


def event(random: Random, place: dict[str, Any], axles_max: int) -> TrainEvent:
    kind = random.choice(KINDS)
    if kind in (TrainEventKind.ARRIVED, TrainEventKind.RELEASED):
        return TrainEvent(**place, kind=kind, train_id=random.choice(TRAINS), officer_id="4711")
    count = random.choice([0, 1, axles_max, random.randint(0, axles_max)])
    axles = count if kind is TrainEventKind.PORTAL_LEFT else None
    return TrainEvent(**place, kind=kind, pass_number=random.choice(PASSES), axle_count=axles)


def hand(random: Random, place: dict[str, Any], axles_max: int) -> HandInspection:
    mark, number = random.choice([*FLEET, (None, None)])
    return HandInspection(
        **place,
        train_id=random.choice(TRAINS),
        mark=mark,
        number=number,
        place=random.randint(1, axles_max) if mark is None or random.random() < 0.3 else None,
        inspection_id=f"inspection {random.randint(1, 5)}",
        revision=random.randint(1, 3),
        officer_id="4711",
        result=random.choice(RESULTS),
        seals_intact=random.choice([None, True, False]),
        seals=random.choice([(), ("1",), ("2",)]),
    )


def listed(random: Random, place: dict[str, Any], axles_max: int) -> TrainConsist:
    """A list, of which a car may stand twice."""
    cars = random.sample(FLEET, random.randint(1, len(FLEET)))
    return TrainConsist(
        reading_id=place["reading_id"],
        port_code=PORT,
        train_id=random.choice(TRAINS),
        revision=random.randint(1, 3),
        received_at=place["received_at"],
        sent_at=random.choice([None, place["received_at"] - HOUR]),
        operating_mode=OperatingMode.SIMULATED,
        railroad="UP",
        equipment=tuple(
            ConsistEquipment(
                position=position,
                kind=random.choice(
                    [EquipmentKind.CAR] * 8 + [EquipmentKind.LOCOMOTIVE, EquipmentKind.END_OF_TRAIN_DEVICE]
                ),
                mark=mark,
                number=number,
                load_state=random.choice(list(LoadState)),
                axle_count=random.choice([None, 0, 4, 8]),
                declared_gross_weight_kg=random.choice([None, 0.0, 80_000.0]),
                length_m=random.choice([None, 18.0]),
                seals=random.choice([(), ("1",)]),
            )
            for position, (mark, number) in enumerate([*cars, *random.sample(cars, random.randint(0, 1))], 1)
        ),
    )
