"""`border light`: tells lanes' controllers which light to show."""

import sqlite3

import orjson

from deploy.errors import UserError
from deploy.options import Flag, Port, Several
from deploy.settings import load_settings
from deploy.stages import load_random_keys
from schemas.layout import load_ports
from streams.light.journal import JournalInUse
from streams.light.server import LightSettings, run_light

JOURNAL_FILE = "light-answers.db"


def light(
    *,
    host: str = "127.0.0.1",
    lines_port: Port | None = None,
    http_port: Port | None = None,
    name: Several[str] | None = None,
    wait_seconds: float | None = None,
    fallback_red: float | None = None,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Tell lanes' controllers which light to show, until Ctrl-C: by selection, by an officer's override, or by lot.

    A vehicle whose selection does not come in time is given red or green by lot, with the day's key of the port: never
    green because something is broken. Every answer is written to the log of its lane; the first by lot in a lane is an
    alert. Who asks again is told the same. One server for each lane; each needs a state directory of its own.

    The lot is red as often as `light_fallback_red` says, 0.1 if nothing else does: what the fiscal light of 2009 drew.
    Less than the random arm's share, and breaking the platform would pay; far more, and secondary is full at once.

    The examples are for `border up --scenario matamoros-2009 --rate 100`, whose vehicles are SIMULATED.

    Examples:

        border light
        printf 'LIGHT 2301/03 1 SIMULATED\\n' | nc -q 2 127.0.0.1 7330
        curl -H 'X-Controller-Id: me' 'http://127.0.0.1:7331/v1/lanes/2301/03/passages/1/light?mode=SIMULATED'
        curl http://127.0.0.1:7331/metrics

    Parameters
    ----------
    host
        address to listen on; whoever can reach it can ask.
    lines_port
        port of the line protocol; 0 takes a free one.
    http_port
        port of HTTP, /metrics, /livez and /readyz; 0 takes a free one.
    name
        host name by which controllers reach HTTP, besides addresses and localhost; may be given several times.
    wait_seconds
        how long to wait for a selection, 0 to 2.5: an officer must know within 3 s.
    fallback_red
        probability of red of a lot, 0.01 to 1.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where the master secret and the answers of this server are kept.
    json
        print one line of JSON once it listens.
    """
    settings = load_settings(
        light_lines_port=lines_port,
        light_http_port=http_port,
        light_wait_seconds=wait_seconds,
        light_fallback_red=fallback_red,
        broker=broker,
        registry_url=registry_url,
        state_directory=state_directory,
    )
    address, url = settings.addresses()
    collector = settings.collector
    keys = load_random_keys(settings.random_secret_path)
    journal = settings.state_path / JOURNAL_FILE

    def listening(lines: int, http: int) -> None:
        if json:
            print(orjson.dumps({"lines_port": lines, "http_port": http}).decode(), flush=True)
        else:
            print(f"Lights are told on {host}: lines on port {lines}, HTTP on port {http}. Ctrl-C ends it.", flush=True)

    chosen = LightSettings(
        address,
        url,
        host,
        settings.light_lines_port,
        settings.light_http_port,
        settings.light_wait_seconds,
        settings.light_fallback_red,
        journal,
        tuple(name or ()),
        settings.trace_sample_ratio,
        collector,
    )
    try:
        settings.state_path.mkdir(parents=True, exist_ok=True)
        southbound = frozenset(lane.lane_id for port in load_ports().values() for lane in port.lanes)
        run_light(chosen, keys, southbound, listening)
    except JournalInUse as error:
        raise UserError(str(error)) from error
    except sqlite3.Error as error:
        raise UserError(f"cannot keep answers in {journal}: {error}; move it away, and start again") from error
    except OSError as error:
        raise UserError(f"cannot listen on {host} or use {journal}: {error.strerror or error}") from error
    return 0
