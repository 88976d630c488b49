"""The log into the store, in a thread of its own; waits for a broker or registry that is away and goes on."""

import threading
import time
from collections.abc import Callable
from typing import Final

from schemas.codec import Codec
from schemas.registry import load_codec
from schemas.topics import AGREEMENTS, ALERTS, OUTCOMES, PASSAGES, SHARING, subjects
from streams.console.log_reader import LogReader
from streams.sharing import labels, told
from streams.sharing.blind import Blinder
from streams.sharing.store import SharingStore
from streams.sharing.telemetry import SharingTelemetry

TOPICS: Final = (AGREEMENTS.name, SHARING.name, PASSAGES.name, ALERTS.name, OUTCOMES.name)
READ_SECONDS: Final = 0.05
RETRY_SECONDS: Final = 1.0
PRUNE_SECONDS: Final = 600.0


class SharingFeed:
    """`caught_up` is called, in its thread, when all has been read and labelled that there was."""

    def __init__(
        self,
        broker: str,
        registry_url: str,
        store: SharingStore,
        blinder: Blinder,
        telemetry: SharingTelemetry,
        caught_up: Callable[[], object],
    ) -> None:
        self._broker, self._registry_url = broker, registry_url
        self._store = store
        self._blinder = blinder
        self._telemetry = telemetry
        self._caught_up = caught_up
        self._codec: Codec | None = None
        self._prune_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sharing-feed", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End it; waits for the read under way."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._read()
            except (
                Exception
            ) as error:  # whatever it is, without this thread agencies would be told of the past for ever
                self._telemetry.outage("feed", error)
                self._stopping.wait(RETRY_SECONDS)

    def _read(self) -> None:
        if self._codec is None:
            wanted = {name: kind for name, kind in subjects().items() if name.startswith(TOPICS)}
            self._codec = load_codec(self._registry_url, wanted)
        with LogReader(
            self._broker,
            self._registry_url,
            self._codec,
            TOPICS,
            from_beginning=True,
            positions=self._store.positions(),
        ) as reader:
            self._store.check_log(reader.cluster_id())
            while not self._stopping.is_set():
                received = reader.read(READ_SECONDS)
                if received:
                    self._store.apply(one.log_record for one in received)
                busy = self._label()
                if reader.is_at_end and not busy:
                    self._caught_up()
                if time.monotonic() >= self._prune_at:
                    self._prune_at = time.monotonic() + PRUNE_SECONDS
                    self._store.prune()

    def _label(self) -> bool:
        """Label some of what came; whether more may be left."""
        busy = False
        for agreement in self._store.agreements():
            shared = told.asked_crossings(agreement)
            if shared is not None and labels.label_new(self._store, self._blinder, agreement, shared):
                busy = True
        return busy
