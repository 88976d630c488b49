"""What must stand in the log, by folding the log again with the same pure stages; and what differs from it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.chaos.log import Logged
from schemas.codec import Codec, UndecodableError
from schemas.container import LogRecord
from schemas.records import ReferenceChange
from schemas.topics import Topic
from streams.core.replay import StageReplay
from streams.core.stage import Stage
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
    replay = StageReplay(stage)
    for logged in log:
        try:
            value = codec.decode(logged.value)
        except UndecodableError:
            continue
        place = (stage.source.name, logged.partition, logged.offset)
        produced = replay.advance(LogRecord(*place, logged.appended_at * 1000, logged.key, value))
        outputs.update((output.topic.name, output.key, codec.encode(output.value)) for output in produced)
    replay.finish()
    states = replay.stored.items()
    return outputs, {b"%d " % number + key: state for number, stored in states for key, state in stored.items()}


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
