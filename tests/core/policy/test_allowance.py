"""What a port may spend: from its first vehicle on, by each budget as long as it holds."""

import pytest

from streams.core.policy.allowance import HOUR_MICROSECONDS, Allowance

START = 1_790_000_000_000_000


def test_it_grows_from_the_first_vehicle_on_by_what_is_told() -> None:
    allowed = Allowance()
    allowed.set_budget(18.0, START - HOUR_MICROSECONDS)
    assert allowed.reds is None
    allowed.pass_time(START)
    assert allowed.reds == 0.0
    for _ in range(12):  # every partition is told
        allowed.set_budget(36.0, START + HOUR_MICROSECONDS)
    allowed.pass_time(START + 2 * HOUR_MICROSECONDS)
    assert allowed.reds == pytest.approx(18.0 + 36.0)
    allowed.pass_time(START + HOUR_MICROSECONDS)  # a lane that is behind
    allowed.set_budget(None, START + 3 * HOUR_MICROSECONDS)
    allowed.pass_time(START + 9 * HOUR_MICROSECONDS)
    assert allowed.reds == pytest.approx(18.0 + 36.0 + 36.0)
