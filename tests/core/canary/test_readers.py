"""Who reads the log of decisions and passages takes no notice of a canary: lights, agencies, the console, officers."""

from typing import Any

import msgspec
import pytest

from deploy.rule_comparison import is_reading
from schemas.container import LogRecord
from schemas.records import OperatingMode, Passage, PassageState, Selection
from schemas.topics import LANE_READINGS
from streams.console.board import Board
from streams.console.port_board import PortBoard
from streams.core.light.board import LightBoard
from streams.core.outcomes.stage import OutcomesFold
from streams.core.random_draw import RandomKeys
from streams.core.sharing.rows import shared_row
from streams.core.stage import Record, Rejected
from tests.core.canary.builders import CANARY_LANE, Platform, crossing
from tests.core.outcomes.builders import answer, assignment, confirmation, inspection, override

LANE_ID = CANARY_LANE.lane_id
MODE = OperatingMode.TEST


def written(kind: type) -> list[Any]:
    """What the stages write of two crossings, of one type."""
    platform = Platform().run([*crossing(0, 0.0), *crossing(1, 60.0)])
    found = [one.value for one in platform.written if isinstance(one.value, kind)]
    assert found
    return found


def test_the_light_of_no_lane_is_told_by_a_canarys_selection() -> None:
    board = LightBoard(RandomKeys(b"s" * 32), 0.1)
    for selection in written(Selection):
        board.see(Record(LANE_ID.encode(), selection, selection.selected_at))
    assert not board.knows(LANE_ID, MODE)


def test_a_canarys_passage_is_shared_with_no_agency_whatever_mode_its_agreement_is_for() -> None:
    final = [one for one in written(Passage) if one.state is PassageState.FINAL]
    assert final and [shared_row(one) for one in final] == [None]
    real = msgspec.structs.replace(final[0], lane_id="2301/03", passage_id="2301/03/TEST/1")
    assert shared_row(real) is not None  # a test in a real lane is what an agreement in mode TEST is for


def test_a_canary_is_on_no_board() -> None:
    board = Board()
    for record in [*written(Selection), *written(Passage)]:
        board.see(record, 1000.0)
    assert board == Board()


def test_a_canary_is_in_no_ports_figures() -> None:
    ports = PortBoard()
    for selection in written(Selection):
        ports.see_selection(selection)
    assert ports == PortBoard()


def test_a_canarys_readings_are_no_stops_of_a_comparison_of_rule_sets() -> None:
    reading = crossing(0, 0.0)[0]
    record = LogRecord(LANE_READINGS.name, 0, 0, reading.received_at, LANE_ID.encode(), reading)
    assert not is_reading(record)
    assert is_reading(record._replace(value=msgspec.structs.replace(reading, lane_id="2301/03")))


PLACE = {"lane_id": LANE_ID, "operating_mode": MODE}
APPENDED_AT = 4_000_000_000_000_000  # behind all of it
OF_PASSAGE = PLACE | {"passage_id": f"{LANE_ID}/TEST/1"}


@pytest.mark.parametrize(
    "said",
    [
        override(**OF_PASSAGE),
        inspection(**OF_PASSAGE),
        confirmation(**OF_PASSAGE),
        assignment("4711", 0, 3600, lane_id=LANE_ID),
        answer(**OF_PASSAGE),
    ],
    ids=lambda said: type(said).__name__,
)
def test_what_people_or_lights_say_of_a_canarys_lane_is_a_dead_letter(said: Any) -> None:
    fold, outputs = OutcomesFold(0, {}), list[Any]()
    with pytest.raises(Rejected, match="canary"):
        fold.advance(Record(LANE_ID.encode(), said, APPENDED_AT), outputs)
    assert not outputs and not fold.take_changes()
