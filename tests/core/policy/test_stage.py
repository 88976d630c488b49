"""The policy stage: a budget is spent and kept to, and the lanes are told of it."""

import random
from collections import deque

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import body_of
from schemas.records import (
    LaneMode,
    Light,
    OperatingMode,
    Outcome,
    OutcomeState,
    ReferralReason,
    Selection,
    SelectionThreshold,
)
from schemas.topics import PASSAGES
from streams.core.keyed_state import OtherVersion
from streams.core.policy.control import SCORES_MIN
from streams.core.policy.stage import CORRECTED_SECONDS, MODES, PolicyFold
from streams.core.policy.state import CORRECTED_PREFIX, POLICY_KEY, STAFFINGS_MAX, decode_meter, encode_text, meter_key
from streams.core.stage import Output, Record, Rejected
from tests.core.crashes import folded_through_crashes
from tests.core.outcomes.builders import at
from tests.core.policy.builders import PARTITION, POLICY, change, chosen, outcome, record, staffing, tick, told

HOUR = 3600.0


def fold() -> PolicyFold:
    return PolicyFold(PARTITION, {})


def operational(thresholds: list[SelectionThreshold]) -> list[SelectionThreshold]:
    return [said for said in thresholds if said.operating_mode is OperatingMode.OPERATIONAL]


def drive(
    folding: PolicyFold,
    draw: random.Random,
    from_hour: float,
    hours: float,
    per_hour: float,
    sigma: float = 1.5,
    dark: float = 0.0,
    lot: float = 0.1,
) -> tuple[list[float], list[SelectionThreshold]]:
    """Traffic with normal scores that is selected by what the stage tells; times of the reds, and what it told.

    Of a share `dark` the light's lot decides instead, `lot` of them red; outcomes come after 20 minutes.
    """
    seconds, minute, number = from_hour * HOUR, int(from_hour * 60), int(from_hour * 10_000)
    said: list[SelectionThreshold] = []
    reds: list[float] = []
    threshold, share = None, None
    coming: deque[tuple[float, Outcome]] = deque()
    while (seconds := seconds + draw.expovariate(per_hour / HOUR)) < (from_hour + hours) * HOUR:
        while minute * 60 <= seconds:
            while coming and coming[0][0] <= minute * 60:
                told(folding, coming.popleft()[1])
            said += operational(told(folding, tick(minute * 60.0)))
            if said:
                threshold, share = said[-1].threshold_log_odds, said[-1].share_at_threshold
            minute += 1
        vehicle = chosen(number, draw.gauss(-7.0, sigma), threshold, seconds, share, draw.random())
        if draw.random() < 0.02:
            vehicle = msgspec.structs.replace(
                vehicle, light=Light.RED, referral_reason=ReferralReason.RANDOM, random_draw=True
            )
        told(folding, vehicle)
        number += 1
        red = draw.random() < lot if draw.random() < dark else vehicle.light is Light.RED
        coming.append((seconds + 1200, outcome(vehicle, OutcomeState.INSPECTED if red else OutcomeState.PASSED)))
        if red:
            reds.append(seconds)
    return reds, said


def test_a_published_policy_is_told_to_every_partition_at_once_for_every_world() -> None:
    outputs: list[Output] = []
    fold().advance(record(change()), outputs)
    assert [output.partition for output in outputs] == list(range(PASSAGES.partitions)) * len(MODES)
    (first,) = {output.value for output in outputs if output.value.operating_mode is MODES[0]}  # type: ignore[attr-defined]
    assert first.policy_version == "policy-1"  # type: ignore[attr-defined]
    assert (first.random_propensity, first.threshold_log_odds) == (0.02, None)  # type: ignore[attr-defined]
    assert first.budget_reds_per_hour == 18.0  # type: ignore[attr-defined]


def test_the_partition_that_does_not_hold_the_port_says_nothing() -> None:
    other = PolicyFold((PARTITION + 1) % 12, {})
    assert told(other, change(), tick(0), tick(120)) == []


@pytest.mark.parametrize("sigma", [1.5, 0.0])  # 0: every vehicle has the same score
@pytest.mark.parametrize("per_hour", [60.0, 300.0, 600.0])
def test_the_budget_is_spent_and_kept_to_whatever_the_traffic_and_its_scores(per_hour: float, sigma: float) -> None:
    folding, draw = fold(), random.Random(5)
    told(folding, change())
    drive(folding, draw, 0, 3, per_hour, sigma)
    reds, _ = drive(folding, draw, 3, 8, per_hour, sigma)
    # 18 an hour, the lot's among them; 60 % of what is allowed
    for start in range(3, 8):
        within = sum(start * HOUR <= red < (start + 4) * HOUR for red in reds)
        assert abs(within - 72) <= 2.5 * 72**0.5 * 0.6


