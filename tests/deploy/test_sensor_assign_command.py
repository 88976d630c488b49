"""`border sensor assign` and `assignments` against a running gateway whose broker is away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from deploy.chaos.edge_site import GatewayProcess, write_site
from deploy.cli import main
from deploy.site_writing import OPERATOR_KEY, write_key

NOWHERE = "127.0.0.1:1"
REGISTRY = f"http://{NOWHERE}/apis/ccompat/v7"
FROM, UNTIL = "2027-01-01T08:00", "2027-01-01T16:00"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[GatewayProcess]:
    """A gateway of two units that roam and a camera."""
    units = {"mobile-3": ("xray_json", "2301/01,2301/02"), "mobile-4": ("xray_xml", "2301/02,2301/03")}
    config = write_site(tmp_path, units | {"front-1": ("openalpr", "2301/01")})
    process = GatewayProcess(config, NOWHERE, REGISTRY)
    try:
        process.start()
        yield process
    finally:
        process.end()


def test_a_unit_is_assigned_handed_over_and_listed_over_a_kill(
    gateway: GatewayProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    site = str(tmp_path / "site.toml")

    def said(*arguments: str) -> str:
        assert main(["sensor", arguments[0], site, *arguments[1:]]) == 0
        return capsys.readouterr().out

    def told(*arguments: str) -> Any:
        return orjson.loads(said(*arguments, "--json"))

    assert said("assign", "mobile-3", "2301/01", "--by", "engineer-7").startswith("mobile-3 in 2301/01 from 20")
    assert said("assign", "mobile-3", "2301/01", "--by", "engineer-7").startswith("as it was: mobile-3 in 2301/01 from")
    planned = told("assign", "mobile-3", "2301/02", "--by", "chief-2", "--from", FROM, "--until", UNTIL)
    ended, begun = planned["changed"]
    assert ended["until_at"] == begun["from_at"] == 1_798_790_400_000_000  # 2027-01-01 08:00 UTC
    assert begun["until_at"] - begun["from_at"] == 8 * 3600 * 1_000_000
    gateway.kill()
    gateway.start()
    # In the place of a zone's own noon the same moment.
    shifted = ["--from", "2027-01-01T02:00-06:00", "--until", "2027-01-01T10:00-06:00"]
    assert told("assign", "mobile-3", "2301/02", "--by", "chief-2", *shifted)["changed"] == []
    shown = said("assignments")
    assert "mobile-4 stands in no lane; it may in 2301/02, 2301/03" in shown
    assert "planned" in shown and "now" in shown and "chief-2" in shown and "mobile-3 stands in no lane" not in shown
    lines = said("assign", "mobile-3", "--end", "--by", "engineer-7").splitlines()
    assert lines[0].startswith("mobile-3 in 2301/01 ended ") and lines[1].endswith(": withdrawn")
    assert said("assign", "mobile-3", "--end", "--by", "engineer-7") == "nothing to end\n"
    listed = told("assignments")["assignments"]
    assert [(one["lane_id"], one["revision"]) for one in listed] == [("2301/01", 3), ("2301/02", 2)]


def test_what_cannot_be_is_told_with_what_to_do(
    gateway: GatewayProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = str(tmp_path / "site.toml")

    def refused(*arguments: str) -> str:
        assert main(["sensor", "assign", site, *arguments, "--by", "engineer-7"]) == 1
        return capsys.readouterr().err

    assert "front-1 does not roam; these do: mobile-3, mobile-4" in refused("front-1", "2301/01")
    assert "does not roam there; its lanes are 2301/01, 2301/02" in refused("mobile-3", "2301/03")
    assert "at most 366 days ahead (--from)" in refused("mobile-3", "2301/01", "--from", "2031-01-01")
    assert "until_at must be after" in refused("mobile-3", "2301/01", "--until", "2020-01-01")
    assert "or --end if it stands in none" in refused("mobile-3")
    assert "leave out the lane and --until" in refused("mobile-3", "2301/01", "--end")
    assert "is no device_id" in refused("../devices", "2301/01")
    write_key(tmp_path / OPERATOR_KEY)
    assert "started with another configuration or key" in refused("mobile-3", "2301/01")
    gateway.kill()
    assert "start it with `border gateway --config`" in refused("mobile-3", "2301/01")
    assert main(["sensor", "assignments", site]) == 1


def test_a_site_without_an_operators_key_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = str(write_site(tmp_path, {"front-1": ("openalpr", "2301/01")}))
    assert main(["sensor", "assignments", site]) == 1
    assert "has no operator_key_file in [http]" in capsys.readouterr().err
