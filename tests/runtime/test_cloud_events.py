"""CloudEvents headers come from the record alone."""

from schemas.codec import body_of
from schemas.topics import Topic
from streams.core.stage import Output
from streams.runtime.cloud_events import headers_of
from tests.runtime.records import event

PUBLIC = Topic("border.example.v1", "lane_id", (), public=True)


def test_the_headers_are_those_of_cloudevents_binary_mode() -> None:
    record = event("2301/01", received_at=1_700_000_000_000_001)
    headers = dict(headers_of("lanes", Output(PUBLIC, b"2301/01", record), body_of(record)))
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_source"] == b"/border/stages/lanes"
    assert headers["ce_type"] == b"border.v1.LaneEvent"
    assert headers["ce_subject"] == b"2301/01"
    assert headers["ce_time"] == b"2023-11-14T22:13:20.000001Z"
    assert headers["content-type"] == b"application/avro"


def test_the_id_is_equal_for_equal_records_and_differs_for_others() -> None:
    def id_of(lane_id: str) -> object:
        record = event(lane_id)
        return dict(headers_of("lanes", Output(PUBLIC, b"key", record), body_of(record)))["ce_id"]

    assert id_of("2301/01") == id_of("2301/01")
    assert id_of("2301/01") != id_of("2301/02")
