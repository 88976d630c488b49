"""Who holds one agreement cannot derive a plate that only another one shares; README.md in streams/core/sharing argues.

The attacker is agency A with all that it can have: its agreement, its credential, every answer it can get for every
plate of a dictionary that holds all plates there are, the answers that were given to agency B, and B's requests as they
went over the line. Limits are lifted for it, and in the last test it even has A's own keys.
"""

import base64
from pathlib import Path
from typing import Any

import pytest

from deploy.scrape import fetch
from schemas.records import Alert, ListKind
from streams.core.sharing.blinding import label_of
from streams.core.sharing.rows import day_of
from streams.core.sharing.tokens import SharingKeys, question_key_info
from streams.sharing.blind import Question, opened
from streams.sharing.client import SharingClient, SharingRefused
from streams.sharing.told import behind
from tests.core.vehicles.builders import SECOND, START
from tests.sharing.builders import (
    CASE,
    SECRET,
    TODAY,
    UNTIL,
    Serving,
    agreement_text,
    alert,
    crossing,
    dataset,
    find,
    serving,
)

SECRET_PLATE = "QQQ7777"
OTHERS = [f"AAA{number:04d}" for number in range(40)]
DICTIONARY = [SECRET_PLATE, *OTHERS]
UNLIMITED = {"questions_per_day": 1_000, "lodgings_per_day": 1_000, "lodged_plates": 1_000, "requests_per_hour": 10_000}
PURPOSE = CASE["purpose"]

# Both ask, lodge and see finds; A of one port, B of another as well.
A = agreement_text(
    "MX-A",
    dataset(),
    dataset("CROSSINGS", "ASKED"),
    dataset("FINDS", "ANY"),
    dataset("ALERTS", "ANY", list_kinds=["STOLEN"]),
    limits=UNLIMITED,
)
B_PORTS = ("2301", "2402")
B = agreement_text(
    "MX-B",
    dataset(ports=B_PORTS),
    dataset("CROSSINGS", "ASKED", B_PORTS),
    dataset("FINDS", "ANY", B_PORTS),
    dataset("ALERTS", "ANY", B_PORTS, list_kinds=["STOLEN"]),
    limits=UNLIMITED,
    secret="another",
)


class Overheard(SharingClient):
    """Keeps all that goes over the line."""

    def __init__(self, url: str, credential: str) -> None:
        super().__init__(url, credential)
        self.told: list[tuple[str, Any]] = []

    def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = super()._call(method, path, body)
        self.told.append((path, answer))
        return answer


def traffic(served: Serving) -> None:
    """The secret vehicle crosses at B's own port alone; others at both."""
    elsewhere = {"port_code": "2402", "lane_id": "2402/01"}
    served.log.put(
        *[crossing(number, plate) for number, plate in enumerate(OTHERS)],
        crossing(900, SECRET_PLATE, **elsewhere),
        alert(900, SECRET_PLATE, **elsewhere, incident_id="2402/01/900", passage_id="2402/01/900"),
        find(900, 2, **elsewhere | {"passage_id": "2402/01/900"}),
    )
    served.label()


def answers_in(told: list[tuple[str, Any]]) -> list[tuple[bytes, bytes]]:
    return [
        (base64.b64decode(label), base64.b64decode(sealed))
        for path, answer in told
        if "/answers/" in path
        for label, sealed in answer["entries"]
    ]


def pages_of(client: SharingClient, name: str, limit: int) -> list[Any]:
    """All pages of a dataset, rows and whether each says that it is the last; names of records as they come."""
    pages, after = [], ""
    while True:
        path = f"/v1/records/{name}?purpose={PURPOSE}&limit={limit}&after={after}"
        page = client._call("GET", path)
        pages.append((page["rows"], page["is_last"], len(page["after"])))
        after = page["after"]
        if page["is_last"]:
            return pages


def all_of(client: SharingClient) -> list[Any]:
    """Everything that an agency can get: its pages of every size, its list, its agreement."""
    pages = [pages_of(client, name, limit) for name in ("CROSSINGS", "FINDS", "ALERTS") for limit in (1, 2, 7, 1_000)]
    return [pages, sorted(one["plate"] for one in client.lodgings()["lodgings"]), client.agreement()]


def hit_of_another_list(number: int) -> Alert:
    """At A's own port, of a list that its agreement does not name."""
    return alert(500 + number, SECRET_PLATE, list_kind=ListKind.INTELLIGENCE)


def test_the_other_agency_is_told_so_there_is_something_to_derive(tmp_path: Path) -> None:
    with serving(tmp_path, A, B) as served:
        b = served.client("MX-B", "another")
        b.lodge(CASE, [{"plate": SECRET_PLATE, "jurisdiction": None}], UNTIL)
        traffic(served)
        assert [row["plate"] for row in b.records("CROSSINGS", PURPOSE)["rows"]] == [SECRET_PLATE]
        assert len(b.ask(CASE, TODAY, [SECRET_PLATE])[SECRET_PLATE]) == 1
        assert len(b.records("FINDS", PURPOSE)["rows"]) == len(b.records("ALERTS", PURPOSE)["rows"]) == 1


