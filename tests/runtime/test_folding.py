"""Whatever a record does, it becomes a dead letter and the next one is processed."""

from dataclasses import replace
from typing import Any

import pytest

from deploy.chaos.stages import POISONED_LANE, SWOLLEN_LANE, CountsFold
from schemas.codec import FRAME
from schemas.records import Tick
from schemas.topics import DEAD_LETTERS
from streams.core.stage import Output, Record
from streams.runtime.dead_letters import DeadLetterRecord
from streams.runtime.folding import PartitionFold
from streams.runtime.ledger import Transaction
from streams.runtime.transport import runs_of
from tests.runtime.records import CODEC, COUNTS, event, fetched, good

LANE = b"lane 2301/01"


def fold(records: list[Any], max_message_bytes: int = 1_000_000) -> tuple[Transaction, dict[int, DeadLetterRecord]]:
    """Decode and fold one batch into a transaction."""
    partition = PartitionFold(COUNTS, CODEC, 0, {}, max_message_bytes)
    transaction, refused = Transaction(), dict[int, DeadLetterRecord]()
    decoded = partition.decode(records, refused, unknown={999})
    assert isinstance(decoded, list)
    partition.fold(decoded, refused, transaction)
    return transaction, refused


def headers_of(letter: DeadLetterRecord) -> dict[str, Any]:
    return dict(letter.headers)


