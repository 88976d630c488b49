"""The officers' form of inspections, an application that stands alone and that the console can mount.

    GET  /inspections       the form, ?lang=en or es
    POST /v1/inspections    what the form sends, or an InspectionReport as JSON

    body ─► report ─► check (as the stage will) ─► told before? ─► store ─► 303 to the form, 201 with the id as JSON

A report that is sent twice counts once, and another one under its revision is refused: the stage goes by inspection and
revision, and so does what is remembered here. What another process was told the stage alone knows: the
second becomes a dead letter.
Other sites cannot send it: a browser says where a form comes from, and JSON needs leave that is never given.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import jinja2
import msgspec
import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from schemas.records import Exam, FoundKind, Inspection, InspectionResolution, ReferralReason
from streams.console.inspection_report import FieldError, InspectionReport
from streams.console.inspection_texts import TEXTS
from streams.http_hosts import KnownHosts

# A report with a thousand found items has 30 kB.
BODY_BYTES_MAX: Final = 65_536
FIELDS_MAX: Final = 600
ROWS: Final = 3
ROWS_MAX: Final = 100
# Reports remembered, to say that one was told before; the stage knows them for a week.
REMEMBERED_MAX: Final = 10_000

RESOLUTIONS: Final = [one for one in InspectionResolution if one is not InspectionResolution.UNKNOWN]
EXAMS: Final = [one for one in Exam if one is not Exam.UNKNOWN]
KINDS: Final = [one for one in FoundKind if one is not FoundKind.UNKNOWN]
FOUND_FIELDS: Final = ("found_kind", "found_count", "found_serial", "found_calibre", "found_manufacturer")
NO_ROW: Final = ("",) * len(FOUND_FIELDS)
TEXT_FIELDS: Final = ("passage_id", "officer_ids", "referral_reason", "resolution", "minutes", "ended", "revision")
STATUSES: Final = {"conflict": 409, "unstored": 503}
POLICY: Final = "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
FORM: Final = "application/x-www-form-urlencoded"


class NotStored(RuntimeError):
    """The log did not take a report in time; whether it will be there is not known."""


class Refusal(Exception):
    """A request that is answered with a status and a word, before anything is looked at."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Remembered:
    """A report under way or told, by its digest, not whole: ten thousand of the largest would take 650 MB."""

    def __init__(self, digest: bytes, first: Inspection) -> None:
        self.digest = digest
        self.is_stored = False
        self._times = first.started_at, first.ended_at, first.received_at

    def as_first_told(self, inspection: Inspection) -> Inspection:
        """The record of the same report with its first times: what may be in the log already is the same record."""
        started_at, ended_at, received_at = self._times
        return msgspec.structs.replace(inspection, started_at=started_at, ended_at=ended_at, received_at=received_at)