def test_all_that_an_agency_can_get_is_the_same_whether_or_not_the_plate_is_shared_with_another(
    tmp_path: Path,
) -> None:
    seen = []
    for name in ("shared", "not"):
        (tmp_path / name).mkdir()
        with serving(tmp_path / name, A, B) as served:
            if name == "shared":
                b = served.client("MX-B", "another")
                b.lodge(CASE, [{"plate": SECRET_PLATE, "jurisdiction": None}], UNTIL)
                traffic(served)
                b.ask(CASE, TODAY, [SECRET_PLATE])
                served.log.put(*[hit_of_another_list(number) for number in range(3)])
            else:
                served.log.put(*[crossing(number, plate) for number, plate in enumerate(OTHERS)])
                served.label()
            a = served.client()
            lodged = a.lodge(CASE, [{"plate": plate, "jurisdiction": None} for plate in DICTIONARY], UNTIL)
            seen.append((lodged, a.ask(CASE, TODAY, DICTIONARY), all_of(a)))
    assert seen[0] == seen[1]
    assert seen[0][1][SECRET_PLATE] == [] and SECRET_PLATE not in str([row for row, *_ in seen[0][2][0]])


def test_what_the_other_agency_was_told_cannot_be_opened_or_linked(tmp_path: Path) -> None:
    with serving(tmp_path, A, B) as served:
        traffic(served)
        b, a = Overheard(served.url, "MX-B:another"), Overheard(served.url, "MX-A:secret")
        assert b.ask(CASE, TODAY, [SECRET_PLATE])[SECRET_PLATE]
        stolen = answers_in(b.told)
        assert len(stolen) == len(OTHERS) + 1  # a day with few crossings is one bucket
        outputs = outputs_of(a, DICTIONARY)
        own = answers_in(a.told)
        for label, sealed in stolen:
            for output in outputs:
                for agency in ("MX-A", "MX-B"):
                    context = question_key_info(agency, day_of(START))
                    assert opened(output, context, label, sealed) is None
                    assert opened(output, context, label_of(output), sealed) is None
        assert not {label for label, _ in stolen} & {label for label, _ in own}


def outputs_of(client: Overheard, plates: list[str]) -> list[bytes]:
    """What an agency learns of each plate by asking."""
    client.ask(CASE, TODAY, plates)
    questions = [Question(plate) for plate in plates]
    blinded = [base64.b64encode(question.blinded).decode() for question in questions]
    told = client._call("POST", "/v1/questions", {"case": CASE, "day": TODAY, "blinded": blinded})
    key = base64.b64decode(told["public_key"])
    return [
        question.output(base64.b64decode(evaluated), key)
        for question, evaluated in zip(questions, told["evaluated"], strict=True)
    ]


def test_a_record_s_name_is_of_no_use_to_another_agency(tmp_path: Path) -> None:
    with serving(tmp_path, A, B) as served:
        traffic(served)
        served.log.put(find(3, 1), alert(3, OTHERS[3]))
        a, b = served.client(), served.client("MX-B", "another")
        names = {
            agency: {row["record"] for name in ("FINDS", "ALERTS") for row in client.records(name, PURPOSE)["rows"]}
            for agency, client in (("A", a), ("B", b))
        }
        assert len(names["A"]) == 2 and len(names["B"]) == 4 and not names["A"] & names["B"]
        for name in names["B"]:
            assert plate_of(served, name) is None
        assert [plate_of(served, name) for name in names["A"]] == [OTHERS[3]] * 2


def plate_of(served: Serving, name: str) -> str | None:
    """The plate that A would be told if a person approved that it asks for this name."""
    agreement = served.store.agreement("MX-A")
    assert agreement is not None
    found = behind(served.store, SharingKeys(SECRET), agreement, name, START + 100 * SECOND)
    return found.plate if found else None


def test_even_with_its_own_keys_an_agency_finds_no_crossing_of_another_agreement(tmp_path: Path) -> None:
    """Its buckets hold what its agreement shares and nothing else, so no number of questions helps."""
    with serving(tmp_path, A, B) as served:
        traffic(served)
        a = Overheard(served.url, "MX-A:secret")
        a.ask(CASE, TODAY, OTHERS[:1])
        day = day_of(START)
        outputs = {plate: served.service.blinder.output("MX-A", day, plate) for plate in DICTIONARY}
        context = question_key_info("MX-A", day)
        found = {
            plate
            for plate, output in outputs.items()
            for label, sealed in answers_in(a.told)
            if opened(output, context, label, sealed) is not None
        }
        assert found == set(OTHERS)
        assert SECRET_PLATE not in str(all_of(a))


def test_what_the_service_counts_is_on_another_port_than_agencies_reach(tmp_path: Path) -> None:
    with serving(tmp_path, A, B) as served:
        for path in ("/metrics", "/livez", "/readyz"):
            with pytest.raises(SharingRefused) as refused:
                served.client()._call("GET", path)
            assert refused.value.status == 404
            assert fetch(served.metrics_port, path) is not None
