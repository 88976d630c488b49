"""Plates as OpenALPR tells them.

Spec: OpenALPR's JSON results, version 2, as `alpr -j` and the alprd daemon send them (github openalpr/openalpr,
src/openalpr/alpr_impl.cpp), and the agent's groups and heartbeats (its webhook documentation).

    data_type "alpr_results"                     an image
        version            2
        epoch_time         milliseconds UTC      observed_at
        uuid               of the image          reading_id, with the place in results; a hash of the content if none
        camera_id          number                compared with the option, if it is set
        results[].plate, .confidence             percent; candidates[0] if there are no candidates
        results[].candidates[].plate, .confidence     percent, best first, ten are kept
        results[].region, .region_confidence     `us-tx` or `tx`, percent
        results[].coordinates, .matches_template, .plate_index, .vehicle       not kept
    data_type "alpr_group"                       a vehicle, from several images
        epoch_start, epoch_end, best_uuid, best_plate {plate, confidence}, best_region, best_region_confidence,
        candidates[]; observed_at is epoch_start, when the camera first saw the plate
    data_type "heartbeat"                        the agent is alive: timestamp, milliseconds UTC

A region that is no code of ISO 3166-2 leaves the issuer open; the plate stands.
"""

from typing import Annotated, Any, Final

from msgspec import Meta

from producers.formats.documents import Fields, decode_json, items_in
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
from producers.formats.units import share
from schemas.records import DeviceStatus, Heartbeat, PlateCandidate, PlateRead

VERSION: Final = 2
MILLISECOND: Final = 1_000  # in microseconds


class OpenalprOptions(Options, frozen=True, kw_only=True):
    """How one camera's OpenALPR is set up."""

    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")] = "US"
    """Of regions that are told without one."""

    camera_id: Annotated[int, Meta(ge=0)] | None = None
    """The number that this camera has in its OpenALPR; another one is refused."""

    unreadable_when_empty: bool = False
    """Whether an image without a plate means a vehicle without a readable one: so where a loop triggers the camera."""

    image_uri: Annotated[str, Meta(max_length=300, pattern=r"^[!-~]*\{uuid\}[!-~]*\Z")] | None = None
    """Where the image is kept, with {uuid} in it."""


def parse(payload: bytes, device: Device, received_at: int) -> list[Item]:
    """One document of OpenALPR, or a list of them."""
    try:
        value = decode_json(payload)
        told = list(items_in(value, "")) if isinstance(value, list) else [(value, "")]
    except Refused as refused:
        return [refused.rejection]
    items = [item for one, at in told for item in items_of(one, at, device, received_at)]
    return items or [Rejection(Reason.MALFORMED, "a list without a document")]


def items_of(value: Any, at: str, device: Device, received_at: int) -> list[Item]:
    """What one document holds."""
    options = device.options
    assert isinstance(options, OpenalprOptions)
    try:
        document = Fields(value, at)
        kind = document.text("data_type")
        if options.camera_id is not None and document.whole("camera_id") != options.camera_id:
            text = f"is not {options.camera_id}, that of {device.device_id}; look at where each camera sends"
            raise Refused(Reason.WRONG_DEVICE, text, document.place("camera_id"))
        if kind == "alpr_results":
            return results_of(document, device, options, received_at)
        if kind == "alpr_group":
            return [group_of(document, device, options, received_at)]
        if kind == "heartbeat":
            return [heartbeat_of(document, device, received_at)]
        raise Refused(Reason.UNSUPPORTED, "must be alpr_results, alpr_group or heartbeat", document.place("data_type"))
    except Refused as refused:
        return [refused.rejection]


def results_of(document: Fields, device: Device, options: OpenalprOptions, received_at: int) -> list[Item]:
    """Each plate of an image; one that is wrong does not take the others with it."""
    if document.whole("version") != VERSION:
        raise Refused(Reason.UNSUPPORTED, f"must be {VERSION}", document.place("version"))
    observed_at = document.whole("epoch_time") * MILLISECOND
    uuid = document.text_or_none("uuid")
    found = list(document.items("results"))
    if not found:
        if not options.unreadable_when_empty:
            text = "no plate in the image; if a loop triggers this camera, set unreadable_when_empty = true"
            raise Refused(Reason.MISSING_FIELD, text, document.place("results"))
        return [reading_of(device, options, observed_at, received_at, uuid, (), None, None, 0)]
    items = list[Item]()
    for place, (value, at) in enumerate(found):
        try:
            result = Fields(value, at)
            candidates = candidates_of(result, result)
            items.append(
                reading_of(
                    device, options, observed_at, received_at, uuid, candidates, result.text_or_none("region"),
                    result.number_or_none("region_confidence"), place,
                )
            )  # fmt: skip
        except Refused as refused:
            items.append(refused.rejection)
    return items


