"""One scan as a rail scanner tells it, checked, and the record that is made of it."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from producers.dicos import ReportError
from schemas.records import CarScan, OperatingMode, ScanDecision, ScanQuality

# At 4 mph the longest car takes half a minute; a beam that is open for this long is a broken clock [assumed].
SCAN_MAX: Final = timedelta(hours=1)
# The stage's own bounds: of a train, and of one image.
AXLES_MAX: Final = 4_096
IMAGE_AXLES_MAX: Final = 64
YEARS: Final = (2000, 2099)  # outside, the clock or the unit is broken
TEXT_MAX: Final = 300
MICROSECOND: Final = timedelta(microseconds=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIELD: Final = re.compile(r" - at `\$\.?([a-z0-9_]*)`$", re.ASCII)

# Two and a revision make a reading's id, of 128 characters at most.
Id = Annotated[str, Meta(min_length=1, max_length=56, pattern=r"^[!-~]+\Z")]
Axle = Annotated[int, Meta(ge=1, le=AXLES_MAX)]
Time = Annotated[datetime, Meta(tz=True)]


class ScanReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a scanner tells; fields mean what those of CarScan do. Axles are counted from 1."""

    scan_id: Id
    revision: Annotated[int, Meta(ge=1, le=1_000)]
    track_id: Annotated[str, Meta(pattern=r"^[0-9A-Z-]{1,16}/R[0-9]{1,3}\Z")]
    device_id: Id
    pass_number: Annotated[int, Meta(ge=0, le=1_000_000_000)]
    observed_at: Time
    scan_started_at: Time
    scan_ended_at: Time
    first_axle: Axle
    last_axle: Axle
    scan_quality: ScanQuality
    machine_decision: ScanDecision
    machine_probability: Annotated[float, Meta(ge=0, le=1)] | None = None
    operator_decision: ScanDecision = ScanDecision.UNKNOWN
    abort_reason: Annotated[str, Meta(max_length=64, pattern=r"^[!-~]([ -~]*[!-~])?\Z")] | None = None
    loaded_indicator: bool | None = None
    shielding_indicator: bool | None = None
    image_uri: Annotated[str, Meta(max_length=512, pattern=r"^[!-~]+\Z")] | None = None
    image_sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")] | None = None
    operating_mode: OperatingMode = OperatingMode.OPERATIONAL


_JSON: Final = msgspec.json.Decoder(ScanReport)


def report_of_json(line: bytes) -> ScanReport:
    """The report in one JSON object. Raises ReportError."""
    try:
        report = _JSON.decode(line)
    except msgspec.ValidationError as error:
        raise _wrong(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ReportError("not JSON; one object a line, in UTF-8") from None
    except RecursionError:
        raise ReportError("values within values, too deep to read") from None
    # The decoder takes the last of two values, other readers the first: a decision must not depend on the reader.
    pairs = json.loads(line, object_pairs_hook=list)
    if len(pairs) != len(dict(pairs)):
        raise ReportError("a field stands twice")
    return checked(report)


def report_of_values(values: Mapping[str, Any]) -> ScanReport:
    """The report of texts by field. Raises ReportError."""
    try:
        report = msgspec.convert(values, ScanReport, strict=False)
    except msgspec.ValidationError as error:
        raise _wrong(error) from None
    return checked(report)


def _wrong(error: msgspec.ValidationError) -> ReportError:
    """What the validator says, with the field in front. It quotes names and values, which may be anything."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(error))[:TEXT_MAX]
    place = FIELD.search(text)
    return ReportError(text) if place is None else ReportError(text[: place.start()], place.group(1))


def checked(report: ScanReport) -> ScanReport:
    """The report, if its fields fit each other. Raises ReportError."""
    for name in ("observed_at", "scan_started_at", "scan_ended_at"):
        if not YEARS[0] <= getattr(report, name).year <= YEARS[1]:
            raise ReportError(f"must lie in {YEARS[0]} to {YEARS[1]}", name)
    if not 0 <= report.last_axle - report.first_axle < IMAGE_AXLES_MAX:
        raise ReportError(f"must be first_axle or up to {IMAGE_AXLES_MAX - 1} behind it", "last_axle")
    if not timedelta(0) <= report.scan_ended_at - report.scan_started_at <= SCAN_MAX:
        raise ReportError("must be at or after scan_started_at, by an hour at most", "scan_ended_at")
    if report.scan_quality is ScanQuality.UNKNOWN:
        raise ReportError("must be GOOD, DEGRADED or BAD", "scan_quality")
    if report.scan_quality is ScanQuality.GOOD and report.abort_reason is not None:
        raise ReportError("a scan that was aborted is not GOOD", "scan_quality")
    if report.operating_mode is OperatingMode.UNKNOWN:
        raise ReportError("must not be UNKNOWN", "operating_mode")
    return report


def scan_of(report: ScanReport, received_at: int) -> CarScan:
    """The record of a report; `received_at` microseconds UTC by the gateway's clock.

    The id is made of device, scan and revision, so that a report sent again is a repetition.
    """
    values = {name: getattr(report, name) for name in ScanReport.__struct_fields__}
    for name in ("observed_at", "scan_started_at", "scan_ended_at"):
        values[name] = (values[name] - EPOCH) // MICROSECOND
    return CarScan(
        reading_id=f"{report.device_id}/{report.scan_id}/{report.revision}",
        port_code=report.track_id.partition("/")[0],
        received_at=received_at,
        **values,
    )


def report_of_scan(scan: CarScan) -> ScanReport:
    """A record as its scanner's report."""
    values = {name: getattr(scan, name) for name in ScanReport.__struct_fields__}
    for name in ("observed_at", "scan_started_at", "scan_ended_at"):
        values[name] = EPOCH + values[name] * MICROSECOND
    return ScanReport(**values)
