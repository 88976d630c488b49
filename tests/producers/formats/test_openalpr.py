"""OpenALPR: images, groups and heartbeats; percents become shares, and one bad plate spoils no other."""

import json
from typing import Any

import pytest

from producers.formats.openalpr import EXAMPLE
from producers.formats.reading_format import Reason, Rejection
from schemas.records import DeviceStatus, Heartbeat, ImageSource, PlateCandidate, PlateRead, SensorRole
from tests.producers.formats.samples import ALIVE, GROUP, OBSERVED_AT, device_for, one_reading, one_rejection, read


def changed(**changes: Any) -> bytes:
    return json.dumps(json.loads(EXAMPLE) | changes).encode()


def with_result(**changes: Any) -> bytes:
    (result,) = json.loads(EXAMPLE)["results"]
    return changed(results=[result | changes])


def plate_read(payload: bytes, **options: Any) -> PlateRead:
    reading = one_reading("openalpr", payload, device_for("openalpr", **options))
    assert isinstance(reading, PlateRead)
    return reading


def test_an_image_is_a_plate_read() -> None:
    reading = plate_read(EXAMPLE)
    assert reading.observed_at == OBSERVED_AT  # 1,796,036,287,250 ms
    # 93.5 % and 81.25 %
    assert reading.candidates == (
        PlateCandidate(plate="TST4821", confidence=0.935),
        PlateCandidate(plate="TST4B21", confidence=0.8125),
    )
    assert (reading.jurisdiction, reading.jurisdiction_confidence) == ("US-TX", 0.87)
    assert reading.reading_id == "openalpr-1/2301-cam1-1796036287250/0"
    assert reading.image_source is ImageSource.FRONT_PLATE


def test_a_rear_camera_reads_rear_plates() -> None:
    assert plate_read(EXAMPLE, sensor=SensorRole.REAR_CAMERA).image_source is ImageSource.REAR_PLATE


@pytest.mark.parametrize(
    ("region", "jurisdiction"),
    [("us-tx", "US-TX"), ("TX", "US-TX"), ("mx-tam", "MX-TAM"), ("eu-at", "AT"), ("", None), ("Texas!", None)],
)
def test_regions_are_codes_of_iso_3166(region: str, jurisdiction: str | None) -> None:
    assert plate_read(with_result(region=region)).jurisdiction == jurisdiction


def test_a_region_without_a_country_is_of_the_options_country() -> None:
    assert plate_read(with_result(region="tam"), options='country = "MX"').jurisdiction == "MX-TAM"


def test_plates_are_upper_case_without_what_stands_between() -> None:
    reading = plate_read(with_result(plate="tst-48 21", candidates=[]))
    assert [one.plate for one in reading.candidates] == ["TST4821"]


def test_candidates_are_best_first_each_once_and_ten() -> None:
    candidates = [{"plate": f"A{number % 14}", "confidence": number} for number in range(28)]
    reading = plate_read(with_result(plate="A13", confidence=27, candidates=candidates))
    assert [one.confidence for one in reading.candidates] == [place / 100 for place in range(27, 17, -1)]
    assert len({one.plate for one in reading.candidates}) == 10


def test_two_plates_of_an_image_are_two_readings() -> None:
    (result,) = json.loads(EXAMPLE)["results"]
    first, second = read("openalpr", changed(results=[result, result | {"plate": "TST9999"}]))
    assert [one.reading_id[-2:] for one in (first, second)] == ["/0", "/1"]  # type: ignore[union-attr]


def test_a_bad_plate_does_not_take_the_others_with_it() -> None:
    (result,) = json.loads(EXAMPLE)["results"]
    first, second, third = read("openalpr", changed(results=[result, {"plate": 7}, result]))
    assert isinstance(first, PlateRead) and isinstance(third, PlateRead)
    assert second == Rejection(Reason.MALFORMED, "must be a text", "results[1].plate")


def test_a_group_is_one_reading_of_when_the_vehicle_was_first_seen() -> None:
    reading = plate_read(GROUP)
    assert reading.observed_at == OBSERVED_AT
    assert [(one.plate, one.confidence) for one in reading.candidates] == [("TST4821", 0.925), ("TST4B21", 0.7)]
    assert reading.reading_id == "openalpr-1/2301-cam1-17/group"


def test_the_agent_is_alive_or_has_lost_a_stream() -> None:
    alive = one_reading("openalpr", ALIVE)
    assert isinstance(alive, Heartbeat) and alive.status is DeviceStatus.OPERATING
    lost = one_reading("openalpr", ALIVE.replace(b"true", b"false"))
    assert isinstance(lost, Heartbeat) and lost.status is DeviceStatus.DEGRADED


def test_an_image_without_a_plate_means_a_vehicle_only_where_a_loop_triggers() -> None:
    assert "unreadable_when_empty" in one_rejection("openalpr", changed(results=[])).text
    assert plate_read(changed(results=[]), options="unreadable_when_empty = true").candidates == ()


def test_the_image_is_found_by_its_uuid() -> None:
    uri = plate_read(EXAMPLE, options='image_uri = "image:front/{uuid}.jpg"').image_uri
    assert uri == "image:front/2301-cam1-1796036287250.jpg"


def test_without_a_uuid_the_id_is_of_the_content() -> None:
    first, other = plate_read(changed(uuid="")), plate_read(changed(uuid="", epoch_time=1796036287251))
    assert len(first.reading_id) == len("openalpr-1/") + 24
    assert first.reading_id == plate_read(changed(uuid="")).reading_id != other.reading_id


@pytest.mark.parametrize(
    ("payload", "reason", "at"),
    [
        (changed(data_type="alpr_image"), Reason.UNSUPPORTED, "data_type"),
        (changed(version=1), Reason.UNSUPPORTED, "version"),
        (changed(epoch_time=None), Reason.MISSING_FIELD, "epoch_time"),
        (changed(epoch_time=1796036287), Reason.OUT_OF_RANGE, "observed_at"),  # seconds: 1970
        (changed(epoch_time=1e300), Reason.OUT_OF_RANGE, "epoch_time"),
        (with_result(confidence=935), Reason.OUT_OF_RANGE, "candidates[0].confidence"),
        (with_result(plate="A" * 17), Reason.OUT_OF_RANGE, "candidates[0].plate"),
        (with_result(plate="ÑÑÑ123", candidates=[]), Reason.OUT_OF_RANGE, "candidates[0].plate"),
        (with_result(region_confidence="high"), Reason.MALFORMED, "results[0].region_confidence"),
        (EXAMPLE.replace(b'"version":2', b'"version":2,"version":2'), Reason.MALFORMED, ""),
        (EXAMPLE[:-1], Reason.MALFORMED, ""),
    ],
)
def test_what_is_wrong_is_told_with_its_place(payload: bytes, reason: Reason, at: str) -> None:
    rejection = one_rejection("openalpr", payload)
    assert (rejection.reason, rejection.at) == (reason, at)


def test_another_cameras_images_are_refused() -> None:
    device = device_for("openalpr", "camera_id = 4")
    assert one_rejection("openalpr", EXAMPLE, device)[::2] == (Reason.WRONG_DEVICE, "camera_id")
