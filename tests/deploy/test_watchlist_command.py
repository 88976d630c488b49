"""`border watchlist` and `border keys` against the real broker and registry."""

import hashlib
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from inspect import cleandoc
from pathlib import Path

import msgspec
import orjson
import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema

from deploy.cli import main
from deploy.commands.watchlist import TABLE_ROWS_MAX, add
from deploy.errors import UserError
from deploy.local.platform import LocalPlatform
from deploy.reference_changes import (
    ENTRIES_PER_TRANSACTION,
    OutcomeUnknown,
    additions,
    batches,
    key_of_change,
    publish,
    transaction,
    transactional_producer,
    write_everywhere,
)
from deploy.watchlist_file import read_entries
from schemas.codec import FRAME, body_of
from schemas.generate import load_schemas
from schemas.partitioning import partition_of
from schemas.records import ListKind, ReferenceChange, Selection, WarningMarker
from schemas.registry import RegistryClient
from schemas.topics import LANE_DECISIONS, PASSAGES, VEHICLES_CHANGELOG, Topic
from streams.console.log_reader import LogReader
from streams.core.random_draw import RandomKeys, commitment_of
from streams.core.vehicles.watchlist import PREFIX
from tests.core.vehicles.builders import SECRET, START, advance, entry, fold, outputs_of, passage, record

pytestmark = pytest.mark.integration

ENTRY = {
    "plate": "TST0001",
    "list_kind": "STOLEN",
    "reason": "stolen",
    "legal_basis": "order 7",
    "priority": 10,
    "audience": "officers",
    "valid_from_at": "2026-01-01",
    "valid_until_at": "2099-01-01",
    "entered_by": "a-1",
    "approved_by": "a-2",
}


def at(platform: LocalPlatform) -> list[str]:
    return ["--broker", platform.broker, "--registry-url", platform.registry_url]


def changes_of(platform: LocalPlatform, entry_prefix: str) -> dict[int, list[ReferenceChange]]:
    """Reference changes about entries of one test, by partition."""

    def is_meant(change: ReferenceChange) -> bool:
        named = change.watchlist_entry.entry_id if change.watchlist_entry else change.watchlist_entry_id
        return bool(named and named.startswith(entry_prefix))

    return changes_where(platform, is_meant)


def suppressions_of(platform: LocalPlatform, suppression_id: str) -> dict[int, list[ReferenceChange]]:
    """Reference changes about one suppression, by partition."""

    def is_meant(change: ReferenceChange) -> bool:
        found = change.watchlist_suppression
        return suppression_id in (change.watchlist_suppression_id, found.suppression_id if found else None)

    return changes_where(platform, is_meant)


def changes_where(
    platform: LocalPlatform, is_meant: Callable[[ReferenceChange], bool]
) -> dict[int, list[ReferenceChange]]:
    """Reference changes of one test, by partition."""
    found: dict[int, list[ReferenceChange]] = {}
    with LogReader(
        platform.broker, platform.registry_url, platform.codec, [PASSAGES.name], from_beginning=True
    ) as reader:
        for received in reader.read_to_end():
            change = received.log_record.value
            if isinstance(change, ReferenceChange) and is_meant(change):
                found.setdefault(received.log_record.partition, []).append(change)
    return found