# 18 an hour are due. Were selections counted: 0.7 x 18 and 0.3 x 400 x 0.1 by lot, 24.6; 0.75 x 18, 13.5.
@pytest.mark.parametrize(("dark", "lot"), [(0.3, 0.1), (0.25, 0.0)])
def test_the_budget_is_kept_to_by_the_lights_that_were_given_not_by_those_selected(dark: float, lot: float) -> None:
    folding, draw = fold(), random.Random(8)
    told(folding, change())
    drive(folding, draw, 0, 3, 400.0, dark=dark, lot=lot)
    reds, _ = drive(folding, draw, 3, 8, 400.0, dark=dark, lot=lot)
    for start in range(3, 8):
        within = sum(start * HOUR <= red < (start + 4) * HOUR for red in reds)
        assert abs(within - 72) <= 2.5 * 72**0.5 * 0.6


def test_a_rush_hour_raises_the_threshold_and_a_quiet_one_lowers_it() -> None:
    folding, draw = fold(), random.Random(6)
    told(folding, change())
    drive(folding, draw, 0, 3, 100.0)
    quiet = drive(folding, draw, 3, 2, 100.0)[1][-1].threshold_log_odds
    rush = drive(folding, draw, 5, 2, 900.0)[1][-1].threshold_log_odds
    assert quiet is not None and rush is not None
    assert rush > quiet + 0.5


def test_inspectors_who_are_not_there_take_nobody() -> None:
    folding, draw = fold(), random.Random(7)
    told(folding, change())
    drive(folding, draw, 0, 3, 300.0)
    told(folding, staffing(0.0, 3 * HOUR, 5 * HOUR))
    assert len(drive(folding, draw, 3, 2, 300.0)[0]) < 20  # what was owed, and no more; 36 with everyone there
    assert len(drive(folding, draw, 5.0, 3, 300.0)[0]) > 40


@pytest.mark.parametrize("inspectors", [(4.0, 1.0), (1.0, 4.0)])
def test_of_two_staffings_of_one_start_the_one_told_later_holds(inspectors: tuple[float, float]) -> None:
    folding = fold()
    told(folding, change(), tick(0), *[chosen(n, -7.0 + n / 100, None, n) for n in range(60)])
    said = told(folding, *[staffing(count, 0, HOUR) for count in inspectors], tick(60))
    assert said[-1].budget_reds_per_hour == 3.0 * inspectors[-1]


def after(said: Selection, *outcomes: Outcome) -> list[SelectionThreshold]:
    """What the lanes are told after a selection among others and its outcomes."""
    folding = fold()
    others = [chosen(number, -7.0 + number / 100, None, number * 17.0) for number in range(1, 100)]
    told(folding, change(), others[0], tick(60), *others[1:], said)
    return operational(told(folding, *outcomes, tick(1800)))


RED = chosen(500, -5.0, -6.0, 90)
GREEN = msgspec.structs.replace(RED, light=Light.GREEN)


@pytest.mark.parametrize(
    ("said", "outcomes", "counts_as"),
    [
        (GREEN, [outcome(GREEN, OutcomeState.NOT_INSPECTED, fallback=True)], RED),
        (GREEN, [outcome(GREEN, OutcomeState.INSPECTED, overrides=1)], RED),
        (RED, [outcome(RED, OutcomeState.PASSED, fallback=True)], GREEN),
        (RED, [outcome(RED, OutcomeState.RELEASED, overrides=1)], RED),
        (RED, [outcome(RED, OutcomeState.NOT_INSPECTED), outcome(RED, OutcomeState.INSPECTED, 2)], RED),
        # A repeat and a revision count once, and what was corrected may be corrected back.
        (GREEN, [outcome(GREEN, OutcomeState.NOT_INSPECTED)] * 2 + [outcome(GREEN, OutcomeState.INSPECTED, 2)], RED),
        (GREEN, [outcome(GREEN, OutcomeState.INSPECTED), outcome(GREEN, OutcomeState.PASSED, 2)], GREEN),
        (RED, [outcome(RED, OutcomeState.PASSED), outcome(RED, OutcomeState.INSPECTED, 2)], RED),
    ],
)
def test_a_vehicle_counts_by_the_light_that_it_was_given(
    said: Selection, outcomes: list[Outcome], counts_as: Selection
) -> None:
    thresholds = after(said, *outcomes)
    assert thresholds == after(counts_as)
    assert thresholds != after(GREEN if counts_as is RED else RED)  # one red more or less is another threshold


