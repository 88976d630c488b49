"""What an agency may do over HTTP, and what it is refused; the client is the reference one."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from schemas.records import SharingRequestKind
from streams.core.random_draw import date_of
from streams.sharing.client import SharingClient, SharingRefused
from tests.core.vehicles.builders import DAY, SECOND, START
from tests.sharing.builders import (
    CASE,
    TODAY,
    UNTIL,
    agreement_text,
    crossing,
    dataset,
    plates,
    published,
    refusal,
    serving,
)
from tests.support import eventually

PURPOSE = "STOLEN_VEHICLE"


def test_a_lodged_plates_crossings_are_told_from_its_lodging_on_and_no_others(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text()) as served:
        client = served.client()
        served.log.put(crossing(1, "ABC1234", START - 60 * SECOND))
        client.lodge(CASE, plates("abc 1234"), UNTIL)
        served.log.put(
            crossing(2, "ABC1234"),
            crossing(3, "XYZ9876"),
            crossing(4, "ABC1234", port_code="2402", lane_id="2402/01"),
        )
        page = client.records("CROSSINGS", PURPOSE)
        assert [(row["plate"], row["values"]) for row in page["rows"]] == [
            ("ABC1234", {"port_code": "2301", "crossed_at": START + 60 * SECOND})
        ]
        assert page["rows"][0]["delete_on"] == date_of(START + 7 * DAY)
        served.log.put(crossing(5, "ABC1234", START + 90 * SECOND))
        more = client.records("CROSSINGS", PURPOSE, page["after"])
        assert [row["values"]["crossed_at"] for row in more["rows"]] == [START + 90 * SECOND]
        assert more["rows"][0]["record"] != page["rows"][0]["record"]


def test_a_crossing_that_was_read_before_its_lodging_is_told_behind_any_place(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text()) as served:
        client = served.client()
        after = client.records("CROSSINGS", PURPOSE)["after"]
        served.log.put(crossing(1, "ABC1234"))  # by its time after the lodging, in the log before it
        after = client.records("CROSSINGS", PURPOSE, after)["after"]
        client.lodge(CASE, plates("ABC1234"), UNTIL)
        assert len(client.records("CROSSINGS", PURPOSE, after)["rows"]) == 1


def test_a_plate_of_another_issuer_is_another_plate(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text()) as served:
        client = served.client()
        client.lodge(CASE, [{"plate": "ABC1234", "jurisdiction": "US-CA"}], UNTIL)
        served.log.put(crossing(1, "ABC1234", jurisdiction="US-TX"), crossing(2, "ABC1234", jurisdiction=None))
        assert len(client.records("CROSSINGS", PURPOSE)["rows"]) == 1


def test_a_lodging_ends_when_it_is_taken_back_or_over(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text()) as served:
        client = served.client()
        (first, _) = client.lodge(CASE, plates("ABC1234", "XYZ9876"), UNTIL)["lodging_ids"]
        served.log.put(crossing(1, "ABC1234"), crossing(2, "XYZ9876", START + 20 * DAY))
        assert [row["plate"] for row in client.records("CROSSINGS", PURPOSE)["rows"]] == ["ABC1234"]
        client.withdraw(first)
        assert client.records("CROSSINGS", PURPOSE)["rows"] == []
        assert [one["plate"] for one in client.lodgings()["lodgings"]] == ["XYZ9876"]
        with refusal(404):
            client.withdraw(first)


def test_a_lodging_that_is_told_again_counts_once_and_can_be_lengthened(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text()) as served:
        client = served.client()
        again = [client.lodge(CASE, plates("ABC1234", "ABC-1234"), UNTIL) for _ in range(2)]
        assert again[0]["lodging_ids"] == again[1]["lodging_ids"] and [one["new"] for one in again] == [1, 0]
        served.log.put(crossing(1, "ABC1234"))
        served.now = START + DAY
        client.lodge(CASE, plates("ABC1234"), UNTIL.replace("T00:00", "T12:00"))
        assert len(client.records("CROSSINGS", PURPOSE)["rows"]) == 1
        assert client.agreement()["used_today"]["lodge"] == 1  # of this day: that it is lodged longer


def test_limits_hold_and_what_is_over_them_is_in_the_log(tmp_path: Path) -> None:
    limits = {"lodged_plates": 4, "lodgings_per_day": 3, "requests_per_hour": 14}
    with serving(tmp_path, agreement_text(limits=limits)) as served:
        client = served.client()
        client.lodge(CASE, plates("AAA1111", "AAA2222", "AAA3333"), UNTIL)
        with refusal(429):
            client.lodge(CASE, plates("AAA4444"), UNTIL)
        served.now = START + DAY
        client.lodge(CASE, plates("AAA4444"), UNTIL)
        with refusal(409):
            client.lodge(CASE, plates("AAA5555"), UNTIL)
        assert [request.refused for request in served.log.requests if request.refused] == [
            "more than 3 a day",
            "more than 4 plates lodged; take some back",
        ]
        for _ in range(12):
            client.lodgings()
        before = len(served.log.requests)
        for _ in range(5):
            with refusal(429):
                client.lodgings()
        assert len(served.log.requests) == before + 1  # a flood is one line an hour


def test_limits_outlive_the_service(tmp_path: Path) -> None:
    text = agreement_text(limits={"lodgings_per_day": 1})
    with serving(tmp_path, text) as served:
        served.client().lodge(CASE, plates("AAA1111"), UNTIL)
    with serving(tmp_path) as again, refusal(429):
        again.client().lodge(CASE, plates("AAA2222"), UNTIL)


def test_what_cannot_be_logged_is_not_answered(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text("MX-A", dataset(), dataset("CROSSINGS", "ASKED"))) as served:
        client = served.client()
        served.label()
        served.log.is_broken = True
        for call in (
            lambda: client.records("CROSSINGS", PURPOSE),
            lambda: client.lodge(CASE, plates("ABC1234"), UNTIL),
            lambda: client.ask(CASE, TODAY, ["ABC1234"]),
        ):
            with refusal(503):
                call()
        assert served.log.requests == []


def test_every_answered_request_is_in_the_log_with_purpose_and_case_and_without_a_plate(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text("MX-A", dataset(), dataset("CROSSINGS", "ASKED"))) as served:
        client = served.client()
        served.label()
        client.lodge(CASE, plates("ABC1234"), UNTIL)
        client.records("CROSSINGS", PURPOSE)
        client.ask(CASE, TODAY, ["XYZ9876"])
        kinds = [(request.kind, request.purpose, request.case_number) for request in served.log.requests]
        assert kinds == [
            (SharingRequestKind.LODGE, PURPOSE, "C1"),
            (SharingRequestKind.RECORDS, PURPOSE, None),
            (SharingRequestKind.QUESTIONS, PURPOSE, "C1"),
            (SharingRequestKind.ANSWERS, None, None),
        ]
        assert "ABC1234" not in repr(served.log.requests) and "XYZ9876" not in repr(served.log.requests)


@pytest.mark.parametrize(
    ("agency", "secret", "status"),
    [("MX-A", "wrong", 401), ("MX-A", "", 401), ("MX-B", "secret", 401), ("", "", 401)],
)
def test_without_the_credential_nothing_is_told(agency: str, secret: str, status: int, tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text()) as served:
        with refusal(status):
            served.client(agency, secret).agreement()
        assert served.telemetry.registry.get_sample_value("border_sharing_unauthenticated_total") == 1


def test_an_agreement_that_is_withdrawn_or_over_tells_nothing(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text()) as served:
        client = served.client()
        assert client.agreement()["agreement"]["version"] == "1"
        served.now = START + 300 * DAY
        with refusal(403):
            client.agreement()
        served.now = START
        served.log.put(published(agreement_text(), withdrawn=True))
        with refusal(401):
            client.agreement()


def test_a_lodging_for_a_purpose_that_is_agreed_no_more_tells_nothing(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text()) as served:
        client = served.client()
        client.lodge(CASE, plates("ABC1234"), UNTIL)
        served.log.put(crossing(1, "ABC1234"), published(agreement_text(version="2", purposes=["ARMS"])))
        assert client.records("CROSSINGS", "ARMS")["rows"] == []


def test_an_unagreed_dataset_purpose_port_or_day_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text()) as served:
        client = served.client()
        for dataset_name, purpose in (("ALERTS", PURPOSE), ("CROSSINGS", "CURIOSITY"), ("nonsense", PURPOSE)):
            with refusal(403):
                client.records(dataset_name, purpose)
        with refusal(403):
            client.ask(CASE, TODAY, ["ABC1234"])
        with refusal(403):
            client.lodge(CASE | {"purpose": "CURIOSITY"}, plates("ABC1234"), UNTIL)
        for case, until in (
            (CASE | {"case_number": " "}, UNTIL),
            (CASE | {"legal_basis": ""}, UNTIL),
            (CASE, "2020-01-01T00:00Z"),
            (CASE, "2099-01-01T00:00Z"),
            (CASE, "tomorrow"),
        ):
            with refusal(422):
                client.lodge(case, plates("ABC1234"), until)
        for place in ("another", "5", "é", "A" * 48):
            with refusal(410):
                client.records("CROSSINGS", PURPOSE, place)
        assert len(served.log.requests) == 14 and all(request.refused for request in served.log.requests)


def test_a_credential_is_sent_over_https_alone() -> None:
    with pytest.raises(SharingRefused, match="https"):
        SharingClient("http://sharing.example:7333", "MX-A:secret")


def test_a_place_tells_nothing_and_is_of_no_use_to_another_agency(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text(), agreement_text("MX-B")) as served:
        a, b = served.client(), served.client("MX-B")
        places = [a.records("CROSSINGS", PURPOSE)["after"] for _ in range(2)]
        assert places[0] != places[1] and len(places[0]) == len(places[1])
        with refusal(410):
            b.records("CROSSINGS", PURPOSE, places[0])


def test_requests_of_every_kind_count_toward_the_hour(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text(limits={"requests_per_hour": 3})) as served:
        client = served.client()
        client.agreement()
        with refusal(403):
            client.records("CROSSINGS", "CURIOSITY")
        client.lodgings()
        for _ in range(4):
            with refusal(429):
                client.agreement()
        assert [request.kind for request in served.log.requests] == [
            SharingRequestKind.AGREEMENT,
            SharingRequestKind.RECORDS,
            SharingRequestKind.LODGINGS,
            SharingRequestKind.AGREEMENT,
        ]


def test_a_clock_that_is_set_back_allows_no_more(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text(limits={"lodgings_per_day": 1})) as served:
        client = served.client()
        served.now = START + DAY
        client.lodge(CASE, plates("AAA1111"), UNTIL)
        served.now = START
        with refusal(429):
            client.lodge(CASE, plates("AAA2222"), UNTIL)


def test_a_plate_lodged_soon_after_it_was_taken_back_is_lodged(tmp_path: Path) -> None:
    """The store hears of both a moment later than the log."""
    with serving(tmp_path, agreement_text()) as served:
        client = served.client()
        (lodging_id,) = client.lodge(CASE, plates("ABC1234"), UNTIL)["lodging_ids"]
        served.log.is_slow = True
        withdrawing = threading.Thread(target=client.withdraw, args=(lodging_id,))
        withdrawing.start()
        eventually(lambda: served.log.waiting[1:])  # the request, and what it asks
        lodging = threading.Thread(target=client.lodge, args=(CASE, plates("ABC1234"), UNTIL))
        lodging.start()
        served.log.is_slow = False
        served.log.arrive()
        withdrawing.join()
        lodging.join()
        assert [one["plate"] for one in client.lodgings()["lodgings"]] == ["ABC1234"]


def test_a_lodging_takes_another_purpose(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text(purposes=["STOLEN_VEHICLE", "ARMS"])) as served:
        client = served.client()
        for purpose in ("STOLEN_VEHICLE", "ARMS"):
            client.lodge(CASE | {"purpose": purpose}, plates("ABC1234"), UNTIL)
            assert [one["purpose"] for one in client.lodgings()["lodgings"]] == [purpose]


def test_a_redirect_is_refused_and_sees_no_credential() -> None:
    seen: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    with refusal(302):
        SharingClient(f"http://127.0.0.1:{server.server_port}", "MX-A:secret").agreement()
    thread.join()
    server.server_close()
    assert seen == ["/v1/agreement"]
