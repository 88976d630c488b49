"""An agreement with another agency: what it may be told, of which vehicles, for what and how long; versioned and typed.

An agreement is a TOML text, as a rule set is. Two people publish it into `border.agreements.v1`; `deploy/examples/`
has one to begin with.

    of which vehicles    LODGED  plates that the agency lodged by name, with a case
                         ASKED   plates that it asks for blinded: we are not told which
                         ANY     any vehicle, without its plate; a plate is told on an approved request alone
"""

import tomllib
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Final

import msgspec

from schemas.records import ListKind, OperatingMode
from streams.core.rule_set import Rules, Version
from streams.core.traces.business_days import date_text, day_number

AGREEMENT_BYTES_MAX: Final = 65_536

# The log of passages is kept for 30 days; what is older could not be told again after the loss of a disk.
RETENTION_DAYS_MAX: Final = 30

# Somebody looks at each agreement again at least every two years [assumed].
VALID_DAYS_MAX: Final = 732


class Dataset(StrEnum):
    """What records an agreement may share."""

    CROSSINGS = "CROSSINGS"
    ALERTS = "ALERTS"
    FINDS = "FINDS"


class Vehicles(StrEnum):
    """Of which vehicles."""

    LODGED = "LODGED"
    ASKED = "ASKED"
    ANY = "ANY"


# All that can be agreed. No plate (the agency named it, or gets it by an approved request), no candidates (they are
# other people's plates), no reading, officer or score: what is not here cannot be shared by any agreement.
FIELDS: Final[dict[Dataset, tuple[str, ...]]] = {
    Dataset.CROSSINGS: (
        "port_code",
        "lane_id",
        "crossed_at",
        "lane_mode",
        "jurisdiction",
        "vehicle_class",
        "gross_weight_kg",
        "images",
    ),
    Dataset.ALERTS: (
        "port_code",
        "lane_id",
        "raised_at",
        "kind",
        "severity",
        "light",
        "list_kind",
        "match",
        "case_number",
        "legal_basis",
        "warning_markers",
        "images",
    ),
    Dataset.FINDS: ("port_code", "lane_mode", "found_at", "resolution", "firearms", "magazines", "rounds"),
}

# By these a vehicle, or who is sought with it, is known without its plate: never of ANY vehicle.
IDENTIFYING: Final = frozenset({"images", "case_number", "legal_basis", "warning_markers"})

VEHICLES_OF: Final[dict[Dataset, frozenset[Vehicles]]] = {
    # Every crossing with its time, beside a camera of one's own across the bridge, would be a list of all plates.
    Dataset.CROSSINGS: frozenset({Vehicles.LODGED, Vehicles.ASKED}),
    Dataset.ALERTS: frozenset({Vehicles.LODGED, Vehicles.ANY}),
    Dataset.FINDS: frozenset({Vehicles.LODGED, Vehicles.ANY}),
}

AgencyId = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9][A-Z0-9-]*\Z", max_length=64)]
Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Purpose = Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Z0-9_]*\Z", max_length=64)]
Date = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
PortCode = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*\Z", max_length=32)]


class Limits(Rules, frozen=True):
    """How much may be asked. They are what keeps a list of all plates out of reach: see README.md beside this file."""

    lodged_plates: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    """At the same time."""

    lodgings_per_day: Annotated[int, msgspec.Meta(ge=0, le=1_000)]
    """Plates lodged or lodged longer a day (UTC), so that nobody tries all plates by taking each back again."""

    questions_per_day: Annotated[int, msgspec.Meta(ge=0, le=1_000)]
    """Blinded questions a day (UTC); one is one plate on one day."""

    reidentifications_per_day: Annotated[int, msgspec.Meta(ge=0, le=100)]
    requests_per_hour: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    """Of every kind, refused ones too."""


class SharedDataset(Rules, frozen=True):
    """One dataset: of which vehicles, which fields, of which ports, and how long the agency may keep it."""

    dataset: Dataset
    vehicles: Vehicles
    ports: Annotated[tuple[PortCode, ...], msgspec.Meta(min_length=1, max_length=200)]
    fields: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=32)]
    retention_days: Annotated[int, msgspec.Meta(ge=1, le=RETENTION_DAYS_MAX)]
    list_kinds: tuple[ListKind, ...] = ()
    """ALERTS: hits of these lists are told; those of others are not for this agency."""


