"""A replay of a log with records that a fold cannot bear gives what a worker gives."""

from collections import Counter

import pytest

from deploy.chaos.stages import POISONED_LANE
from schemas.codec import body_of
from schemas.container import LogRecord
from streams.core import replay as replay_module
from streams.core.replay import StageReplay
from streams.core.stage import FOLD_FAILED
from streams.runtime.folding import PartitionFold
from streams.runtime.ledger import Transaction
from tests.runtime.records import CODEC, COUNTS, event, fetched

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

    written = transaction.plain[COUNTS.sink.name]
    assert outputs == Counter((m["key"], m["value"][5:]) for _, messages in written for m in messages)
    assert replay.stored[0] == transaction.changes[0]
    assert replay.dead_letters == {FOLD_FAILED: 2} == Counter(letter.reason for letter in refused.values())
