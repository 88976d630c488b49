"""`border share serve`: other agencies are told what their agreements say."""

import sqlite3
import time
from typing import Final

import orjson

from deploy.connection import connect
from deploy.errors import UserError
from deploy.options import Flag, Port
from deploy.sharing_records import SharingLog
from deploy.stages import make_secret
from streams.core.sharing.tokens import SharingKeys
from streams.sharing.server import SharingSettings, run_sharing
from streams.sharing.store import StoreInUse

STORE_FILE: Final = "sharing.db"
SECRET_FILE: Final = "sharing-secret"


def now() -> int:
    """This machine's clock, microseconds."""
    return time.time_ns() // 1000


def serve(
    *,
    host: str = "127.0.0.1",
    port: Port = 7333,
    metrics_port: Port = 7334,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Serve other agencies until Ctrl-C: what their agreements say, each request in the log before its answer.

    It listens on this machine alone unless told otherwise, and in service stands behind a proxy that ends TLS. One
    service for each log, since each counts what was asked. Its secret makes the keys of blinded questions and the names
    of records: who changes it changes all of them.

    Examples:

        border share serve
        curl -H 'Authorization: Bearer MX-MATAMOROS:…' http://127.0.0.1:7333/v1/agreement

    Parameters
    ----------
    host
        address to listen on.
    port
        its port; 0 takes a free one.
    metrics_port
        port of this machine alone for /metrics, /livez and /readyz, which are not for agencies; 0 takes a free one.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where the service's secret and its store are kept.
    json
        print one line of JSON once it listens.
    """
    connection = connect(broker, registry_url, state_directory)
    directory = connection.settings.state_path
    store, secret = directory / STORE_FILE, directory / SECRET_FILE

    def listening(taken: int, metrics: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{taken}"
        said = f"Agencies are served at {url}, metrics on port {metrics}. Ctrl-C ends it."
        print(orjson.dumps({"url": url, "metrics_port": metrics}).decode() if json else said, flush=True)

    settings = SharingSettings(connection.broker, connection.registry_url, host, port, metrics_port, store)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        make_secret(secret)
        keys = SharingKeys(secret.read_bytes())
        run_sharing(settings, keys, SharingLog(connection.broker, connection.codec).write, now, listening)
    except StoreInUse as error:
        raise UserError(str(error)) from error
    except ValueError as error:
        raise UserError(f"{secret}: {error}") from error
    except sqlite3.Error as error:
        raise UserError(f"cannot use {store}: {error}; move it away, and start again") from error
    except OSError as error:
        raise UserError(f"cannot listen on {host}, port {port}, or use {store}: {error.strerror or error}") from error
    return 0
