"""A device of each format, as `border sensor new` writes it, and samples of what devices send. Synthetic throughout."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from producers.formats import FORMATS
from producers.formats.reading_format import Device, Item, Reading, Rejection
from producers.site import parse_site
from producers.site.writing import SITE, device_template

NOW = int(datetime(2026, 11, 30, 10, 58, 40, tzinfo=UTC).timestamp()) * 1_000_000
"""By the gateway's clock, microseconds: shortly after the samples."""

OBSERVED_AT = int(datetime(2026, 11, 30, 10, 58, 7, tzinfo=UTC).timestamp()) * 1_000_000 + 250_000

GROUP = (
    b'{"data_type":"alpr_group","version":2,"epoch_start":1796036287250,"epoch_end":1796036288100,"camera_id":3,'
    b'"best_uuid":"2301-cam1-17","best_plate_number":"TST4821","best_plate":{"plate":"TST4821","confidence":92.5},'
    b'"best_region":"us-tx","best_region_confidence":80,"candidates":[{"plate":"TST4821","confidence":92.5},'
    b'{"plate":"TST4B21","confidence":70}]}'
)
ALIVE = b'{"data_type":"heartbeat","timestamp":1796036287250,"video_streams":[{"camera_id":3,"is_streaming":true}]}'
RAIL_XML = b"""\
<?xml version="1.0" encoding="UTF-8"?>
<ScanResults>
 <ScanResult>
  <ScanID>S17</ScanID><Revision>1</Revision><TrackID>2304/R1</TrackID><DeviceID>rail-scan-1</DeviceID>
  <PassNumber>3</PassNumber><ObservedAt>2026-11-30T10:58:09Z</ObservedAt>
  <ScanStartedAt>2026-11-30T10:58:00Z</ScanStartedAt><ScanEndedAt>2026-11-30T10:58:09Z</ScanEndedAt>
  <FirstAxle>17</FirstAxle><LastAxle>20</LastAxle><ScanQuality>GOOD</ScanQuality>
  <TDR><TDRType>Machine</TDRType><AlarmDecision>Clear</AlarmDecision>
   <PTO><AssessmentProbability>0.02</AssessmentProbability><Ability>NoInterference</Ability></PTO></TDR>
 </ScanResult>
</ScanResults>
"""

SAMPLES: dict[str, tuple[bytes, ...]] = {name: (form.example,) for name, form in FORMATS.items()}
SAMPLES["openalpr"] += (GROUP, ALIVE)
SAMPLES["rail_scan"] += (RAIL_XML,)


def device_for(name: str, options: str = "", **changes: object) -> Device:
    """The device of a format's template; `options` as TOML in place of the template's."""
    text = SITE + device_template(FORMATS[name])
    if options:
        text = text.partition("[devices.options]")[0] + f"[devices.options]\n{options}\n"
    device = parse_site(text, Path("site.toml"), check_keys=False).devices[0].device
    return msgspec.structs.replace(device, **changes)


def read(name: str, payload: bytes, device: Device | None = None, received_at: int = NOW) -> list[Item]:
    """What a format makes of a payload."""
    return FORMATS[name].read(payload, device or device_for(name), received_at)


def one_reading(name: str, payload: bytes, device: Device | None = None, received_at: int = NOW) -> Reading:
    """The only item of a payload, which must be a reading."""
    (item,) = read(name, payload, device, received_at)
    assert not isinstance(item, Rejection), item
    return item


def one_rejection(name: str, payload: bytes, device: Device | None = None, received_at: int = NOW) -> Rejection:
    """The only item of a payload, which must be a rejection."""
    (item,) = read(name, payload, device, received_at)
    assert isinstance(item, Rejection), item
    return item
