"""What an officer tells of an inspection, before it is a record: from a form, as JSON or by `border inspect`."""

import msgspec

from schemas.records import Exam, InspectionResolution, ReferralReason


class FieldError(ValueError):
    """What is told cannot be; `field` names where, `report` for all of it together."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class InspectionReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One report. Without a resolution the inspection goes on.

    `minutes` it took, until `ended` (ISO 8601 with its zone) or, without it, until now; `found` as `AMMUNITION=400` or
    `RIFLE:serial number`, with `,calibre=` and `,manufacturer=` behind it as marked; `revision` 1 or more.
    `referral_reason` UNKNOWN: as the vehicle was selected.
    """

    passage_id: str
    officer_ids: tuple[str, ...] = ()
    resolution: InspectionResolution | None = None
    minutes: float | None = None
    ended: str | None = None
    found: tuple[str, ...] = ()
    exams: tuple[Exam, ...] = ()
    exams_missed: tuple[Exam, ...] = ()
    referral_reason: ReferralReason = ReferralReason.UNKNOWN
    revision: int | None = None
