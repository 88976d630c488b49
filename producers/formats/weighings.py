"""What scale formats share: the record of a vehicle, once its numbers are in kilograms and metres."""

from typing import Final, Literal

from producers.formats.reading_format import Device, Reason, Refused
from schemas.records import ScaleType, SensorRole, Weighing

SCALES: Final = frozenset({SensorRole.SCALE})
ScaleTypeName = Literal["TYPE_I", "TYPE_II", "TYPE_III", "TYPE_IV"]
# The axles weigh what the vehicle weighs, but for rounding (TMG's own check); beyond this a unit or a field is wrong.
SUM_SHARE_MAX: Final = 0.1
SUM_KG_MAX: Final = 50.0


def weighing_of(
    device: Device, reading_id: str, observed_at: int, received_at: int, *, gross_weight_kg: float | None,
    axle_loads_kg: tuple[float, ...], axle_spacings_m: tuple[float, ...], speed_mps: float | None,
    vehicle_class: int | None, scale_type: ScaleTypeName,
) -> Weighing:  # fmt: skip
    """The record of a vehicle; the gross weight is the sum of the axles' if it is not told. Raises Refused."""
    if gross_weight_kg is None:
        if not axle_loads_kg:
            raise Refused(Reason.MISSING_FIELD, "neither a gross weight nor an axle's is told")
        gross_weight_kg = round(sum(axle_loads_kg), 3)
    elif axle_loads_kg and abs(sum(axle_loads_kg) - gross_weight_kg) > SUM_KG_MAX + SUM_SHARE_MAX * abs(
        gross_weight_kg
    ):
        text = "the axles do not add up to the gross weight; look at the unit and at the order of the fields"
        raise Refused(Reason.OUT_OF_RANGE, text)
    if axle_spacings_m and axle_loads_kg and len(axle_spacings_m) != len(axle_loads_kg) - 1:
        raise Refused(
            Reason.OUT_OF_RANGE, "there must be one spacing fewer than axles; look at the order of the fields"
        )
    return Weighing(
        reading_id=reading_id,
        lane_id=device.place,
        device_id=device.device_id,
        observed_at=observed_at,
        received_at=received_at,
        operating_mode=device.operating_mode,
        direction=device.direction,
        gross_weight_kg=gross_weight_kg,
        axle_loads_kg=axle_loads_kg,
        axle_spacings_m=axle_spacings_m,
        speed_mps=speed_mps,
        scale_type=ScaleType(scale_type),
        vehicle_class=vehicle_class,
    )
