"""How much room there is where a process writes, as it tells Prometheus."""

import math
import shutil
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from schemas.telemetry.disk import tell_disk


def test_size_and_room_are_those_of_the_disk_below_a_directory(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    tell_disk(registry, "spool", tmp_path)
    told = [registry.get_sample_value(f"border_disk_{part}_bytes", {"directory": "spool"}) for part in ("free", "size")]
    assert told == [pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.05), shutil.disk_usage(tmp_path).total]


def test_of_a_directory_that_is_not_there_yet_nothing_is_claimed_until_it_is(tmp_path: Path) -> None:
    registry, later = CollectorRegistry(), tmp_path / "later"
    tell_disk(registry, "light", later)

    def free() -> float:
        return registry.get_sample_value("border_disk_free_bytes", {"directory": "light"}) or 0.0

    assert math.isnan(free())
    later.mkdir()
    assert free() > 0


def test_a_directory_of_no_closed_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none of spool, light, state"):
        tell_disk(CollectorRegistry(), str(tmp_path), tmp_path)