def test_outcomes_of_must_refer_of_no_selection_of_another_world_and_of_long_ago_correct_nothing() -> None:
    referred = msgspec.structs.replace(GREEN, must_refer=True)
    of_a_drill = {"operating_mode": OperatingMode.EXERCISE}
    unknown = {"light": Light.UNKNOWN, "lane_mode": LaneMode.UNKNOWN, "selected_at": None}
    for one in (
        outcome(referred, OutcomeState.INSPECTED),
        outcome(GREEN, OutcomeState.INSPECTED, **of_a_drill),
        outcome(GREEN, OutcomeState.UNKNOWN, **unknown),
        outcome(GREEN, OutcomeState.INSPECTED, selected_at=at(-CORRECTED_SECONDS)),
    ):
        assert after(GREEN, one) == after(GREEN)


def test_outcomes_of_vehicles_that_no_policy_selected_take_back_no_red() -> None:
    stored: dict[bytes, bytes] = {}
    folding = PolicyFold(PARTITION, stored)
    before = [chosen(number, -5.0, -6.0, number, policy_version=None) for number in range(40)]
    told(folding, *before, change(), *[outcome(one, OutcomeState.PASSED) for one in before])
    folding.take_changes()
    meter = decode_meter(stored[meter_key(OperatingMode.OPERATIONAL, "2301", LaneMode.PASSENGER)])
    assert (meter.vehicles, meter.reds) == (0, 0)
    assert [key for key in stored if key.startswith(CORRECTED_PREFIX)] == []


def test_corrections_are_forgotten_when_no_revision_is_compared_with_them_any_more() -> None:
    stored: dict[bytes, bytes] = {}
    folding = PolicyFold(PARTITION, stored)
    told(folding, change(), tick(0), GREEN, outcome(GREEN, OutcomeState.INSPECTED))
    folding.take_changes()
    assert len([key for key in stored if key.startswith(CORRECTED_PREFIX)]) == 1
    folding = PolicyFold(PARTITION, stored)  # a restart keeps the deadline
    told(folding, tick(CORRECTED_SECONDS + 120.0))
    folding.take_changes()
    assert [key for key in stored if key.startswith(CORRECTED_PREFIX)] == []


def test_who_must_be_referred_takes_nobodys_place_and_sets_no_threshold() -> None:
    folding, plain = fold(), fold()
    for stage in (folding, plain):
        told(stage, change(), tick(0))
    for number in range(200):
        vehicle = chosen(number, -7.0 + number / 100, None, number)
        told(plain, vehicle)
        told(folding, vehicle, chosen(1000 + number, 5.0, -5.0, number, must_refer=True))
    assert told(folding, tick(240)) == told(plain, tick(240))
    assert folding.counters["must_refer"] == 200


def test_too_few_vehicles_say_nothing_of_the_threshold() -> None:
    folding = fold()
    told(folding, change(), tick(0), *[chosen(number, -7.0, None, number) for number in range(SCORES_MIN - 1)])
    assert told(folding, tick(60)) == []
    (said,) = told(folding, chosen(99, -7.0, None, 61.0), tick(120))
    # One vehicle in that minute: 60 an hour, of which the lot draws 1.2. 18 - 1.2 and half an hour's 0.3 of 58.8.
    assert (said.threshold_log_odds, said.share_at_threshold) == (
        -7.0,
        pytest.approx((16.8 + 0.3 / 0.5) / 58.8, abs=1e-6),
    )


def test_whoever_is_almost_certain_is_referred_though_the_budget_is_spent() -> None:
    folding = fold()
    text = POLICY.replace("inspectors = 6.0", "inspectors = 0.0")
    told(folding, change(text), tick(0), *[chosen(number, -7.0, None, number) for number in range(60)])
    (said,) = told(folding, tick(60))
    assert said.threshold_log_odds == 0.0


def test_a_port_that_the_next_policy_leaves_out_goes_back_to_the_rule_set() -> None:
    folding = fold()
    told(folding, change())
    said = told(folding, change('version = "policy-2"\nbudgets = []', "policy-2"))
    assert [one.policy_version for one in said] == [None] * len(MODES)
    folding.take_changes()
    assert told(folding, chosen(1, -7.0, None, 1.0), tick(0), tick(60)) == []


def test_the_last_shift_of_a_day_lasts_until_the_first_of_the_next() -> None:
    text = POLICY.replace(
        "[{ from_hour_utc = 0.0, inspectors = 6.0 }]",
        "[{ from_hour_utc = 6.0, inspectors = 6.0 }, { from_hour_utc = 20.0, inspectors = 2.0 }]",
    )
    folding = fold()
    # the builders' day begins 2026-09-21T14:13:20Z
    told(folding, change(text), tick(0), *[chosen(n, -7.0 + n / 100, None, n) for n in range(60)])
    day = told(folding, tick(60))[-1].budget_reds_per_hour
    night = told(folding, tick(6 * HOUR))[-1].budget_reds_per_hour
    before_six = told(folding, tick(15 * HOUR))  # nothing new: the last shift lasts until the first begins
    morning = told(folding, tick(16 * HOUR))[-1].budget_reds_per_hour
    assert (day, night, before_six, morning) == (18.0, 6.0, [], 18.0)


