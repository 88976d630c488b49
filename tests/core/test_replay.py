"""A replay of a log with records that a fold cannot bear gives what a worker gives."""

from collections import Counter

import msgspec
import pytest

from deploy.chaos.stages import POISONED_LANE
from schemas.codec import body_of
from schemas.container import LogRecord
from schemas.records import ChangeKind, ReferenceChange, Tick
from schemas.topics import ALERTS, DEAD_LETTERS, LANE_DECISIONS, OUTCOMES
from streams.core import replay as replay_module
from streams.core.replay import Chain, StageReplay, compare, is_by_people, placed
from streams.core.stage import FOLD_FAILED
from streams.runtime.folding import PartitionFold
from streams.runtime.ledger import Transaction
from tests.core.outcomes.builders import assignment
from tests.runtime.records import CODEC, COUNTS, SUMS, event, fetched

CHANGE = ReferenceChange(
    change_id="1", kind=ChangeKind.RULE_SET, changed_by="a-1", changed_at=1, rule_set_version="every:3"
)
LANES = ["2301/01", "2301/02", POISONED_LANE, "2301/01", "2301/01", POISONED_LANE, *["2301/01", "2301/02"] * 6]


@pytest.mark.parametrize("taken_every", [1, 2, 5, 500])
def test_a_fold_that_raises_leaves_the_same_outputs_and_states_as_in_a_worker(
    taken_every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_module, "CHANGES_TAKEN_EVERY", taken_every)
    replay = StageReplay(COUNTS)
    outputs: Counter[tuple[bytes, bytes]] = Counter()
    for offset, lane_id in enumerate(LANES):
        record = LogRecord(COUNTS.source.name, 0, offset, 1_700_000, lane_id.encode(), event(lane_id))
        outputs.update((output.key, body_of(output.value)) for output in replay.advance(record))
    replay.finish()

    worker, transaction, refused = PartitionFold(COUNTS, CODEC, 0, {}, 1_000_000), Transaction(), {}
    batch = [fetched(n, lane_id.encode(), CODEC.encode(event(lane_id))) for n, lane_id in enumerate(LANES)]
    decoded = worker.decode(batch, refused, set())
    assert not isinstance(decoded, int)
    worker.fold(decoded, refused, transaction)

    assert outputs == Counter((key, value[5:]) for _, key, value, _, _ in transaction.outputs)
    assert replay.stored[0] == transaction.changes[0]
    assert replay.dead_letters == {FOLD_FAILED: 2} == Counter(letter.reason for letter in refused.values())


def test_records_that_a_worker_refuses_unread_are_refused_by_a_replay_for_the_same_reasons() -> None:
    tick = Tick(source_topic="any", source_partition=0, watermark_at=1)
    given: list[tuple[bytes | None, msgspec.Struct]] = [(b"2301/01", tick), (None, event("2301/01"))]
    replay = StageReplay(COUNTS)
    for offset, (key, value) in enumerate(given):
        assert replay.advance(LogRecord(COUNTS.source.name, 0, offset, 1_700_000, key, value)) == []
    replay.finish()
    worker, refused = PartitionFold(COUNTS, CODEC, 0, {}, 1_000_000), {}
    batch = [fetched(offset, key, CODEC.encode(value)) for offset, (key, value) in enumerate(given)]
    assert worker.decode(batch, refused, set()) == []
    assert replay.dead_letters == Counter(letter.reason for letter in refused.values())
    assert replay.stored == {0: {}}


def log_of_readings(count: int = 12) -> list[LogRecord]:
    """Readings of one lane and what COUNTS makes of them."""
    replay, log = StageReplay(COUNTS), list[LogRecord]()
    for offset in range(count):
        reading = LogRecord(COUNTS.source.name, 0, offset, 1_700_000, b"2301/01", event("2301/01"))
        log += [reading, *(placed(output, offset, 1_700_000) for output in replay.advance(reading))]
    return log


def test_a_log_that_holds_what_the_folds_give_is_good() -> None:
    proof = compare([COUNTS, SUMS], log_of_readings())
    assert (proof.topics[COUNTS.sink.name].expected, proof.topics[COUNTS.sink.name].good) == (2, True)
    assert not proof.good  # SUMS has written nothing


def test_a_log_in_which_nothing_was_expected_proves_nothing() -> None:
    assert not compare([COUNTS], []).good
    assert not compare([COUNTS], log_of_readings(count=1)).good


def strange(topic: str, value: msgspec.Struct | bytes | None, key: bytes | None = b"2301/01") -> LogRecord:
    return LogRecord(topic, 0, 99, 1_700_000, key, value)


@pytest.mark.parametrize(
    "record",
    [
        strange(ALERTS.name, event("2301/01")),  # a topic that no fold wrote to
        strange(ALERTS.name, CHANGE),  # people write changes into inputs, not here
        strange(COUNTS.sink.name, b"raw"),
        strange(COUNTS.sink.name, None),
        strange(COUNTS.sink.name, event("2301/01"), None),
    ],
)
def test_a_surplus_record_in_any_topic_of_outputs_is_wrong(record: LogRecord) -> None:
    assert compare([COUNTS], log_of_readings()).good
    proof = compare([COUNTS], [*log_of_readings(), record])
    assert (proof.total.wrong, proof.good) == (1, False)


@pytest.mark.parametrize(
    "record",
    [
        strange(COUNTS.source.name, CHANGE, b"change"),
        strange(COUNTS.source.name, b"raw"),
        strange(COUNTS.changelog.name, b"state"),
        strange(DEAD_LETTERS.name, b"raw"),
    ],
)
def test_what_stages_do_not_write_or_cannot_be_compared_is_not_held_against_them(record: LogRecord) -> None:
    assert compare([COUNTS], [*log_of_readings(), record]).good


def test_several_stages_may_read_one_topic() -> None:
    log = log_of_readings()
    proof = compare([COUNTS, COUNTS], log)
    assert (proof.total.expected, proof.total.lost) == (4, 2)  # each would have written two
    chain = Chain([COUNTS, COUNTS])
    assert len([written for reading in log for written in chain.advance(reading)]) == 4
    assert len(chain.replays) == 2


def test_a_duty_in_the_lanes_decisions_is_by_people_and_one_sent_on_to_its_port_is_not() -> None:
    duty = assignment("officer-1", 0, 60)
    assert is_by_people(strange(LANE_DECISIONS.name, duty))
    assert not is_by_people(strange(OUTCOMES.name, duty))
    assert is_by_people(strange(OUTCOMES.name, CHANGE))
