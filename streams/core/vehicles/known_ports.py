"""The ports that one partition of the vehicles stage knows: how far they lie apart, their random arms and clocks."""

from collections.abc import Mapping, MutableMapping

from schemas.layout import Port
from schemas.records import ReferenceChange
from streams.core.published_ports import PublishedPorts, check_port
from streams.core.travel import TravelTimes


class KnownPorts:
    """Ports as they are published, and the worker's own that nobody has published."""

    def __init__(self, own: Mapping[str, Port], stored: MutableMapping[bytes, bytes]) -> None:
        """Raises OtherVersion for a stored port that is none any more."""
        self._own = own
        self._published = PublishedPorts(stored)
        self._use()

    def at(self, code: str) -> Port | None:
        """A port as its file has it; None if it is not known."""
        return self._ports.get(code)

    def advance(self, change: ReferenceChange) -> None:
        """Put a port in force. Raises Rejected before any change."""
        self._published.put(check_port(change), change)
        self._use()

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded ports changed since the last call."""
        return self._published.take_changes()

    def roll_back(self) -> None:
        """Forget changes since the last take_changes."""
        if self._published.roll_back():
            self._use()

    def _use(self) -> None:
        self._ports = {**self._own, **self._published.in_force}
        self.travel = TravelTimes(self._ports)
