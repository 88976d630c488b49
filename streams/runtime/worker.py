"""Runs one worker of one stage until it is told to stop.

Exit status: 0 stopped by SIGTERM or SIGINT; 75 gave up, start it again (EX_TEMPFAIL); 78 refused, starting it again
does not help (EX_CONFIG).
"""

import asyncio
import gc
import os
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Final, NoReturn

import faust
import orjson
import uvloop
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from schemas.codec import Codec
from schemas.registry import RegistryUnavailable, load_codec
from schemas.telemetry import health
from schemas.telemetry.exposition import tell_process
from streams.core.stage import Stage
from streams.runtime import events
from streams.runtime.app import make_app
from streams.runtime.groups import Groups
from streams.runtime.metrics import Telemetry
from streams.runtime.settings import GAVE_UP, REFUSED, RuntimeSettings

PULSE_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 1.0

# A worker that is stopped tells its last spans for so long.
LAST_SPANS_SECONDS: Final = 2.0

# Records and states hold no cycles, so collections find next to nothing and walk all of the state to say so: with
# Python's own threshold of 700 they took a tenth of a worker's time. What asyncio leaves behind can wait this long.
GARBAGE_THRESHOLDS: Final = (50_000, 20, 100)


def run_worker(stage: Stage, settings: RuntimeSettings) -> None:
    """Run until stopped; ends the process with one of the statuses above, or returns after SIGTERM or SIGINT.

    Prints one JSON line {"stage", "instance", "pid", "metrics_port"} on standard output when it listens. Raises OSError
    if the metrics port is taken, and what `load_codec` raises if the registry lacks the stage's schemas.
    """
    telemetry = Telemetry(stage.name, settings.instance, stage.events, settings.otlp_endpoint)

    def end(event: events.GaveUp | events.Refused) -> NoReturn:
        telemetry.emit(event)
        sys.stderr.flush()
        os._exit(REFUSED if isinstance(event, events.Refused) else GAVE_UP)  # no clean-up: it could commit

    gc.set_threshold(*GARBAGE_THRESHOLDS)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    groups = Groups(stage, settings, wait_for_codec(settings.registry_url, telemetry), telemetry.emit, end)
    pulse = health.Pulse()
    telemetry.watch(pulse)
    tell_process(telemetry.registry, "stage", lambda: groups.ready, stage.name)
    port = health.serve(telemetry.registry, settings.metrics_port, pulse.is_alive, lambda: groups.ready)
    line = {"stage": stage.name, "instance": settings.instance, "pid": os.getpid(), "metrics_port": port}
    print(orjson.dumps(line).decode(), flush=True)
    telemetry.emit(events.WorkerStarted(port))
    wait_for_broker(settings.broker, pulse, telemetry)
    app = make_app(stage, settings, groups)
    app.timer(interval=PULSE_SECONDS, name=f"border.{stage.name}.pulse")(make_beat(pulse))
    worker = faust.Worker(app, loop=loop, loglevel="warn", quiet=True, redirect_stdouts=False)
    worker.spinner = None  # its control codes would stand before lines of JSON
    try:
        worker.execute_from_commandline()
    except SystemExit as stop:
        if stop.code not in (0, None):
            end(events.GaveUp(f"Faust ended with status {stop.code}"))
    except Exception as error:
        end(events.GaveUp(f"Faust crashed: {error!r}"))
    if telemetry.spans is not None:
        telemetry.spans.close(LAST_SPANS_SECONDS)


def wait_for_codec(registry_url: str, telemetry: Telemetry) -> Codec:
    """Ids of our schemas. A registry that is down is waited for, as records that name an unknown id are later."""
    while True:
        try:
            return load_codec(registry_url)
        except RegistryUnavailable:
            telemetry.emit(events.RegistryUnreachable(None, RETRY_SECONDS))
            time.sleep(RETRY_SECONDS)


def wait_for_broker(broker: str, pulse: health.Pulse, telemetry: Telemetry) -> None:
    """Return once the broker answers. Faust would end the worker, which would be started again and again meanwhile."""
    # Kafka's client doubles its pause after each attempt, to 10 s; the broker's return is to be noticed at once.
    asked = AdminClient({"bootstrap.servers": broker, "log_level": 0, "reconnect.backoff.max.ms": 1000})
    told = False
    while True:
        pulse.beat()
        try:
            asked.list_topics(timeout=RETRY_SECONDS)
            return
        except KafkaException:
            if not told:
                telemetry.emit(events.BrokerUnreachable(broker))
                told = True
            time.sleep(RETRY_SECONDS)


def make_beat(pulse: health.Pulse) -> Callable[[], Coroutine[None, None, None]]:
    """A timer's coroutine that shows the main loop is alive."""

    async def beat() -> None:
        pulse.beat()

    return beat
