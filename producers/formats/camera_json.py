"""Cameras that post JSON of their own shape: the configuration tells where each value stands, and in which unit.

Spec: none is common to cameras; a place is a path of names and indexes, `vehicle.plates[0].text`. With the template's
options:

    {"events": [{"id": 1734, "boot": "b7", "when": "2026-11-30T10:58:07.250Z",
                 "plate": {"text": "TST4821", "score": 93.5}, "others": [{"text": "TST4B21", "score": 81.2}],
                 "state": "TX", "picture": "image:front/1734.jpg"}]}

    readings       the list of readings in a document; without it the document is one reading, or a list of them
    plate          letters and digits; "" or null is a vehicle without a readable plate
    confidence     percent or share
    candidates     a list of other ways to read it: candidate_plate and candidate_confidence in each
    time           ISO 8601 with its zone, or a count of s, ms or us since 1970, UTC                observed_at
    sequence       the camera's count, after a session (a boot) if it begins again                   reading_id
    jurisdiction   `US-TX`, or `TX` in the option's country; jurisdiction_confidence
    image_uri, image_sha256
    lane, camera   compared with lane_value and camera_value

Without a sequence the id is a hash of what was read, so the time must tell two reads apart.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Final

from msgspec import Meta

from producers.formats.documents import counted_time, decode_json, items_in, number_in, text_in, time_in, whole_in
from producers.formats.plates import CAMERAS, IMAGE_SOURCES, best_first, jurisdiction_of, plate_text
from producers.formats.reading_format import (
    Device,
    Framing,
    Item,
    Options,
    ReadingFormat,
    Reason,
    Refused,
    Rejection,
    content_id,
    numbered_id,
)
from producers.formats.units import ShareUnit, TimeUnit, share
from schemas.records import PlateCandidate, PlateRead

STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]", re.ASCII)
Path = Annotated[
    str,
    Meta(max_length=200, pattern=r"^(([A-Za-z0-9_$@ -]+(\[[0-9]{1,3}\])*)(\.[A-Za-z0-9_$@ -]+(\[[0-9]{1,3}\])*)*)?\Z"),
]


class CameraJsonOptions(Options, frozen=True, kw_only=True):
    """Where each value stands in one camera's JSON; an empty path is a value that it does not tell."""

    plate: Path
    confidence: Path
    time: Path
    readings: Path = ""
    candidates: Path = ""
    candidate_plate: Path = ""
    candidate_confidence: Path = ""
    sequence: Path = ""
    session: Path = ""
    jurisdiction: Path = ""
    jurisdiction_confidence: Path = ""
    image_uri: Path = ""
    image_sha256: Path = ""
    lane: Path = ""
    lane_value: Annotated[str, Meta(max_length=60)] = ""
    camera: Path = ""
    camera_value: Annotated[str, Meta(max_length=60)] = ""
    confidence_unit: ShareUnit = "percent"
    time_unit: TimeUnit = "iso"
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")] = "US"

    def problems(self) -> Iterator[tuple[str, str]]:
        for name in ("plate", "confidence", "time"):
            if not getattr(self, name):
                yield name, "must be a path; without it there is no reading"
        for name in ("candidate_plate", "candidate_confidence"):
            if bool(self.candidates) != bool(getattr(self, name)):
                yield name, "candidates, candidate_plate and candidate_confidence go together"
        if self.session and not self.sequence:
            yield "session", "a session without a sequence numbers nothing"
        if self.jurisdiction_confidence and not self.jurisdiction:
            yield "jurisdiction_confidence", "needs a jurisdiction"
        for name in ("lane", "camera"):
            if bool(getattr(self, name)) != bool(getattr(self, f"{name}_value")):
                yield name, f"{name} and {name}_value go together"


@cache
def steps_of(path: str) -> tuple[str | int, ...]:
    """The names and indexes of a path. There are as many paths as the configuration has."""
    return tuple(int(index) if index else name for name, index in STEP.findall(path))


def value_at(value: Any, path: str) -> Any:
    """What stands at a path; None if nothing does."""
    for step in steps_of(path):
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


def parse(payload: bytes, device: Device, received_at: int) -> list[Item]:
    """One document; a reading that is wrong does not take the others with it."""
    options = device.options
    assert isinstance(options, CameraJsonOptions)
    try:
        document = decode_json(payload)
        found = value_at(document, options.readings) if options.readings else document
        if found is None:
            raise Refused(Reason.MISSING_FIELD, "is missing; look at the path in the configuration", options.readings)
        several = isinstance(found, list) or bool(options.readings)
        told = list(items_in(found, options.readings)) if several else [(found, "")]
    except Refused as refused:
        return [refused.rejection]
    items = list[Item]()
    for one, at in told:
        try:
            items.append(Told(one, at, options).reading(device, received_at))
        except Refused as refused:
            items.append(refused.rejection)
    return items or [Rejection(Reason.MISSING_FIELD, "a list without a reading", options.readings)]


