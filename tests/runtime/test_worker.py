"""A worker process on the real broker: bad input, an absent registry, a topic made again, a broker restart."""

import asyncio
import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from deploy.chaos.log import Logged, read_log
from deploy.chaos.path import find_path, new_producer
from deploy.chaos.run import Run
from deploy.chaos.stages import POISONED_LANE, SWOLLEN_LANE
from deploy.errors import UserError
from deploy.local.platform import LocalPlatform
from deploy.local.topics import ensure_topics
from schemas.codec import FRAME, body_of
from schemas.generate import load_schemas
from schemas.records import LaneEvent, Tick
from schemas.topics import DEAD_LETTERS
from tests.chaos.runs import SESSION_SECONDS, new_run
from tests.exposition import complaints_of
from tests.runtime.records import event
from tests.support import eventually, wait_for_end

pytestmark = pytest.mark.integration

LANE = "2301/01"


def publish(run: Run, records: list[tuple[bytes | None, bytes | None]], partition: int = 0) -> None:
    """All into one partition, in this order."""
    producer = new_producer(run.broker, **{"message.max.bytes": "1048588"})
    for key, value in records:
        producer.produce(run.path.stages[0].source.name, value, key, partition, headers=[("traceparent", b"00-1")])
    assert producer.flush(20) == 0


def counts_of(run: Run, lane_id: str = LANE) -> list[float | None]:
    """What COUNTS has emitted for a lane: the number of every fifth reading."""
    values = [run.codec.decode(row.value) for row in read_log(run.broker, run.path.stages[0].sink)]  # type: ignore[attr-defined]
    return [value.declared_load_kg for value in values if isinstance(value, LaneEvent) and value.lane_id == lane_id]


def dead_letters_of(run: Run) -> list[Logged]:
    """What the run's first stage has refused, by offset."""
    rows = [
        row for row in read_log(run.broker, DEAD_LETTERS) if row.headers["stage"] == run.path.stages[0].name.encode()
    ]
    return sorted(rows, key=lambda row: int(row.headers["__streams.errors.offset"] or 0))


def metrics_port_of(run: Run, name: str) -> int:
    """From the JSON line that the worker prints first."""
    log = run.supervisor.workers[name].log_path

    def find() -> int:
        for line in log.read_text().splitlines():
            if line.startswith("{") and "pid" in json.loads(line):
                return int(json.loads(line)["metrics_port"])
        return 0

    return eventually(find, what="the worker listening")


def get(port: int, path: str) -> tuple[int, str]:
    """Status and body."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def lag_seconds_of(port: int, partition: int) -> float:
    """The metric of one partition."""
    for line in get(port, "/metrics")[1].splitlines():
        if line.startswith(f'border_lag_seconds{{partition="{partition}"'):
            return float(line.split()[-1])
    return 0.0


def test_bad_input_becomes_dead_letters_in_order_and_the_next_good_record_is_processed(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    good = platform.codec.encode(event(LANE))
    key = LANE.encode()
    bad: list[tuple[bytes | None, bytes | None, bytes]] = [
        (key, good[:-3], b"undecodable"),
        (key, FRAME.pack(0, 2_000_000_000) + b"x", b"unknown_schema_id"),
        (key, platform.codec.encode(Tick(source_topic="t", source_partition=0, watermark_at=1)), b"wrong_record_type"),
        (key, b"\x01" * 1_000_000, b"not_framed"),
        (key, None, b"not_framed"),
        (key, platform.codec.encode(event(LANE, declared_load_kg=-5.0)), b"impossible_value"),
        (b"2301/02", good, b"wrong_key"),
        (POISONED_LANE.encode(), platform.codec.encode(event(POISONED_LANE)), b"fold_failed"),
        (SWOLLEN_LANE.encode(), platform.codec.encode(event(SWOLLEN_LANE)), b"output_too_large"),
    ]
    with new_run(platform, tmp_path) as run:
        name = run.start_worker(0, 0)
        publish(run, [(key, good)] * 2 + [(k, v) for k, v, _ in bad] + [(key, good)] * 3)
        eventually(lambda: counts_of(run) == [5.0], 40, "the fifth good reading being emitted")
        letters = dead_letters_of(run)
        assert [(row.key, row.value, row.headers["reason"]) for row in letters] == bad
        assert [row.headers["__streams.errors.offset"] for row in letters] == [b"%d" % n for n in range(2, 11)]
        assert all(row.headers["traceparent"] == b"00-1" for row in letters)
        metrics = get(metrics_port_of(run, name), "/metrics")[1]
        assert f'border_dead_letters_total{{reason="fold_failed",stage="{run.path.stages[0].name}"}} 1.0' in metrics
        assert run.supervisor.exits[name] == {}


class NotText(str):
    """A header's name whose bytes are no UTF-8."""

    def encode(self, *_: str) -> bytes:
        return b"lane\xff"


