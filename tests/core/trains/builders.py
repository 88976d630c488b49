"""A train as the portal's devices read it, and what the stage makes of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from schemas.records import (
    Alert,
    CarCoverage,
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
    TrainCoverage,
    TrainEvent,
    TrainEventKind,
)
from streams.core.stage import Output, Record
from streams.core.trains.stage import TrainsFold

PORT = "2304"
TRACK = "2304/R1"
SECOND = 1_000_000
START = 1_767_225_600 * SECOND  # 2026-01-01
TRAIN = "MLARM1 02"


@dataclass(frozen=True)
class Rolling:
    """One piece of equipment as it rolls past. `tags`: what its left and right tag say, None for one that is lost."""

    mark: str
    number: int
    kind: EquipmentKind = EquipmentKind.CAR
    axles: int = 4
    gross_kg: float = 80_000.0
    tags: tuple[tuple[str, int] | None, tuple[str, int] | None] | None = None
    scan: bool = True
    machine: ScanDecision = ScanDecision.CLEAR
    operator: ScanDecision = ScanDecision.CLEAR
    quality: ScanQuality = ScanQuality.GOOD
    weighed: bool = True
    aborted: bool = False
    loaded: bool | None = True
    shielded: bool | None = None


def cars(count: int, first: int = 100_000, step: int = 137) -> list[Rolling]:
    """Cars whose numbers differ in more than one digit from the next."""
    return [Rolling("TTGX", first + step * n) for n in range(count)]


def locomotives(count: int = 2) -> list[Rolling]:
    return [Rolling("UP", 5_000 + 111 * n, EquipmentKind.LOCOMOTIVE, 6, 190_000.0, scan=False) for n in range(count)]


def freight(count: int) -> list[Rolling]:
    """Two locomotives and so many cars."""
    return locomotives() + cars(count)


def listed(train: Sequence[Rolling], **changes: Any) -> tuple[ConsistEquipment, ...]:
    return tuple(
        ConsistEquipment(
            position=place,
            kind=one.kind,
            mark=one.mark,
            number=one.number,
            load_state=LoadState.LOADED,
            axle_count=one.axles,
            **changes,
        )
        for place, one in enumerate(train, 1)
    )


def consist(
    train: Sequence[Rolling], train_id: str = TRAIN, revision: int = 1, at: int = START - 3600 * SECOND, **changes: Any
) -> TrainConsist:
    return TrainConsist(
        reading_id=f"418:{train_id}:{revision}:{at}",
        port_code=PORT,
        train_id=train_id,
        revision=revision,
        received_at=at,
        operating_mode=OperatingMode.SIMULATED,
        railroad="UP",
        equipment=listed(train, **changes),
    )


def base(reading: str, at: int, track_id: str = TRACK) -> dict[str, Any]:
    return {
        "reading_id": reading,
        "port_code": PORT,
        "track_id": track_id,
        "device_id": "portal",
        "observed_at": at,
        "received_at": at,
        "operating_mode": OperatingMode.SIMULATED,
    }


@dataclass
class Portal:
    """A portal that reads a train. Times are microseconds; a car takes 8.5 s at 7 cars a minute."""

    number: int = 1017
    track_id: str = TRACK
    start: int = START
    car: int = 8_500_000
    leaves: bool = True
    made: list[msgspec.Struct] = field(default_factory=list)

    def read(self, train: Sequence[Rolling]) -> list[msgspec.Struct]:
        made = self.made
        prefix = f"{self.track_id}/{self.number}"
        made.append(
            TrainEvent(
                **base(f"{prefix} in", self.start, self.track_id),
                kind=TrainEventKind.PORTAL_ENTERED,
                pass_number=self.number,
            )
        )
        axle, at = 0, self.start
        for place, one in enumerate(train):
            made += self._of_car(f"{prefix} {place}", one, axle + 1, at)
            axle += one.axles
            at += self.car
        if self.leaves:
            made.append(
                TrainEvent(
                    **base(f"{prefix} out", at, self.track_id),
                    kind=TrainEventKind.PORTAL_LEFT,
                    pass_number=self.number,
                    axle_count=axle,
                )
            )
        made.sort(key=lambda reading: reading.received_at)  # type: ignore[attr-defined]
        return made

    def _of_car(self, name: str, one: Rolling, first: int, at: int) -> Iterable[msgspec.Struct]:
        own = (one.mark, one.number)
        for side, says in zip((TagSide.LEFT, TagSide.RIGHT), one.tags or (own, own), strict=True):
            if says is not None:
                yield CarTagRead(
                    **base(f"{name} tag {side}", at + SECOND, self.track_id),
                    pass_number=self.number,
                    axle_count=first + one.axles // 2 - 1 + (side is TagSide.RIGHT),
                    equipment_kind=one.kind,
                    mark=says[0],
                    number=says[1],
                    tag_side=side,
                    length_m=18.0,
                    axles=one.axles,
                    check_passed=True,
                    tag_hex="0" * 32,
                )
        if one.weighed:
            yield CarWeighing(
                **base(f"{name} weighing", at + 6 * SECOND, self.track_id),
                pass_number=self.number,
                first_axle=first,
                axle_loads_kg=(one.gross_kg / one.axles,) * one.axles,
                axle_spacings_m=(2.0,) * (one.axles - 1),
                gross_weight_kg=one.gross_kg,
                speed_mps=2.0,
            )
        if one.scan:
            yield from self.scans(name, one, first, first + one.axles - 1, at)

    def scans(self, name: str, one: Rolling, first: int, last: int, at: int) -> Iterable[CarScan]:
        shot = CarScan(
            **base(f"{name} scan", at + 12 * SECOND, self.track_id),
            pass_number=self.number,
            scan_id=f"{name} scan",
            revision=1,
            scan_started_at=at + 10 * SECOND,
            scan_ended_at=at + 12 * SECOND,
            first_axle=first,
            last_axle=last,
            machine_decision=one.machine,
            operator_decision=ScanDecision.UNKNOWN,
            scan_quality=one.quality,
            abort_reason="TIMEOUT" if one.aborted else None,
            loaded_indicator=one.loaded,
            shielding_indicator=one.shielded,
        )
        yield shot
        if one.operator is not ScanDecision.UNKNOWN:
            yield msgspec.structs.replace(
                shot,
                reading_id=f"{name} scan 2",
                revision=2,
                operator_decision=one.operator,
                received_at=at + 30 * SECOND,
            )


def arrived(train_id: str = TRAIN, at: int = START - 60 * SECOND, track_id: str = TRACK) -> TrainEvent:
    return TrainEvent(**base(f"arrived {train_id} {at}", at, track_id), kind=TrainEventKind.ARRIVED, train_id=train_id)


def released(train_id: str = TRAIN, at: int = START + 7200 * SECOND, track_id: str = TRACK) -> TrainEvent:
    return TrainEvent(
        **base(f"released {train_id} {at}", at, track_id),
        kind=TrainEventKind.RELEASED,
        train_id=train_id,
        officer_id="4711",
    )


def hand(
    number: int | None = None,
    place: int | None = None,
    result: HandInspectionResult = HandInspectionResult.CLEARED,
    mark: str | None = None,
    revision: int = 1,
    at: int = START + 5400 * SECOND,
    inspection_id: str = "",
    **changes: Any,
) -> HandInspection:
    name = inspection_id or f"inspection {number} {place}"
    return HandInspection(
        **base(f"{name} {revision}", at),
        train_id=TRAIN,
        mark=(mark or "TTGX") if number is not None else None,
        number=number,
        place=place,
        inspection_id=name,
        revision=revision,
        officer_id="4711",
        result=result,
        **changes,
    )


class Seen:
    """What a fold has told: cars and trains at their highest revision, alerts in order."""

    def __init__(self, fold: TrainsFold | None = None) -> None:
        self.fold = fold or TrainsFold({})
        self.outputs: list[Output] = []
        self.cars: dict[str, CarCoverage] = {}
        self.trains: dict[str, TrainCoverage] = {}
        self.told_trains: list[TrainCoverage] = []
        self.alerts: list[Alert] = []

    def take(self, *readings: msgspec.Struct) -> "Seen":
        for reading in readings:
            made: list[Output] = []
            self.fold.advance(record(reading), made)
            for output in made:
                self._note(output.value)
            self.outputs += made
        return self

    def _note(self, value: msgspec.Struct) -> None:
        if isinstance(value, CarCoverage):
            before = self.cars.get(value.coverage_id)
            assert value.revision == (before.revision if before else 0) + 1
            self.cars[value.coverage_id] = value
        elif isinstance(value, TrainCoverage):
            known = self.trains.get(value.visit_id)
            assert value.revision == (known.revision if known else 0) + 1
            self.trains[value.visit_id] = value
            self.told_trains.append(value)
        elif isinstance(value, Alert):
            self.alerts.append(value)

    def train(self, visit_id: str = "2304/R1/1017") -> TrainCoverage:
        return self.trains[visit_id]

    def standing(self, visit_id: str = "2304/R1/1017") -> dict[str, CarCoverage]:
        """Cars of a visit by name, without those withdrawn."""
        return {
            one.coverage_id.removeprefix(visit_id + "/"): one
            for one in self.cars.values()
            if one.visit_id == visit_id and one.state != "WITHDRAWN"
        }


def record(reading: Any) -> Record:
    return Record(PORT.encode(), reading, reading.received_at + SECOND)


def without(train: Sequence[Rolling], *places: int) -> list[Rolling]:
    return [one for place, one in enumerate(train) if place not in places]


def changed(train: Sequence[Rolling], place: int, **changes: Any) -> list[Rolling]:
    made = list(train)
    made[place] = replace(made[place], **changes)
    return made
