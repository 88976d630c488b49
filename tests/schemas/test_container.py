"""Container files of log records."""

import random
from pathlib import Path

import avro.datafile
import avro.io
import pytest

from schemas.container import LogRecord, read_container, write_container
from tests.schemas.sample_records import sample_records


def log_of_every_type() -> list[LogRecord]:
    log = [
        LogRecord("border.passages.v1", number % 12, number, 1_700_000_000_000_000 + number, b"key", record)
        for number, record in enumerate(sample_records(seed=5, each=20))
    ]
    return [*log, LogRecord("border.dead-letters.v1", 0, 0, 1, None, b"\xff\0"), LogRecord("x", 0, 1, 1, b"", None)]


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    log = log_of_every_type()
    assert write_container(tmp_path / "log.avro", log) == len(log)
    assert list(read_container(tmp_path / "log.avro")) == log


def test_the_apache_library_reads_the_file(tmp_path: Path) -> None:
    log = log_of_every_type()
    write_container(tmp_path / "log.avro", log)
    with (tmp_path / "log.avro").open("rb") as file:
        rows = list(avro.datafile.DataFileReader(file, avro.io.DatumReader()))
    assert [row["offset"] for row in rows] == [record.offset for record in log]


def test_a_file_that_is_not_avro_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not avro")
    with pytest.raises(ValueError, match=r"notes\.txt"):
        list(read_container(tmp_path / "notes.txt"))


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_wrong_with_a_file_its_name_is_said(tmp_path: Path, seed: int) -> None:
    path, draws = tmp_path / "damaged.avro", random.Random(seed)
    write_container(path, log_of_every_type())
    whole = path.read_bytes()
    for _ in range(10):
        damaged = bytearray(whole)
        for _ in range(40):  # a few of them hit the schema, which stands in the header
            damaged[draws.randrange(len(damaged))] = draws.randrange(256)
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"damaged\.avro"):
            list(read_container(path))


def test_a_torn_file_gives_its_whole_blocks_and_then_says_so(tmp_path: Path) -> None:
    path = tmp_path / "torn.avro"
    write_container(path, log_of_every_type() * 200)
    path.write_bytes(path.read_bytes()[:-100])
    read = 0
    with pytest.raises(ValueError, match=r"torn\.avro"):
        for _ in read_container(path):
            read += 1
    assert read > 1000
