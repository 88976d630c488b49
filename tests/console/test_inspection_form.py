"""The officers' form: what it writes, what it refuses, and that anyone can use it, in real requests."""

import asyncio
import json
import pickle
import re
import threading
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest

from deploy.officer_records import inspection_of
from schemas.records import Exam, FoundKind, Inspection, InspectionResolution, ReferralReason
from streams.console.inspection_form import (
    BODY_BYTES_MAX,
    EXAMS,
    FIELDS_MAX,
    KINDS,
    RESOLUTIONS,
    InspectionForm,
    NotStored,
    inspection_app,
)
from streams.console.inspection_texts import ENGLISH, SPANISH
from streams.http_server import HttpServer

HOST = "127.0.0.1"
ENDED = {
    "passage_id": "2301/03/1042",
    "officer_ids": "4711 12",
    "resolution": "WEAPONS",
    "minutes": "95",
    "referral_reason": "RANDOM",
    "exam_VISUAL": "done",
    "exam_CANINE": "missed",
    "found_kind": ["RIFLE", "AMMUNITION", ""],
    "found_count": ["", "400", ""],
    "found_serial": ["AR-1234", "", ""],
    "found_calibre": ["7.62x39 mm", "", ""],
    "found_manufacturer": ["Izhmash, Izhevsk", "", ""],
}


