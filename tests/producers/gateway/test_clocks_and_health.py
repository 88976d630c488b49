"""A device's clock from its readings alone; which devices are blind."""

import random

import pytest

from producers.gateway.clocks import SLICE_US, SLICES, SLICES_MIN, US, DeviceClock
from producers.gateway.health import Health, Rate


@pytest.mark.parametrize("skew", [-3.0, 0.0, 0.4, 60.0])
def test_the_skew_is_found_under_delays_and_wrong_times(skew: float) -> None:
    draw, clock, at = random.Random(1), DeviceClock(), 1_796_000_000 * US
    for _ in range(600):
        at += int(draw.expovariate(0.5) * US)
        delay = 0.05 + draw.expovariate(2.0)
        wrong = draw.choice([-7_200.0, 7_200.0]) if draw.random() < 0.01 else 0.0
        clock.observe(at + int((skew - delay + wrong) * US), at)
    assert clock.ahead_seconds == pytest.approx(skew, abs=0.5)


def test_a_buffer_that_is_emptied_after_a_cut_is_no_skew() -> None:
    clock, at = DeviceClock(), 1_796_000_000 * US
    for step in range(SLICES):
        clock.observe(at + step * SLICE_US, at + step * SLICE_US)
    for step in range(1_000):  # an hour's readings at once
        clock.observe(at - 3_600 * US + step, at + SLICES * SLICE_US + step)
    assert clock.ahead_seconds == 0.0


def test_what_a_device_had_kept_until_the_gateway_was_back_is_no_skew_and_a_clock_behind_is_one_after_a_minute() -> (
    None
):
    kept, behind, ahead = DeviceClock(), DeviceClock(), DeviceClock()
    at = 1_796_000_000 * US
    for step in range(SLICES_MIN):
        now = at + step * SLICE_US
        kept.observe(now - (150 * US if step < 2 else 0), now)
        behind.observe(now - 60 * US, now)
        ahead.observe(now + 60 * US, now)
        assert (kept.ahead_seconds, ahead.ahead_seconds) == (0.0, 60.0)  # ahead is what no delay explains
        assert behind.ahead_seconds == (0.0 if step + 1 < SLICES_MIN else -60.0)


def test_a_clock_before_its_first_reading_is_right() -> None:
    assert DeviceClock().ahead_seconds == 0.0


def test_a_rate_is_known_soon_and_follows() -> None:
    rate = Rate(600.0)
    assert rate.now(0.0) == 0.0
    for second in range(300):
        rate.count(float(second * 2))
    assert rate.now(600.0) == pytest.approx(0.5, rel=0.1)
    assert rate.now(600.0 + 3_000.0) < 0.01


def cross(health: Health, vehicles: int, draw: random.Random, camera_sees: float, start: float = 0.0) -> None:
    """Vehicles of a lane over the loop, past the camera, one in ten to the terminal."""
    for vehicle in range(vehicles):
        health.reading("loop", start + vehicle)
        if draw.random() < camera_sees:
            health.reading("camera", start + vehicle)
        if draw.random() < 0.1:
            health.reading("terminal", start + vehicle)


def test_a_device_that_sees_no_traffic_is_blind_until_it_sees_again() -> None:
    health, draw = (
        Health({"loop": "2301/01", "camera": "2301/01", "terminal": "2301/01", "other": "2301/02"}),
        random.Random(1),
    )
    cross(health, 400, draw, 0.95)
    assert health.blind() == []
    cross(health, 3, draw, 0.0)
    assert health.blind() == []  # three vehicles may be missed
    cross(health, 20, draw, 0.0)
    assert health.blind() == ["camera"]
    for second in range(100):
        health.heartbeat("camera", float(second))  # it lives, behind a dirty pane
    assert health.blind() == ["camera"]
    health.reading("camera", 0.0)
    assert health.blind() == []
    cross(health, 400, draw, 0.95)
    assert health.blind() == []


def test_no_traffic_makes_nobody_blind_and_a_rarely_used_device_has_longer() -> None:
    draw = random.Random(2)
    false_alarms = 0
    for _ in range(20):
        health = Health({"loop": "2301/01", "camera": "2301/01", "terminal": "2301/01"})
        for vehicle in range(2_000):
            cross(health, 1, draw, 0.95, float(vehicle))
            false_alarms += len(list(health.blind()))
    assert false_alarms < 40  # of 120,000 looks: e^-8 of them are 40
