"""A sharing service on HTTP over a real store, with records put where the log would; every plate is synthetic."""

import asyncio
import hashlib
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from schemas.container import LogRecord
from schemas.records import (
    Alert,
    AlertKind,
    InspectionResolution,
    LaneMode,
    Light,
    ListKind,
    MatchKind,
    OperatingMode,
    Outcome,
    OutcomeState,
    Passage,
    ReferralReason,
    Severity,
    SharingAgreementVersion,
    SharingRequest,
)
from streams.core.random_draw import date_of
from streams.core.sharing.agreement import parse_agreement
from streams.core.sharing.rows import day_of
from streams.core.sharing.tokens import SharingKeys
from streams.http_server import HttpServer
from streams.sharing import labels, told
from streams.sharing.client import SharingClient, SharingRefused
from streams.sharing.http import operators_app, sharing_app
from streams.sharing.requests import NotLogged
from streams.sharing.service import SharingService
from streams.sharing.store import SharingStore
from streams.sharing.telemetry import SharingTelemetry
from tests.core.vehicles.builders import DAY, SECOND, START, final

HOST = "127.0.0.1"
SECRET = b"s" * 32
TODAY = date_of(START)
CASE = {"purpose": "STOLEN_VEHICLE", "case_number": "C1", "legal_basis": "order 7"}
UNTIL = date_of(START + 10 * DAY) + "T00:00Z"


def dataset(name: str = "CROSSINGS", vehicles: str = "LODGED", ports: tuple[str, ...] = ("2301",), **more: Any) -> Any:
    fields = {
        "CROSSINGS": ["port_code", "crossed_at"],
        "ALERTS": ["port_code", "raised_at", "kind", "list_kind"],
        "FINDS": ["port_code", "firearms"],
    }
    return {
        "dataset": name,
        "vehicles": vehicles,
        "ports": list(ports),
        "fields": fields[name],
        "retention_days": 7,
    } | more


def agreement_text(
    agency: str = "MX-A", *datasets: Any, version: str = "1", secret: str = "secret", **more: Any
) -> str:
    """An agreement whose limits fit its datasets."""
    shared = datasets or (dataset(),)
    of = {one["vehicles"] for one in shared}
    limits = {
        "lodged_plates": 20 if "LODGED" in of else 0,
        "lodgings_per_day": 10 if "LODGED" in of else 0,
        "questions_per_day": 10 if "ASKED" in of else 0,
        "reidentifications_per_day": 2 if "ANY" in of else 0,
        "requests_per_hour": 200,
    }
    values = {
        "agency": agency,
        "version": version,
        "name": "an agency",
        "legal_basis": "letter 1",
        "purposes": ["STOLEN_VEHICLE"],
        "valid_from": date_of(START - 20 * DAY),
        "valid_until": date_of(START + 200 * DAY),
        "credential_sha256": hashlib.sha256(secret.encode()).hexdigest(),
        "datasets": list(shared),
        "limits": limits | more.pop("limits", {}),
    } | more
    return tomli_w.dumps(values)


def published(text: str, withdrawn: bool = False) -> SharingAgreementVersion:
    agreement = parse_agreement(text)
    return SharingAgreementVersion(
        agency_id=agreement.agency,
        version=agreement.version,
        text=text,
        sha256="",
        withdrawn=withdrawn,
        published_by="a",
        approved_by="b",
        published_at=START,
    )


def crossing(number: int, plate: str | None, at: int = START + 60 * SECOND, **fields: Any) -> Passage:
    return final(number, plate, at, **fields)


def alert(number: int, plate: str | None, revision: int = 1, **fields: Any) -> Alert:
    values: dict[str, Any] = {
        "alert_id": f"2301/03/{number}:{revision}",
        "incident_id": f"2301/03/{number}",
        "passage_id": f"2301/03/{number}",
        "lane_id": "2301/03",
        "port_code": "2301",
        "passage_number": number,
        "revision": revision,
        "kind": AlertKind.WATCHLIST_HIT,
        "severity": Severity.SEVERE,
        "raised_at": START + 61 * SECOND,
        "operating_mode": OperatingMode.OPERATIONAL,
        "light": Light.RED,
        "summary": "a vehicle",
        "plate": plate,
        "jurisdiction": "US-TX",
        "match": MatchKind.EXACT,
        "list_kind": ListKind.STOLEN,
        "confirmation_required": True,
        "prior_log_odds": -7.0,
        "log_odds": 0.0,
        "probability": 0.5,
        "rule_set_version": "1",
    }
    return Alert(**values | fields)