def group_of(document: Fields, device: Device, options: OpenalprOptions, received_at: int) -> Item:
    """The best of what several images of one vehicle say."""
    best = Fields(document.needed("best_plate"), document.place("best_plate"))
    return reading_of(
        device, options, document.whole("epoch_start") * MILLISECOND, received_at, document.text_or_none("best_uuid"),
        candidates_of(document, best), document.text_or_none("best_region"),
        document.number_or_none("best_region_confidence"), "group",
    )  # fmt: skip


def candidates_of(holder: Fields, best: Fields) -> tuple[PlateCandidate, ...]:
    """The ways to read a plate, of its list and of what is told as the best. Raises Refused."""
    found = [Fields(value, at) for value, at in holder.items("candidates")]
    return best_first(candidate_of(fields) for fields in (best, *found))


def candidate_of(fields: Fields) -> PlateCandidate:
    """One way to read a plate. Raises Refused."""
    return PlateCandidate(
        plate=plate_text(fields.text("plate")), confidence=share(fields.number("confidence"), "percent")
    )


def reading_of(
    device: Device, options: OpenalprOptions, observed_at: int, received_at: int, uuid: str | None,
    candidates: tuple[PlateCandidate, ...], region: str | None, region_confidence: float | None, index: int | str,
) -> PlateRead:  # fmt: skip
    """The record of one plate. Raises Refused."""
    jurisdiction = None if region is None else jurisdiction_of(region, options.country)
    said = (observed_at, [(one.plate, one.confidence) for one in candidates], jurisdiction, index)
    uri = options.image_uri.replace("{uuid}", uuid) if options.image_uri and uuid else None
    return PlateRead(
        reading_id=numbered_id(device, uuid, index) if uuid else content_id(device, *said),
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
        if jurisdiction is None or region_confidence is None
        else share(region_confidence, "percent"),
        image_uri=uri,
    )


def heartbeat_of(document: Fields, device: Device, received_at: int) -> Heartbeat:
    """The agent's word that it is alive. Raises Refused."""
    observed_at = document.whole("timestamp") * MILLISECOND
    streams: list[Any] = [
        Fields(value, at).boolean_or_none("is_streaming") for value, at in document.items("video_streams")
    ]
    status = DeviceStatus.DEGRADED if False in streams else DeviceStatus.OPERATING
    return Heartbeat(
        reading_id=content_id(device, "heartbeat", observed_at),
        lane_id=device.place,
        device_id=device.device_id,
        observed_at=observed_at,
        received_at=received_at,
        operating_mode=device.operating_mode,
        direction=device.direction,
        sensor=device.sensor,
        status=status,
    )


TEMPLATE: Final = """\
country = "US"                   # of regions that are told without one: "tx" is US-TX
# camera_id = 3                  # the number of this camera in its OpenALPR; another one is refused
# unreadable_when_empty = true   # a loop triggers the camera, so an image without a plate is a vehicle without one
# image_uri = "image:front/{uuid}.jpg"    # where the image is kept
"""
EXAMPLE: Final = b"""{"version":2,"data_type":"alpr_results","epoch_time":1796036287250,\
"img_width":1280,"img_height":720,"processing_time_ms":53.4,"uuid":"2301-cam1-1796036287250","camera_id":3,"regions_of_interest":[],"results":[\
{"plate":"TST4821","confidence":93.5,"matches_template":1,"plate_index":0,"region":"us-tx","region_confidence":87,\
"processing_time_ms":19.6,"requested_topn":10,"coordinates":[{"x":265,"y":137},{"x":379,"y":135},{"x":380,"y":160},\
{"x":266,"y":162}],"candidates":[{"plate":"TST4821","confidence":93.5,"matches_template":1},{"plate":"TST4B21",\
"confidence":81.25,"matches_template":0}]}]}"""

OPENALPR: Final = ReadingFormat(
    name="openalpr",
    title="plates as OpenALPR tells them (JSON)",
    specification="OpenALPR JSON results version 2, agent groups and heartbeats",
    framing=Framing.DOCUMENT,
    content_types=("application/json",),
    options_type=OpenalprOptions,
    template=TEMPLATE,
    example=EXAMPLE,
    parse=parse,
    sensors=CAMERAS,
)
