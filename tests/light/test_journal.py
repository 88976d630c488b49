"""Answers in a file: what a server that was killed had told, and what it had not delivered."""

from pathlib import Path

import pytest

from streams.light import journal
from streams.light.journal import Journal, JournalInUse
from tests.core.outcomes.builders import answer, at


def test_what_was_kept_is_there_after_the_end_of_the_process(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "answers.db")
    told = [answer(number, seconds=number) for number in (1, 2, 3)]
    assert all(kept.keep(one) for one in reversed(told))
    kept.delivered(told[:2])
    kept.close()
    again = Journal(tmp_path / "answers.db")
    assert again.all() == [(told[0], True), (told[1], True), (told[2], False)]
    again.close()


def test_what_is_delivered_and_old_is_forgotten_and_nothing_else(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "answers.db")
    old, undelivered, new = answer(1, seconds=1), answer(2, seconds=2), answer(3, seconds=3)
    for one in (old, undelivered, new):
        kept.keep(one)
    kept.delivered([old, new])
    kept.forget(at(3))
    assert kept.all() == [(undelivered, False), (new, True)]
    kept.close()


def test_lanes_are_kept_once_each(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "answers.db")
    assert all(kept.keep_lane(lane_id) for lane_id in ("MX-370/02", "MX-370/01", "MX-370/02"))
    kept.close()
    again = Journal(tmp_path / "answers.db")
    assert again.lanes() == ["MX-370/01", "MX-370/02"]
    again.close()


def test_a_file_has_one_server(tmp_path: Path) -> None:
    first = Journal(tmp_path / "answers.db")
    with pytest.raises(JournalInUse, match="another light server"):
        Journal(tmp_path / "answers.db")
    first.close()
    Journal(tmp_path / "answers.db").close()


def test_it_is_bounded_and_has_room_again_once_the_old_ones_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "KEPT_MAX", 3)
    kept = Journal(tmp_path / "answers.db")
    told = [answer(number, seconds=number) for number in range(4)]
    assert [kept.keep(one) for one in told] == [True, True, True, False]
    kept.delivered(told[:3])
    kept.forget(at(10))
    assert kept.keep(told[3])
    kept.close()


def test_a_disk_that_takes_nothing_is_no_reason_to_wait(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "answers.db")
    kept._teller.execute("PRAGMA query_only=ON")  # as a full or broken disk: every write fails
    assert not kept.keep(answer()) and not kept.keep_lane("MX-370/01")
    kept.close()


def test_what_another_version_kept_is_passed_over(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "answers.db")
    kept._teller.execute("INSERT INTO answers VALUES ('old', 1, 0, '{}')")
    kept.keep(answer())
    assert kept.all() == [(answer(), False)]
    kept.close()
