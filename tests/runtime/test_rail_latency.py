"""What the measurement of latency counts, on revisions written down by hand."""

from schemas.records import CarState, CoverageReason
from tests.console.rail_builders import car, opened
from tests.runtime.measure_rail_latency import Latencies, Revision


def found(*revisions: Revision) -> Latencies:
    latencies = Latencies()
    latencies.add(revisions)
    return latencies


UNDECIDED = opened(1, CoverageReason.SCAN_UNDECIDED)
CLEARED = car(1)


def test_a_car_is_told_so_long_after_the_newest_reading_that_a_revision_brings() -> None:
    first = Revision(1_400, UNDECIDED, {"tag": 1_000, "scan": 1_300})
    second = Revision(9_200, CLEARED, {"tag": 1_000, "scan": 1_300, "word": 9_000})
    latencies = found(first, second)
    assert latencies.told == [0.1, 0.2] and latencies.decided == [0.2]


def test_what_something_else_changed_later_counts_in_full() -> None:
    first = Revision(1_400, UNDECIDED, {"scan": 1_300})
    late = Revision(60_000, CLEARED, {"scan": 1_300})  # no reading of its own: the end of the train told
    latencies = found(first, late)
    assert latencies.told == [0.1] and latencies.decided == [58.7]


def test_a_car_that_was_decided_before_its_last_reading_came_did_not_wait() -> None:
    first = Revision(1_400, CLEARED, {"scan": 1_300})
    again = Revision(5_100, CLEARED, {"scan": 1_300, "tag": 5_000})
    assert found(first, again).decided == [0.0]


def test_a_car_that_goes_back_to_what_it_was_is_decided_the_last_time() -> None:
    revisions = [
        Revision(1_100, CLEARED, {"a": 1_000}),
        Revision(2_300, UNDECIDED, {"a": 1_000, "b": 2_000}),
        Revision(3_400, CLEARED, {"a": 1_000, "b": 2_000, "c": 3_000}),
    ]
    assert found(*revisions).decided == [0.4] and CLEARED.state is CarState.CLEARED
