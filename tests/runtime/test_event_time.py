"""What a transaction notes of event time: the newest, of each port too, and nothing of records that were refused."""

from typing import Any

import pytest

from deploy.settings import Settings
from deploy.stages import STAGE_NAMES, build_stage
from schemas.records import OperatingMode
from schemas.topics import LANE_BACKLOG, LANE_READINGS, Topic
from streams.core.stage import Record
from streams.runtime.cloud_events import TIME_FIELDS
from streams.runtime.event_time import RECORDS_LOOKED_AT, note_times
from streams.runtime.ledger import Transaction
from tests.runtime.records import event, fetched

APPENDED_AT = 2_000_000_000


def noted(*times: tuple[str, int], topic: Topic = LANE_READINGS, refused: frozenset[int] = frozenset()) -> Transaction:
    """The times of a batch of readings, each of a lane and received at a time."""
    transaction, decoded = Transaction(), list[tuple[Any, Record]]()
    for offset, (lane_id, received_at) in enumerate(times):
        value = event(lane_id, received_at=received_at, operating_mode=OperatingMode.OPERATIONAL)
        one = fetched(offset, lane_id.encode(), b"")
        one = type(one)(topic.name, *[getattr(one, name) for name in one.__dataclass_fields__ if name != "topic"])
        decoded.append((one, Record(lane_id.encode(), value, APPENDED_AT)))
    note_times(decoded, refused, transaction)
    return transaction


def test_the_newest_reading_of_each_port_is_noted() -> None:
    found = noted(("2301/01", 5), ("2304/02", 9), ("2301/02", 7), ("2301/01", 6))
    assert found.newest_event_at == 9
    assert found.readings_at == {("2301", "OPERATIONAL"): 7, ("2304", "OPERATIONAL"): 9}


def test_a_gateways_clock_that_is_ahead_counts_as_the_brokers() -> None:
    assert noted(("2301/01", APPENDED_AT + 60_000_000)).newest_event_at == APPENDED_AT


def test_a_refused_record_says_nothing_of_its_port() -> None:
    found = noted(("2301/01", 5), ("9999/01", 9), refused=frozenset({1}))
    assert found.newest_event_at == 5 and list(found.readings_at) == [("2301", "OPERATIONAL")]


def test_the_backlog_says_of_no_port_that_it_is_there_now() -> None:
    found = noted(("2301/01", 5), topic=LANE_BACKLOG)
    assert found.newest_event_at == 5 and found.readings_at == {}


def test_of_a_long_batch_the_newest_reading_of_each_port_is_noted_however_far_behind_it_stands() -> None:
    found = noted(("2304/01", 1), ("2304/01", 2), *[("2301/01", 5)] * 10 * RECORDS_LOOKED_AT)
    assert found.readings_at == {("2301", "OPERATIONAL"): 5, ("2304", "OPERATIONAL"): 2}


def test_of_a_long_batch_of_what_is_no_live_reading_only_the_last_records_are_looked_at() -> None:
    found = noted(("2304/01", 9), *[("2301/01", 5)] * RECORDS_LOOKED_AT, topic=LANE_BACKLOG)
    assert found.newest_event_at == 5


@pytest.mark.parametrize("name", STAGE_NAMES)
def test_every_record_of_a_stages_input_has_a_time(name: str, tmp_path: Any) -> None:
    secret = tmp_path / "random-secret"
    secret.write_bytes(bytes(32))
    stage = build_stage(name, Settings(random_secret_file=str(secret)))
    fields = {record.__name__: set(record.__struct_fields__) for record in stage.source.records}
    assert [record for record, names in fields.items() if not names & set(TIME_FIELDS)] == []
