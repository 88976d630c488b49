"""Simulated devices and a real gateway whose broker is away: what they are told, whatever becomes of it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from deploy.chaos.edge_site import GatewayProcess
from deploy.errors import UserError
from deploy.gateway_feed import GatewayFeed
from deploy.simulated_sites import DIRECTORY, write_simulated_sites
from producers.publisher import DeliveryError
from producers.simulator import SimulatedReading, find_scenario, simulate

SEED = 3
RATE = 25.0
NOWHERE = "127.0.0.1:1"
REGISTRY = f"http://{NOWHERE}/apis/ccompat/v7"
YEAR_2099 = 4_070_908_800_000_000


def world(seconds: float) -> Iterator[SimulatedReading]:
    return simulate("matamoros-2009", SEED, seconds=seconds, rate=RATE)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The configuration of the simulated port."""
    (one,) = write_simulated_sites(tmp_path, find_scenario("matamoros-2009"), SEED, RATE)
    assert one.file.is_relative_to(tmp_path / DIRECTORY)
    return one.file


@pytest.fixture
def gateway(site: Path) -> Iterator[GatewayProcess]:
    """Its gateway, running."""
    process = GatewayProcess(site, NOWHERE, REGISTRY)
    try:
        process.start()
        yield process
    finally:
        process.end()


def test_devices_say_again_what_a_killed_gateway_did_not_acknowledge(gateway: GatewayProcess, tmp_path: Path) -> None:
    file, heard = tmp_path / "acknowledged", list[str]()
    with file.open("w") as acknowledged, GatewayFeed(tmp_path / DIRECTORY, acknowledged) as feed:
        for item in feed.spoken(world(60.0)):
            heard.append(item.reading.reading_id)
            if len(heard) == 1_000:
                gateway.kill()
        gateway.start()  # only now: what was said behind the kill has waited
    assert len(heard) > 2_000
    assert set(file.read_text().split()) == set(heard)
    assert gateway.stop() >= len(set(heard))


def test_a_reading_that_a_gateway_refuses_ends_the_simulation_with_the_reason(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    item = next(item for item in world(5.0) if item.passage is not None)
    wrong = item._replace(reading=replace(item.reading, observed_at=YEAR_2099))
    with pytest.raises(DeliveryError, match=r"stop-line-loop|entry-loop"), GatewayFeed(tmp_path / DIRECTORY) as feed:
        assert len(list(feed.spoken(iter([wrong])))) == 1


def test_a_disk_too_full_for_what_is_acknowledged_ends_the_simulation_at_once(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    full = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115
    with (
        pytest.raises(DeliveryError, match="what gateways acknowledge cannot be written: No space left"),
        GatewayFeed(tmp_path / DIRECTORY, full) as feed,
    ):
        list(feed.spoken(world(30.0)))
    with contextlib.suppress(OSError):
        full.close()


@pytest.mark.parametrize("under_way_max", [10, 100_000])
def test_a_world_whose_gateways_stay_away_ends_and_says_so(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, under_way_max: int
) -> None:
    monkeypatch.setattr("deploy.gateway_feed.SILENCE_SECONDS", 1.0)
    monkeypatch.setattr("deploy.gateway_feed.UNDER_WAY_MAX", under_way_max)
    with (
        pytest.raises(DeliveryError, match=r"^\d+ readings wait, .* do the gateways of these sites run\?"),
        GatewayFeed(tmp_path / DIRECTORY) as feed,
    ):
        list(feed.spoken(world(5.0)))


def test_a_device_that_is_set_up_for_other_words_is_named(site: Path, tmp_path: Path) -> None:
    site.write_text(site.read_text().replace('start = "WIM"', 'start = "SCALE"'))
    with (
        pytest.raises(UserError, match=r"\.scale is set up for other words .* a line must begin with SCALE"),
        GatewayFeed(tmp_path / DIRECTORY) as feed,
    ):
        list(feed.spoken(world(60.0)))


def test_no_simulated_device_speaks_for_one_that_is_in_service(site: Path, tmp_path: Path) -> None:
    site.write_text(site.read_text().replace('"SIMULATED"', '"OPERATIONAL"'))
    with (
        pytest.raises(UserError, match=r' is OPERATIONAL: .* operating_mode = "SIMULATED"'),
        GatewayFeed(tmp_path / DIRECTORY) as feed,
    ):
        list(feed.spoken(world(60.0)))


def test_sites_of_another_world_are_told_by_the_lane_that_they_lack(site: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no device of lane 2302/01 .* another world or rate"):  # noqa: SIM117
        with GatewayFeed(tmp_path / DIRECTORY) as feed:
            list(feed.spoken(simulate("border-2023", SEED, seconds=60.0, ports=["2302"])))


def test_a_directory_without_sites_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no site"):
        GatewayFeed(tmp_path)
