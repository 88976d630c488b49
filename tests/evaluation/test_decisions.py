"""Simulated crossings through the real vehicles stage: what a passage holds, and that every alert explains itself."""

import math
from collections import Counter
from itertools import pairwise

from deploy.evaluation.passages import PassageSource, revisions
from producers.simulator.crossings import crossings
from schemas.layout import load_lanes
from schemas.records import PassageState
from tests.evaluation.worlds import SEED, small_world, week


def test_every_alerts_evidence_adds_up_to_its_score_and_names_readings_that_exist() -> None:
    alerts = 0
    for said in week():
        readings = {reading.reading_id for reading in said.revision.crossing.readings}
        for alert in said.alerts:
            alerts += 1
            total = math.fsum([alert.prior_log_odds, *[evidence.log_odds for evidence in alert.evidence]])
            assert abs(total - alert.log_odds) <= 1e-9
            assert alert.evidence, "an alert says why"
            for evidence in alert.evidence:
                assert evidence.reading_ids, f"{evidence.name} rests on no reading"
                assert set(evidence.reading_ids) <= readings, f"{evidence.name} names a reading of nobody"
    assert alerts > 5


def test_every_scores_evidence_adds_up_too() -> None:
    for said in week():
        if said.score is not None:
            total = math.fsum([said.score.prior_log_odds, *[evidence.log_odds for evidence in said.score.evidence]])
            assert abs(total - said.score.log_odds) <= 1e-9


def test_the_light_is_asked_for_once_with_what_had_arrived_by_then() -> None:
    lights: Counter[str] = Counter()
    for said in week():
        passage, crossing = said.revision.passage, said.revision.crossing
        if passage.state is not PassageState.AT_LIGHT:
            continue
        lights[passage.passage_id] += 1
        arrived = {reading.reading_id: reading.received_at for reading in crossing.readings}
        listed = {reading.reading_id for reading in passage.readings}
        assert passage.at_light_reading_id in listed
        assert {one for one, at in arrived.items() if at <= passage.watermark_at} == listed
        assert said.selection is not None
    assert len(lights) > 500 and set(lights.values()) == {1}


def test_the_final_passage_has_every_reading() -> None:
    for said in week():
        if said.revision.passage.state is PassageState.FINAL:
            listed = {reading.reading_id for reading in said.revision.passage.readings}
            assert listed == {reading.reading_id for reading in said.revision.crossing.readings}
            assert said.selection is None


def test_revisions_come_in_order_of_time() -> None:
    assert all(one.revision.at <= other.revision.at for one, other in pairwise(week()))
    assert len({said.revision.crossing.truth.lane_id for said in week()}) > 20


def test_a_crossing_that_nothing_saw_makes_no_passage() -> None:
    crossing = next(iter(crossings(small_world(1), SEED)))
    assert PassageSource(load_lanes()).revisions_of(crossing)
    assert PassageSource(load_lanes()).revisions_of(crossing._replace(readings=())) == []


def test_a_world_repeats_its_passages() -> None:
    one, again = (
        [(revision.at, revision.passage) for revision in revisions(crossings(small_world(1), SEED), load_lanes())]
        for _ in range(2)
    )
    assert one == again and one
