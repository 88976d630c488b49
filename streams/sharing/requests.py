"""What a request must say, and the records that are made of one."""

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from schemas.records import Lodging
from streams.core.plates import normalise_plate
from streams.core.random_draw import DAY_MICROSECONDS
from streams.core.sharing.agreement import Agreement

TEXT_LENGTH_MAX: Final = 256


class Refused(Exception):
    """A request that is not answered; `status` as HTTP has it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class NotLogged(RuntimeError):
    """The log did not take a record."""


class Case(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why an agency asks."""

    purpose: str
    case_number: str
    legal_basis: str


class Plate(msgspec.Struct, forbid_unknown_fields=True):
    """A plate to lodge."""

    plate: str
    jurisdiction: str | None = None


def check_purpose(agreement: Agreement, purpose: str) -> None:
    """Raises Refused unless it is agreed."""
    if purpose not in agreement.purposes:
        raise Refused(403, f"purpose must be one that is agreed: {', '.join(agreement.purposes)}")


def check_case(agreement: Agreement, case: Case) -> None:
    """Raises Refused unless the purpose is agreed and case and legal basis are named."""
    check_purpose(agreement, case.purpose)
    for name in ("case_number", "legal_basis"):
        if not 1 <= len(getattr(case, name).strip()) <= TEXT_LENGTH_MAX:
            raise Refused(422, f"{name} must be 1 to {TEXT_LENGTH_MAX} characters")


def until_of(text: str, agreement: Agreement, now: int) -> int:
    """The end of a lodging, microseconds: no later than the agreement's. Raises Refused."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(422, "valid_until is a time with its zone, such as 2026-12-31T00:00Z") from None
    if at.tzinfo is None:
        raise Refused(422, "valid_until needs its zone; add Z for UTC")
    end = (agreement.last_day + 1) * DAY_MICROSECONDS
    until = int(at.timestamp() * 1_000_000)
    if not now < until <= end:
        raise Refused(
            422, f"valid_until must be in the future and no later than the agreement's, {agreement.valid_until}"
        )
    return until


def lodging_of(agreement: Agreement, case: Case, plate: Plate, now: int, valid_until_at: int) -> Lodging:
    """The record. Its id is the same whenever the agency lodges this plate for this case. Raises Refused."""
    text = normalise_plate(plate.plate)
    if not text:
        raise Refused(422, "a plate needs at least one letter or digit")
    if plate.jurisdiction is not None and not 1 <= len(plate.jurisdiction) <= 16:
        raise Refused(422, "jurisdiction is an ISO 3166-2 code, or null")
    named = "\0".join((agreement.agency, text, plate.jurisdiction or "", case.case_number))
    return Lodging(
        lodging_id=hashlib.blake2b(named.encode(), digest_size=16).hexdigest(),
        agency_id=agreement.agency,
        plate=text,
        jurisdiction=plate.jurisdiction,
        purpose=case.purpose,
        case_number=case.case_number,
        legal_basis=case.legal_basis,
        valid_until_at=valid_until_at,
        lodged_at=now,
    )
