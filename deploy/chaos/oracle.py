"""What must stand in the log, by folding the log again with the same pure stages; and what differs from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploy.chaos.log import Logged
from schemas.codec import Codec, UndecodableError
from schemas.container import LogRecord
from schemas.topics import Topic
from streams.core import replay
from streams.core.stage import Stage
from streams.runtime.ledger import POSITION_KEY


@dataclass(frozen=True)
class Verdict:
    """How the stages' committed outputs and states differ from the oracle's."""

    expected: int
    lost: int
    wrong: int
    duplicates: int


def compare(stages: Sequence[Stage], codec: Codec, logs: Mapping[Topic, list[Logged]]) -> Verdict:
    """Hold what stages committed, in all topics of a path, against the oracle's outputs and states."""
    proof = replay.compare(stages, log_records(stages, codec, logs))
    total = proof.total
    wrong_states = sum(count_wrong_states(done, logs[done.stage.changelog]) for done in proof.replays)
    return Verdict(total.expected, total.lost, total.wrong + wrong_states, total.duplicates)


def log_records(stages: Sequence[Stage], codec: Codec, logs: Mapping[Topic, list[Logged]]) -> Iterator[LogRecord]:
    """The logs decoded. What a stage should have written and is not, byte for byte, how we write it, stays as bytes."""
    changelogs, given = {stage.changelog for stage in stages}, stages[0].source
    for topic, log in logs.items():
        for row in log if topic not in changelogs else ():
            value: object = row.value
            try:
                decoded = codec.decode(row.value)
                if topic == given or codec.encode(decoded) == row.value:
                    value = decoded
            except UndecodableError:
                pass
            yield LogRecord(topic.name, row.partition, row.offset, row.appended_at * 1000, row.key, value)  # type: ignore[arg-type]


def count_wrong_states(done: replay.StageReplay, changelog: list[Logged]) -> int:
    """Keys whose newest state in a stage's changelog is not the fold's."""
    held: dict[tuple[int, bytes | None], bytes | None] = {}
    for row in changelog:
        if row.key != POSITION_KEY:
            held[row.partition, row.key] = row.value
    wanted: dict[tuple[int, bytes | None], bytes] = {}
    for partition, states in done.stored.items():
        wanted |= {(partition, key): state for key, state in states.items()}
    return sum(wanted.get(place) != held.get(place) for place in wanted.keys() | held.keys())