class InspectionForm:
    """The two routes. `check` makes the record of a report or raises FieldError; `store` writes it or raises NotStored.

    `officer_header`: the header in which a proxy that all requests pass says who is logged in; None: officers type
    their numbers. Whoever can reach this past the proxy can write any officer's number into that header.
    """

    def __init__(
        self,
        check: Callable[[InspectionReport], Inspection],
        store: Callable[[Inspection], None],
        officer_header: str | None = None,
    ) -> None:
        self._check = check
        self._store = store
        self._officer_header = officer_header
        self._remembered: OrderedDict[tuple[str, int], Remembered] = OrderedDict()
        loader = jinja2.FileSystemLoader(Path(__file__).parent)
        environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
        self._template = environment.get_template("inspection_form.html")

    @property
    def routes(self) -> list[Route]:
        """To be mounted."""
        return [
            Route("/inspections", self.form, name="inspection_form"),
            Route("/v1/inspections", self.report, methods=["POST"], name="inspection_report"),
        ]

    async def form(self, request: Request) -> Response:
        """The form, empty."""
        told = request.query_params.get("told", "")
        return self._page(request, {}, {}, told if told in ("began", "ended", "again") else "")

    async def report(self, request: Request) -> Response:
        """One report."""
        as_json = request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM
        try:
            check_origin(request, as_json)
            body = await body_of(request)
            fields: dict[str, list[str]] = {}
            if not as_json:
                fields = fields_of(body)
                if "more" in fields:
                    return self._page(request, fields, {})
        except Refusal as refusal:
            return Response(f"{refusal}\n", refusal.status, media_type="text/plain")
        try:
            report = self._with_officer(request, report_in(body) if as_json else report_of(fields))
            inspection = self._check(report)
            told = await self._told(report, inspection)
        except FieldError as error:
            status = STATUSES.get(error.field, 422)
            if as_json:
                return json({"errors": [{"field": error.field, "message": str(error)}]}, status)
            return self._page(request, fields, {error.field: str(error)}, status=status)
        if as_json:
            named = {"inspection_id": inspection.inspection_id, "revision": inspection.revision}
            return json(named, 200 if told == "again" else 201)
        back = request.url_for("inspection_form").include_query_params(lang=language_of(request), told=told)
        return RedirectResponse(f"{back.path}?{back.query}", 303)

    async def _told(self, report: InspectionReport, inspection: Inspection) -> str:
        """Store a report unless it was told before. Raises FieldError."""
        key = inspection.inspection_id, inspection.revision
        digest = hashlib.blake2b(msgspec.json.encode(report), digest_size=16).digest()
        known = self._remembered.get(key)
        if known is None:
            # Before the broker is waited for: another report of this revision may come meanwhile.
            known = self._remembered[key] = Remembered(digest, inspection)
            if len(self._remembered) > REMEMBERED_MAX:
                self._remembered.popitem(last=False)
        elif known.digest != digest:
            raise FieldError("conflict", "another report with this revision was told; take a higher revision")
        elif known.is_stored:
            return "again"
        try:
            await run_in_threadpool(self._store, known.as_first_told(inspection))
        except NotStored as error:
            raise FieldError("unstored", str(error)) from error
        known.is_stored = True
        return "began" if inspection.ended_at is None else "ended"

    def _officer(self, request: Request) -> str | None:
        return None if self._officer_header is None else request.headers.get(self._officer_header, "")

    def _with_officer(self, request: Request, report: InspectionReport) -> InspectionReport:
        officer_id = self._officer(request)
        if officer_id is None:
            return report
        if not officer_id:
            raise FieldError("officer_ids", "nobody is logged in: the proxy did not say who reports")
        officers = tuple(dict.fromkeys([officer_id, *report.officer_ids]))
        return msgspec.structs.replace(report, officer_ids=officers)

    def _page(
        self,
        request: Request,
        fields: dict[str, list[str]],
        errors: dict[str, str],
        told: str = "",
        status: int = 200,
    ) -> Response:
        language, nonce = language_of(request), secrets.token_urlsafe(16)
        text = TEXTS[language]
        values = {name: first(fields, name) for name in TEXT_FIELDS}
        values |= {f"exam_{exam}": first(fields, f"exam_{exam}", "not_told") for exam in EXAMS}
        rows = rows_of(fields)
        wanted = min(ROWS_MAX, max(ROWS, len(rows) + (ROWS if "more" in fields else 0)))
        # What the stage says of the whole record has no translation, so it stands behind ours.
        shown = {name: text[f"error_{name}"] + (f" {why}" if name == "report" else "") for name, why in errors.items()}
        page = self._template.render(
            language=language,
            other_language="es" if language == "en" else "en",
            text=text,
            nonce=nonce,
            action=request.url_for("inspection_report").path,
            officer_id=self._officer(request) or "",
            values=values,
            errors=shown,
            told=told,
            rows=[*rows, *[NO_ROW] * (wanted - len(rows))],
            exams=EXAMS,
            kinds=KINDS,
            resolutions=RESOLUTIONS,
            referral_reasons=list(ReferralReason),
        )
        headers = {
            "content-security-policy": f"default-src 'none'; style-src 'nonce-{nonce}'; {POLICY}",
            "cache-control": "no-store",
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
        }
        return HTMLResponse(page, status, headers)


