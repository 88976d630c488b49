"""Decoding and folding one partition's batches into a transaction. No I/O but the question to the registry.

    fetched records ─► decode ─► [Decoded] ─► advance … ─► outputs, changes ─► Transaction
                         │                       │
                         └── dead letters ◄──────┘   rejected, or the culprit of a fold that raised

Nothing raises out of `fold`: whatever a record does, it becomes a dead letter and the next one is processed. What is
put out while a record is advanced continues its trace; ticks, which are the time and of no reading, do not.
"""

from collections.abc import Container, Sequence
from itertools import islice
from typing import Any

from schemas.codec import FRAME, Codec, UndecodableError, UnknownSchemaError
from schemas.records import Alert
from schemas.trace_context import HEADER, Steps, context_in, continued
from streams.core.stage import FOLD_FAILED, Output, Record, Rejected, Stage
from streams.runtime.cloud_events import Headers, headers_of
from streams.runtime.dead_letters import (
    MISSING_KEY,
    OUTPUT_TOO_LARGE,
    STATE_TOO_LARGE,
    WRONG_RECORD_TYPE,
    DeadLetterRecord,
    bury,
)
from streams.runtime.event_time import note_times
from streams.runtime.ledger import Transaction
from streams.runtime.state import StoredState


class TooLarge(Exception):
    """What a record led to cannot be produced."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


Decoded = tuple[Any, Record]
"""A record ready to be folded, behind what it was decoded from: an aiokafka ConsumerRecord."""


Encoded = tuple[Output, bytes, Headers | None]
"""An output ready to be produced: its framed value, and headers if its topic is public or it is part of a trace."""


Step = tuple[int, bytes, bytes]
"""A record of a trace that led to something: its offset, the context that it came with, and that of what it led to."""


Folded = tuple[list[Encoded], dict[bytes, bytes | None], list[Step]]
"""What records led to: outputs, changed states, and which of them are steps of traces."""


class PartitionFold:
    """One partition's fold and how its batches get into a transaction."""

    def __init__(
        self, stage: Stage, codec: Codec, partition: int, states: dict[bytes, bytes], max_message_bytes: int
    ) -> None:
        self.partition = partition
        self.stored = StoredState(states)
        self._stage = stage
        self._codec = codec
        self._types = frozenset(stage.source.records)
        self._max_message_bytes = max_message_bytes
        self._fold = stage.open(partition, self.stored)
        self._span_ids = Steps(stage.name, stage.source.name, partition)
        self._steps: list[Step] = []
        self._counters: dict[str, int] = {}

    def decode(
        self, batch: Sequence[Any], refused: dict[int, DeadLetterRecord], unknown: Container[int]
    ) -> list[Decoded] | set[int]:
        """The batch's records, decoded, in order; or the ids of schemas to ask the registry for.

        Adds dead letters to `refused` by offset. `unknown` holds ids that the registry has said it does not know.
        """
        decode, types, stage = self._codec.decode, self._types, self._stage.name
        decoded: list[Decoded] = []
        ask: set[int] = set()
        for fetched in batch:
            try:
                value = decode(fetched.value)
            except UndecodableError as error:
                if isinstance(error, UnknownSchemaError) and error.schema_id not in unknown:
                    ask.add(error.schema_id)
                    continue
                refused[fetched.offset] = bury(fetched, stage, error.reason, type(error).__name__, str(error))
                continue
            if type(value) not in types:
                message = f"{type(value).__name__} does not belong into {fetched.topic}"
                refused[fetched.offset] = bury(fetched, stage, WRONG_RECORD_TYPE, "WrongRecordType", message)
            elif fetched.key is None:
                refused[fetched.offset] = bury(fetched, stage, MISSING_KEY, "MissingKey", "the record has no key")
            else:
                decoded.append((fetched, Record(fetched.key, value, fetched.timestamp * 1000)))
        return ask or decoded

    def fold(self, decoded: list[Decoded], refused: dict[int, DeadLetterRecord], transaction: Transaction) -> None:
        """Fold a batch into the transaction: all at once, or, if anything raises, one record after the other."""
        before = dict(refused)
        try:
            folded = self._fold_all(decoded, refused)
        except Exception:
            refused.clear()
            refused.update(before)
            self._restore()
            self._fold_singly(decoded, refused, transaction)
        else:
            self._add(folded, transaction)
        note_times(decoded, refused, transaction)
        transaction.watermarks[self.partition] = self.watermark_at

    def _fold_all(self, decoded: Sequence[Decoded], refused: dict[int, DeadLetterRecord]) -> Folded:
        advance = self._fold.advance
        outputs: list[Output] = []
        traces: list[Headers | None] = []  # of each output
        steps: list[Step] = []
        for fetched, record in decoded:
            try:
                advance(record, outputs)
            except Rejected as error:  # raised before anything was changed: the others may go on
                refused[fetched.offset] = bury(fetched, self._stage.name, error.reason, "Rejected", str(error))
            if len(outputs) > len(traces):
                trace = self._continued(fetched, steps) if leads_on(outputs, len(traces)) else None
                traces += [trace] * (len(outputs) - len(traces))
        encoded = self._encode(outputs, traces)
        changes = self._fold.take_changes()
        for key, state in changes.items():
            if state is not None and len(key) + len(state) > self._max_message_bytes:
                raise TooLarge(STATE_TOO_LARGE, f"a state of {len(state)} bytes")
        return encoded, changes, steps

    def _continued(self, fetched: Any, steps: list[Step]) -> Headers | None:
        """The header of what a record leads to; None if it is of no trace."""
        context = context_in(fetched.headers)
        if context is None:
            return None
        offset: int = fetched.offset
        onward = continued(context, self._span_ids.span_id(offset))
        steps.append((offset, context, onward))
        return [(HEADER, onward)]

    def _fold_singly(
        self, decoded: list[Decoded], refused: dict[int, DeadLetterRecord], transaction: Transaction
    ) -> None:
        """Only the culprit becomes a dead letter; everyone else's changes are kept."""
        for one in decoded:
            try:
                folded = self._fold_all([one], refused)
            except Exception as error:
                self._restore()
                reason = error.reason if isinstance(error, TooLarge) else FOLD_FAILED
                message = str(error) if isinstance(error, TooLarge) else place_of(error)
                fetched = one[0]
                refused[fetched.offset] = bury(fetched, self._stage.name, reason, type(error).__name__, message)
            else:
                self._add(folded, transaction)

    def _restore(self) -> None:
        """Forget all changes since the last that were added to a transaction, also ones that were taken already."""
        self._fold.counters.clear()
        if self.stored.restore():
            # taken changes stand in what the fold itself keeps decoded: start it again over the restored state
            self._fold = self._stage.open(self.partition, self.stored)
        else:
            self._fold.roll_back()

    def _encode(self, outputs: list[Output], traces: list[Headers | None]) -> list[Encoded]:
        encode, limit = self._codec.encode, self._max_message_bytes
        encoded: list[Encoded] = []
        for output, trace in zip(outputs, traces, strict=True):
            value = encode(output.value)
            if len(value) + 2 * len(output.key) > limit:  # a CloudEvents header repeats the key
                raise TooLarge(OUTPUT_TOO_LARGE, f"a {type(output.value).__name__} of {len(value)} bytes")
            headers = headers_of(self._stage.name, output, value[FRAME.size :]) if output.topic.public else None
            if trace is not None and output.partition is None:
                if headers is None:
                    headers = trace
                else:
                    headers += trace
            encoded.append((output, value, headers))
        return encoded

    def _add(self, folded: Folded, transaction: Transaction) -> None:
        encoded, changes, steps = folded
        self.stored.accept()
        self._steps += steps
        for event, number in self._fold.counters.items():
            self._counters[event] = self._counters.get(event, 0) + number
        self._fold.counters.clear()
        for output, value, headers in encoded:
            transaction.bytes += len(value) + len(output.key)
            transaction.urgent |= output.urgent
            partition = -1 if output.partition is None else output.partition
            transaction.outputs.append((output.topic.name, output.key, value, partition, headers))
            if isinstance(output.value, Alert):
                transaction.alerts.append((output.value, headers or []))
        if changes:
            transaction.bytes += sum([len(key) + len(state or b"") for key, state in changes.items()])
            transaction.changes.setdefault(self.partition, {}).update(changes)

    @property
    def watermark_at(self) -> int:
        """How far the partition's time has come, microseconds UTC; 0 if that is not known."""
        return self._fold.watermark_at

    def take_counters(self) -> dict[str, int]:
        """The stage's own counts since the last call."""
        counters, self._counters = self._counters, {}
        return counters

    def take_steps(self) -> list[Step]:
        """Steps of traces since the last call, in the order of the log."""
        steps, self._steps = self._steps, []
        return steps


def leads_on(outputs: list[Output], begin: int) -> bool:
    """Whether one of the outputs from there on goes by its key; ticks and thresholds go into every partition."""
    # mostly the first does, and looking at more takes as long as the header itself
    return outputs[begin].partition is None or any(one.partition is None for one in islice(outputs, begin + 1, None))


def place_of(error: BaseException) -> str:
    """Where an exception was raised. Its text is left out: a KeyError names the key, and keys may be plates."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "raised nowhere"
    return f"raised in {trace.tb_frame.f_code.co_qualname} line {trace.tb_lineno}"
