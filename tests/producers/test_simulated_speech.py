"""What simulated devices say, read by the formats that gateways read it with."""

import msgspec
import pytest

from deploy.gateway_feed import understood
from deploy.simulated_sites import write_simulated_sites
from producers.emulators.simulated_speech import SAYS, format_of, role_of
from producers.formats.reading_format import Device
from producers.simulator import SimulatedReading, find_scenario, simulate
from producers.site import load_site
from schemas.records import Heartbeat, PlateRead, SensorRole

SEED = 7
RATE = 250.0
SECONDS = 90.0
# Named by the device, and by the gateway's clock.
NAMING = {"reading_id", "device_id", "received_at"}
# OpenALPR tells no hash of its image, and its times in milliseconds.
DROPPED = {"openalpr": {"image_sha256", "observed_at"}}


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, SensorRole, str], Device]:
    """Every device of the sites that a demo at this rate has."""
    directory = tmp_path_factory.mktemp("sites")
    sites = write_simulated_sites(directory, find_scenario("border-2023"), SEED, RATE)
    found = [one.device for site in sites for one in load_site(site.file).devices]
    return {(device.place, device.sensor, device.format): device for device in found}


@pytest.fixture(scope="module")
def world() -> list[SimulatedReading]:
    """A minute and a half of a busy border."""
    return list(simulate("border-2023", SEED, seconds=SECONDS, rate=RATE))


def test_every_reading_arrives_as_the_simulator_made_it(
    devices: dict[tuple[str, SensorRole, str], Device], world: list[SimulatedReading]
) -> None:
    reads = [item.reading for item in world if isinstance(item.reading, PlateRead)]
    assert any(not one.candidates for one in reads) and any(len(one.candidates) > 1 for one in reads)
    spoken: set[tuple[str, str]] = set()
    for item in world:
        made, name = item.reading, format_of(item.reading)
        if name is None:
            assert isinstance(made, Heartbeat) and made.sensor is SensorRole.GATEWAY
            continue
        device = devices[made.lane_id, role_of(made), name]
        heard = understood(SAYS[name](made), device, made)
        dropped = (
            DROPPED.get(name, set()) if isinstance(made, PlateRead) else DROPPED.get(name, set()) & {"observed_at"}
        )
        unequal = {field for field, value in msgspec.structs.asdict(made).items() if getattr(heard, field) != value}
        assert unequal <= NAMING | dropped, f"{name} {type(made).__name__}: {unequal}"
        assert 0 <= made.observed_at - heard.observed_at < (1_000 if name == "openalpr" else 1)
        spoken.add((name, type(made).__name__))
    assert spoken == {
        ("loop_line", "LaneEvent"), ("loop_line", "Heartbeat"), ("openalpr", "PlateRead"), ("openalpr", "Heartbeat"),
        ("camera_json", "PlateRead"), ("scale_line", "Weighing"), ("xray_json", "XrayScan"),
        ("cloudevents", "LaneEvent"), ("cloudevents", "Heartbeat"),
    }  # fmt: skip


def test_two_readings_have_two_ids_and_a_repetition_has_its_own(
    devices: dict[tuple[str, SensorRole, str], Device], world: list[SimulatedReading]
) -> None:
    ids: dict[str, str] = {}
    for item in world:
        made, name = item.reading, format_of(item.reading)
        if name is not None:
            heard = understood(SAYS[name](made), devices[made.lane_id, role_of(made), name], made)
            assert ids.setdefault(heard.reading_id, made.reading_id) == made.reading_id
    assert len(ids) == len({item.reading.reading_id for item in world if format_of(item.reading)})
