"""Passages in, companions in the score: the vehicles and the convoys stage one after the other, without Kafka."""

from collections import Counter
from typing import Any

from schemas.container import LogRecord
from schemas.layout import load_ports
from schemas.records import Association, Score
from schemas.topics import PASSAGES
from streams.core.convoys.stage import ConvoysStage
from streams.core.random_draw import RandomKeys
from streams.core.replay import Chain, placed
from streams.core.stage import Output
from streams.core.vehicles import VehiclesStage
from tests.core.vehicles.builders import DAY, RULES, SECOND, SECRET, START, add, entry, final

SCOUT, LOAD = "SCT1234", "LAD9876"
DAYS = 12


def stages() -> list[Any]:
    return [VehiclesStage(RULES, RandomKeys(SECRET), load_ports()), ConvoysStage()]


def passages() -> list[LogRecord]:
    """A listed scout and its load, a minute apart at odd hours of every day, and a stranger half an hour behind."""
    values: list[Any] = []
    for day in range(DAYS):
        at = START + day * DAY + day * 7 % 24 * 3600 * SECOND
        for place, (plate, seconds) in enumerate(((SCOUT, 0), (LOAD, 60), ("STR5555", 1860))):
            values.append(final(3 * day + place, plate, at + seconds * SECOND))
    log = [
        placed(Output(PASSAGES, value.plate_key.encode(), value), n, value.watermark_at)
        for n, value in enumerate(values)
    ]
    listed = add(entry(plate=SCOUT, valid_until_at=START + 90 * DAY))
    return [LogRecord(PASSAGES.name, p, -1, START, b"", listed) for p in range(PASSAGES.partitions)] + log


def written() -> list[LogRecord]:
    chain = Chain(stages())
    return [output for given in passages() for output in chain.advance(given)]


def test_companions_are_found_and_weighed_and_a_stranger_is_not() -> None:
    said = {}
    for record in written():
        if isinstance(record.value, Score):
            said[record.value.passage_id] = {evidence.name for evidence in record.value.evidence}
    scout, load, stranger = (said[f"2301/03/{3 * (DAYS - 1) + place}"] for place in range(3))
    assert {"convoy", "watchlist_exact"} <= scout and "associate_of_hit" not in scout
    assert {"convoy", "associate_of_hit"} <= load and "watchlist_exact" not in load
    assert not {"convoy", "associate_of_hit"} & stranger


def test_a_hit_goes_one_step_and_the_circle_ends() -> None:
    told = [record.value for record in written() if isinstance(record.value, Association)]
    assert {(one.plate, one.other_plate) for one in told} == {(SCOUT, LOAD), (LOAD, SCOUT)}
    assert {one.plate for one in told if one.hit_at is not None} == {LOAD}
    # For each crossing at most two of the pair and one of the hit.
    assert max(Counter(one.passage_id for one in told).values()) <= 3
