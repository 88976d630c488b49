"""What the sensors of a canary's lane say of its vehicle: that it has come to the light, and later that it has left.

    entry loop, front and rear camera, scale ─► seen on the way, at the speed of a free lane
    stop-line loop                           ─► now: whoever stands there waits for a light
    exit loop                                ─► once it has been told, or has waited in vain

Every reading is in mode TEST. Its plate is one that nobody issues, and changes from one crossing to the next, so that
its passages come to all partitions that plates are spread over.
"""

from typing import Any, Final

from schemas.layout import LENGTH_M, LaneLayout
from schemas.records import (
    Direction,
    ImageSource,
    LaneEvent,
    LaneEventKind,
    OperatingMode,
    PlateCandidate,
    PlateRead,
    ScaleType,
    SensorRole,
    Weighing,
)

SECOND: Final = 1_000_000

# As a free driver does [the join expects 3 to 5.5 m/s].
SPEED_MPS: Final = 4.2

# From a device to whoever writes into the log.
WAY_MICROSECONDS: Final = 100_000

# From its light, or from waiting in vain, to the exit loop: a short stop and the 8 m behind the stop line.
LEAVES_AFTER_SECONDS: Final = 3.0

# An empty mid-size car.
GROSS_WEIGHT_KG: Final = 1_500.0
AXLE_LOADS_KG: Final = (800.0, 700.0)
AXLE_SPACINGS_M: Final = (2.7,)
VEHICLE_CLASS: Final = 2

PLATES: Final = 10_000


class Vehicle:
    """One crossing. `crossing_id` is unique: readings and lane are told apart by it; `number` counts crossings."""

    def __init__(self, lane: LaneLayout, crossing_id: str, number: int, at_light_at: int) -> None:
        """`at_light_at`: when it comes to the light, by this machine's clock, microseconds."""
        self.lane_id = lane.lane_id
        self.at_light_at = at_light_at
        self._lane = lane
        self._crossing_id = crossing_id
        self._plate = f"CANARY{number % PLATES:04d}"

    @property
    def at_light_reading_id(self) -> str:
        """By which its selection is known."""
        return self._reading_id(SensorRole.STOP_LINE_LOOP)

    def approach(self) -> list[LaneEvent | PlateRead | Weighing]:
        """From the entry to the light."""
        return [
            LaneEvent(**self._said_by(SensorRole.ENTRY_LOOP), kind=LaneEventKind.ENTERED),
            self._read_by(SensorRole.FRONT_CAMERA, ImageSource.FRONT_PLATE),
            self._read_by(SensorRole.REAR_CAMERA, ImageSource.REAR_PLATE),
            Weighing(
                **self._said_by(SensorRole.SCALE),
                gross_weight_kg=GROSS_WEIGHT_KG,
                axle_loads_kg=AXLE_LOADS_KG,
                axle_spacings_m=AXLE_SPACINGS_M,
                scale_type=ScaleType.TYPE_I,
                vehicle_class=VEHICLE_CLASS,
            ),
            LaneEvent(**self._said_by(SensorRole.STOP_LINE_LOOP), kind=LaneEventKind.AT_LIGHT),
        ]

    def departure(self, at: int) -> LaneEvent:
        """It has left, at a time in microseconds."""
        return LaneEvent(**self._named(SensorRole.EXIT_LOOP, at), kind=LaneEventKind.LEFT)

    def _read_by(self, camera: SensorRole, source: ImageSource) -> PlateRead:
        candidates = (PlateCandidate(plate=self._plate, confidence=0.95),)
        return PlateRead(**self._said_by(camera), image_source=source, candidates=candidates)

    def _said_by(self, sensor: SensorRole) -> dict[str, Any]:
        """When a vehicle that is at the light now was at a sensor."""
        place_m = self._lane.places_m[sensor]
        if sensor is SensorRole.REAR_CAMERA:
            place_m += LENGTH_M[self._lane.mode]
        to_light_m = self._lane.places_m[SensorRole.STOP_LINE_LOOP] - place_m
        return self._named(sensor, self.at_light_at - round(to_light_m / SPEED_MPS * SECOND))

    def _named(self, sensor: SensorRole, received_at: int) -> dict[str, Any]:
        return {
            "reading_id": self._reading_id(sensor),
            "lane_id": self.lane_id,
            "device_id": f"{self.lane_id}/{sensor.value}",
            "observed_at": received_at - WAY_MICROSECONDS,
            "received_at": received_at,
            "operating_mode": OperatingMode.TEST,
            "direction": Direction.SOUTHBOUND,
        }

    def _reading_id(self, sensor: SensorRole) -> str:
        return f"{self._crossing_id}-{sensor.value}"