@pytest.mark.parametrize(
    ("value", "reason", "message"),
    [
        (change(approved_by="A-1 "), "impossible_value", "second person"),
        (change(version="another"), "impossible_value", "is not the version"),
        (change("version = 1"), "impossible_value", "not a selection policy"),
        (change(kind="RULE_SET"), "unknown_change", "does not belong"),
        (staffing(float("nan"), 0, 60), "impossible_value", "inspectors"),
        (staffing(2.0, 60, 60), "impossible_value", "until_at"),
        (staffing(2.0, 0, 60, lane_mode=LaneMode.TRUCK), "no_budget", "no budget"),
        (staffing(2.0, 0, 60, received_at=10**16), "impossible_value", "received_at"),
        (chosen(1, float("inf"), 0.0, 1.0), "impossible_value", "finite"),
        (outcome(GREEN, OutcomeState.PASSED, selected_at=10**18), "impossible_value", "selected_at"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(value: msgspec.Struct, reason: str, message: str) -> None:
    folding = fold()
    told(folding, change())
    folding.take_changes()
    with pytest.raises(Rejected, match=message) as refused:
        told(folding, value)
    assert refused.value.reason == reason
    assert folding.take_changes() == {}


def test_staffings_are_bounded_and_the_same_one_again_changes_nothing() -> None:
    folding = fold()
    told(folding, change())
    for number in range(STAFFINGS_MAX):
        told(folding, staffing(1.0, number * 60, number * 60 + 60, staffing_id=f"s{number}"))
    folding.take_changes()
    told(folding, staffing(1.0, 0, 60, staffing_id="s0"))
    assert folding.take_changes() == {}
    with pytest.raises(Rejected, match="at most"):
        told(folding, staffing(1.0, 0, 60, staffing_id="one more"))


def test_a_stored_policy_that_this_version_refuses_is_not_taken_for_none() -> None:
    with pytest.raises(OtherVersion, match="refused by this version"):
        PolicyFold(PARTITION, {POLICY_KEY: encode_text('version = "p"\nbudget = []')})
    with pytest.raises(OtherVersion):
        PolicyFold(PARTITION, {POLICY_KEY: b"\x00"})


def random_log(draw: random.Random, length: int) -> list[Record]:
    """Policies, staffings, selections and ticks in any order of kinds."""
    texts = (POLICY, POLICY.replace("6.0", "3.0"), POLICY.replace("PASSENGER", "TRUCK"), "budgets = []")
    log: list[msgspec.Struct] = [change()]
    seconds = 0.0
    for number in range(length):
        seconds += draw.expovariate(1 / 20)
        kind = draw.random()
        if kind < 0.02:
            text = draw.choice(texts).replace('version = "policy-1"', "")
            log.append(change(f'version = "p{number}"\n{text}', f"p{number}"))
        elif kind < 0.05:
            ahead = draw.uniform(0, 3600)
            log.append(staffing(draw.uniform(0, 9), seconds, seconds + ahead + 1, staffing_id=f"s{draw.randrange(5)}"))
        elif kind < 0.4:
            log.append(tick(seconds, draw.randrange(2)))
        else:
            mode = draw.choice((OperatingMode.OPERATIONAL, OperatingMode.TEST))
            lane_mode = draw.choice((LaneMode.PASSENGER, LaneMode.TRUCK))
            more = {"operating_mode": mode, "lane_mode": lane_mode, "must_refer": draw.random() < 0.1}
            log.append(chosen(number, draw.gauss(-7, 1), draw.choice((None, -6.0)), seconds, **more))
            states = draw.choices(list(OutcomeState)[1:], k=draw.choice((0, 1, 1, 3)))
            log += [outcome(log[-1], state, revision) for revision, state in enumerate(states, 1)]  # type: ignore[arg-type]
    return [record(value) for value in log]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_kills_and_batches_change_nothing(seed: int) -> None:
    draw, stored = random.Random(seed), dict[bytes, bytes]()
    plain, said, accepted = PolicyFold(PARTITION, stored), list[Output](), list[Record]()
    for one in random_log(draw, draw.randrange(1, 400)):
        try:
            plain.advance(one, said)
            accepted.append(one)
        except Rejected:
            continue
        plain.take_changes()
    crashed, committed = folded_through_crashes(lambda kept: PolicyFold(PARTITION, kept), accepted, draw, 50)
    assert [body_of(output.value) for output in said] == [body_of(value) for value in crashed]
    assert stored == committed
