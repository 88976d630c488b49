"""`border bench` runs to its end on a real broker and its figures hang together."""

import orjson
import pytest

from deploy.commands.bench import bench
from deploy.errors import UserError
from schemas import wire


@pytest.mark.integration
def test_a_small_bench_measures_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(plates=2_000, crossings=2, listed=100, seed=3, json=True) == 0
    result = orjson.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["readings"] > 2_000 * 4
    assert result["compiled"] is not wire.__file__.endswith(".py")
    slowest = min(result[f"{stage}_readings_per_second"] for stage in ("lanes", "vehicles"))
    assert result["lane_path_readings_per_second"] == slowest > 0
    for name in ("core", "per_event_faust", "floor"):
        assert result[f"{name}_readings_per_second"] > 0
    assert result["cpu_microseconds_per_reading"] > 0
    assert result["bytes_per_vehicle"] > 0


def test_a_bench_too_small_to_measure_or_beyond_what_is_kept_is_refused() -> None:
    with pytest.raises(UserError, match="--plates must be at least"):
        bench(plates=10)
    with pytest.raises(UserError, match="--crossings must be 1 to"):
        bench(crossings=41)
    with pytest.raises(UserError, match="--listed must be 0 to"):
        bench(listed=-1)
