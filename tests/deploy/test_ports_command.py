"""`border ports` as a person runs it: files alone, and the real broker."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from confluent_kafka import Producer

from deploy.cli import main
from deploy.commands.ports import row_of
from deploy.local.platform import LocalPlatform
from deploy.port_files import changes_of, remarks_on
from schemas.container import read_container
from schemas.layout import load_ports, parse_port
from schemas.records import ChangeKind, ReferenceChange
from schemas.topics import LANE_READINGS, LANES_CHANGELOG, PASSAGES
from streams.console.log_reader import LogReader
from streams.core.published_ports import key_of
from tests.core.ports import CODE, EXAMPLE, TEXT, plain_text, text_with

PEOPLE = ["--by", "engineer-7", "--approved-by", "chief-2"]


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return orjson.loads(capsys.readouterr().out)


def file_of(directory: Path, text: str) -> Path:
    file = directory / "port.toml"
    file.write_text(text)
    return file


def test_the_example_validates_and_every_port_of_the_platform_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ports", "validate", str(EXAMPLE)]) == 0
    assert f"{CODE} Ciudad Hidalgo, MX-CHP: 5 lanes, propensity 0.1; no remarks" in capsys.readouterr().out
    assert main(["ports", "validate", str(EXAMPLE), "--json"]) == 0
    result = said(capsys)
    assert (result["error"], result["remarks"]) == (None, [])
    assert result["port"]["lanes"] == {"PASSENGER": 2, "BUS": 1, "TRUCK": 2}


def test_a_wrong_file_is_named_with_key_and_reason_and_exits_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = file_of(tmp_path, text_with(("SCALE = 13.0", "SCALE = 9.0")))
    assert main(["ports", "validate", str(file)]) == 1
    assert capsys.readouterr().out.startswith(f"{file}: layouts.short.SCALE: a vehicle of 4.8 m is seen there")
    assert main(["ports", "validate", str(file), "--json"]) == 1
    assert said(capsys)["error"].startswith("layouts.short.SCALE")
    assert main(["ports", "validate", str(tmp_path / "none.toml")]) == 1
    assert "cannot read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("was", "now", "remark"),
    [
        (
            "latitude_deg = 14.68\nlongitude_deg = -92.15",
            "latitude_deg = -14.68\nlongitude_deg = -77.0",
            "west and south",
        ),
        (
            "latitude_deg = 14.68\nlongitude_deg = -92.15",
            "latitude_deg = 25.95\nlongitude_deg = -97.40",
            "1 km of 2301",
        ),
        ("utc_offset_hours = -6", "utc_offset_hours = 6", "utc_offset_hours: +6 h is not the time of -92.15"),
        ("random_propensity = 0.1", "random_propensity = 0.001", "policy.random_propensity: 0.001 is outside"),
        ("EXIT_LOOP = 32.0", "EXIT_LOOP = 27.0", "lanes 01, 02: EXIT_LOOP is 2 m behind the light"),
        ("EXIT_LOOP = 32.0", "EXIT_LOOP = 240.0", "lanes 01, 02: 240 m hold 43 vehicles, and 32 are followed"),
        # 25 - 20 = 5 m at 5.5 m/s
        (
            "SCALE = 13.0\nXRAY = 18.0",
            "SCALE = 20.0\nXRAY = 22.0",
            "lanes 01, 02: SCALE sees a vehicle 5 m before the light",
        ),
    ],
)
def test_what_is_odd_is_remarked_on_and_no_error(
    was: str, now: str, remark: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ports", "validate", str(file_of(tmp_path, text_with((was, now)))), "--json"]) == 0
    (one,) = said(capsys)["remarks"]
    assert remark in one


def test_northbound_lanes_are_counted_apart_and_told_as_a_change(capsys: pytest.CaptureFixture[str]) -> None:
    file = EXAMPLE.parent / "2301-inbound.toml"
    assert main(["ports", "validate", str(file)]) == 0
    assert "23 lanes and 23 northbound ones" in capsys.readouterr().out
    port = parse_port(file.read_text())
    assert row_of(port, None, 0)["northbound_lanes"] == {"PASSENGER": 18, "BUS": 1, "TRUCK": 4}
    (change,) = changes_of(load_ports()["2301"], port)
    assert change.startswith("new: 2301/N01, ") and len(change.split(", ")) == 23


def test_a_port_without_lanes_and_one_of_anothers_name_are_remarked_on() -> None:
    closed = parse_port(TEXT[: TEXT.index("[layouts.short]")])
    assert [one for one in remarks_on(closed, {}) if one.startswith("lanes: there are none")]
    twin = replace(parse_port(TEXT), code="MX-371")
    assert f"name: {CODE} has it too" in remarks_on(twin, {CODE: parse_port(TEXT)})


def test_what_a_publication_changes_is_said_lane_by_lane() -> None:
    before = parse_port(TEXT)
    assert changes_of(None, before) == ["5 lanes of a new port"]
    assert changes_of(before, before) == ["nothing that a stage goes by"]
    assert changes_of(before, parse_port(plain_text("PASSENGER", "02-06"))) == [
        f"new: {CODE}/06",
        f"no more, and whoever stands there is closed: {CODE}/01",
        f"built otherwise: {CODE}/02, {CODE}/03, {CODE}/04, {CODE}/05",
        "the random arm's propensity: 0.1, now the rule set's",
    ]


def test_the_platforms_own_ports_are_listed_and_shown_without_a_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ports", "list", "--own", "--json"]) == 0
    assert [port["code"] for port in said(capsys)["ports"]] == list(load_ports())
    assert main(["ports", "list", "--own"]) == 0
    assert "2304" in capsys.readouterr().out
    assert main(["ports", "show", "2304", "--own"]) == 0
    assert parse_port(capsys.readouterr().out) == load_ports()["2304"]
    assert main(["ports", "show", CODE, "--own"]) == 1
    assert f"no port {CODE} is known" in capsys.readouterr().err


def test_a_port_is_simulated_by_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "readings.avro"
    arguments = ["simulate", "border-2023", "--port-file", str(EXAMPLE), "--seconds", "600", "--out", str(out)]
    assert main([*arguments, "--json"]) == 0
    lanes = {record.value.lane_id for record in read_container(out) if isinstance(record.value, msgspec.Struct)}
    assert lanes == {lane.lane_id for lane in parse_port(TEXT).lanes}
    capsys.readouterr()
    assert main([*arguments, "--port", "2301"]) == 1
    assert "both --port and --port-file" in capsys.readouterr().err


def test_keys_of_a_published_port_are_committed_to_by_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "random-secret").write_bytes(b"s" * 32)
    where = ["--day", "2026-11-25", "--json", "--state-directory", str(tmp_path)]
    assert main(["keys", "commit", *where]) == 0
    own = said(capsys)
    assert main(["keys", "commit", "--port", CODE, *where]) == 0
    assert said(capsys).keys() - own.keys() == {f"{CODE}:2026-11-25"}


def at(platform: LocalPlatform) -> list[str]:
    return ["--broker", platform.broker, "--registry-url", platform.registry_url]


def port_changes(platform: LocalPlatform, text: str) -> Iterator[tuple[str, int, ReferenceChange]]:
    """Topic, partition and change of every committed publication of a text."""
    topics = [LANE_READINGS.name, PASSAGES.name]
    with LogReader(platform.broker, platform.registry_url, platform.codec, topics, from_beginning=True) as reader:
        for received in reader.read_to_end():
            record = received.log_record
            if isinstance(record.value, ReferenceChange) and record.value.port_text == text:
                yield record.topic, record.partition, record.value


@pytest.mark.integration
def test_a_publication_is_one_change_in_every_partition_of_both_inputs_and_needs_two_people(
    platform: LocalPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TEXT.replace(CODE, "MX-372").replace("Ciudad Hidalgo", "Talismán")
    file = file_of(tmp_path, text)
    assert main(["ports", "publish", str(file), "--by", "a-1", "--approved-by", " A-1", *at(platform)]) == 1
    assert "second person" in capsys.readouterr().err
    assert main(["ports", "publish", str(file_of(tmp_path, "x")), *PEOPLE, *at(platform)]) == 1
    assert "port.toml: not a port" in capsys.readouterr().err
    assert not list(port_changes(platform, text))

    assert main(["ports", "publish", str(file_of(tmp_path, text)), *PEOPLE, *at(platform)]) == 0
    assert "MX-372 Talismán is in force from here on; 5 lanes of a new port" in capsys.readouterr().out
    found = list(port_changes(platform, text))
    places = [(topic, partition) for topic, partition, _ in found]
    assert sorted(places) == sorted((t.name, n) for t in (LANE_READINGS, PASSAGES) for n in range(t.partitions))
    assert len({change.change_id for _, _, change in found}) == 1
    change = found[0][2]
    assert (change.kind, change.changed_by, change.approved_by) == (ChangeKind.PORT, "engineer-7", "chief-2")


@pytest.mark.integration
def test_what_partitions_hold_is_listed_and_what_cannot_be_read_is_said(
    platform: LocalPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TEXT.replace(CODE, "MX-376")
    held = msgspec.msgpack.encode((text, "engineer-7", "chief-2", 1_790_000_000_000_000))
    key = key_of("MX-376")
    producer = Producer({"bootstrap.servers": platform.broker})
    for partition, value in ((3, held), (4, held), (5, b"\xff")):
        producer.produce(LANES_CHANGELOG.name, value, key, partition=partition)
    assert producer.flush(30) == 0
    assert main(["ports", "list", "--json", *at(platform)]) == 0
    listed = said(capsys)
    (row,) = [port for port in listed["ports"] if port["code"] == "MX-376"]
    assert (row["partitions"], row["approved_by"]) == (2, "chief-2")
    assert listed["unreadable"] == [f"{LANES_CHANGELOG.name} 5 MX-376"]
    assert main(["ports", "show", "MX-376", *at(platform)]) == 0
    assert capsys.readouterr().out == text
    for partition in (3, 4, 5):
        producer.produce(LANES_CHANGELOG.name, None, key, partition=partition)
    assert producer.flush(30) == 0
    assert main(["ports", "show", "MX-376", *at(platform)]) == 1