def inspection_app(form: InspectionForm, hosts: Sequence[str]) -> Starlette:
    """The form alone. `hosts`: names and addresses by which it may be reached."""
    return Starlette(routes=form.routes, middleware=[Middleware(KnownHosts, hosts=hosts)])


def check_origin(request: Request, as_json: bool) -> None:
    """Raises Refusal for what another site had a browser send, and for a form that does not say where it comes from."""
    if as_json and request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, f"send {FORM} or application/json")
    origin = request.headers.get("origin")
    if origin is None and as_json:
        return  # no browser: those tell it of every POST
    try:
        from_here = origin is not None and urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:  # `http://[`
        from_here = False
    if not from_here:
        raise Refusal(403, "this form is sent from another site")


async def body_of(request: Request) -> bytes:
    """The body. Raises Refusal for one that is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise Refusal(413, f"a report has at most {BODY_BYTES_MAX} bytes")
    return bytes(body)


def fields_of(body: bytes) -> dict[str, list[str]]:
    """A form's fields. Raises Refusal."""
    try:
        return parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise Refusal(400, "this is no form") from error


def report_in(body: bytes) -> InspectionReport:
    """A report as JSON. Raises FieldError."""
    try:
        return msgspec.json.decode(body, type=InspectionReport)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FieldError("report", f"this is no report: {error}") from error


def report_of(fields: dict[str, list[str]]) -> InspectionReport:
    """A report as the form sends it. Raises FieldError for a text that is not what its field holds."""
    exams: dict[str, tuple[Exam, ...]] = {
        state: tuple([exam for exam in EXAMS if first(fields, f"exam_{exam}") == state]) for state in ("done", "missed")
    }
    officers = tuple(first(fields, "officer_ids").split())
    return InspectionReport(
        passage_id=first(fields, "passage_id"),
        officer_ids=officers,
        resolution=converted(fields, "resolution", InspectionResolution),
        minutes=converted(fields, "minutes", float),
        ended=first(fields, "ended") or None,
        found=tuple([found_of(*row) for row in rows_of(fields)]),
        exams=exams["done"],
        exams_missed=exams["missed"],
        referral_reason=converted(fields, "referral_reason", ReferralReason) or ReferralReason.UNKNOWN,
        revision=converted(fields, "revision", int),
    )


def first(fields: dict[str, list[str]], name: str, default: str = "") -> str:
    """A field's text without spaces around it."""
    return fields.get(name, [default])[0].strip()


def converted(fields: dict[str, list[str]], name: str, to: Callable[[str], Any]) -> Any:
    """A field's value; None if it is empty. Raises FieldError."""
    text = first(fields, name)
    try:
        return to(text) if text else None
    except ValueError as error:
        raise FieldError(name, "this is not what the field holds") from error


def rows_of(fields: dict[str, list[str]]) -> list[tuple[str, ...]]:
    """Of each found item that anything was written of, what FOUND_FIELDS hold."""
    columns = [fields.get(name, []) for name in FOUND_FIELDS]
    rows = [tuple([text.strip() for text in row]) for row in zip_longest(*columns, fillvalue="")]
    return [row for row in rows[:ROWS_MAX] if any(row)]


def found_of(kind: str, count: str, serial: str, calibre: str, manufacturer: str) -> str:
    """A row as the report has it. Raises FieldError for a row that says two things, or nothing."""
    if not kind or (serial and count not in ("", "1")):
        raise FieldError("found", "a found item needs a kind; a serial number is of one item")
    what = f"{kind}:{serial}" if serial else f"{kind}={count or '1'}"
    marks = {"calibre": calibre, "manufacturer": manufacturer}
    return what + "".join([f",{name}={text}" for name, text in marks.items() if text])


def language_of(request: Request) -> str:
    """As asked for, else what the browser prefers, else English."""
    asked = request.query_params.get("lang") or request.headers.get("accept-language", "")[:2].lower()
    return asked if asked in TEXTS else "en"


def json(value: object, status: int) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(value), status, {"cache-control": "no-store"}, "application/json")
