"""What really happened, kept aside from every reading: which vehicle, which faults, what it carried.

The truth is written to a file of its own and never to a topic; a test searches the encoded readings for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import IO, Any, Final, NamedTuple

import msgspec

from producers.simulator.actors import SMUGGLERS, Actor
from producers.simulator.loads import Contraband
from producers.simulator.scenario import Scenario
from producers.simulator.vehicles import Vehicle, make_vehicle
from schemas.layout import Port, load_ports
from schemas.records import (
    Direction,
    Heartbeat,
    LaneEvent,
    LaneMode,
    ListKind,
    PlateRead,
    WatchlistEntry,
    Weighing,
    XrayScan,
)

SensorReading = PlateRead | Weighing | XrayScan | LaneEvent | Heartbeat
FAULTS: Final = (
    "missing", "repeated", "late", "clock", "misread", "tailgater", "tailgated", "stop_and_go", "backed_out"
)  # fmt: skip


@dataclass(slots=True)
class PassageTruth:
    """One true passage: `number` counts the vehicles of the lane from 1, in order of entry."""

    lane_id: str
    number: int
    vehicle: Vehicle
    entered_at: int  # microseconds UTC, true time
    gross_weight_kg: float
    contraband: Contraband | None
    actor: Actor
    trunk_kg: float = 0.0  # of the gross weight
    faults: tuple[str, ...] = ()
    missing_sensors: tuple[str, ...] = ()


class SimulatedReading(NamedTuple):
    """A reading and what is true of it. `truth` is the number of the true vehicle in the lane, None for no vehicle's.

    `faults` are those of this reading; those of its vehicle stand in `passage.faults`, which is complete once the
    next vehicle has entered (`tailgated` is the next one's doing).
    """

    due_at_us: int  # when the gateway hands it to the log
    reading: SensorReading
    truth: int | None = None
    faults: tuple[str, ...] = ()
    passage: PassageTruth | None = None

    @property
    def every_fault(self) -> tuple[str, ...]:
        """Faults of the reading and of its vehicle."""
        return self.faults if self.passage is None else self.faults + self.passage.faults


class CrossingTruth(NamedTuple):
    """What is true of one crossing. `number` counts the kept vehicles of the lane from 1.

    `plate_crossings` counts the southbound crossings under this plate, whoever shows it, in the whole window and
    `plate_crossings_so_far` those up to and with this one.
    """

    lane_id: str
    port_code: str
    number: int
    vehicle: Vehicle
    actor: Actor
    plate_crossings_so_far: int
    plate_crossings: int
    contraband: Contraband | None
    entered_at: int  # microseconds UTC
    gross_weight_kg: float
    direction: Direction
    companion: str | None  # identity of the vehicle that it travels with

    @property
    def smuggler(self) -> bool:
        """Whether the vehicle belongs to a smuggler, loaded or not on this crossing."""
        return self.actor in SMUGGLERS


class SimulatedCrossing(NamedTuple):
    """One vehicle in one lane: its readings in order of `received_at`, what is true, and for how many it stands."""

    readings: tuple[SensorReading, ...]
    truth: CrossingTruth
    weight: int
    officer_id: str | None  # in the lane at the time; None northbound


PASSAGES_IN_LANE_MAX: Final = 64


class TruthWriter:
    """Writes JSON lines: one for every reading of a vehicle, and one for a passage once nothing more befalls it.

    A context manager: leaving it writes the passages still open.
    """

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._encode = msgspec.json.Encoder().encode
        self._open: dict[str, dict[int, PassageTruth]] = {}

    def write(self, item: SimulatedReading) -> None:
        """Write what is true of one reading."""
        passage = item.passage
        if passage is None:
            return
        # A passage is written late: the car behind may still tailgate it after its first readings.
        passages = self._open.setdefault(passage.lane_id, {})
        if passage.number not in passages:
            passages[passage.number] = passage
            if len(passages) > PASSAGES_IN_LANE_MAX:
                self._write({"passage": passages.pop(min(passages))})
        self._write({"reading_id": item.reading.reading_id, "truth": passage.number, "faults": item.faults})

    def __enter__(self) -> "TruthWriter":
        return self

    def __exit__(self, *_: object) -> None:
        for passages in self._open.values():
            for passage in passages.values():
                self._write({"passage": passage})
        self._open.clear()

    def _write(self, line: dict[str, Any]) -> None:
        self._out.write(self._encode(line) + b"\n")


LIST_KINDS: Final = (ListKind.STOLEN, ListKind.STOLEN, ListKind.WANTED, ListKind.TRACE_LINKED)
LEGAL_BASIS: Final = {
    ListKind.STOLEN: "simulated: theft report",
    ListKind.WANTED: "simulated: arrest warrant",
    ListKind.INTELLIGENCE: "simulated: intelligence report",
    ListKind.STRAW_PURCHASER_LINKED: "simulated: multiple sale report",
    ListKind.TRACE_LINKED: "simulated: firearm trace",
}
# Simulations start at any date, from the pilot's year on.
VALID_FROM_AT: Final = 1_230_768_000_000_000  # 2009-01-01
VALID_UNTIL_AT: Final = 4_102_358_400_000_000  # 2099-12-31


def watchlist(
    scenario: Scenario, seed: int, ports: Iterable[str] | None = None, known: Mapping[str, Port] | None = None
) -> list[WatchlistEntry]:
    """Reference data for a simulated world: one commuter of every passenger lane and hour, so that runs have hits."""
    known = load_ports() if known is None else known
    entries: list[WatchlistEntry] = []
    for code in sorted(ports or scenario.daily_counts):
        port = known[code]
        for lane in port.lanes:
            if lane.mode is not LaneMode.PASSENGER:
                continue
            for hour in range(24):
                identity = commuter_identity(lane.lane_id, hour, 0)
                vehicle = make_vehicle(seed, identity, lane.mode, port.state)
                kind = Random(f"{seed} list {identity}").choice(LIST_KINDS)
                entries.append(list_entry(len(entries) + 1, vehicle.plate, vehicle.jurisdiction, kind))
    return entries


def commuter_identity(lane_id: str, hour: int, number: int) -> str:
    """Identity of a commuter: the lane and the hour it keeps to."""
    return f"{lane_id} h{hour} n{number}"


def list_entry(number: int, plate: str, jurisdiction: str, kind: ListKind) -> WatchlistEntry:
    """A simulated entry, approved and valid at any simulated time."""
    return WatchlistEntry(
        entry_id=f"simulated-{number}",
        plate=plate,
        jurisdiction=jurisdiction,
        list_kind=kind,
        reason="simulated entry",
        legal_basis=LEGAL_BASIS[kind],
        case_number=f"SIM-{number:05d}",
        priority=1 if kind is ListKind.WANTED else 2,
        audience="ops-center",
        valid_from_at=VALID_FROM_AT,
        valid_until_at=VALID_UNTIL_AT,
        entered_by="simulator",
        approved_by="simulator-supervisor",
    )
