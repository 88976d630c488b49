"""From files to a watchlist entry on the real broker, the stage killed on the way, and all of it proved."""

import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console

from deploy.cli import main
from deploy.commands.up import running
from deploy.demo import prove, wait_for_workers
from deploy.local.supervisor import Supervisor
from deploy.settings import Settings, load_settings
from schemas.topics import SUGGESTIONS
from tests.support import eventually

pytestmark = pytest.mark.integration

DAY_SECONDS = 24 * 3600


def day(days_ago: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() - days_ago * DAY_SECONDS))


def trace(number: int) -> dict[str, Any]:
    return {
        "trace_id": f"T{number}",
        "result": "PURCHASER_FOUND",
        "purchaser_id": "P7-SECRET",
        "firearm_category": "RIFLE",
        "purchased_at": day(1_500 - 30 * number),
        "recovered_at": day(1_450 - 30 * number),
        "dealer_state_code": "US-TX",
        "dealer_city_name": "Laredo",
    }


LINK = {
    "link_id": "L1",
    "purchaser_id": "P7-SECRET",
    "plate": "TST0042",
    "source": "registration record",
    "case_number": "C1",
    "legal_basis": "order 7",
    "valid_until_at": day(-30),
}


def test_traces_become_a_suggestion_and_two_people_make_an_entry_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(
        state_directory=str(tmp_path / "state"),
        kafka_port=0,
        registry_port=0,
        cache_directory=str(load_settings().cache_path),
    )
    with running(settings, Console(quiet=True)) as (platform, supervisor):
        at = ["--broker", platform.broker, "--registry-url", platform.registry_url]

        def load(kind: str, *rows: dict[str, Any]) -> None:
            file = tmp_path / "rows.jsonl"
            file.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
            assert main(["traces", "load", str(file), "--kind", kind, *at]) == 0

        def printed(*command: str) -> list[dict[str, Any]]:
            capsys.readouterr()
            assert main([*command, "--json", *at]) == 0
            return [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]

        def standing() -> list[str]:
            return [one["standing"] for one in printed("traces", "suggestions")]

        wait_for_workers(settings, supervisor)
        load("trace", trace(0), trace(1))
        load("link", LINK)
        supervisor.kill("traces-0")
        load("trace", trace(1), trace(2), trace(3))
        awaited(supervisor, lambda: standing() == ["open"], "the suggestion")
        (one,) = printed("traces", "suggestions")
        assert one["plate"] == "•••••42" and "4 of 4 traced" in one["reasons"][0]["explanation"]
        assert "P7-SECRET" not in str(one)

        accept = ["watchlist", "accept", one["suggestion_id"], "--by", "a-1", *at]
        assert main([*accept, "--approved-by", "A-1 "]) == 1
        assert "approved by a second person" in capsys.readouterr().err
        assert main([*accept, "--approved-by", "a-2", "--priority", "20"]) == 0
        awaited(supervisor, lambda: standing() == ["accepted"], "the entry being held")
        (entry,) = printed("watchlist", "list", "--reveal")
        assert (entry["plate"], entry["list_kind"], entry["priority"]) == ("TST0042", "STRAW_PURCHASER_LINKED", 20)
        assert (entry["case_number"], entry["legal_basis"]) == ("C1", "order 7")
        assert (entry["entered_by"], entry["approved_by"]) == ("a-1", "a-2")

        load("link", LINK | {"revision": 2, "withdrawn": True})
        awaited(supervisor, lambda: standing() == ["withdrawn: remove the entry"], "the withdrawal")
        assert main([*accept, "--approved-by", "a-2"]) == 1
        assert "was withdrawn" in capsys.readouterr().err
        assert main(["watchlist", "remove", one["suggestion_id"], "--by", "a-1", *at]) == 0
        awaited(supervisor, lambda: standing() == ["withdrawn"], "the removal")

        (figures,) = printed("traces", "report")
        assert figures["submitted"] is None  # four are too few to be told
        assert main(["tail", "border.traces.v1", "--from-beginning", "--no-follow", *at]) == 0
        assert "P7-SECRET" not in capsys.readouterr().out
        proof, tally = prove(platform, settings, supervisor)
        assert supervisor.exits == {"traces-0": {-9: 1}}
    assert proof.good and not tally.dead_letters
    assert proof.topics[SUGGESTIONS.name].expected == 2


def awaited(supervisor: Supervisor, condition: Any, what: str) -> None:
    """Poll, and restart what was killed."""

    def tended() -> Any:
        supervisor.tend()
        return condition()

    eventually(tended, 60, what)
