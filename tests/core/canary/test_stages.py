"""The canary among travellers: it gets its light, and nothing that is written or kept of others is any different."""

import functools
from typing import Any

import msgspec
import pytest

from schemas.codec import body_of
from schemas.container import LogRecord
from schemas.layout import is_canary_lane, load_lanes
from schemas.records import Alert, Crossing, OperatingMode, Passage, PassageState, Selection
from schemas.topics import ALERTS, CROSSINGS, LANE_DECISIONS, OUTCOMES, PASSAGES
from streams.core.lanes import BacklogStage, LanesStage
from streams.core.replay import compare
from streams.core.stage import Record, Rejected
from tests.core.canary.builders import CANARY_LANE, DAY, REAL_LANE, Platform, crossing, travellers
from tests.core.lanes.builders import START, Car, heartbeat
from tests.core.ports import CODE, TEXT, port_change
from tests.core.vehicles.builders import add, entry

CROSSINGS_DRIVEN = 12


def mixed() -> tuple[list[Any], list[Any]]:
    """Travellers of 12 days, the same two cars each day; and a canary of one plate at each hour of their crossing."""
    real, canaries = [], []
    for day in range(CROSSINGS_DRIVEN):
        at = day * DAY
        real += travellers([Car(f"a{day}", at, "ABC1234"), Car(f"b{day}", at + 20, "XYZ9876")])
        # A little ahead of the travellers' time, as a canary's clock may be.
        canaries += crossing(2 * day, at + 15, plate=1) + crossing(2 * day + 1, at + 75, plate=1)
    return real, canaries


@functools.cache
def runs() -> tuple[Platform, Platform]:
    """Without and with the canary. Both of its plates are listed, as is a traveller's."""
    listed = [add(entry("real", "ABC1234", jurisdiction=None)), add(entry("canary", "CANARY0001", jurisdiction=None))]
    real, canaries = mixed()
    # Stable: those of one time stay in their order.
    both = sorted([*real, *canaries], key=lambda one: one.received_at)
    return Platform(listed).run(real), Platform(listed).run(both)


def is_canarys(record: LogRecord) -> bool:
    return is_canary_lane(getattr(record.value, "lane_id", ""))


def bodies(platform: Platform, topic: str | None = None) -> list[tuple[str, int, bytes | None, bytes]]:
    """What is written that is not the canary's, in order."""
    return [
        (one.topic, one.partition, one.key, body_of(one.value))  # type: ignore[arg-type]
        for one in platform.written
        if not is_canarys(one) and topic in (None, one.topic)
    ]


def canarys(topic: str) -> list[Any]:
    return [one.value for one in runs()[1].written if one.topic == topic and is_canarys(one)]


def test_every_crossing_gets_one_selection_that_names_its_reading_at_the_light() -> None:
    selections = canarys(LANE_DECISIONS.name)
    assert all(type(one) is Selection for one in selections)
    wanted = [f"canary-{number}-STOP_LINE_LOOP" for number in range(2 * CROSSINGS_DRIVEN)]
    assert [one.at_light_reading_id for one in selections] == wanted
    assert {one.operating_mode for one in selections} == {OperatingMode.TEST}
    assert runs()[1].dead_letters() == {}


def test_all_that_is_written_of_travellers_is_the_same_to_the_byte_and_in_order() -> None:
    without, among = runs()
    assert {one[0] for one in bodies(without)} >= {PASSAGES.name, LANE_DECISIONS.name, OUTCOMES.name, ALERTS.name}
    assert bodies(without) == bodies(among)


def test_a_canary_is_written_as_passages_and_selections_and_nowhere_else() -> None:
    assert {one.topic for one in runs()[1].written if is_canarys(one)} == {PASSAGES.name, LANE_DECISIONS.name}


def test_no_history_of_a_canarys_plate_is_kept() -> None:
    without, among = runs()
    assert without.stored("vehicles") == among.stored("vehicles") != {}


def test_a_canary_meets_no_watchlist() -> None:
    without, among = runs()
    alerts = [one.value for one in among.written if isinstance(one.value, Alert)]
    assert alerts and all(one.lane_id == REAL_LANE for one in alerts)
    assert bodies(without, ALERTS.name) == bodies(among, ALERTS.name)


def test_a_canary_is_in_no_convoy() -> None:
    without, among = runs()
    told = [one.value for one in among.written if isinstance(one.value, Crossing)]
    assert told and all(one.operating_mode is OperatingMode.OPERATIONAL for one in told)
    assert without.stored("convoys") == among.stored("convoys")
    assert bodies(without, CROSSINGS.name) == bodies(among, CROSSINGS.name)


