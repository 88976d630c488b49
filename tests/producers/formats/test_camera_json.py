"""A camera's own JSON: paths lead to values, units are converted, and what does not fit is told with its path."""

import json
from typing import Any

import pytest

from producers.formats.camera_json import EXAMPLE, value_at
from producers.formats.reading_format import Reason
from producers.site import SiteError
from schemas.records import PlateRead
from tests.producers.formats.samples import OBSERVED_AT, device_for, one_reading, one_rejection, read

FLAT = 'plate = "p"\nconfidence = "c"\ntime = "t"\n'


def flat(options: str = "", **values: Any) -> PlateRead:
    payload = json.dumps({"p": "TST4821", "c": 50, "t": "2026-11-30T10:58:07.250Z"} | values).encode()
    reading = one_reading("camera_json", payload, device_for("camera_json", FLAT + options))
    assert isinstance(reading, PlateRead)
    return reading


def test_paths_lead_through_objects_and_lists() -> None:
    document = {"a": [{"b": 1}, {"b": [2, 3]}], "c d": {"e-f": 4}}
    assert value_at(document, "a[1].b[0]") == 2
    assert value_at(document, "c d.e-f") == 4
    assert [value_at(document, path) for path in ("a[2].b", "a.b", "x", "a[0][0]")] == [None] * 4


def test_a_list_of_reads_is_read_whole() -> None:
    first, second = read("camera_json", EXAMPLE)
    assert isinstance(first, PlateRead) and isinstance(second, PlateRead)
    assert first.reading_id == "camera-json-1/b7/1734" and first.jurisdiction == "US-TX"
    assert [(one.plate, one.confidence) for one in first.candidates] == [("TST4821", 0.935), ("TST4B21", 0.812)]
    assert second.candidates == ()  # a vehicle without a readable plate


@pytest.mark.parametrize(
    ("unit", "time"),
    [
        ("iso", "2026-11-30T10:58:07.250Z"),
        ("iso", "2026-11-30T04:58:07.25-06:00"),
        ("iso", "2026-11-30 10:58:07,250000999+0000"),
        ("s", 1796036287.25),
        ("ms", 1796036287250),
        ("us", 1796036287250000),
    ],
)
def test_times_have_a_unit(unit: str, time: object) -> None:
    assert flat(f'time_unit = "{unit}"', t=time).observed_at == OBSERVED_AT


@pytest.mark.parametrize("time", [1e308, -1e308, 1e15])
def test_times_of_another_age_are_refused(time: float) -> None:
    payload = json.dumps({"p": "TST4821", "c": 50, "t": time}).encode()
    rejection = one_rejection("camera_json", payload, device_for("camera_json", FLAT + 'time_unit = "s"'))
    assert (rejection.reason, rejection.at) == (Reason.OUT_OF_RANGE, "t")


def test_confidences_are_percents_or_shares() -> None:
    assert flat().candidates[0].confidence == 0.5
    assert flat('confidence_unit = "share"', c=0.25).candidates[0].confidence == 0.25


def test_an_id_without_a_sequence_is_of_what_was_read() -> None:
    assert flat().reading_id == flat(unrelated="battery 97 %").reading_id
    assert len({flat().reading_id, flat(c=51).reading_id, flat(p="TST4822").reading_id}) == 3


def test_a_session_keeps_counts_of_two_boots_apart() -> None:
    options = 'sequence = "n"\nsession = "boot"'
    assert flat(options, n=1, boot="b1").reading_id == "camera-json-1/b1/1"
    assert flat(options, n=1, boot="b2").reading_id == "camera-json-1/b2/1"


@pytest.mark.parametrize(
    ("change", "reason", "at"),
    [
        ({"plate": {"text": 7, "score": 50}}, Reason.MALFORMED, "events[0].plate.text"),
        ({"plate": {"text": "TST4821"}}, Reason.MISSING_FIELD, "events[0].plate.score"),
        ({"when": "yesterday"}, Reason.MALFORMED, "events[0].when"),
        ({"when": None}, Reason.MISSING_FIELD, "events[0].when"),
        ({"id": None}, Reason.MISSING_FIELD, "events[0].id"),
        ({"id": 1.5}, Reason.OUT_OF_RANGE, "events[0].id"),
        ({"boot": "a b"}, Reason.OUT_OF_RANGE, ""),
        ({"others": 3}, Reason.MALFORMED, "events[0].others"),
        ({"others": [{"text": "A1"}]}, Reason.MALFORMED, "events[0].others[0].score"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(change: dict[str, Any], reason: Reason, at: str) -> None:
    (event, _) = json.loads(EXAMPLE)["events"]
    payload = json.dumps({"events": [event | change]}).encode()
    rejection = one_rejection("camera_json", payload)
    assert (rejection.reason, rejection.at) == (reason, at)


def test_a_document_without_the_list_is_told() -> None:
    assert one_rejection("camera_json", b'{"reads": []}')[::2] == (Reason.MISSING_FIELD, "events")
    assert one_rejection("camera_json", b'{"events": []}')[::2] == (Reason.MISSING_FIELD, "events")


def test_another_cameras_reads_are_refused() -> None:
    device = device_for("camera_json", FLAT + 'camera = "who"\ncamera_value = "FRONT-1"')
    payload = b'{"p": "TST4821", "c": 50, "t": "2026-11-30T10:58:07.250Z", "who": "FRONT-2"}'
    assert one_rejection("camera_json", payload, device)[::2] == (Reason.WRONG_DEVICE, "who")
    assert isinstance(one_reading("camera_json", payload.replace(b"T-2", b"T-1"), device), PlateRead)


@pytest.mark.parametrize(
    ("options", "key", "text"),
    [
        (FLAT.replace('"p"', '""'), "plate", "must be a path"),
        (FLAT + 'candidates = "x"', "candidate_plate", "go together"),
        (FLAT + 'session = "x"', "session", "without a sequence"),
        (FLAT + 'lane = "x"', "lane", "go together"),
        (FLAT + 'image_uri = "a..b"', "image_uri", "must have the form"),
        (FLAT + 'time_unit = "hours"', "time_unit", "invalid enum value 'hours'"),
        (FLAT + 'tiem = "hours"', "tiem", "did you mean time?"),
        ('plate = "p"', "confidence", "is missing"),
    ],
)
def test_a_mapping_that_does_not_hold_is_told_at_the_start(options: str, key: str, text: str) -> None:
    with pytest.raises(SiteError) as error:
        device_for("camera_json", options)
    told = [one for one in error.value.problems if one.key == f"devices[0] camera-json-1.options.{key}"]
    assert told and text in told[0].text
