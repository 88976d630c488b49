"""How fast the light is told when its selection is there: `python -m tests.light.measure`, one line of JSON.

A real broker, `border light` in a process of its own, 1,000 selections of as many vehicles in 50 lanes, and a client in
this process that asks for one after the other over TCP, then again (told before) and over HTTP.
"""

import http.client
import json
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from deploy.commands.light import JOURNAL_FILE
from deploy.demo import log_of
from deploy.local.platform import LocalPlatform
from deploy.local.processes import Child
from deploy.local.supervisor import border_command
from deploy.settings import Settings, child_environment, load_settings
from deploy.stages import make_secret
from producers.publisher import Publisher
from schemas.layout import load_lanes
from schemas.records import Light, LightAnswer
from schemas.topics import LANE_DECISIONS
from tests.core.outcomes.builders import selection
from tests.support import eventually

ASKS = 1_000
LANES = 50


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        state = Path(directory) / "state"
        settings = Settings(state_directory=str(state))
        with LocalPlatform(state, load_settings().cache_path) as platform:
            make_secret(settings.random_secret_path)
            lanes = list(load_lanes())[:LANES]
            vehicles = [(lanes[n % LANES], n // LANES + 1) for n in range(ASKS)]
            with Publisher(platform.broker, platform.codec, LANE_DECISIONS) as publisher:
                for lane_id, number in vehicles:
                    place = {"lane_id": lane_id, "passage_id": f"{lane_id}/{number}", "port_code": lane_id[:4]}
                    chosen = selection(number, Light.GREEN, selected_at=time.time_ns() // 1000, **place)
                    publisher.publish(chosen)  # type: ignore[arg-type]
            ports = start_light(platform, settings)
            line = {"asks": ASKS} | measured(ports, vehicles)
            answers = [one.value for one in eventually(lambda: all_answers(platform), 30, "all answers in the log")]
            line["fallbacks"] = sum(one.fallback for one in answers)
            print(json.dumps(line | {"journal": (state / JOURNAL_FILE).exists()}))


def start_light(platform: LocalPlatform, settings: Settings) -> dict[str, int]:
    log = platform.directory / "light.log"
    addresses = ("--broker", platform.broker, "--registry-url", platform.registry_url)
    options = ("--lines-port", "0", "--http-port", "0", "--state-directory", settings.state_directory, "--json")
    platform.add(Child("light", border_command("light", *options, *addresses), log, child_environment(settings)))

    def listening() -> dict[str, int]:
        lines = [line for line in log.read_text().splitlines() if line.startswith('{"lines_port"')]
        return json.loads(lines[0]) if lines else {}

    return eventually(listening, 60, "the light server listening")


def measured(ports: dict[str, int], vehicles: list[tuple[str, int]]) -> dict[str, dict[str, float]]:
    connection = socket.create_connection(("127.0.0.1", ports["lines_port"]))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = connection.makefile()
    client = http.client.HTTPConnection("127.0.0.1", ports["http_port"])

    def by_line(lane_id: str, number: int) -> str:
        connection.sendall(f"LIGHT {lane_id} {number}\n".encode())
        return lines.readline().partition(" ")[0]

    def by_http(lane_id: str, number: int) -> str:
        client.request("GET", f"/v1/lanes/{lane_id}/passages/{number}/light", headers={"X-Controller-Id": "measure"})
        return str(json.loads(client.getresponse().read())["light"])

    return {name: spread(ask, vehicles) for name, ask in (("tcp", by_line), ("tcp_again", by_line), ("http", by_http))}


def spread(ask: Callable[[str, int], str], vehicles: list[tuple[str, int]]) -> dict[str, float]:
    """Milliseconds from question to answer."""
    took = []
    for lane_id, number in vehicles:
        started = time.perf_counter()
        assert ask(lane_id, number) == "GREEN"
        took.append(time.perf_counter() - started)
    took.sort()
    shares = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(took[min(len(took) - 1, int(len(took) * share))] * 1000, 2) for name, share in shares.items()}


def all_answers(platform: LocalPlatform) -> list[LightAnswer]:
    found = [one for one in log_of(platform, [LANE_DECISIONS.name]) if isinstance(one.value, LightAnswer)]
    return found if len(found) == ASKS else []  # type: ignore[return-value]


if __name__ == "__main__":
    main()
