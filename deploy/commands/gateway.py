"""`border gateway`: takes what a crossing's devices send, keeps it, and delivers it to Kafka."""

from pathlib import Path
from typing import Annotated

import orjson
from cyclopts import Parameter

from deploy.errors import UserError
from deploy.options import Flag
from deploy.settings import load_settings
from producers.gateway.process import StoppedByDisk, run_gateway
from producers.site import KeyFileError, SiteError, load_site
from producers.spool.errors import SpoolError


def gateway(
    *,
    site: Annotated[Path, Parameter(name="--config")],
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Take what a crossing's devices send, keep it on disk, and deliver it to Kafka, until Ctrl-C.

    A device is answered once its reading is on disk; there it stays until Kafka has acknowledged it, through kills, cut
    lines and weeks of outage. What is older than 10 s when it can be delivered goes to border.lane.backlog.v1, so that
    the light works with what is new. With a full disk devices are told to send again later, and nothing is dropped.
    Nobody is answered on standard input: what was just read of it when the process ends is gone.

    Broker and registry need not answer when it starts. One gateway for each crossing; each has a spool of its own.

    Examples:

        border gateway --config site.toml
        border gateway --config site.toml --broker kafka.example:9092 --registry-url https://registry.example/api
        curl -H "Authorization: Bearer $(cat front.key)" -d @a.json http://127.0.0.1:8600/devices/front-1/readings
        curl http://127.0.0.1:8600/metrics

    Parameters
    ----------
    site
        the crossing's devices, and how they come in (TOML).
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        of a local platform, whose broker and registry are used if none are given.
    json
        print one line of JSON once it listens, and one when it has ended.
    """
    settings = load_settings(broker=broker, registry_url=registry_url, state_directory=state_directory)
    address, url = settings.addresses()
    collector = settings.collector

    def listening(ports: dict[str, int]) -> None:
        if json:
            print(orjson.dumps({"ports": ports}).decode(), flush=True)
        else:
            places = ", ".join(f"{name} on port {port}" if name == "http" else name for name, port in ports.items())
            print(
                f"{checked.site}: {len(checked.devices)} devices; {places or 'no ports'}. Ctrl-C ends it.", flush=True
            )

    try:
        checked = load_site(site)
        left = run_gateway(checked, address, url, listening, settings.trace_sample_ratio, collector)
    except (SiteError, KeyFileError, SpoolError, StoppedByDisk) as error:
        raise UserError(str(error)) from error
    except OSError as error:
        raise UserError(
            f"cannot listen as {site} says: {error.strerror or error}; is another gateway running?"
        ) from error
    if json:
        print(orjson.dumps({"left": left}).decode(), flush=True)
    elif left:
        print(f"{left:,} readings stay in {checked.spool_directory} for the next start.", flush=True)
    return 0
