"""CloudEvents headers come from the record alone."""

import re

from schemas.codec import body_of
from schemas.topics import Topic
from streams.core.stage import Output
from streams.runtime.cloud_events import headers_of, id_in
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


def test_the_id_is_read_from_the_headers_and_holds_nothing_of_key_or_record() -> None:
    record = event("EXQ7431")
    headers = headers_of("lanes", Output(PUBLIC, b"EXQ7431", record), body_of(record))
    assert id_in([("traceparent", b"00-1"), *headers]) == dict(headers)["ce_id"].decode()  # type: ignore[union-attr]
    assert re.fullmatch("[0-9a-f]{32}", id_in(headers))
    assert id_in([]) == ""