class Site:
    """The form on a real server, and what it stored."""

    def __init__(self, officer_header: str | None = None) -> None:
        self.sent: list[Inspection] = []
        self.stored: list[Inspection] = []
        self.fails = False
        self.arrived = threading.Event()
        self.barrier: threading.Barrier | None = None
        self.form = InspectionForm(inspection_of, self.store, officer_header)
        self.port = 0

    def store(self, inspection: Inspection) -> None:
        self.sent.append(inspection)
        self.arrived.set()
        if self.barrier is not None:
            self.barrier.wait(30)
        if self.fails:
            raise NotStored("the broker did not take it")
        self.stored.append(inspection)

    async def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body."""
        given = {"Host": f"{HOST}:{self.port}", "Content-Length": str(len(body)), "Connection": "close"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
        reader, writer = await asyncio.open_connection(HOST, self.port)
        writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        said = (await reader.read()).decode()
        writer.close()
        start, _, rest = said.partition("\r\n\r\n")
        first, *lines = start.split("\r\n")
        return int(first.split()[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}, rest

    async def post(self, fields: dict[str, Any], lang: str = "en", **headers: str) -> tuple[int, dict[str, str], str]:
        given = {"Origin": f"http://{HOST}:{self.port}", "Content_Type": "application/x-www-form-urlencoded"} | headers
        return await self.send("POST", f"/v1/inspections?lang={lang}", urlencode(fields, doseq=True).encode(), **given)

    async def post_json(self, report: Any, **headers: str) -> tuple[int, Any]:
        given = {"Content_Type": "application/json"} | headers
        status, _, body = await self.send("POST", "/v1/inspections", json.dumps(report).encode(), **given)
        return status, json.loads(body) if body.startswith("{") else body


def run(conversation: Callable[[Site], Awaitable[None]], officer_header: str | None = None) -> None:
    async def main() -> None:
        site = Site(officer_header)
        server = HttpServer(inspection_app(site.form, [HOST, "::1"]))
        site.port = await server.start(HOST, 0)
        try:
            async with asyncio.timeout(60):
                await conversation(site)
        finally:
            await server.stop()

    asyncio.run(main())


def test_a_report_by_form_is_the_record_that_border_inspect_writes() -> None:
    async def conversation(site: Site) -> None:
        status, headers, _ = await site.post(ENDED)
        assert (status, headers["location"]) == (303, "/inspections?lang=en&told=ended")
        (told,) = site.stored
        assert (told.inspection_id, told.revision) == ("2301/03/1042 inspection", 2)
        assert (told.officer_ids, told.resolution) == (("4711", "12"), InspectionResolution.WEAPONS)
        assert told.ended_at is not None and told.ended_at - told.started_at == 95 * 60 * 1_000_000
        assert [(one.kind, one.count, one.serial_number) for one in told.found] == [
            (FoundKind.RIFLE, 1, "AR-1234"),
            (FoundKind.AMMUNITION, 400, None),
        ]
        assert [(one.calibre, one.manufacturer) for one in told.found] == [
            ("7.62x39 mm", "Izhmash, Izhevsk"),
            (None, None),
        ]
        assert {(one.exam, one.done) for one in told.exams} == {(Exam.VISUAL, True), (Exam.CANINE, False)}
        _, _, page = await site.send("GET", headers["location"])
        assert 'role="status"' in page and "Told: the inspection has ended." in page

    run(conversation)


def test_a_report_as_json_is_the_same() -> None:
    async def conversation(site: Site) -> None:
        begun = {"passage_id": "2301/03/EXERCISE/7", "officer_ids": ["4711"], "referral_reason": "RANDOM"}
        assert await site.post_json(begun) == (
            201,
            {"inspection_id": "2301/03/EXERCISE/7 inspection", "revision": 1},
        )
        ended = begun | {"resolution": "NOTHING_SUSPICIOUS_FOUND", "minutes": 18.5, "exams": ["VISUAL"]}
        assert (await site.post_json(ended))[0] == 201
        assert [(one.revision, one.ended_at is None, one.referral_reason) for one in site.stored] == [
            (1, True, ReferralReason.RANDOM),
            (2, False, ReferralReason.RANDOM),
        ]

    run(conversation)


def test_a_report_that_is_sent_twice_is_written_once_and_another_of_its_revision_is_refused() -> None:
    async def conversation(site: Site) -> None:
        await site.post(ENDED)
        status, headers, _ = await site.post(ENDED)
        assert (status, headers["location"]) == (303, "/inspections?lang=en&told=again")
        status, _, page = await site.post(ENDED | {"minutes": "96"})
        assert status == 409 and ENGLISH["error_conflict"] in page
        assert len(site.stored) == 1
        assert (await site.post(ENDED | {"minutes": "96", "revision": "3"}))[0] == 303
        assert [one.revision for one in site.stored] == [2, 3]

    run(conversation)


def test_what_could_not_be_stored_is_kept_in_the_form_and_can_be_sent_again() -> None:
    async def conversation(site: Site) -> None:
        site.fails = True
        status, _, page = await site.post(ENDED)
        assert status == 503 and "Send it again: it counts once." in page and 'value="AR-1234"' in page
        site.fails = False
        assert (await site.post(ENDED))[0] == 303
        assert len(site.stored) == 1

    run(conversation)


def test_of_two_reports_of_one_revision_that_come_at_once_one_is_refused() -> None:
    async def conversation(site: Site) -> None:
        site.barrier = threading.Barrier(2)
        first = asyncio.create_task(site.post(ENDED))
        assert await asyncio.to_thread(site.arrived.wait, 30)  # it is on its way to the broker
        status, _, page = await site.post(ENDED | {"resolution": "NOTHING_SUSPICIOUS_FOUND"})
        assert status == 409 and ENGLISH["error_conflict"] in page
        # The same report is no other: it is written with the first's times, and counts once.
        again = asyncio.create_task(site.post(ENDED))
        assert [(await one)[0] for one in (first, again)] == [303, 303]
        told, repeated = site.stored
        assert told == repeated and told.resolution is InspectionResolution.WEAPONS

    run(conversation)


def test_what_may_have_been_stored_is_sent_again_as_the_same_record_and_another_report_is_refused() -> None:
    async def conversation(site: Site) -> None:
        site.fails = True
        assert (await site.post(ENDED))[0] == 503
        assert (await site.post(ENDED | {"minutes": "96"}))[0] == 409
        site.fails = False
        assert (await site.post(ENDED))[0] == 303
        assert site.stored == site.sent[:1] and len(site.sent) == 2

    run(conversation)


def test_what_is_remembered_of_a_report_is_small_whatever_it_holds() -> None:
    async def conversation(site: Site) -> None:
        for number in range(3):
            report = {"passage_id": f"2301/03/{number}", "officer_ids": ["4711"], "resolution": "WEAPONS", "minutes": 9}
            assert (await site.post_json(report | {"found": ["RIFLE"] * 1_000}))[0] == 201
        sizes = [len(pickle.dumps(kept)) for kept in site.form._remembered.values()]
        assert len(sizes) == 3 and max(sizes) < 500

    run(conversation)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"passage_id": "1042"}, "passage_id"),
        ({"officer_ids": ""}, "report"),
        ({"resolution": ""}, "resolution"),
        ({"resolution": "PARADE"}, "resolution"),
        ({"minutes": ""}, "minutes"),
        ({"minutes": "soon"}, "minutes"),
        ({"minutes": "nan"}, "minutes"),
        ({"minutes": "1e308"}, "minutes"),
        ({"minutes": "-1"}, "minutes"),
        ({"ended": "noon"}, "ended"),
        ({"ended": "2026-11-24T14:00"}, "ended"),
        ({"found_count": ["many"], "found_kind": ["RIFLE"], "found_serial": [""]}, "found"),
        ({"found_count": ["2"], "found_kind": ["RIFLE"], "found_serial": ["A1"]}, "found"),
        ({"found_count": ["2"], "found_kind": [""], "found_serial": [""]}, "found"),
        ({"found_calibre": ["9 mm,calibre=9 mm"]}, "found"),
        ({"referral_reason": "LOOKS"}, "referral_reason"),
        ({"revision": "two"}, "revision"),
        ({"revision": "0"}, "revision"),
        ({"revision": "99999999999"}, "revision"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_in_both_languages(fields: dict[str, Any], field: str) -> None:
    async def conversation(site: Site) -> None:
        for language, texts in (("en", ENGLISH), ("es", SPANISH)):
            status, _, page = await site.post(ENDED | fields, language)
            assert status == 422 and texts[f"error_{field}"] in page and f'<html lang="{language}">' in page
            assert f"<title>{texts['error_title']}" in page
            assert field == "report" or f'href="#{field}"' in page
        assert site.stored == []

    run(conversation)


class Labels(HTMLParser):
    """What the page's controls are called, what its links lead to, and what stands in it as text."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.labelled: set[str] = set()
        self.described: set[str] = set()
        self.targets: set[str] = set()
        self.unnamed: list[str] = []
        self.tags: list[str] = []
        self._within_label = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if given.get("id"):
            assert given["id"] not in self.ids
            self.ids.add(given["id"] or "")
        self.described |= set((given.get("aria-describedby") or "").split())
        self.described |= set((given.get("aria-labelledby") or "").split())
        if (given.get("href") or "").startswith("#"):
            self.targets.add((given["href"] or "")[1:])
        if tag == "label":
            self._within_label = True
            self.labelled.add(given.get("for") or "")
        if tag in ("input", "select") and not self._within_label and not given.get("aria-label"):
            self.unnamed.append(given.get("id") or "")

    def handle_endtag(self, tag: str) -> None:
        self._within_label = self._within_label and tag != "label"


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_control_has_a_name_and_every_error_leads_to_one(language: str) -> None:
    async def conversation(site: Site) -> None:
        _, headers, empty = await site.send("GET", f"/inspections?lang={language}")
        _, _, wrong = await site.post(ENDED | {"passage_id": "x"}, language)
        for page in (empty, wrong):
            labels = Labels()
            labels.feed(page)
            assert set(labels.unnamed) <= labels.labelled and "" not in labels.unnamed
            assert labels.described <= labels.ids and labels.targets <= labels.ids
            assert "script" not in labels.tags
        assert 'role="alert"' in wrong and 'aria-invalid="true"' in wrong
        # Enter in a field presses the first button, which must be the one that sends.
        assert wrong.index('<button type="submit">') < wrong.index('name="more"')
        assert re.search(r"style-src 'nonce-([\w-]+)'", headers["content-security-policy"])

    run(conversation)


