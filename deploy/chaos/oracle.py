"""What must stand in the log, by folding the log again with the same pure stages; and what differs from it."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.chaos.log import Logged
from schemas.codec import Codec, UndecodableError
from schemas.records import ReferenceChange
from schemas.topics import Topic
from streams.core.stage import Output, Record, Rejected, Stage
from streams.runtime.ledger import POSITION_KEY


@dataclass(frozen=True)
class Verdict:
    """How a stage's committed outputs and state differ from the oracle's."""

    expected: int
    lost: int
    wrong: int
    duplicates: int

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            self.expected + other.expected,
            self.lost + other.lost,
            self.wrong + other.wrong,
            self.duplicates + other.duplicates,
        )


def fold_log(
    stage: Stage, codec: Codec, log: list[Logged]
) -> tuple[Counter[tuple[str, bytes, bytes]], dict[bytes, bytes]]:
    """Outputs (topic, key, value) and final state (partition and key) of a stage over an input log read back."""
    outputs: Counter[tuple[str, bytes, bytes]] = Counter()
    final: dict[bytes, bytes] = {}
    by_partition: dict[int, list[Logged]] = defaultdict(list)
    for logged in log:
        by_partition[logged.partition].append(logged)
    for partition, records in by_partition.items():
        stored: dict[bytes, bytes] = {}
        fold = stage.open(partition, stored)
        for logged in records:
            produced: list[Output] = []
            try:
                value = codec.decode(logged.value)
                fold.advance(Record(logged.key or b"", value, logged.appended_at * 1000), produced)
            except (Rejected, UndecodableError):
                continue
            except Exception:  # the runtime makes a dead letter of a record that its fold cannot bear
                fold.roll_back()
                continue
            fold.take_changes()
            outputs.update((output.topic.name, output.key, codec.encode(output.value)) for output in produced)
        final.update({b"%d " % partition + key: state for key, state in stored.items()})
    return outputs, final


def compare(
    stage: Stage,
    codec: Codec,
    source: list[Logged],
    sinks: Mapping[Topic, list[Logged]],
    changelog: list[Logged],
) -> Verdict:
    """Hold a stage's committed outputs and states against the oracle's."""
    want, want_state = fold_log(stage, codec, source)
    got = Counter(
        (topic.name, row.key or b"", row.value or b"")
        for topic, log in sinks.items()
        for row in log
        if not isinstance(codec.decode(row.value), ReferenceChange)  # people write these, not stages
    )
    state: dict[bytes, bytes | None] = {}
    for row in changelog:
        if row.key != POSITION_KEY:
            state[b"%d " % row.partition + (row.key or b"")] = row.value
    got_state = {key: value for key, value in state.items() if value is not None}
    keys = want_state.keys() | got_state.keys()
    wrong_states = sum(want_state.get(key) != got_state.get(key) for key in keys)
    return Verdict(
        expected=sum(want.values()),
        lost=sum(max(0, count - got[row]) for row, count in want.items()),
        wrong=sum(count for row, count in got.items() if row not in want) + wrong_states,
        duplicates=sum(max(0, count - want[row]) for row, count in got.items() if row in want),
    )
