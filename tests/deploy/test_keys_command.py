"""`border keys audit` over a log: both lots of each selection are drawn again."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from deploy.cli import main
from deploy.connection import connect
from deploy.local.platform import LocalPlatform
from producers.publisher import Publisher
from schemas.records import LaneMode, OperatingMode, Selection, SelectionThreshold
from schemas.topics import LANE_DECISIONS, PASSAGES
from streams.core.random_draw import RandomKeys
from streams.core.stage import Record
from streams.core.vehicles.decisions import verify_selection
from tests.core.vehicles.builders import SECRET, START, advance, fold, outputs_of, passage

PORT = "2504"
LANE = f"{PORT}/91"
KEY_ID, KEY = RandomKeys(SECRET).key_of(PORT, START)
VEHICLES = 60


def threshold(log_odds: float, share: float | None) -> SelectionThreshold:
    return SelectionThreshold(
        port_code=PORT,
        lane_mode=LaneMode.PASSENGER,
        operating_mode=OperatingMode.OPERATIONAL,
        policy_version="policy-1",
        random_propensity=0.1,
        threshold_log_odds=log_odds,
        share_at_threshold=share,
        budget_reds_per_hour=18.0,
        set_at=START,
    )


def vehicle(number: int) -> Any:
    return passage(number, lane_id=LANE, port_code=PORT)


def selections(share: float | None) -> list[Selection]:
    """Of vehicles that all have the threshold's own score."""
    (first,) = outputs_of(advance(fold(), vehicle(1)), Selection)
    folding = fold()
    folding.advance(Record(PORT.encode(), threshold(round(first.log_odds, 3), share), START), [])  # type: ignore[attr-defined]
    return outputs_of(advance(folding, *[vehicle(number) for number in range(VEHICLES)]), Selection)  # type: ignore[return-value]


def digest_of(selection: Selection) -> str:
    return hashlib.sha256(selection.passage_id.encode()).hexdigest()


def turned(selection: Selection) -> Selection:
    """Somebody referred the vehicle, or let it go, against the lot among equals."""
    return msgspec.structs.replace(selection, risk_over_threshold=not selection.risk_over_threshold)


def test_a_lot_among_equals_that_was_changed_is_wrong_and_without_a_share_there_was_none() -> None:
    told = selections(0.3)
    assert {one.risk_over_threshold for one in told} == {True, False}
    for one in told:
        assert verify_selection(KEY, digest_of(one), one)
        assert not verify_selection(KEY, digest_of(one), turned(one))
    for one in selections(None):
        assert verify_selection(KEY, digest_of(one), one) and verify_selection(KEY, digest_of(one), turned(one))


@pytest.mark.integration
def test_an_audit_finds_each_changed_lot_among_equals(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = selections(0.3)
    logged = [turned(one) if number in (7, 40) else one for number, one in enumerate(told)]
    at = ("--broker", platform.broker, "--registry-url", platform.registry_url)
    connection = connect(platform.broker, platform.registry_url, None)
    with Publisher(connection.broker, connection.codec, PASSAGES) as publisher:
        for number in range(VEHICLES):
            publisher.publish(vehicle(number))
    with Publisher(connection.broker, connection.codec, LANE_DECISIONS) as publisher:
        for one in logged:
            publisher.publish(one)
    (tmp_path / "keys.json").write_bytes(orjson.dumps({KEY_ID: KEY.hex()}))
    assert main(["keys", "audit", str(tmp_path / "keys.json"), "--json", *at]) == 1
    found = orjson.loads(capsys.readouterr().out)
    assert (found["checked"], found["without_passage"]) == (VEHICLES, 0)
    assert found["wrong_passages"] == [one.passage_id for one in told if turned(one) in logged]
