"""`border inspection-form`: the officers' form of inspections over HTTP."""

import asyncio
import signal
from typing import Final

import orjson
from confluent_kafka import KafkaException

from deploy.connection import connect
from deploy.errors import UserError
from deploy.officer_records import inspection_of, write
from deploy.options import Flag, Port, Several
from schemas.records import Inspection
from streams.console.inspection_form import InspectionForm, NotStored, inspection_app
from streams.http_server import HttpServer

# An officer who waits for longer sends it again, which counts once.
STORED_SECONDS: Final = 10.0
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def inspection_form(
    *,
    host: str = "127.0.0.1",
    port: Port = 7332,
    name: Several[str] | None = None,
    officer_header: str | None = None,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Serve the form in which officers report inspections, in English and Spanish, until Ctrl-C.

    It writes what `border inspect` writes. It knows no passwords: without --officer-header officers type their numbers.
    So it listens on this machine alone unless told otherwise, and in service stands behind a proxy that logs them in.

    Examples:

        border inspection-form
        border inspection-form --port 0 --json
        border inspection-form --officer-header X-Officer-Id --name reports.port.example
        curl http://127.0.0.1:7332/v1/inspections -H 'Content-Type: application/json' \\
            -d '{"passage_id":"2301/03/1042","officer_ids":["4711"],"resolution":"WEAPONS","minutes":95}'

    Parameters
    ----------
    host
        address to listen on.
    port
        its port; 0 takes a free one.
    name
        host name by which browsers reach it, besides those of this machine; may be given several times.
    officer_header
        request header in which a trusted proxy says the officer's number; the proxy must remove it from what comes in,
        and pass the Host header on.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    json
        print one line of JSON once it listens.
    """
    connection = connect(broker, registry_url, state_directory)

    def store(inspection: Inspection) -> None:
        try:
            write([inspection], connection, STORED_SECONDS)
        except (UserError, KafkaException) as error:
            raise NotStored(str(error)) from error

    form = InspectionForm(inspection_of, store, officer_header)
    app = inspection_app(form, [*LOOPBACK, host, *(name or ())])

    async def serve() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        server = HttpServer(app)
        listening = await server.start(host, port)
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{listening}/inspections"
        print(orjson.dumps({"url": url}).decode() if json else f"The form is at {url}. Ctrl-C ends it.", flush=True)
        await stop.wait()
        await server.stop()

    try:
        asyncio.run(serve())
    except OSError as error:
        raise UserError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from error
    return 0
