"""What a light server makes of its process and its start."""

import json
import resource
from pathlib import Path

import pytest

from deploy.errors import UserError
from deploy.settings import load_settings
from streams.light.server import DESCRIPTORS, raise_descriptors
from streams.light.telemetry import LightTelemetry


def test_it_lets_itself_open_a_descriptor_for_every_connection_of_both_servers() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard == resource.RLIM_INFINITY or hard >= DESCRIPTORS
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, hard))
        assert raise_descriptors() == DESCRIPTORS
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (DESCRIPTORS, hard)
        assert raise_descriptors() == DESCRIPTORS
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_it_says_so_if_the_system_does_not_let_it(capfd: pytest.CaptureFixture[str]) -> None:
    telemetry = LightTelemetry()
    telemetry.descriptors(DESCRIPTORS, DESCRIPTORS)
    assert capfd.readouterr().err == ""
    telemetry.descriptors(1_024, DESCRIPTORS)
    line = json.loads(capfd.readouterr().err)
    assert (line["event"], line["allowed"], line["needed"]) == ("light_few_descriptors", 1_024, DESCRIPTORS)


@pytest.mark.parametrize("share", [0.0, 0.005])
def test_no_setting_makes_a_light_silently_green(share: float, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="light_fallback_red"):
        load_settings(config=str(tmp_path / "none.toml"), light_fallback_red=share)
