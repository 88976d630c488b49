"""Duties in the log are what the revealed key gives for a shift that its own digest names, or an auditor is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from deploy.cli import main
from deploy.commands.oversight import assignment_of
from deploy.rotation_audit import Logged, audit_rotation, rotation_key_id, shift_in
from deploy.stages import make_secret
from streams.core.random_draw import RandomKeys
from streams.core.rotation import MINUTE, Shift, draw_rotation, rotation_key

START = 1_790_028_000 * 1_000_000  # 2026-09-21 22:00 UTC
KEYS = RandomKeys(b"s" * 32)
REVEALED = {rotation_key_id("2301", START): rotation_key(KEYS, "2301", START)}
NIGHT = Shift(START, START + 480 * MINUTE, ("11", "12", "13", "14"), ("2301/01", "2301/02", "2301/03"))


def logged(shift: Shift, key: bytes = REVEALED["rotation 2301:2026-09-21"]) -> list[Logged]:
    told_at = shift.from_at - 60 * MINUTE
    return [Logged(assignment_of(duty, "2301", told_at), told_at) for duty in draw_rotation(key, shift)]


def changed(one: Logged, **fields: Any) -> Logged:
    return one._replace(assignment=msgspec.structs.replace(one.assignment, **fields))


def bad_of(found: dict[str, Any]) -> dict[str, int]:
    return {name: count for name, count in found.items() if name not in ("checked", "examples") and count}


def test_a_night_drawn_with_the_key_of_the_day_on_which_it_began_is_as_the_lot_gave_it() -> None:
    duties = logged(NIGHT)
    found = audit_rotation(REVEALED, [NIGHT], duties)
    assert (found["checked"], bad_of(found)) == (len(duties), {})
    assert any(one.assignment.from_at > START + 120 * MINUTE for one in duties)  # after midnight
    assert audit_rotation({}, [NIGHT], duties)["checked"] == 0


def test_a_duty_that_the_lot_did_not_give_is_wrong() -> None:
    first, *rest = logged(NIGHT)
    other = next(name for name in NIGHT.officers if name != first.assignment.officer_id)
    found = audit_rotation(REVEALED, [NIGHT], [changed(first, officer_id=other), *rest])
    assert bad_of(found) == {"wrong": 1} and found["examples"] == [first.assignment.assignment_id]
    assert bad_of(audit_rotation(REVEALED, [NIGHT], [changed(first, until_at=START), *rest])) == {"wrong": 1}
    assert bad_of(audit_rotation(REVEALED, [NIGHT], rest)) == {"not_told": 1}


def test_officers_named_afterwards_do_not_explain_what_was_told_before() -> None:
    named_later = NIGHT._replace(officers=(*NIGHT.officers, "15"))
    found = audit_rotation(REVEALED, [named_later], logged(NIGHT))
    assert found["unexplained"] == len(logged(NIGHT)) and found["checked"] == 0


@pytest.mark.parametrize("drawing", ["1-00", "made-up", f"{START + 10 * 1440 * MINUTE}-00"])
def test_a_duty_with_an_id_of_no_drawing_is_unexplained_whatever_start_it_gives_itself(drawing: str) -> None:
    forged = changed(logged(NIGHT)[0], assignment_id=f"rotation:2301/01 {START} {drawing}")
    assert bad_of(audit_rotation(REVEALED, [NIGHT], [*logged(NIGHT), forged])) == {"unexplained": 1, "redrawn": 1}


def test_drawings_replaced_and_duties_told_when_they_had_begun_are_counted() -> None:
    again = NIGHT._replace(officers=(*NIGHT.officers[:3], "15"))
    late = [one._replace(appended_at=one.assignment.from_at + 1) for one in logged(again)]
    found = audit_rotation(REVEALED, [NIGHT, again], [*logged(NIGHT), *late])
    assert bad_of(found) == {"late": len(late), "redrawn": len(late)}


def test_a_rotations_key_is_revealed_when_no_shift_rests_on_it_and_not_at_midnight(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_secret(tmp_path / "random-secret")
    where, today = ["--rotation", "--json", "--state-directory", str(tmp_path)], datetime.now(UTC).date()
    for days in (0, 1):
        assert main(["keys", "reveal", str(today - timedelta(days=days)), *where]) == 1
    assert "may go on" in capsys.readouterr().err
    day = str(today - timedelta(days=2))
    assert main(["keys", "reveal", day, *where]) == 0
    revealed = orjson.loads(capsys.readouterr().out)
    assert main(["keys", "commit", "--day", day, *where]) == 0
    assert orjson.loads(capsys.readouterr().out).keys() == revealed.keys() and f"rotation 2301:{day}" in revealed
    shift = ["schedule", "2603", "--own", "--day", day, "--shift", "22:00-06:00=1,2,3", "--json", *where[2:]]
    assert main(shift) == 0
    (told,) = orjson.loads(capsys.readouterr().out)["drawings"]
    drawn, key = shift_in(told), bytes.fromhex(revealed[f"rotation 2603:{day}"])
    found = audit_rotation({rotation_key_id("2603", drawn.from_at): key}, [drawn], [])
    assert bad_of(found)["not_told"] == len(draw_rotation(key, drawn))
    with pytest.raises(ValueError, match="officers"):
        shift_in({"from_at": 0, "until_at": 1, "lanes": []})
