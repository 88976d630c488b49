"""The lanes' decisions as they come, from a little behind the end on, in a thread of its own.

It waits for a broker or registry that is away and goes on where it was: the board sees each record once. A topic that
was made anew is another one, whose offsets say nothing of what was seen.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from confluent_kafka import TopicCollection
from confluent_kafka.admin import AdminClient

from schemas.codec import Codec
from schemas.container import LogRecord
from schemas.records import Selection, Tick
from schemas.registry import load_codec
from schemas.topics import LANE_DECISIONS, subjects
from streams.console.log_reader import LogReader
from streams.core.light.board import FRESH_SECONDS
from streams.core.stage import Record
from streams.light.telemetry import LightTelemetry

# A read returns after this long even if it has not filled: half of it is what a waiting vehicle waits longer.
READ_SECONDS: Final = 0.01
FETCH_WAIT_MS: Final = 20
RETRY_SECONDS: Final = 1.0
BROKER_ANSWER_SECONDS: Final = 10.0


class Feed:
    """Calls, in its thread: `deliver` with records, `use_codec` once it knows the ids, and `caught_up` with True when
    all has been read that there was, with False when there is another log to be read.
    """

    def __init__(
        self,
        broker: str,
        registry_url: str,
        telemetry: LightTelemetry,
        deliver: Callable[[list[Record]], object],
        use_codec: Callable[[Codec], None],
        caught_up: Callable[[bool], object],
    ) -> None:
        self._broker, self._registry_url = broker, registry_url
        self._telemetry = telemetry
        self._deliver = deliver
        self._use_codec = use_codec
        self._caught_up = caught_up
        self._codec: Codec | None = None
        self._seen: dict[int, int] = {}
        self._topic_id = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="light-feed", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End it; waits for the read under way."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._read()
            except Exception as error:  # whatever it is, without this thread every light would be by lot for ever
                self._telemetry.outage("log", error)
                self._stopping.wait(RETRY_SECONDS)

    def _read(self) -> None:
        if self._codec is None:
            wanted = {name: kind for name, kind in subjects().items() if name.startswith(LANE_DECISIONS.name)}
            self._codec = load_codec(self._registry_url, wanted)
            self._use_codec(self._codec)
        self._compare(topic_id(self._broker))
        with LogReader(
            self._broker,
            self._registry_url,
            self._codec,
            [LANE_DECISIONS.name],
            from_beginning=False,
            since_ms=int((time.time() - FRESH_SECONDS) * 1000),
            fetch_wait_ms=FETCH_WAIT_MS,
        ) as reader:
            told = False
            while not self._stopping.is_set():
                received = reader.read(READ_SECONDS)
                if received:
                    new = [record for one in received if (record := self._new(one.log_record)) is not None]
                    # What is read again after an outage says nothing of whether the stages work now.
                    if any(isinstance(record.value, Selection | Tick) for record in new):
                        self._telemetry.stages_heard()
                    self._deliver(new)
                if not told and reader.is_at_end:
                    told = True
                    self._caught_up(True)

    def _compare(self, found: str) -> None:
        """Begin anew if the topic is not the one that was read before."""
        if self._topic_id and found != self._topic_id:
            self._seen.clear()
            self._caught_up(False)
        self._topic_id = found

    def _new(self, log_record: LogRecord) -> Record | None:
        """A record that was not seen before; bytes that nobody can decode are not for the light."""
        partition, offset, key, value = log_record.partition, log_record.offset, log_record.key, log_record.value
        if offset <= self._seen.get(partition, -1):
            return None
        self._seen[partition] = offset
        if key is None or value is None or isinstance(value, bytes):
            return None
        return Record(key, value, log_record.appended_at)


def topic_id(broker: str) -> str:
    """What the broker calls this topic and no later one of its name. Raises KafkaException if it does not say."""
    admin = AdminClient({"bootstrap.servers": broker, "log_level": 2})
    asked = admin.describe_topics(TopicCollection([LANE_DECISIONS.name]), request_timeout=BROKER_ANSWER_SECONDS)
    return str(asked[LANE_DECISIONS.name].result(BROKER_ANSWER_SECONDS).topic_id)
