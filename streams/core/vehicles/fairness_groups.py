"""The groups that a vehicle is counted in when outcomes are asked whom lights burden.

    issuer as read, the plate's text, the port's clock ─► FairnessGroup in the Selection ─► its Outcome ─► estimates

Made beside the score and never before it: nothing that decides reads it, which a test holds every file of the core to.
Coarse on purpose, since a selection is read by more people than a plate: an issuer that is rare here would single out
one traveller, so all beyond the border's own states are counted together.
"""

from typing import Final

from schemas.layout import Port
from schemas.records import FairnessGroup, Passage, PlateFormat, PlateIssuer
from streams.core.plates import normalise_plate
from streams.core.plates.grammar import ANY_SHAPE, fits_grammar, has_grammar, shape_of

HOUR_MICROSECONDS: Final = 3600 * 1_000_000

_ISSUERS: Final = {issuer.replace("_", "-"): issuer for issuer in PlateIssuer if issuer[2:3] == "_"}
_COUNTRIES: Final = {"US": PlateIssuer.US_OTHER, "MX": PlateIssuer.MX_OTHER}


def fairness_group_of(passage: Passage, port: Port | None) -> FairnessGroup:
    """The groups of a vehicle at its light; without a port's file its hour is not known."""
    return FairnessGroup(
        issuer=issuer_of(passage.jurisdiction),
        plate_format=plate_format_of(passage.plate, passage.jurisdiction),
        local_hour=None if port is None else local_hour_of(passage.watermark_at, port.utc_offset_hours),
    )


def issuer_of(jurisdiction: str | None) -> PlateIssuer:
    """An issuer (ISO 3166-2) as it is counted."""
    if jurisdiction is None:
        return PlateIssuer.UNREAD
    return _ISSUERS.get(jurisdiction) or _COUNTRIES.get(jurisdiction[:2], PlateIssuer.OTHER)


def plate_format_of(plate: str | None, jurisdiction: str | None) -> PlateFormat:
    """Whose serial plates a plate looks like."""
    if plate is None:
        return PlateFormat.UNREAD
    text = normalise_plate(plate)
    if jurisdiction is not None and has_grammar(jurisdiction) and fits_grammar(text, jurisdiction):
        return PlateFormat.ISSUERS
    return PlateFormat.ANOTHERS if shape_of(text) in ANY_SHAPE else PlateFormat.NONE


def local_hour_of(at: int, utc_offset_hours: float) -> int:
    """Hour of the day by the port's standard time, of a time in microseconds UTC."""
    return (at + round(utc_offset_hours * HOUR_MICROSECONDS)) // HOUR_MICROSECONDS % 24