def test_every_symbol_has_a_word_in_both_languages() -> None:
    symbols = {*map(str, EXAMS), *map(str, KINDS), *map(str, RESOLUTIONS), *map(str, ReferralReason)}
    assert set(ENGLISH) == set(SPANISH) and symbols <= set(ENGLISH)
    assert all(ENGLISH.values()) and all(SPANISH.values())


def test_what_is_typed_comes_back_escaped() -> None:
    async def conversation(site: Site) -> None:
        hostile = '"><script>alert(1)</script>'
        _, _, page = await site.post(ENDED | {"passage_id": hostile, "officer_ids": hostile, "found_serial": [hostile]})
        assert "<script" not in page and "&lt;script&gt;" in page

    run(conversation)


def test_another_site_cannot_send_a_report() -> None:
    async def conversation(site: Site) -> None:
        for origin in ("http://evil.example", "null", "", "http://["):
            assert (await site.post(ENDED, Origin=origin))[0] == 403
        begun = {"passage_id": "2301/03/7", "officer_ids": ["1"]}
        assert (await site.post_json(begun, Origin="http://evil.example"))[0] == 403
        assert (await site.post_json(begun, Content_Type="text/plain"))[0] == 415
        # A name of another site that was made to lead here: its pages are of the same origin as the form, to a browser.
        rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
        assert (await site.post(ENDED, **rebound))[0] == 400
        assert site.stored == []

    run(conversation)