class Told:
    """One reading as the camera tells it."""

    def __init__(self, value: Any, at: str, options: CameraJsonOptions) -> None:
        if not isinstance(value, dict):
            raise Refused(Reason.MALFORMED, "must be an object, with a field for each value", at)
        self._value, self._at, self._options = value, at, options

    def reading(self, device: Device, received_at: int) -> PlateRead:
        """Its record. Raises Refused."""
        options = self._options
        for name, reason in (("lane", Reason.WRONG_LANE), ("camera", Reason.WRONG_DEVICE)):
            wanted = getattr(options, f"{name}_value")
            if wanted and str(self.get(getattr(options, name))) != wanted:
                raise Refused(reason, f"must be {wanted}", self.place(getattr(options, name)))
        observed_at = self.time()
        candidates = self.candidates()
        region = self.text(options.jurisdiction)
        jurisdiction = None if region is None else jurisdiction_of(region, options.country)
        confidence = self.get(options.jurisdiction_confidence) if jurisdiction is not None else None
        numbers = [self.number(path) for path in (options.session, options.sequence) if path]
        return PlateRead(
            reading_id=(
                numbered_id(device, *numbers)
                if numbers
                else content_id(device, observed_at, [(one.plate, one.confidence) for one in candidates], jurisdiction)
            ),
            lane_id=device.place,
            device_id=device.device_id,
            observed_at=observed_at,
            received_at=received_at,
            operating_mode=device.operating_mode,
            direction=device.direction,
            image_source=IMAGE_SOURCES[device.sensor],
            candidates=candidates,
            jurisdiction=jurisdiction,
            jurisdiction_confidence=None
            if confidence is None
            else self.share(confidence, options.jurisdiction_confidence),
            image_uri=self.text(options.image_uri),
            image_sha256=self.text(options.image_sha256),
        )

    def get(self, path: str) -> Any:
        """What stands at a path; None without a path, or if nothing does."""
        return value_at(self._value, path) if path else None

    def place(self, path: str) -> str:
        """Where a path leads in the document."""
        return f"{self._at}.{path}" if self._at else path

    def text(self, path: str) -> str | None:
        """A text; None if it is not told. Raises Refused."""
        value = self.get(path)
        return None if value is None or value == "" else text_in(value, self.place(path))

    def number(self, path: str) -> str:
        """A count or a session, as a text. Raises Refused."""
        value = self.get(path)
        if value is None:
            raise Refused(Reason.MISSING_FIELD, "is missing; it numbers the readings", self.place(path))
        return text_in(value, self.place(path)) if isinstance(value, str) else str(whole_in(value, self.place(path)))

    def share(self, value: Any, path: str) -> float:
        """A confidence, as a share. Raises Refused."""
        return share(number_in(value, self.place(path)), self._options.confidence_unit)

    def time(self) -> int:
        """Microseconds UTC. Raises Refused."""
        path, unit = self._options.time, self._options.time_unit
        value, at = self.get(path), self.place(path)
        if value is None:
            raise Refused(Reason.MISSING_FIELD, "is missing; a read of no time fits no vehicle", at)
        if unit == "iso":
            return time_in(text_in(value, at), at)
        return counted_time(number_in(value, at), unit, at)

    def candidates(self) -> tuple[PlateCandidate, ...]:
        """The ways to read the plate, none if there is no readable one. Raises Refused."""
        options = self._options
        best = self.text(options.plate)
        found = list[PlateCandidate]()
        if best is not None:
            confidence = self.get(options.confidence)
            if confidence is None:
                raise Refused(Reason.MISSING_FIELD, "is missing", self.place(options.confidence))
            found.append(PlateCandidate(plate=plate_text(best), confidence=self.share(confidence, options.confidence)))
        others = self.get(options.candidates)
        for value, at in items_in(others, self.place(options.candidates)) if others is not None else ():
            plate_at, confidence_at = f"{at}.{options.candidate_plate}", f"{at}.{options.candidate_confidence}"
            plate = text_in(value_at(value, options.candidate_plate), plate_at)
            confidence = number_in(value_at(value, options.candidate_confidence), confidence_at)
            found.append(PlateCandidate(plate=plate_text(plate), confidence=share(confidence, options.confidence_unit)))
        return best_first(found)


TEMPLATE: Final = """\
# Where each value stands in the camera's JSON: names and indexes, as in "vehicle.plates[0].text".
readings = "events"                      # the list of readings; leave it out if a document is one reading
plate = "plate.text"
confidence = "plate.score"
confidence_unit = "percent"              # percent or share
time = "when"
time_unit = "iso"                        # iso (with its zone), or s, ms, us since 1970
sequence = "id"                          # the camera's own count; leave it out if there is none
session = "boot"                         # changes when the count begins again; leave it out if it never does
candidates = "others"                    # other ways to read the plate
candidate_plate = "text"
candidate_confidence = "score"
jurisdiction = "state"                   # "US-TX", or "TX" in this country:
country = "US"
image_uri = "picture"
# camera = "device.name"                 # what the camera calls itself, and what that must be
# camera_value = "FRONT-1"
"""
EXAMPLE: Final = b"""\
{"events": [{"id": 1734, "boot": "b7", "when": "2026-11-30T10:58:07.250Z", "plate": {"text": "TST4821", "score": 93.5},
             "others": [{"text": "TST4B21", "score": 81.2}], "state": "TX", "picture": "image:front/1734.jpg"},
            {"id": 1735, "boot": "b7", "when": "2026-11-30T10:58:31.020Z", "plate": {"text": "", "score": 0}}]}
"""

CAMERA_JSON: Final = ReadingFormat(
    name="camera_json",
    title="cameras that post JSON of their own shape, fields and units in the options",
    specification="none is common; paths and units stand in the options",
    framing=Framing.DOCUMENT,
    content_types=("application/json",),
    options_type=CameraJsonOptions,
    template=TEMPLATE,
    example=EXAMPLE,
    parse=parse,
    sensors=CAMERAS,
)
