"""Alerts and finds as an agency is told them, plates behind them, and blinded questions."""

from pathlib import Path

from schemas.records import ListKind, MatchKind, Reidentification, ReidentificationState, Severity
from tests.core.vehicles.builders import SECOND, START
from tests.sharing.builders import (
    CASE,
    TODAY,
    UNTIL,
    Serving,
    agreement_text,
    alert,
    crossing,
    dataset,
    find,
    plates,
    published,
    refusal,
    serving,
)

PURPOSE = "STOLEN_VEHICLE"


def test_an_alert_that_is_called_off_is_withdrawn_under_the_name_it_was_told_by(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text("MX-A", dataset("ALERTS", list_kinds=["STOLEN"]))) as served:
        client = served.client()
        client.lodge(CASE, plates("ABC1234"), UNTIL)
        served.log.put(
            alert(1, "ABC1234"),
            alert(2, "ABC1234", list_kind=ListKind.INTELLIGENCE),
            alert(3, "XYZ9876"),
        )
        page = client.records("ALERTS", PURPOSE)
        assert [row["values"]["list_kind"] for row in page["rows"]] == ["STOLEN"]
        served.log.put(
            alert(1, None, 2, severity=Severity.MINOR, match=MatchKind.NONE, list_kind=ListKind.UNKNOWN),
            alert(2, None, 2, severity=Severity.MINOR, match=MatchKind.NONE, list_kind=ListKind.UNKNOWN),
        )
        (row,) = client.records("ALERTS", PURPOSE, page["after"])["rows"]
        assert row["values"] is None and row["record"] == page["rows"][0]["record"]


def test_a_find_is_told_without_a_plate_and_its_plate_on_an_approved_request_alone(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text("MX-A", dataset("FINDS", "ANY"))) as served:
        client = served.client()
        served.log.put(find(1, 3), crossing(1, "ABC1234"))  # what was found may be told before the vehicle has left
        (row,) = client.records("FINDS", PURPOSE)["rows"]
        assert row["values"] == {"port_code": "2301", "firearms": 3} and "plate" not in row
        asked = client.reidentify(CASE, row["record"])["reidentification_id"]
        assert client.reidentified(asked)["state"] == "ASKED" and "plate" not in client.reidentified(asked)
        decide(served, asked, ReidentificationState.APPROVED)
        decide(served, asked, ReidentificationState.REFUSED)  # the first decision counts
        told = client.reidentified(asked)
        assert (told["state"], told["plate"], told["jurisdiction"]) == ("APPROVED", "ABC1234", "US-TX")
        other = client.reidentify(CASE, row["record"])["reidentification_id"]
        decide(served, other, ReidentificationState.REFUSED, "no court's order")
        assert client.reidentified(other) == {
            "reidentification_id": other,
            "state": "REFUSED",
            "reason": "no court's order",
        }
        with refusal(429):
            client.reidentify(CASE, row["record"])


def decide(served: Serving, reidentification_id: str, state: ReidentificationState, reason: str | None = None) -> None:
    served.log.put(
        Reidentification(
            reidentification_id=reidentification_id,
            agency_id="MX-A",
            state=state,
            record_token="",
            dataset="FINDS",
            record_told="{}",
            purpose="",
            case_number="",
            legal_basis="",
            asked_at=START,
            decided_by="liaison-3",
            reason=reason,
            decided_at=START,
        )
    )


def test_blinded_questions_find_the_day_s_crossings_and_nothing_else(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text("MX-A", dataset("CROSSINGS", "ASKED"))) as served:
        client = served.client()
        served.log.put(*[crossing(n, f"AAA{n:04d}") for n in range(300)])
        served.log.put(
            crossing(1000, "ABC1234"),
            crossing(1001, "ABC1234", START + 120 * SECOND),
            crossing(1002, "XYZ9876", port_code="2402", lane_id="2402/01"),
        )
        served.label()
        found = client.ask(CASE, TODAY, ["ABC1234", "XYZ9876", "AAA0001"])
        assert [len(found[plate]) for plate in ("ABC1234", "XYZ9876", "AAA0001")] == [2, 0, 1]
        assert {values["values"]["port_code"] for values in found["ABC1234"]} == {"2301"}
        assert client.agreement()["used_today"]["questions"] == 3
        with refusal(429):
            client.ask(CASE, TODAY, [f"AAA{n:04d}" for n in range(8)])
        for day in ("2020-01-01", "2999-01-01", "yesterday"):
            with refusal(422):
                client.ask(CASE, day, ["ABC1234"])


def test_a_plate_is_told_of_a_record_that_stands_and_for_a_purpose_that_is_agreed(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text("MX-A", dataset("ALERTS", "ANY", list_kinds=["STOLEN"]))) as served:
        client = served.client()
        served.log.put(alert(1, "ABC1234"))
        (row,) = client.records("ALERTS", PURPOSE)["rows"]
        asked = client.reidentify(CASE, row["record"])["reidentification_id"]
        decide(served, asked, ReidentificationState.APPROVED)
        served.log.put(alert(1, "ABD1234", 2))  # it was a misread
        assert client.reidentified(asked)["plate"] == "ABD1234"
        served.log.put(alert(1, None, 3, severity=Severity.MINOR, match=MatchKind.NONE))
        assert client.reidentified(asked)["plate"] is None
        with refusal(404):
            client.reidentify(CASE, "another name")
        served.log.put(published(agreement_text("MX-A", dataset("ALERTS", "ANY"), version="2", purposes=["ARMS"])))
        with refusal(403):
            client.reidentified(asked)


def test_questions_wait_until_crossings_are_labelled_for_the_agreement_in_force(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text("MX-A", dataset("CROSSINGS", "ASKED", ("2301", "2402")))) as served:
        client = served.client()
        served.log.put(crossing(1, "ABC1234", port_code="2402", lane_id="2402/01"), crossing(2, "ABC1234"))
        with refusal(503):
            client.ask(CASE, TODAY, ["ABC1234"])
        served.label()
        assert len(client.ask(CASE, TODAY, ["ABC1234"])["ABC1234"]) == 2
        served.log.put(published(agreement_text("MX-A", dataset("CROSSINGS", "ASKED"), version="2")))
        with refusal(503):
            client.ask(CASE, TODAY, ["ABC1234"])
        served.label()
        (found,) = client.ask(CASE, TODAY, ["ABC1234"])["ABC1234"]
        assert found["values"]["port_code"] == "2301"
        assert client.agreement()["used_today"]["questions"] == 2


def test_who_fetches_the_whole_day_shows_no_bucket(tmp_path: Path) -> None:
    with serving(tmp_path, agreement_text("MX-A", dataset("CROSSINGS", "ASKED"))) as served:
        client = served.client()
        served.log.put(*[crossing(n, f"AAA{n:04d}") for n in range(200)])
        served.label()
        assert len(client.ask(CASE, TODAY, ["AAA0007"], whole_day=True)["AAA0007"]) == 1
