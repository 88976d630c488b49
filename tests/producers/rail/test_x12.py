"""Interchanges: what encloses trains is checked and told, and reading goes on behind what is broken."""

import pytest

from producers.rail import x12
from producers.rail.x12 import read_interchanges
from tests.producers.rail.interchanges import a_train, interchange, read

GOOD = interchange(a_train("ONE"), a_train("TWO"))
OTHER = interchange(a_train("THREE", revision=2))


def names(data: bytes) -> list[str]:
    return [train.train_id for train in read(data).trains]


def told(data: bytes) -> list[str]:
    return [str(problem) for problem in read(data).problems]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (b"GE*2*1", b"GE*3*1", "not as many as GE01 says"),
        (b"GE*2*1", b"GE*2*7", "GE02"),
        (b"IEA*1*", b"IEA*2*", "not as many as IEA01 says"),
        (b"IEA*1*000000001", b"IEA*1*000000002", "IEA02"),
        (b"GE*2*1~", b"", "before its group has its GE"),
        (b"IEA*1*000000001~", b"", "without an IEA"),
        (b"GE*2*1~", b"GE*2*1~GE*2*1~", "has not begun"),
        (b"ST*418*0002", b"TA1*7~ST*418*0002", "no transaction set is open"),
    ],
)
def test_what_encloses_is_told_and_whole_trains_are_kept(old: bytes, new: bytes, text: str) -> None:
    assert GOOD.count(old) == 1
    data = GOOD.replace(old, new)
    assert names(data) == ["ONE", "TWO"]
    (problem,) = told(data)
    assert text in problem
    assert names(data + OTHER) == ["ONE", "TWO", "THREE"]


def test_a_train_in_no_group_is_lost() -> None:
    data = GOOD.replace(GOOD[GOOD.index(b"GS*") : GOOD.index(b"ST*")], b"")
    assert names(data) == []
    assert all("no group" in problem for problem in told(data)[:2])


def test_a_file_that_breaks_off_keeps_what_was_whole() -> None:
    whole = GOOD.index(b"ST*418*0002")
    for end in range(whole, GOOD.index(b"~GE*2")):
        assert names(GOOD[:end]) == ["ONE"]
        assert any("ask the sender" in problem for problem in told(GOOD[:end]))
        assert names(GOOD[:end] + OTHER) == ["ONE", "THREE"]
    assert names(GOOD[: GOOD.index(b"GE*2")]) == ["ONE", "TWO"]


def test_line_ends_and_filling_between_segments_are_nothing() -> None:
    padded = b"\xef\xbb\xbf\r\n" + GOOD.replace(b"~", b"~\r\n") + b"\r\n\x1a" + OTHER.replace(b"~", b"~\n")
    assert names(padded) == ["ONE", "TWO", "THREE"]
    assert told(padded) == []


@pytest.mark.parametrize(
    "broken",
    [
        GOOD.replace(b"*", b"A"),
        GOOD.replace(b"~", b"*"),
        b"ISA" + GOOD[4:],
        GOOD[:90] + b"0" + GOOD[90:],
        b"UNA:+.? 'UNB+UNOA:1",
        b"ISA",
        b"\x00\xff" * 500,
    ],
)
def test_what_is_no_interchange_is_told_and_the_next_is_read(broken: bytes) -> None:
    assert names(broken) == []
    assert told(broken)
    assert names(broken + OTHER)[-1:] == ["THREE"]


def test_an_endless_segment_loses_its_train_alone() -> None:
    data = GOOD.replace(b"W2*TILX*2", b"W2*TILX*" + b"2" * 2_001, 1)
    assert names(data) == ["TWO"]
    assert "above 2,000 bytes" in told(data)[0]


def test_an_empty_file_and_one_too_large_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "empty" in told(b"\r\n")[0]
    monkeypatch.setattr(x12, "FILE_BYTES_MAX", 100)
    assert "at most 100" in told(GOOD)[0]


def test_counts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x12, "SEGMENTS_PER_SET_MAX", 4)
    assert names(GOOD) == [] and "more than 4 segments" in told(GOOD)[0]
    monkeypatch.undo()
    monkeypatch.setattr(x12, "SETS_MAX", 1)
    assert names(GOOD) == ["ONE"] and "more than 1 transaction sets" in told(GOOD)[0]
    monkeypatch.undo()
    monkeypatch.setattr(x12, "PROBLEMS_MAX", 3)
    problems = read_interchanges(b"ISA*broken~" * 9 + GOOD.replace(b"SE*", b"SE*9") * 9).problems
    assert len(problems) == 4 and "too many problems" in problems[-1].text
