"""A world for the evaluation of scores: how hard its smugglers are to find, and how much of it is looked at."""

from dataclasses import dataclass
from random import Random
from typing import Final

from producers.simulator.traffic import DAILY_COUNTS_2023, MONTH_FACTORS, month_of
from schemas.layout import load_ports
from schemas.records import LaneMode, ScaleType

US: Final = 1_000_000
HOUR: Final = 3600
DAY: Final = 86_400
START_AT: Final = 1_696_226_400_000_000  # 2023-10-02T06:00Z, Monday 0:00 of Texas's standard time
# Groups of neighbouring ports, about 45,000 cars a day each: where a smuggler may choose among them.
PORT_GROUPS: Final = (
    ("2301", "2303", "2304", "2305"),  # Brownsville, Eagle Pass, Laredo, Hidalgo
    ("2401", "2402", "2604", "2608"),  # Ysleta, El Paso, Nogales, San Luis
    ("2503", "2505", "2506", "2507", "2502"),  # Calexico, Tecate, Otay Mesa, Calexico East, Andrade
)
MODES: Final = (LaneMode.PASSENGER, LaneMode.BUS, LaneMode.TRUCK)


@dataclass(frozen=True)
class World:
    """One world. Raises ValueError for what is outside the ranges that the sources allow."""

    name: str = "default"
    load_mean_guns: float = 3.6  # 2.5 to 5.2
    scale_types: tuple[ScaleType, ...] = (ScaleType.TYPE_I, ScaleType.TYPE_III)  # of passenger and bus lanes
    misread_ratio: float = 0.10  # of plate reads: 0.05 in the best, 0.20 at the worst toll authority
    ant_share: float = 0.35  # of loaded crossings
    smuggling_ratio: float = 1 / 1500  # loaded crossings per crossing: 1 in 1,000 to 2,200
    ports: tuple[str, ...] = PORT_GROUPS[0]
    days: int = 60
    start_at: int = START_AT
    keep_one_in: int = 50  # of ordinary vehicles, with all their crossings
    inbound: bool = False  # northbound crossings as well
    # What an ant does otherwise than the commuters and shoppers whose habits it has [assumed]: loads on this share of
    # its crossings, more often several ports (of shoppers 0.2 have), and shorter stays.
    ant_loaded_ratio: float = 0.25
    ant_several_ports_ratio: float = 0.4
    ant_stay_ratio: float = 0.6
    deterrence: float = 0.3  # share of loaded crossings that avoid a port with a surge of inspections [assumed]

    def __post_init__(self) -> None:
        if not 2.5 <= self.load_mean_guns <= 5.2:
            raise ValueError(f"a load mean of {self.load_mean_guns} guns is outside 2.5 to 5.2")
        if not 0.0 < self.ant_share <= 0.5:
            raise ValueError(f"an ant share of {self.ant_share} is outside 0 to 0.5")
        if not self.ports or self.days < 1 or self.keep_one_in < 1:
            raise ValueError("a world needs a port, a day, and keeps one in 1 or more")
        for code in self.ports:
            if code not in DAILY_COUNTS_2023:
                raise ValueError(f"no port {code!r}; known: {', '.join(DAILY_COUNTS_2023)}")
        if not any(self.daily(code, LaneMode.PASSENGER) for code in self.ports):
            raise ValueError(f"no cars cross at {', '.join(self.ports)}, as far as reported; name a port that has some")

    @property
    def seconds(self) -> float:
        """Length of the window."""
        return float(self.days * DAY)

    def daily(self, code: str, mode: LaneMode) -> float:
        """Vehicles a day at a port, in the month of the middle of the window."""
        if not any(lane.mode is mode for lane in load_ports()[code].lanes):
            return 0.0
        middle = (self.start_at // US + self.days * DAY // 2) // DAY
        return DAILY_COUNTS_2023[code].of(mode) * MONTH_FACTORS[mode][month_of(middle) - 1]

    @property
    def passages(self) -> float:
        """Expected southbound crossings in the window."""
        return self.days * sum(self.daily(code, mode) for code in self.ports for mode in MODES)

    def midnight(self, code: str) -> int:
        """Seconds from the start of the window to the port's midnight before it: zero or negative."""
        local = self.start_at // US + int(load_ports()[code].utc_offset_hours * HOUR)
        return -(local % DAY)

    def local_days(self, code: str) -> int:
        """Days of the port's own calendar that the window touches."""
        return self.days + (self.midnight(code) < 0)

    def weekday(self, code: str) -> int:
        """Weekday of the port's first day, Monday 0."""
        local = self.start_at // US + int(load_ports()[code].utc_offset_hours * HOUR)
        return (local // DAY + 3) % 7  # 1970-01-01 was a Thursday


def draw_world(seed: int) -> World:
    """A world over the ranges of the sources. Its ports, scales and smugglers depend on the seed alone."""
    random = Random(f"world {seed}")
    return World(
        name=f"world-{seed}",
        load_mean_guns=round(random.uniform(2.5, 5.2), 2),
        scale_types=random.choice(
            ((ScaleType.TYPE_I,), (ScaleType.TYPE_III,), (ScaleType.TYPE_I, ScaleType.TYPE_III), (ScaleType.TYPE_II,))
        ),
        misread_ratio=round(random.uniform(0.05, 0.20), 3),
        ant_share=round(random.uniform(0.25, 0.45), 3),
        smuggling_ratio=1 / random.uniform(1000, 2200),
        ports=random.choice(PORT_GROUPS),
        start_at=START_AT + 7 * DAY * random.randrange(52) * US,
        ant_loaded_ratio=round(random.uniform(0.15, 0.35), 3),
        ant_several_ports_ratio=round(random.uniform(0.2, 0.5), 3),
        ant_stay_ratio=round(random.uniform(0.5, 0.9), 3),
        deterrence=round(random.uniform(0.0, 0.6), 2),
    )