def test_an_import_stands_in_every_partition_and_is_listed_once_a_worker_holds_it(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "list.jsonl"
    # "[/]" ends a style where rich reads markup, and breaks it where none was begun.
    good = ENTRY | {"warning_markers": ["ARMED"], "entered_by": "[/]a-1"}
    rows = [good | {"entry_id": f"import-{n}"} for n in (0, 1, 2, 2)] + [ENTRY]
    file.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
    assert main(["watchlist", "import", str(file), "--json", *at(platform)]) == 1
    said = orjson.loads(capsys.readouterr().out)
    assert (said["added"], said["duplicates"]) == (3, 1) and [row["line"] for row in said["bad_rows"]] == [5]
    assert main(["watchlist", "remove", "import-1", "--by", "a-3", *at(platform)]) == 0
    capsys.readouterr()
    by_partition = changes_of(platform, "import-")
    assert sorted(by_partition) == list(range(PASSAGES.partitions))
    assert len({tuple(changes) for changes in by_partition.values()}) == 1  # the same everywhere

    folding = fold()
    for change in by_partition[0]:
        folding.advance(record(change), [])
    producer = Producer({"bootstrap.servers": platform.broker})
    for key, value in folding.take_changes().items():
        producer.produce(VEHICLES_CHANGELOG.name, value, key, partition=0)
    assert producer.flush(30) == 0
    assert main(["watchlist", "list", "--json", *at(platform)]) == 0
    listed = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [e["entry_id"] for e in listed if e["entry_id"].startswith("import-")] == ["import-0", "import-2"]
    assert {e["plate"] for e in listed} == {"•••••••"}
    assert main(["watchlist", "list", *at(platform)]) == 0
    table = capsys.readouterr().out
    assert "armed" in table and "import-0" in table


def test_a_long_list_is_shown_in_part_and_printed_whole(
    platform: LocalPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    producer = Producer({"bootstrap.servers": platform.broker})
    keys = [PREFIX + f"long-list-{number:04}".encode() for number in range(TABLE_ROWS_MAX + 1)]
    for key in keys:
        value = msgspec.msgpack.encode(entry(key.removeprefix(PREFIX).decode()))
        producer.produce(VEHICLES_CHANGELOG.name, value, key, partition=0)
    assert producer.flush(30) == 0
    assert main(["watchlist", "list", *at(platform)]) == 0
    assert re.search(r"the first 1,000 of 1,00\d; --json prints all", capsys.readouterr().out)
    assert main(["watchlist", "list", "--json", *at(platform)]) == 0
    assert capsys.readouterr().out.count('"long-list-') == len(keys)
    for key in keys:
        producer.produce(VEHICLES_CHANGELOG.name, None, key, partition=0)
    assert producer.flush(30) == 0


def test_an_import_repeated_leaves_the_state_as_it_was(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "list.jsonl"
    file.write_bytes(b"\n".join(orjson.dumps(ENTRY | {"entry_id": f"again-{n}"}) for n in range(3)))
    folding = fold()
    for changes in (3, 0):
        assert main(["watchlist", "import", str(file), *at(platform)]) == 0
        for change in changes_of(platform, "again-")[4]:
            folding.advance(record(change), [])
        assert len(folding.take_changes()) == changes
    assert capsys.readouterr().out.splitlines() == [f"added 3 entries from {file}"] * 2


def test_bad_rows_are_told_before_anybody_is_asked_for_a_connection(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "list.jsonl"
    file.write_bytes(orjson.dumps(ENTRY | {"entry_id": "lost-1"}) + b"\n" + orjson.dumps(ENTRY))
    unreachable = ["--broker", platform.broker, "--registry-url", "http://127.0.0.1:9/nothing"]
    assert main(["watchlist", "import", str(file), *unreachable]) == 1
    bad, why = capsys.readouterr().err.splitlines()
    assert f"{file}:2: " in bad and "no schema registry answers" in why
    assert main(["watchlist", "import", str(file), "--json", *unreachable]) == 1
    said = orjson.loads(capsys.readouterr().out)
    assert (said["entries"], said["added"], len(said["bad_rows"])) == (1, 0, 1)
    file.write_text("\n")
    assert main(["watchlist", "import", str(file), *at(platform)]) == 1
    assert "holds no entry" in capsys.readouterr().err


def test_what_was_written_before_it_failed_or_was_broken_off_is_told(platform: LocalPlatform) -> None:
    listed = entry("part")
    changes = additions([listed] * (ENTRIES_PER_TRANSACTION + 1))

    def stop(_written: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="2,000 of 2,001 changes written for certain, perhaps more"):
        publish(changes, platform.broker, platform.codec, stop)
    # The broker takes no message of 2 MB, so the second transaction fails.
    changes += additions([msgspec.structs.replace(listed, reason="x" * 2_000_000)])
    with pytest.raises(UserError, match=r"2,000 of 2,002 changes written: .* the same command again is safe"):
        publish(changes, platform.broker, platform.codec)
    with pytest.raises(UserError, match="the change was not written"):
        publish(changes[-1:], platform.broker, platform.codec)
    assert len(changes_of(platform, "part")[0]) == 2 * ENTRIES_PER_TRANSACTION


def test_ctrl_c_is_heard_while_a_broker_does_not_answer_and_what_was_written_is_told(
    platform: LocalPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    unreachable = ["--broker", "127.0.0.1:9", "--registry-url", platform.registry_url]
    started = time.monotonic()
    timer = threading.Timer(6.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    assert main(["watchlist", "remove", "any", "--by", "a-3", *unreachable]) == 130
    assert time.monotonic() - started < 25.0  # nobody would have answered for 30 s
    assert "the change was not written; to run the same command again is safe" in capsys.readouterr().err


def test_a_commit_that_nobody_confirms_is_told_as_not_known(
    platform: LocalPlatform, new_topic: Callable[..., Topic]
) -> None:
    topic = new_topic(partitions=1, records=(ReferenceChange,))
    first, second = (transactional_producer(platform.broker, topic.name) for _ in range(2))
    first.init_transactions(30)
    with pytest.raises(OutcomeUnknown, match="did not confirm the commit"), transaction(first):
        first.produce(topic.name, b"a change")
        assert first.flush(30) == 0
        second.init_transactions(30)  # from here on the first one gets no answer


def test_a_transaction_is_bounded_in_number_and_bytes(platform: LocalPlatform) -> None:
    listed = entry("one")
    small, large = additions([listed]), additions([msgspec.structs.replace(listed, reason="x" * 60_000)])
    assert [len(batch) for batch in batches(small * 4_001, platform.codec, key_of_change)] == [2_000, 2_000, 1]
    of_large = [len(batch) for batch in batches(large * 100, platform.codec, key_of_change)]
    assert of_large == [66, 34]  # 66 * 60,000 is below 4 MB
    assert list(batches([], platform.codec, key_of_change)) == []


def test_a_suppression_stands_in_every_partition_and_is_listed_until_it_is_ended(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "not-that-car.json"
    names = ("plate", "reason", "valid_until_at", "entered_by", "approved_by")
    file.write_bytes(orjson.dumps({"suppression_id": "not-that-car"} | {name: ENTRY[name] for name in names}))
    assert main(["watchlist", "suppress", str(file), *at(platform)]) == 0
    folding = fold()
    for wanted in (["not-that-car"], []):
        by_partition = suppressions_of(platform, "not-that-car")
        assert len(by_partition) == PASSAGES.partitions and len({tuple(c) for c in by_partition.values()}) == 1
        folding.advance(record(by_partition[0][-1]), [])
        producer = Producer({"bootstrap.servers": platform.broker})
        for key, value in folding.take_changes().items():
            producer.produce(VEHICLES_CHANGELOG.name, value, key, partition=0)
        assert producer.flush(30) == 0
        capsys.readouterr()
        assert main(["watchlist", "list", "--suppressed", "--json", *at(platform)]) == 0
        listed = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [one["suppression_id"] for one in listed] == wanted and "TST" not in str(listed)
        if wanted:
            assert main(["watchlist", "list", "--suppressed", *at(platform)]) == 0
            assert "not-that-car" in capsys.readouterr().out
            assert main(["watchlist", "unsuppress", "not-that-car", "--by", "a-3", *at(platform)]) == 0


def test_a_change_that_is_interrupted_holds_up_no_reader(
    platform: LocalPlatform, new_topic: Callable[..., Topic]
) -> None:
    topic = new_topic(partitions=2, records=(ReferenceChange,))
    producer = Producer({"bootstrap.servers": platform.broker, "transactional.id": topic.name})
    producer.init_transactions(30)

    def interrupted() -> Iterator[tuple[bytes, bytes]]:
        yield b"key", b"half of a change"
        assert producer.flush(30) == 0  # it is in the log, uncommitted
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_everywhere(producer, topic, interrupted())
    write_everywhere(producer, topic, [(b"key", b"a whole one")])
    with LogReader(platform.broker, platform.registry_url, platform.codec, [topic.name], from_beginning=True) as reader:
        received = list(reader.read_to_end(deadline_seconds=20))
    assert [one.log_record.value for one in received] == [b"a whole one"] * 2


def test_a_broker_that_does_not_answer_is_explained(
    platform: LocalPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    unreachable = ["--broker", platform.broker, "--registry-url", "http://127.0.0.1:9/nothing"]
    assert main(["watchlist", "remove", "any", "--by", "a-3", *unreachable]) == 1
    assert "no schema registry answers" in capsys.readouterr().err


def test_an_auditor_finds_a_draw_that_was_changed(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passages = [passage(number, lane_id="2301/77") for number in range(20)]
    selections: list[Selection] = outputs_of(advance(fold(), *passages), Selection)
    selections[7] = Selection(
        **{name: getattr(selections[7], name) for name in selections[7].__struct_fields__}
        | {"random_draw": not selections[7].random_draw}
    )
    producer = Producer({"bootstrap.servers": platform.broker})
    for topic, values in ((PASSAGES, passages), (LANE_DECISIONS, selections)):
        for value in values:
            key = value.lane_id.encode()
            producer.produce(topic.name, platform.codec.encode(value), key, partition_of(key, topic.partitions))
    assert producer.flush(30) == 0
    key_id, key = RandomKeys(SECRET).key_of("2301", START)
    keys, published = tmp_path / "keys.json", tmp_path / "published.json"
    keys.write_bytes(orjson.dumps({key_id: key.hex()}))
    published.write_bytes(orjson.dumps({key_id: commitment_of(key)}))
    assert main(["keys", "audit", str(keys), "--commitments", str(published), "--json", *at(platform)]) == 1
    found = orjson.loads(capsys.readouterr().out)
    assert found["wrong_passages"] == ["2301/77/7"] and found["checked"] >= 20 and not found["keys_not_as_published"]
    published.write_bytes(orjson.dumps({key_id: hashlib.sha256(b"another key").hexdigest()}))
    assert main(["keys", "audit", str(keys), "--commitments", str(published), "--json", *at(platform)]) == 1
    assert orjson.loads(capsys.readouterr().out)["keys_not_as_published"] == [key_id]


@pytest.mark.parametrize("command", ["remove", "unsuppress"])
def test_nobody_removes_nothing(command: str, platform: LocalPlatform, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watchlist", command, "any", "--by", " ", *at(platform)]) == 1
    assert "--by" in capsys.readouterr().err


def test_the_help_of_add_shows_an_entry_that_is_one_and_names_every_value(tmp_path: Path) -> None:
    text = cleandoc(add.__doc__ or "")
    for value in (*ListKind, *WarningMarker):
        assert value == "UNKNOWN" or re.search(rf"\b{value}\b", text), value
    file = tmp_path / "entry.json"
    file.write_text(text[text.index("{") : text.index("}") + 1])
    [shown] = read_entries(file).entries
    assert shown.entry_id == "stolen-2026-0173"


def test_an_audit_of_nothing_is_no_success(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "keys.json").write_bytes(orjson.dumps({"a key of no draw": "00"}))
    assert main(["keys", "audit", str(tmp_path / "keys.json"), "--json", *at(platform)]) == 1
    assert orjson.loads(capsys.readouterr().out)["checked"] == 0


def test_an_audit_checks_draws_of_a_newer_schema_and_is_no_success_where_records_cannot_be_read(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passages = [passage(number, lane_id="2402/77", port_code="2402") for number in range(5)]
    schema = load_schemas()["Selection"]
    new_field = {"name": "note", "type": ["null", "string"], "default": None, "doc": "What the writer adds."}
    newer = Schema(json.dumps(schema | {"fields": [*schema["fields"], new_field]}), "AVRO")
    frame = FRAME.pack(0, RegistryClient(platform.registry_url).register_schema("newer-border.v1.Selection", newer))
    producer = Producer({"bootstrap.servers": platform.broker})
    for value in passages:
        producer.produce(PASSAGES.name, platform.codec.encode(value), partition=0)
    for selection in outputs_of(advance(fold(), *passages), Selection):
        producer.produce(LANE_DECISIONS.name, frame + body_of(selection) + b"\x00", partition=0)
    assert producer.flush(30) == 0
    key_id, key = RandomKeys(SECRET).key_of("2402", START)
    keys = tmp_path / "keys.json"
    keys.write_bytes(orjson.dumps({key_id: key.hex()}))
    main(["keys", "audit", str(keys), "--json", *at(platform)])
    before = orjson.loads(capsys.readouterr().out)
    assert (before["checked"], before["wrong"]) == (5, 0)
    producer.produce(LANE_DECISIONS.name, FRAME.pack(0, 1_999_999), partition=0)
    assert producer.flush(30) == 0
    assert main(["keys", "audit", str(keys), "--json", *at(platform)]) == 1
    assert orjson.loads(capsys.readouterr().out)["undecoded"] == before["undecoded"] + 1
