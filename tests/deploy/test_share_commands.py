"""Sharing on a real broker: two people publish an agreement, an agency is served, the service is killed and goes on."""

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import tomli_w

from deploy.cli import main
from deploy.local.platform import LocalPlatform
from deploy.local.supervisor import border_command
from producers.publisher import Publisher
from schemas.container import LogRecord, write_container
from schemas.topics import OUTCOMES, PASSAGES
from tests.core.vehicles.builders import final
from tests.sharing.builders import dataset, find
from tests.support import eventually

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "agreement-matamoros.toml"
PEOPLE = ["--by", "liaison-3", "--approved-by", "counsel-1"]
WHY = ["--purpose", "STOLEN_VEHICLE", "--case", "C1", "--legal-basis", "order 7"]
TODAY = datetime.now(UTC).date()
MICROSECONDS = 1_000_000


def run(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> list[Any]:
    """A command's lines of JSON."""
    capsys.readouterr()
    assert main(list(arguments)) == status
    return [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]


def agreement_file(directory: Path, agency: str, sha256: str, version: str = "1", **more: Any) -> Path:
    values = {
        "agency": agency,
        "version": version,
        "name": "an agency",
        "legal_basis": "letter 1",
        "purposes": ["STOLEN_VEHICLE"],
        "valid_from": str(TODAY - timedelta(days=1)),
        "valid_until": str(TODAY + timedelta(days=100)),
        "credential_sha256": sha256,
        "datasets": [dataset(), dataset("CROSSINGS", "ASKED"), dataset("FINDS", "ANY")],
        "limits": {
            "lodged_plates": 10,
            "lodgings_per_day": 2,
            "questions_per_day": 10,
            "reidentifications_per_day": 5,
            "requests_per_hour": 500,
        },
    } | more
    file = directory / f"{agency}-{version}.toml"
    file.write_text(tomli_w.dumps(values))
    return file


class Service:
    """`border share serve` as a child."""

    def __init__(self, options: list[str]) -> None:
        command = border_command("share", "serve", "--port", "0", "--metrics-port", "0", "--json", *options)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def options(platform: LocalPlatform, tmp_path: Path) -> list[str]:
    where = ["--broker", platform.broker, "--registry-url", platform.registry_url]
    return [*where, "--state-directory", str(tmp_path)]


@pytest.fixture
def service(options: list[str]) -> Iterator[Service]:
    served = Service(options)
    yield served
    served.kill()


def put(platform: LocalPlatform, *numbers_and_plates: tuple[int, str]) -> int:
    """Vehicles that cross now; returns when, microseconds."""
    at = time.time_ns() // 1000
    with Publisher(platform.broker, platform.codec, PASSAGES) as publisher:
        for number, plate in numbers_and_plates:
            publisher.publish(final(number, plate, at, lane_id="2301/17"))
    return at


@pytest.mark.integration
def test_an_agency_is_told_what_is_agreed_across_a_kill(
    platform: LocalPlatform,
    options: list[str],
    service: Service,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (made,) = run(capsys, "share", "credential", "MX-T1", "--json")
    credential = tmp_path / "credential"
    credential.write_text(made["credential"] + "\n")
    assert (
        main(["share", "publish", str(agreement_file(tmp_path, "MX-T1", made["credential_sha256"])), *PEOPLE, *options])
        == 0
    )

    def agency(*words: str, status: int = 0) -> list[Any]:
        return run(
            capsys, "share", "agency", *words, "--url", service.url, "--credential", str(credential), status=status
        )

    eventually(
        lambda: main(["share", "agency", "status", "--url", service.url, "--credential", str(credential)]) == 0, 60
    )
    until = f"{TODAY + timedelta(days=10)}T00:00Z"
    agency("lodge", "TST0001", *WHY, "--until", until)
    first = put(platform, (1, "TST0001"), (2, "TST0002"))
    rows = eventually(lambda: agency("records", "CROSSINGS", "--purpose", "STOLEN_VEHICLE")[:-1], 60)
    assert [(row["plate"], row["values"]["crossed_at"]) for row in rows] == [("TST0001", first)]
    after = agency("records", "CROSSINGS", "--purpose", "STOLEN_VEHICLE")[-1]["after"]

    service.kill()
    second = put(platform, (3, "TST0001"))
    with Publisher(platform.broker, platform.codec, OUTCOMES) as publisher:
        publisher.publish(find(3, 2, passage_id="2301/17/3", lane_id="2301/17", closed_at=second))
    again = Service(options)
    try:
        service.url = again.url

        def read_on() -> list[Any]:
            at = ["--url", again.url, "--credential", str(credential)]
            if main(["share", "agency", "status", *at]):
                return []
            return agency("records", "CROSSINGS", "--purpose", "STOLEN_VEHICLE", "--after", after)[:-1]

        rows = eventually(read_on, 60)
        assert [row["values"]["crossed_at"] for row in rows] == [second]
        # The day's limit is 2 lodged plates; the service that was killed allowed one.
        agency("lodge", "TST0008", *WHY, "--until", until)
        agency("lodge", "TST0009", *WHY, "--until", until, status=1)
        day = str(datetime.fromtimestamp(second / MICROSECONDS, UTC).date())
        asked = agency("ask", day, "TST0002", "TST0005", *WHY)
        assert [len(answer["crossings"]) for answer in asked] == [1, 0]
        decided(agency, options, capsys)
    finally:
        again.kill()


def decided(agency: Any, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A plate behind a find is told once a person here approves; all of it is in the log, without a plate."""
    (row,) = eventually(lambda: agency("records", "FINDS", "--purpose", "STOLEN_VEHICLE")[:-1], 60)
    (asked,) = agency("plate", row["record"], *WHY)
    assert main(["share", "requests", "approve", asked["reidentification_id"], "--by", "MX-T1", *options]) == 1
    assert main(["share", "requests", "approve", asked["reidentification_id"], "--by", "liaison-3", *options]) == 0
    assert (
        main(["share", "requests", "refuse", asked["reidentification_id"], "--by", "x", "--reason", "y", *options]) == 1
    )

    def told() -> Any:
        (answer,) = agency("plate", "--request", asked["reidentification_id"])
        return answer.get("plate")

    assert eventually(told, 60) == "TST0001"
    (standing,) = run(capsys, "share", "requests", "plates", "--json", *options)
    assert (standing["state"], standing["decided_by"], standing["case_number"]) == ("APPROVED", "liaison-3", "C1")
    log = run(capsys, "share", "requests", "list", "--agency", "MX-T1", "--json", *options)
    assert {"LODGE", "RECORDS", "QUESTIONS", "ANSWERS", "REIDENTIFY"} <= {one["kind"] for one in log}
    assert [one["refused"] for one in log if one["refused"]] == ["more than 2 a day"]
    assert "TST000" not in str(log)
    capsys.readouterr()
    assert main(["share", "requests", "list", *options]) == 0 and "MX-T1" in capsys.readouterr().out


@pytest.mark.integration
def test_two_people_publish_and_end_an_agreement(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = agreement_file(tmp_path, "MX-T2", "0" * 64)
    assert main(["share", "publish", str(file), "--by", "a", "--approved-by", "A ", *options]) == 1
    assert "second person" in capsys.readouterr().err
    assert main(["share", "publish", str(file), *PEOPLE, *options]) == 0
    (row,) = [one for one in run(capsys, "share", "list", "--json", *options) if one["agency"] == "MX-T2"]
    assert (row["standing"], row["version"]) == ("in force", "1")
    other = agreement_file(tmp_path, "MX-T2", "0" * 64, name="another text")
    assert main(["share", "publish", str(other), *PEOPLE, *options]) == 1
    assert "another text" in capsys.readouterr().err
    assert main(["share", "withdraw", "MX-T2", *PEOPLE, *options]) == 0
    assert main(["share", "withdraw", "MX-T2", *PEOPLE, *options]) == 1
    assert main(["share", "list", *options]) == 0
    assert "withdrawn" in capsys.readouterr().out


def test_the_example_is_an_agreement_and_says_what_it_comes_to(capsys: pytest.CaptureFixture[str]) -> None:
    (told,) = run(capsys, "share", "test", str(EXAMPLE), "--json")
    assert [(row["dataset"], row["vehicles"]) for row in told["datasets"]] == [
        ("CROSSINGS", "LODGED"),
        ("ALERTS", "LODGED"),
        ("CROSSINGS", "ASKED"),
        ("FINDS", "ANY"),
    ]
    # 26^3 x 10^4 plates at 100 a day: 4,812 years of 365.25 days.
    assert any("4,812 years" in note for note in told["notes"])
    assert main(["share", "test", str(EXAMPLE)]) == 0
    assert "withheld" not in capsys.readouterr().out


def test_rows_of_a_capture_show_what_would_be_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture = tmp_path / "passages.avro"
    values = [final(1, "ABC1234"), final(2, "XYZ9876"), final(3, "ABC1234", port_code="2402"), find(1, 2)]
    write_container(capture, [LogRecord("t", 0, n, 1, b"k", value) for n, value in enumerate(values)])
    (told,) = run(capsys, "share", "test", str(EXAMPLE), "--on", str(capture), "--json")
    assert [row["rows"] for row in told["datasets"]] == [2, 0, 2, 1]
    assert told["datasets"][2]["first"] == {"port_code": "2301", "crossed_at": values[0].at_light_at}
    assert "ABC1234" not in str(told)


def test_what_is_no_agreement_is_refused_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(EXAMPLE.read_text().replace('"vehicle_class"]', '"plate"]'))
    assert main(["share", "test", str(file)]) == 1
    assert "bad.toml" in (error := capsys.readouterr().err) and "plate cannot be shared" in error