TRUNCATED = CODEC.encode(event("2301/01"))[:-3]
BAD = {
    "a value that is None": (b"k", None, "not_framed"),
    "a value without the frame": (b"k", b"hello", "not_framed"),
    "truncated Avro": (b"k", TRUNCATED, "undecodable"),
    "bytes after the record": (b"k", CODEC.encode(event("2301/01")) + b"!", "trailing_bytes"),
    "a schema id that the registry does not know": (b"k", FRAME.pack(0, 999) + b"x", "unknown_schema_id"),
    "another topic's record": (
        b"k",
        CODEC.encode(Tick(source_topic="t", source_partition=0, watermark_at=1)),
        "wrong_record_type",
    ),
    "no key": (None, CODEC.encode(event("2301/01")), "missing_key"),
    "a key that is not the record's": (b"2301/02", CODEC.encode(event("2301/01")), "wrong_key"),
    "an impossible value": (b"2301/01", CODEC.encode(event("2301/01", declared_load_kg=-1.0)), "impossible_value"),
    "a record that makes the fold raise": (
        POISONED_LANE.encode(),
        CODEC.encode(event(POISONED_LANE)),
        "fold_failed",
    ),
    "a record whose output is too large": (
        SWOLLEN_LANE.encode(),
        CODEC.encode(event(SWOLLEN_LANE)),
        "output_too_large",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_record_is_a_dead_letter_and_its_neighbours_are_folded(what: str) -> None:
    key, value, reason = BAD[what]
    transaction, refused = fold([good(1, "2301/01"), fetched(2, key, value), good(3, "2301/01")])
    assert [(offset, letter.reason) for offset, letter in refused.items()] == [(2, reason)]
    assert transaction.changes[0][LANE] == b"2"


@pytest.mark.parametrize("what", BAD)
def test_a_dead_letter_keeps_the_original_and_says_where_it_came_from(what: str) -> None:
    key, value, reason = BAD[what]
    _, refused = fold([fetched(7, key, value, (("traceparent", b"00-1"), ("attempt", b"2")))])
    letter, headers = refused[7], headers_of(refused[7])
    assert (letter.key, letter.value) == (key, value)
    assert headers["traceparent"] == b"00-1"
    assert headers["attempt"] == b"3"
    assert headers["reason"] == reason.encode()
    assert headers["stage"] == COUNTS.name.encode()
    assert headers["__streams.errors.topic"] == COUNTS.source.name.encode()
    assert headers["__streams.errors.partition"] == b"0"
    assert headers["__streams.errors.offset"] == b"7"
    assert headers["appended_at"] == b"1700000"


def test_a_poisoned_record_leaves_no_trace_in_the_state() -> None:
    transaction, _ = fold([good(1, "2301/01"), fetched(2, POISONED_LANE.encode(), CODEC.encode(event(POISONED_LANE)))])
    assert set(transaction.changes[0]) == {LANE, b"watermark"}


def test_events_of_a_batch_that_was_folded_again_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    partition = PartitionFold(COUNTS, CODEC, 0, {}, 1_000_000)
    advance = CountsFold.advance

    def counting(self: CountsFold, record: Record, outputs: list[Output]) -> None:
        self.counters["seen"] = self.counters.get("seen", 0) + 1
        advance(self, record, outputs)

    monkeypatch.setattr(CountsFold, "advance", counting)
    poisoned = fetched(2, POISONED_LANE.encode(), CODEC.encode(event(POISONED_LANE)))
    refused: dict[int, DeadLetterRecord] = {}
    decoded = partition.decode([good(1, "2301/01"), poisoned, good(3, "2301/01")], refused, set())
    assert isinstance(decoded, list)
    partition.fold(decoded, refused, Transaction())
    assert partition.take_counters() == {"seen": 2}
    assert partition.take_counters() == {}


def test_the_text_of_an_exception_is_not_repeated_since_it_may_hold_a_plate() -> None:
    _, refused = fold([fetched(1, POISONED_LANE.encode(), CODEC.encode(event(POISONED_LANE)))])
    assert "a bug in the fold" not in refused[1].message
    assert "_advance_event" in refused[1].message


def test_a_state_too_large_is_taken_back_and_its_record_becomes_a_dead_letter() -> None:
    long = "2301/" + "9" * 300
    transaction, refused = fold([good(1, "2301/01"), good(2, long), good(3, "2301/01")], max_message_bytes=200)
    assert [(offset, letter.reason) for offset, letter in refused.items()] == [(2, "state_too_large")]
    assert transaction.changes[0][LANE] == b"2"
    assert not any(long.encode() in key for key in transaction.changes[0])


def test_ids_not_asked_for_yet_are_handed_back_before_anything_is_folded() -> None:
    partition = PartitionFold(COUNTS, CODEC, 0, {}, 1_000_000)
    foreign = [fetched(number, b"k", FRAME.pack(0, 990 + number) + b"x") for number in (2, 3, 4)]
    assert partition.decode([good(1, "2301/01"), *foreign], {}, {993}) == {992, 994}


def test_outputs_of_one_topic_keep_their_order_across_ticks() -> None:
    records = [fetched(n, b"2301/01", CODEC.encode(event("2301/01", received_at=n * 10_000_000))) for n in range(1, 6)]
    transaction, _ = fold(records)
    # four readings, a tick to each of 12 partitions after each; the fifth reading's count stands before its ticks
    ticks = list(range(12))
    assert [partition for _, _, _, partition, _ in transaction.outputs] == [*ticks * 4, -1, *ticks]


def test_an_oversized_value_is_replaced_by_its_size_and_digest() -> None:
    _, refused = fold([fetched(1, b"k", b"x" * 3_000_000)])
    headers = headers_of(refused[1])
    assert refused[1].value is None
    assert headers["value_bytes"] == b"3000000"
    assert len(headers["value_sha256"]) == 64


def test_a_transaction_is_full_by_its_bytes_too() -> None:
    large = [fetched(n, b"2301/01", CODEC.encode(event("2301/01", reading_id="x" * 999_000))) for n in range(5)]
    transaction, refused = fold([*large, fetched(5, SWOLLEN_LANE.encode(), large[0].value)])
    assert 0 < transaction.bytes < 10_000_000
    assert not transaction.is_full(max_records=10_000)
    assert refused[5].size_bytes > 999_000
    transaction.bytes += 60 * refused[5].size_bytes + 10_000_000
    assert transaction.is_full(max_records=10_000)


def test_what_was_fetched_is_cut_into_batches_of_some_megabytes() -> None:
    sizes = (1, 7_000_000, 2_000_000, 9_000_000, 9_000_000, 5, 5)
    records = [replace(fetched(n, b"k", None), serialized_value_size=size) for n, size in enumerate(sizes)]
    runs = list(runs_of(records))
    assert [[record.offset for record in run] for run in runs] == [[0, 1], [2], [3], [4], [5, 6]]
    assert list(runs_of(records[5:])) == [records[5:]]


def size_of(letter: DeadLetterRecord) -> int:
    headers = sum(len(name) + len(content or b"") + 10 for name, content in letter.headers)
    return len(letter.value or b"") + len(letter.key or b"") + headers


HUGE = b"x" * 1_500_000


@pytest.mark.parametrize(
    ("key", "value", "headers", "left_out"),
    [
        (HUGE, b"v", ((f"{'n' * 400_000}", HUGE), ("traceparent", b"00-1")), {"headers_left_out": b"1"}),
        (HUGE, HUGE, (("traceparent", b"00-1"),), {"key_bytes": b"1500000"}),
        (HUGE + HUGE, HUGE + HUGE, (("traceparent", b"00-1"),), {"key_bytes": b"3000000", "value_bytes": b"3000000"}),
        (b"k", b"v", (("traceparent", b"00-1"), *(("n", None) for _ in range(400_000))), {}),
    ],
)
def test_no_key_or_headers_make_a_dead_letter_that_its_topic_does_not_take(
    key: bytes, value: bytes, headers: Any, left_out: dict[str, bytes]
) -> None:
    _, refused = fold([fetched(1, key, value, headers)])
    said = headers_of(refused[1])
    assert size_of(refused[1]) < DEAD_LETTERS.max_message_bytes
    assert said["traceparent"] == b"00-1"
    assert said["reason"] == b"not_framed"
    assert left_out.items() <= said.items()


@pytest.mark.parametrize("attempt", [b"9" * 4_300, b"9" * 100_000, b"-1", b"x", b""])
def test_a_hostile_attempt_header_counts_as_none(attempt: bytes) -> None:
    _, refused = fold([fetched(1, b"k", b"not framed", (("attempt", attempt),))])
    assert headers_of(refused[1])["attempt"] == b"1"
