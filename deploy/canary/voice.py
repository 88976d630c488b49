"""What the canary says into the log. It outlives its broker: what cannot be delivered is lost, and is missed."""

from collections.abc import Callable, Iterable

from deploy.connection import Connection
from producers.publisher import DeliveryError, Publisher, Reading

# When the canary ends, what it said last has this long.
LAST_SECONDS = 2.0


class Voice:
    """Publishes readings; neither waits for the broker nor raises for it. A context manager."""

    def __init__(self, connection: Connection, seconds: float, on_failure: Callable[[str], None]) -> None:
        """What is not delivered within so many seconds is not said any more; `on_failure` is told why."""
        self._connection = connection
        self._seconds = seconds
        self._on_failure = on_failure
        self._publisher = self._new()

    def say(self, readings: Iterable[Reading]) -> None:
        """Hand readings over."""
        for reading in readings:
            try:
                self._publisher.publish(reading)
            except DeliveryError as error:  # of what was said before: this publisher says nothing any more
                self._start_over(error)
                self._publisher.publish(reading)
        self.poll()

    def poll(self) -> None:
        """Look at what became of what was said."""
        try:
            self._publisher.poll()
        except DeliveryError as error:
            self._start_over(error)

    def _start_over(self, error: DeliveryError) -> None:
        self._on_failure(str(error))
        self._publisher = self._new()

    def _new(self) -> Publisher:
        return Publisher(
            self._connection.broker,
            self._connection.codec,
            delivery_timeout_seconds=self._seconds,
            sample_ratio=self._connection.settings.trace_sample_ratio,
        )

    def __enter__(self) -> "Voice":
        return self

    def __exit__(self, *_: object) -> None:
        self._publisher.close(LAST_SECONDS)