@pytest.mark.parametrize("stage", ["outcomes", "policy", "estimates", "integrity", "traces"])
def test_a_canary_leaves_nothing_in_what_is_made_of_decisions(stage: str) -> None:
    without, among = runs()
    assert without.stored(stage) == among.stored(stage)


def test_a_canary_has_no_outcome_and_its_selection_goes_on_to_no_port() -> None:
    told = [one.value for one in runs()[1].written if one.topic == OUTCOMES.name]
    assert any(isinstance(one, Selection) for one in told)
    assert not [one for one in told if getattr(one, "operating_mode", None) is OperatingMode.TEST]


def test_a_canarys_clock_tells_no_partition_the_time() -> None:
    ahead = Platform().run(crossing(1, 3600.0))
    assert {type(one.value) for one in ahead.written} == {Passage, Selection}  # no Tick
    assert b"partition" not in ahead.stored("lanes")


def test_a_canary_that_never_left_does_not_keep_the_next_one_from_its_light() -> None:
    killed = [reading for n in range(10) for reading in crossing(n, 60.0 * n, leaves_after=None)]
    platform = Platform().run([*killed, *crossing(10, 600.0)])
    assert len([one for one in platform.written if isinstance(one.value, Selection)]) == 11


@pytest.mark.parametrize("said", range(1, 5))
def test_a_canary_that_was_killed_before_the_light_does_not_keep_the_next_one_from_it(said: int) -> None:
    platform = Platform().run([*crossing(0, 0.0)[:said], *crossing(1, 60.0), *crossing(2, 120.0)])
    named = [one.value.at_light_reading_id for one in platform.written if isinstance(one.value, Selection)]
    assert named == ["canary-1-STOP_LINE_LOOP", "canary-2-STOP_LINE_LOOP"]


def test_no_sensor_of_a_canarys_lane_is_ever_called_blind() -> None:
    """Forty good crossings, and then forty that one loop misses: in a real lane that is an alert."""
    readings = [reading for n in range(40) for reading in crossing(n, 60.0 * n)]
    readings += [reading for n in range(40, 80) for reading in crossing(n, 60.0 * n)[1:]]
    assert not [one for one in Platform().run(readings).written if isinstance(one.value, Alert)]


def test_what_a_lane_keeps_of_canaries_is_bounded() -> None:
    def kept(crossings: int) -> int:
        readings = [reading for n in range(crossings) for reading in crossing(100_000 + n, 60.0 * n, plate=n)]
        (states,) = Platform().run(readings).stored("lanes").values()
        (lane,) = states.values()
        return len(lane)

    assert kept(300) <= kept(60) + 16  # two counters have a byte more each


def test_a_reading_there_in_any_other_mode_stays_a_dead_letter() -> None:
    modes = [mode for mode in OperatingMode if mode not in (OperatingMode.TEST, OperatingMode.UNKNOWN)]
    said = [msgspec.structs.replace(crossing(0, 0.0)[0], operating_mode=mode) for mode in modes]
    platform = Platform().run(said)
    assert platform.dead_letters() == {"unknown_lane": len(modes)} and not platform.written


def test_no_backlog_is_a_canarys() -> None:
    reading = crossing(0, 0.0)[0]
    fold = BacklogStage(load_lanes()).open(0, {})
    with pytest.raises(Rejected, match="canary"):
        fold.advance(Record(reading.lane_id.encode(), reading, START), [])


def test_a_published_port_has_a_canarys_lane_as_long_as_it_has_lanes() -> None:
    fold, written = LanesStage(load_lanes()).open(0, {}), list[Any]()
    reading = heartbeat(0.0, f"{CODE}/00", OperatingMode.TEST)
    with pytest.raises(Rejected):
        fold.advance(Record(reading.lane_id.encode(), reading, START), written)
    fold.advance(Record(b"change", port_change(), START), written)
    fold.advance(Record(reading.lane_id.encode(), reading, START), written)
    fold.advance(
        Record(b"change", port_change(TEXT.partition("utc_offset_hours = -6\n")[0] + "utc_offset_hours = -6\n"), START),
        written,
    )
    with pytest.raises(Rejected):
        fold.advance(Record(reading.lane_id.encode(), reading, START), written)


def test_a_log_with_a_canary_proves_itself() -> None:
    _, among = runs()
    proof = compare([replay.stage for replay in among.chain.replays], among.log)
    assert proof.good and proof.topics[LANE_DECISIONS.name].expected > 2 * CROSSINGS_DRIVEN


def test_the_last_revision_of_a_canary_asks_for_nothing() -> None:
    final = [one for one in canarys(PASSAGES.name) if one.state is PassageState.FINAL]
    assert len(final) == 2 * CROSSINGS_DRIVEN - 1  # the last one is still there
    assert all(one.lane_id == CANARY_LANE.lane_id for one in final)