def find(number: int, firearms: int, revision: int = 1, **fields: Any) -> Outcome:
    values: dict[str, Any] = {
        "passage_id": f"2301/03/{number}",
        "lane_id": "2301/03",
        "port_code": "2301",
        "lane_mode": LaneMode.PASSENGER,
        "operating_mode": OperatingMode.OPERATIONAL,
        "revision": revision,
        "state": OutcomeState.INSPECTED,
        "light": Light.RED,
        "final_light": Light.RED,
        "referral_reason": ReferralReason.ATS_RECOMMENDATION,
        "random_draw": False,
        "risk_over_threshold": True,
        "must_refer": False,
        "random_key_id": "",
        "rule_set_version": "1",
        "overrides": 0,
        "resolution": InspectionResolution.WEAPONS,
        "firearms": firearms,
        "magazines": 0,
        "rounds": 0,
        "closed_at": START + 2000 * SECOND,
    }
    return Outcome(**values | fields)


@dataclass
class Log:
    """Stands where Kafka would: records in order, applied to a store as the feed does."""

    store: SharingStore
    requests: list[SharingRequest] = field(default_factory=list)
    is_slow: bool = False
    waiting: list[Any] = field(default_factory=list)
    is_broken: bool = False

    def __post_init__(self) -> None:
        self._offsets = itertools.count(sum(self.store.positions().values()))

    def put(self, *values: Any, appended_at: int = START) -> None:
        records = [LogRecord("log", 0, next(self._offsets), appended_at, b"k", value) for value in values]
        self.store.apply(records)

    def write(self, record: Any) -> None:
        if self.is_broken:
            raise NotLogged("the broker is away")
        if isinstance(record, SharingRequest):
            self.requests.append(record)
        self.waiting.append(record)
        if not self.is_slow:
            self.arrive()

    def arrive(self) -> None:
        """The feed reads what was written."""
        waiting, self.waiting = self.waiting, []
        self.put(*waiting)


@dataclass
class Serving:
    """A service that listens, its store and log, and a clock that tests move."""

    store: SharingStore
    log: Log
    service: SharingService
    telemetry: SharingTelemetry
    url: str = ""
    metrics_port: int = 0
    now: int = START

    def client(self, agency: str = "MX-A", secret: str = "secret") -> SharingClient:
        return SharingClient(self.url, f"{agency}:{secret}")

    def label(self) -> None:
        """Label all crossings, as the feed does."""
        for agreement in self.store.agreements():
            shared = told.asked_crossings(agreement)
            while shared is not None and labels.label_new(self.store, self.service.blinder, agreement, shared):
                pass

    @property
    def day(self) -> int:
        return day_of(START)


@contextmanager
def serving(directory: Path, *texts: str) -> Iterator[Serving]:
    """A service with these agreements, on a free port, its loop in a thread."""
    store = SharingStore(directory / "sharing.db")
    log, telemetry = Log(store), SharingTelemetry()
    made: list[Serving] = []
    service = SharingService(store, SharingKeys(SECRET), log.write, telemetry, lambda: made[0].now)
    made.append(Serving(store, log, service, telemetry))
    log.put(*[published(text) for text in texts])
    listening, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()

    async def run() -> None:
        server, operators = HttpServer(sharing_app(service)), HttpServer(operators_app(service, telemetry))
        made[0].url = f"http://{HOST}:{await server.start(HOST, 0)}"
        made[0].metrics_port = await operators.start(HOST, 0)
        service.caught_up()
        listening.set()
        await stop.wait()
        await server.stop()
        await operators.stop()
        service.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        assert listening.wait(30)
        yield made[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
        store.close()


def plates(*names: str) -> list[dict[str, str | None]]:
    return [{"plate": name, "jurisdiction": None} for name in names]


def refusal(status: int) -> pytest.RaisesExc[SharingRefused]:
    return pytest.RaisesExc(SharingRefused, check=lambda error: error.status == status)