async def send_raw(broker: str, topic: str, key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> None:
    """One record with whatever headers into partition 0: other clients check their names."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, max_request_size=8 << 20, compression_type="gzip")
    await producer.start()
    try:
        batch = producer.create_batch()
        builder = _DefaultRecordBatchBuilderPy(2, 1, 0, -1, -1, -1, 8 << 20)
        builder.append(0, 1, key, value, [])
        builder.append(1, 1, key, value, headers)
        builder.append(2, 1, key, value, [])
        batch._builder, batch._relative_offset = builder, 3
        await (await producer.send_batch(batch, topic, partition=0))
    finally:
        await producer.stop()


LARGE = b"x" * 2_500_000  # compresses to what the input topic takes, and is more than the dead letters' takes


@pytest.mark.parametrize(
    ("key", "headers", "told"),
    [
        (LANE.encode(), [(NotText(), b"1")], "lane\\xff"),
        (LANE.encode(), [("large", LARGE)], "headers_left_out"),
        (LARGE, [], "key_sha256"),
    ],
    ids=["header-name-not-text", "large-header", "large-key"],
)
def test_no_key_or_header_ends_the_worker(
    key: bytes, headers: list[tuple[str, bytes]], told: str, platform: LocalPlatform, tmp_path: Path
) -> None:
    with new_run(platform, tmp_path) as run:
        name, topic = run.start_worker(0, 0), run.path.stages[0].source.name
        asyncio.run(send_raw(run.broker, topic, key, b"not framed", headers))
        publish(run, [(LANE.encode(), platform.codec.encode(event(LANE)))] * 5)
        eventually(lambda: counts_of(run) == [5.0], 40, "the fifth good reading being emitted")
        letters = dead_letters_of(run)
        assert [row.headers["reason"] for row in letters] == [b"not_framed"] * 3
        assert [row.headers["__streams.errors.offset"] for row in letters] == [b"0", b"1", b"2"]
        assert all(row.value == b"not framed" for row in letters)
        assert told in letters[1].headers
        assert run.supervisor.exits[name] == {}


def test_a_good_reading_is_folded_whatever_its_headers_are_called(platform: LocalPlatform, tmp_path: Path) -> None:
    with new_run(platform, tmp_path) as run:
        run.start_worker(0, 0)
        topic, good = run.path.stages[0].source.name, platform.codec.encode(event(LANE))
        asyncio.run(send_raw(run.broker, topic, LANE.encode(), good, [(NotText(), b"1")]))
        publish(run, [(LANE.encode(), good)] * 2)
        eventually(lambda: counts_of(run) == [5.0], 40, "the fifth good reading being emitted")
        assert dead_letters_of(run) == []


def test_a_worker_is_ready_only_once_its_partitions_are_recovered_and_serves_its_metrics(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    with new_run(platform, tmp_path) as run:
        port = metrics_port_of(run, run.start_worker(0, 0))
        assert get(port, "/livez")[0] == 200
        eventually(lambda: get(port, "/readyz")[0] == 200, 40, "the worker being ready")
        text = get(port, "/metrics")[1]
        assert "border_recovery_seconds_count" in text
        assert f'border_ready{{process="stage",stage="{run.path.stages[0].name}"}} 1.0' in text
        assert get(port, "/elsewhere")[0] == 404
        assert complaints_of(text) == ""


def test_a_topic_made_again_stops_the_worker_for_good(platform: LocalPlatform, tmp_path: Path) -> None:
    with new_run(platform, tmp_path) as run:
        source, name = run.path.stages[0].source, run.start_worker(0, 0)
        publish(run, [(LANE.encode(), platform.codec.encode(event(LANE)))] * 5)
        eventually(lambda: counts_of(run) == [5.0], 40)
        run.supervisor.kill(name)
        admin = AdminClient({"bootstrap.servers": run.broker})
        admin.delete_topics([source.name])[source.name].result(10)
        eventually(lambda: source.name not in admin.list_topics(timeout=5).topics)
        ensure_topics(run.broker, [source])
        eventually(lambda: source.name in admin.list_topics(timeout=5).topics)
        run.supervisor.tend()

        def was_refused() -> bool:
            with suppress(UserError):  # the supervisor's own, once it sees the status
                run.supervisor.tend()
            return run.supervisor.exits[name][78] > 0

        eventually(was_refused, 40, "the worker refusing to run")
        assert "was deleted and created again" in run.supervisor.workers[name].log_path.read_text()


def test_retention_that_overtakes_a_worker_is_named_and_never_skipped(platform: LocalPlatform, tmp_path: Path) -> None:
    with new_run(platform, tmp_path) as run:
        source, name = run.path.stages[0].source, run.start_worker(0, 0)
        reading = (LANE.encode(), platform.codec.encode(event(LANE)))
        publish(run, [reading] * 5)
        eventually(lambda: counts_of(run) == [5.0], 40)
        run.supervisor.kill(name)  # a paused one may have what is deleted in a fetch that was under way
        publish(run, [reading] * 20)
        admin = AdminClient({"bootstrap.servers": run.broker})
        for future in admin.delete_records([TopicPartition(source.name, 0, 20)]).values():
            future.result(10)

        def was_refused() -> bool:
            with suppress(UserError):  # the supervisor's own, once it sees the status
                run.supervisor.tend()
            return run.supervisor.exits[name][78] > 0

        eventually(was_refused, 60, "the worker refusing to run")
        assert "retention deleted up to 15 records" in run.supervisor.workers[name].log_path.read_text()
        assert counts_of(run) == [5.0]


def test_retention_of_all_that_was_read_is_no_loss(platform: LocalPlatform, tmp_path: Path) -> None:
    with new_run(platform, tmp_path) as run:
        source, name = run.path.stages[0].source, run.start_worker(0, 0)
        producer = new_producer(run.broker, **{"transactional.id": source.name})
        producer.init_transactions(20)
        for end in (producer.commit_transaction, producer.abort_transaction):
            producer.begin_transaction()
            for _ in range(3):
                producer.produce(source.name, platform.codec.encode(event(LANE)), LANE, 0)
            producer.flush(20)
            end(20)
        high = 8  # three records, a mark, three aborted ones, a mark
        wait_for_end(run.broker, source.name, high)
        eventually(lambda: run.watch.positions.get((run.path.stages[0].name, 0)) == high, 40, "all being committed")
        run.supervisor.kill(name)
        admin = AdminClient({"bootstrap.servers": run.broker})
        (deleted,) = admin.delete_records([TopicPartition(source.name, 0, high)]).values()
        assert deleted.result(10).low_watermark == high
        run.supervisor.tend()
        publish(run, [(LANE.encode(), platform.codec.encode(event(LANE)))] * 2)

        def is_counted() -> bool:
            run.supervisor.tend()
            return counts_of(run) == [5.0]

        eventually(is_counted, 40, "the fifth reading being emitted")
        assert run.supervisor.exits[name] == {-9: 1}


class Relay:
    """A TCP relay to the registry that can be shut: the registry itself serves other tests."""

    def __init__(self, url: str) -> None:
        authority, _, self.path = url.removeprefix("http://").partition("/")
        host, _, port = authority.partition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.is_open = True
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The registry's address through the relay."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/{self.path}"

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self.is_open:
                client.close()
                continue
            upstream = socket.create_connection(self._target)
            for source, sink in ((client, upstream), (upstream, client)):
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while self.is_open and (content := source.recv(65_536)):
                sink.sendall(content)
        except OSError:
            pass
        for end in (source, sink):
            end.close()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()


@pytest.fixture
def relay(platform: LocalPlatform) -> Iterator[Relay]:
    relay = Relay(platform.registry_url)
    yield relay
    relay.close()


def register_newer_schema(platform: LocalPlatform, subject: str) -> int:
    """LaneEvent with one more optional field, as a newer gateway would write it; its id."""
    schema = load_schemas()["LaneEvent"]
    new_field = {"name": "lamp", "type": ["null", "string"], "default": None, "doc": "Colour of the lane's lamp."}
    schema = schema | {"fields": [*schema["fields"], new_field]}
    client = SchemaRegistryClient({"url": platform.registry_url})
    return int(client.register_schema(subject, Schema(json.dumps(schema), "AVRO")))


def test_while_the_registry_is_down_a_newer_schema_waits_and_is_no_dead_letter(
    platform: LocalPlatform, tmp_path: Path, relay: Relay
) -> None:
    path = find_path("test", f"registry-{tmp_path.parent.name}")
    run = Run(path, platform.broker, relay.url, platform.codec, tmp_path, SESSION_SECONDS)
    try:
        port = metrics_port_of(run, run.start_worker(0, 0))
        eventually(lambda: get(port, "/readyz")[0] == 200, 40, "the worker being ready")
        relay.is_open = False
        schema_id = register_newer_schema(platform, f"{path.stages[0].source.name}-border.v1.LaneEvent")
        newer = FRAME.pack(0, schema_id) + body_of(event(LANE)) + b"\x00"  # lamp: null
        publish(run, [(LANE.encode(), newer)] * 5)
        waits = f'border_registry_waits_total{{stage="{path.stages[0].name}"}} 2.0'
        eventually(lambda: waits in get(port, "/metrics")[1], 40, "two questions going unanswered")
        assert get(port, "/readyz")[0] == 503
        # more than all queues hold of the group that waits, then a reading of another group
        publish(run, [(LANE.encode(), newer)] * 50_000)
        publish(run, [(b"2301/02", run.codec.encode(event("2301/02")))] * 5, 11)
        eventually(lambda: counts_of(run, "2301/02") == [5.0], 40, "another group going on")
        eventually(lambda: lag_seconds_of(port, 0) > 2.0, 40, "the lag of what waits")
        eventually(lambda: lag_seconds_of(port, 11) == 0.0, 40, "no lag of the other group")
        assert counts_of(run) == []
        assert dead_letters_of(run) == []
        relay.is_open = True
        eventually(lambda: len(counts_of(run)) == 10_001, 60, "the newer records being folded")
        eventually(lambda: get(port, "/readyz")[0] == 200, 40, "the worker being ready again")
        assert dead_letters_of(run) == []
    finally:
        run.stop()
