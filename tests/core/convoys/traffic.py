"""Crossings of regulars for the tests of the convoys stage, not thinned; every plate is synthetic.

Commuters aim at one of a few minutes of the morning at one port, by default with a spread of 10 minutes; occasional
crossers come at any hour of the day. Among them travel spouses in two cars, who commute, and a scout with a load, who
come at odd hours to any port. One crossing in twelve is misread and lost to the plate's history.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.records import Association, Crossing, OperatingMode, Tick
from schemas.topics import PASSAGES
from streams.core.convoys.companions import EARLIER_MIN
from streams.core.convoys.stage import ConvoysFold
from streams.core.plates import plate_key
from streams.core.stage import Output, Record
from streams.core.vehicle_history import PASSAGES_MAX

SECOND = 1_000_000
DAY_S = 24 * 3600
START_S = 1_789_948_800  # a midnight, UTC
PORTS = ("2301", "2302", "2304")
MISREAD = 1 / 12

SPOUSES = ("WIFE001", "HUSB001")
CONVOY = ("SCT0001", "LAD0001")


def crossing(plate: str, at_s: int, earlier: list[tuple[int, str]] | None = None, **fields: object) -> Crossing:
    """A crossing of a plate with its history of times and ports."""
    past = earlier or []
    port = str(fields.pop("port_code", "2301"))
    values: dict[str, object] = {
        "passage_id": f"{port}/01/{plate}-{at_s}",
        "port_code": port,
        "operating_mode": OperatingMode.OPERATIONAL,
        "crossed_at": at_s * SECOND,
        "plate_key": plate_key(plate),
        "plate": plate,
        "jurisdiction": "US-TX",
        "earlier_at": tuple(at * SECOND for at, _ in past),
        "earlier_port_codes": tuple(port for _, port in past),
    }
    return Crossing(**values | fields)  # type: ignore[arg-type]


def tick(source: int, at_s: int) -> Tick:
    """A watermark of one partition of the passages."""
    return Tick(source_topic=PASSAGES.name, source_partition=source, watermark_at=at_s * SECOND)


def record(value: Crossing | Tick) -> Record:
    """As the stage gets it."""
    if isinstance(value, Tick):
        return Record(b"0", value, value.watermark_at)
    return Record(value.port_code.encode(), value, value.crossed_at)


def advance(fold: ConvoysFold, *values: Crossing | Tick) -> list[Association]:
    """What the fold tells of these crossings."""
    outputs: list[Output] = []
    for value in values:
        fold.advance(record(value), outputs)
    return [output.value for output in outputs if isinstance(output.value, Association)]


@dataclass
class Traffic:
    """A seeded world of regulars."""

    seed: int
    days: int = 40
    commuters: int = 300
    habits: int = 12
    spread_s: float = 600.0
    occasional: int = 300
    draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    def trips(self) -> Iterator[tuple[int, str, str]]:
        """Time, port and plate of every crossing, day by day."""
        draw = self.draw
        centres = [draw.uniform(5.5, 8.5) * 3600 for _ in range(self.habits)]
        commuters = [(f"C{number:06d}", draw.choice(centres)) for number in range(self.commuters)]
        for day in range(self.days):
            begin, trips = START_S + day * DAY_S, list[tuple[int, str, str]]()
            if day % 7 < 5:
                for plate, centre in commuters:
                    trips.append((begin + int(draw.gauss(centre, self.spread_s)), PORTS[0], plate))
                self._together(trips, begin + draw.gauss(centres[0], self.spread_s), PORTS[0], SPOUSES)
            for number in range(self.occasional):
                if draw.random() < 0.4:
                    at_s = begin + int(draw.uniform(6, 20) * 3600)
                    trips.append((at_s, draw.choice(PORTS[:2]), f"S{number:06d}"))
            if draw.random() < 0.5:
                self._together(trips, begin + draw.uniform(6, 22) * 3600, draw.choice(PORTS), CONVOY)
            yield from sorted(trips)

    def _together(self, trips: list[tuple[int, str, str]], at_s: float, port: str, pair: tuple[str, str]) -> None:
        """Two vehicles a minute or so apart, one trip in ten further."""
        mean_s = 60.0 if self.draw.random() < 0.9 else 900.0
        trips.append((int(at_s), port, pair[0]))
        trips.append((int(at_s + self.draw.expovariate(1 / mean_s)), port, pair[1]))

    def crossings(self) -> Iterator[Crossing]:
        """What the vehicles stage tells of these trips."""
        history: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for at_s, port, plate in self.trips():
            if self.draw.random() < MISREAD:
                continue
            past = history[plate][-PASSAGES_MAX:]
            if len(past) >= EARLIER_MIN:
                yield crossing(plate, at_s, past, port_code=port)
            history[plate].append((at_s, port))