class Agreement(Rules, frozen=True):
    """All of it."""

    agency: AgencyId
    version: Version
    name: Sentence
    legal_basis: Sentence
    purposes: Annotated[tuple[Purpose, ...], msgspec.Meta(min_length=1, max_length=32)]
    valid_from: Date
    valid_until: Date
    """The last day."""

    credential_sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    limits: Limits
    datasets: Annotated[tuple[SharedDataset, ...], msgspec.Meta(min_length=1, max_length=16)]
    operating_mode: OperatingMode = OperatingMode.OPERATIONAL

    @property
    def first_day(self) -> int:
        """UTC days since 1970."""
        return day_in(self.valid_from)

    @property
    def last_day(self) -> int:
        """UTC days since 1970."""
        return day_in(self.valid_until)

    def dataset(self, name: str, *vehicles: Vehicles) -> SharedDataset | None:
        """The agreed dataset of this name for any of these vehicles."""
        return next((one for one in self.datasets if one.dataset == name and one.vehicles in vehicles), None)


def parse_agreement(text: str) -> Agreement:
    """The agreement in a TOML text. Raises ValueError that names what is missing, unknown, too much or forbidden."""
    if len(text.encode()) > AGREEMENT_BYTES_MAX:
        raise ValueError(f"an agreement has at most {AGREEMENT_BYTES_MAX} bytes")
    try:
        agreement = msgspec.convert(tomllib.loads(text), Agreement)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise ValueError(f"not an agreement: {error}") from error
    days = agreement.last_day - agreement.first_day
    if not 0 < days <= VALID_DAYS_MAX:
        raise ValueError(f"valid_until must be 1 to {VALID_DAYS_MAX} days after valid_from")
    if agreement.operating_mode is OperatingMode.UNKNOWN:
        raise ValueError("operating_mode must not be UNKNOWN")
    for one in agreement.datasets:
        _check_dataset(one)
    names = sorted((one.dataset, one.vehicles) for one in agreement.datasets)
    for before, after in pairwise(names):
        if before == after:
            raise ValueError(f"{after[0]} of {after[1]} vehicles stands twice; give it all its ports and fields once")
    for dataset in Dataset:
        if agreement.dataset(dataset, Vehicles.LODGED) and agreement.dataset(dataset, Vehicles.ANY):
            raise ValueError(
                f"{dataset} is told of LODGED or of ANY vehicles, not of both: who is told of any is told of all"
            )
    _check_limits(agreement)
    return agreement


def day_in(text: str) -> int:
    """UTC days since 1970 of a date written 2026-11-30. Raises ValueError for another text."""
    year, month, day = text[:4], text[5:7], text[8:]
    if not (len(text) == 10 and text.isascii() and (year + month + day).isdecimal() and 1 <= int(month) <= 12):
        raise ValueError(f"{text!r} is no date; it is written 2026-11-30")
    number = day_number(int(year), int(month), int(day))
    if date_text(number) != text:
        raise ValueError(f"{text!r} is no date; it is written 2026-11-30")
    return number


def _check_dataset(one: SharedDataset) -> None:
    name = f"{one.dataset} of {one.vehicles} vehicles"
    if one.vehicles not in VEHICLES_OF[one.dataset]:
        allowed = ", ".join(sorted(VEHICLES_OF[one.dataset]))
        raise ValueError(f"{one.dataset} cannot be shared of {one.vehicles} vehicles; take {allowed}")
    for field in one.fields:
        if field not in FIELDS[one.dataset]:
            raise ValueError(f"{name}: {field} cannot be shared; there are {', '.join(FIELDS[one.dataset])}")
        if one.vehicles is Vehicles.ANY and field in IDENTIFYING:
            raise ValueError(f"{name}: by {field} a vehicle is known without its plate; share it of LODGED vehicles")
    if len(set(one.fields)) < len(one.fields) or len(set(one.ports)) < len(one.ports):
        raise ValueError(f"{name}: a field or port stands twice")
    if one.list_kinds and one.dataset is not Dataset.ALERTS:
        raise ValueError(f"{name}: list_kinds are for {Dataset.ALERTS}")
    if ListKind.UNKNOWN in one.list_kinds:
        raise ValueError(f"{name}: UNKNOWN is no list")


def _check_limits(agreement: Agreement) -> None:
    """A limit of 0 for what is agreed, or one for what is not, is a slip."""
    limits = agreement.limits
    shared = {one.vehicles for one in agreement.datasets}
    for vehicles, names in (
        (Vehicles.LODGED, ("lodged_plates", "lodgings_per_day")),
        (Vehicles.ASKED, ("questions_per_day",)),
    ):
        for name in names:
            if (getattr(limits, name) > 0) != (vehicles in shared):
                need = "above 0, since" if vehicles in shared else "0, since nothing"
                raise ValueError(f"limits.{name} must be {need} is shared of {vehicles} vehicles")
    if limits.reidentifications_per_day and Vehicles.ANY not in shared:
        raise ValueError(
            "limits.reidentifications_per_day must be 0, since nothing is shared of ANY vehicles: plates are known"
        )
