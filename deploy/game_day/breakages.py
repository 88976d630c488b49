"""Eight ways to break a platform, and which alert has to tell each."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Final

from deploy.game_day.devices import Place
from deploy.game_day.ground import PORTS, Ground
from deploy.game_day.watch import Fired
from deploy.simulated_sites import GATEWAY
from schemas.records import SensorRole

PORT: Final = PORTS[0]
CAMERA: Final[Place] = f"{PORT}/01", SensorRole.REAR_CAMERA
CLOCK: Final[Place] = f"{PORT}/01", SensorRole.FRONT_CAMERA
CLOCK_AHEAD_SECONDS: Final = 90.0
# A sensor that has seen fewer vehicles is not held against itself yet (streams/core/lanes/blind.py).
VEHICLES_BEFORE: Final = 40


@dataclass(frozen=True)
class Breakage:
    """`broken` breaks something as it is entered and mends it as it is left, unless by an error, which ends all."""

    name: str
    what: str
    alert: str
    labels: Mapping[str, str]
    broken: Callable[[Ground], AbstractContextManager[None]]
    over_within_seconds: float
    """From the mend until nothing fires."""

    lasts_seconds: float = 0.0
    """How long it is left broken at least, for its later consequences to come."""

    also: tuple[tuple[str, Mapping[str, str]], ...] = ()
    """Names and labels of what tells of the same fault by another way, and is no consequence of the alert."""

    may_begin: Callable[[Ground], bool] = field(default=lambda _: True)

    def is_told_by(self, fired: Fired) -> bool:
        """Whether this is its alert."""
        return fired.is_about(self.alert, self.labels)


def device(place: Place) -> str:
    """Its id, as deploy/simulated_sites.py names it."""
    lane_id, role = place
    return f"{lane_id}.{role}".lower().replace("/", ".").replace("_", "-")


@contextmanager
def stopped_producers(ground: Ground) -> Iterator[None]:
    """A port without power: its gateway is gone, its devices are silent, nobody passes."""
    ground.devices.silence(PORT)
    with ground.without_worker(f"{GATEWAY}{PORT}"):
        yield
    ground.devices.silence(None)


@contextmanager
def blind_camera(ground: Ground) -> Iterator[None]:
    """A camera sees no vehicle, and its monitor goes on to say that it lives."""
    ground.devices.blind(CAMERA)
    yield
    ground.devices.blind(None)


@contextmanager
def shifted_clock(ground: Ground) -> Iterator[None]:
    """A camera's clock is set wrong."""
    ground.devices.set_clock(CLOCK, CLOCK_AHEAD_SECONDS)
    yield
    ground.devices.set_clock(CLOCK, 0.0)


# What ends little first: a platform that has worked for an hour has known more good minutes than bad ones.
STALLED: Final = "stalled-stage"
BREAKAGES: Final = (
    Breakage(
        "bad-bytes",
        "a flood of bytes that are no record",
        "DeadLettersFlood",
        {"stage": "lanes"},
        Ground.flood_of_bad_bytes,
        360,
    ),
    Breakage(
        "stopped-producers",
        f"port {PORT} has no power: its gateway and its devices are stopped",
        "GatewayStopped",
        {"port": PORT},
        stopped_producers,
        120,
        lasts_seconds=150,
    ),
    Breakage(
        "stopped-registry",
        "the schema registry is killed",
        "RegistryDown",
        {},
        Ground.without_registry,
        300,
    ),
    Breakage(
        "shifted-clock",
        f"a camera's clock is {CLOCK_AHEAD_SECONDS:g} s ahead",
        "DeviceClockWrong",
        {"device": device(CLOCK)},
        shifted_clock,
        300,
    ),
    Breakage(
        "blind-camera",
        "a camera sees nothing, though it lives",
        "SensorBlind",
        {"device": device(CAMERA)},
        blind_camera,
        300,
        also=(("LaneSensorsBlind", {"port": PORT, "role": CAMERA[1]}),),
        may_begin=lambda ground: ground.devices.seen(CAMERA) >= VEHICLES_BEFORE,
    ),
    Breakage(
        "stopped-stage",
        "the stage vehicles is stopped",
        "StageStopped",
        {"stage": "vehicles"},
        lambda ground: ground.without_worker("vehicles-0"),
        360,
        lasts_seconds=150,
    ),
    Breakage(
        STALLED,
        "the main thread of the stage vehicles hangs",
        "StageStalled",
        {"stage": "vehicles"},
        lambda ground: ground.stalled_worker("vehicles-0"),
        360,
        lasts_seconds=150,
    ),
    Breakage(
        "killed-broker",
        "the broker is killed",
        "BrokerDown",
        {},
        Ground.without_broker,
        360,
        lasts_seconds=150,
    ),
)
NAMES: Final = tuple(one.name for one in BREAKAGES)