def test_an_address_of_ipv6_is_a_host_as_browsers_write_it() -> None:
    async def conversation(site: Site) -> None:
        for host, status in (
            ("[::1]:7332", 200),
            ("[::1]", 200),
            ("[0:0:0:0:0:0:0:1]:7332", 200),
            ("[::2]:7332", 400),
            ("[::1", 400),
            ("[", 400),
            (":7332", 400),
        ):
            assert (await site.send("GET", "/inspections", Host=host))[0] == status, host
        assert (await site.post(ENDED, Host="[::1]:7332", Origin="http://[::1]:7332"))[0] == 303

    run(conversation)


def test_bodies_are_bounded_and_what_is_no_report_is_refused() -> None:
    async def conversation(site: Site) -> None:
        assert (await site.post({"passage_id": "x" * BODY_BYTES_MAX}))[0] == 413
        assert (await site.post({f"f{n}": "1" for n in range(FIELDS_MAX + 1)}))[0] == 400
        for report in ([], {"passage_id": 7}, {"passage_id": "2301/03/7", "driver": "x"}, {"found": ["GUN"]}):
            status, answer = await site.post_json(report)
            assert status == 422 and answer["errors"][0]["field"] == "report"
        status, answer = await site.post_json({"passage_id": "1042", "officer_ids": ["1"]})
        assert (status, answer["errors"][0]["field"]) == (422, "passage_id")
        assert (await site.send("GET", "/v1/inspections"))[0] == 405
        assert site.stored == []

    run(conversation)


def test_more_rows_keep_what_was_written() -> None:
    async def conversation(site: Site) -> None:
        _, _, page = await site.post(ENDED | {"more": "1"})
        assert page.count('name="found_kind"') == 5 and 'value="AR-1234"' in page and 'value="400"' in page
        assert site.stored == []

    run(conversation)


def test_behind_a_proxy_the_officer_is_who_is_logged_in() -> None:
    async def conversation(site: Site) -> None:
        _, _, page = await site.send("GET", "/inspections", X_Officer_Id="4711")
        assert 'name="officer_ids"' not in page and "4711" in page
        fields = {name: value for name, value in ENDED.items() if name != "officer_ids"}
        assert (await site.post(fields, X_Officer_Id="4711"))[0] == 303
        assert (await site.post(fields | {"revision": "9"}))[0] == 422
        await site.post_json({"passage_id": "2301/03/8", "officer_ids": ["12"]}, X_Officer_Id="4711")
        assert [one.officer_ids for one in site.stored] == [("4711",), ("4711", "12")]

    run(conversation, officer_header="X-Officer-Id")


def test_a_browser_s_language_is_taken_unless_another_is_asked_for() -> None:
    async def conversation(site: Site) -> None:
        for accepted, asked, language in (
            ("es-MX,es;q=0.9", "", "es"),
            ("es", "?lang=en", "en"),
            ("fr", "?lang=fr", "en"),
        ):
            _, _, page = await site.send("GET", f"/inspections{asked}", Accept_Language=accepted)
            assert f'<html lang="{language}">' in page

    run(conversation)
