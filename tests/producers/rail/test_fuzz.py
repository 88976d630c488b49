"""100,000 broken inputs: every one is read or told wrong, in bounded time, and nothing is lost without a word.

Inputs are valid ones with some bytes changed, each from its own seed. A failure names it; to see the input again:

    python -m tests.producers.rail.test_fuzz x12 4711
"""

import signal
import sys
from collections.abc import Callable, Iterator
from random import Random
from types import FrameType
from typing import Final, NoReturn

import pytest

from producers.rail.reader_lines import LineProblem, TagRead, read_lines, reading_of
from producers.rail.scan_files import read_scans
from schemas.records import EquipmentKind, LoadState
from streams.core.trains.validation import check_record
from tests.producers.rail.interchanges import NOW, a_car, a_train, interchange, placed, read
from tests.producers.rail.test_aei import PUBLISHED
from tests.producers.rail.test_reader_lines import DECODED, READER, WITH_BITS
from tests.producers.rail.test_scans import LINE, OPERATOR, XML

# Each takes under a millisecond; other work on the machine may take the rest.
SECONDS_MAX: Final = 2.0

FULL_CAR: Final = a_car(
    7, load_state=LoadState.LOADED, seals=("A1",), hazardous_materials=("UN1203",), length_m=16.2, axle_count=4,
    declared_gross_weight_kg=90_000.0,
)  # fmt: skip
ENGINE: Final = a_car(1, kind=EquipmentKind.LOCOMOTIVE, load_state=LoadState.UNKNOWN)
TRAINS: Final = [a_train("ONE", cars=1), a_train("TWO", equipment=placed([ENGINE, FULL_CAR]))]
INTERCHANGE: Final = interchange(*TRAINS)
LINES: Final = f"{WITH_BITS}\n{DECODED}\n{PUBLISHED[0][0]}".encode()


def read_x12(data: bytes) -> None:
    trains, problems = read(data)
    assert len(trains) == len(TRAINS) or problems, "a train was lost, or came, without a word"
    for train in trains:
        check_record(train, b"2304", NOW)  # what is read the stage takes
        assert train.train_id and train.revision >= 1
        assert [car.position for car in train.equipment] == list(range(1, len(train.equipment) + 1))
        assert all(2 <= len(car.mark) <= 4 and 0 <= car.number <= 999_999 for car in train.equipment)
    for problem in problems:
        assert 0 <= problem.offset <= len(data)
        assert str(problem).isprintable() and problem.text


def read_aei(data: bytes) -> None:
    text = data.decode("latin-1")
    told = list(read_lines(text))
    expected = [line for line in text.split("\n") if line.strip(" \t\r") and not line.lstrip(" \t").startswith("#")]
    assert len(told) == len(expected), "a line was passed over without a word"
    for one in told:
        if isinstance(one, TagRead):
            tag = one.decoded.tag
            assert 2 <= len(tag.mark) <= 4 and 0 <= tag.number <= 999_999 and 1 <= tag.axles <= 32
            if one.observed_at is not None:
                check_record(reading_of(one, READER, NOW), b"2304", NOW)
        assert not isinstance(one, LineProblem) or (one.column >= 1 and one.text.isprintable())


def read_scanner(data: bytes) -> None:
    scans, problems, repeats = read_scans(data, NOW)
    assert scans or problems or repeats
    assert all(str(problem).isprintable() and problem.line >= 1 for problem in problems)
    for scan in scans:
        check_record(scan, scan.port_code.encode(), NOW)
    assert all(1 <= scan.first_axle <= scan.last_axle and scan.reading_id.isprintable() for scan in scans)


# Name: a valid input, words of its language, how many broken ones, and what reads them.
LANGUAGES: Final[dict[str, tuple[bytes, list[bytes], int, Callable[[bytes], None]]]] = {
    "x12": (INTERCHANGE, [b"~", b"*", b"ISA*", b"GS*", b"ST*", b"SE*", b"W2*", b"MEA*", b"IEA*"], 30_000, read_x12),
    "aei": (LINES, [b" ", b"\n", b"F" * 32, b"0" * 32, b"Left", b"#"], 20_000, read_aei),
    "json": (LINE + b"\n" + LINE, [b"{", b"}", b"[", b'"', b"1e999", b"null", b"\\u0000"], 25_000, read_scanner),
    "xml": (
        XML.replace(b"</TDR>", b"</TDR>" + OPERATOR),
        [b"<", b">", b"/>", b"<TDR>", b"<![CDATA[", b"<!DOCTYPE a>", b"&#0;", b"&lt;", b"<?xml?>"],
        25_000,
        read_scanner,
    ),
}


def broken(language: str, number: int) -> bytes:
    """The input of a seed: one to four changes of the valid one."""
    data, words, _, _ = LANGUAGES[language]
    random, data = Random(f"{language} {number}"), bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
        at = random.randrange(len(data) + 1)
        end = min(at + random.choice((1, 1, 2, 5, 40, 400)), len(data))
        change = random.randrange(7)
        if change == 0:
            del data[at:end]
        elif change == 1:
            data[at:end] = random.randbytes(end - at)
        elif change == 2:
            data[at:at] = random.choice(words)
        elif change == 3:
            data[at:end] = random.choice(words)
        elif change == 4:  # a piece again, here or elsewhere
            data[random.randrange(len(data) + 1) : 0] = data[at:end]
        elif change == 5:
            del data[at:]
        else:
            data[at:at] = random.choice((b"9" * 30, b"\x00", b"\xff\xfe", b"-", b"\xc3\xb1", b"\x1b[2J", b"\r\n"))
    return bytes(data)


def too_long(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TimeoutError(f"longer than {SECONDS_MAX} s")


@pytest.fixture
def _limited() -> Iterator[None]:
    """What runs longer than the timer says is interrupted."""
    before = signal.signal(signal.SIGALRM, too_long)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("_limited")
@pytest.mark.parametrize("language", LANGUAGES)
def test_broken_inputs_are_read_or_told_wrong(language: str) -> None:
    valid, _, count, reader = LANGUAGES[language]
    reader(valid)
    for number in range(count):
        data = broken(language, number)
        try:
            signal.setitimer(signal.ITIMER_REAL, SECONDS_MAX)
            reader(data)
        except Exception as error:
            error.add_note(f"{language} {number}: {data!r}")
            raise


def test_the_inputs_are_100_000_and_most_are_really_broken() -> None:
    assert sum(count for _, _, count, _ in LANGUAGES.values()) == 100_000
    inputs = [broken("x12", number) for number in range(1_000)]
    assert sum(bool(read(data).problems) for data in inputs) > 800
    assert len(set(inputs)) > 950


if __name__ == "__main__":
    language, number = sys.argv[1], int(sys.argv[2])
    print(broken(language, number))
    LANGUAGES[language][3](broken(language, number))
