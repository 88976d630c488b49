"""Ports that were published into the log, as one partition's fold knows them: instead of, or beside, its worker's own.

    ReferenceChange PORT ─► checked ─► kept under its code, from its place in the log on ─► the port in force

Stages that need ports keep them alike, and a change is in the log of each of them. What a port's file says is kept as
its text: another version of the platform reads it by its own rules, or refuses to start.
"""

from collections.abc import Mapping, MutableMapping
from typing import Final

import msgspec

from schemas.layout import Port, parse_port
from schemas.records import ReferenceChange
from streams.core.keyed_state import KeyedState, OtherVersion
from streams.core.people import are_two_people
from streams.core.stage import ID_LENGTH_MAX, Rejected
from streams.core.times import check_time

# No key of a lane, a vehicle, a listed plate or a watermark begins so: those have no blank there.
PREFIX: Final = b"port "

# All of North America's crossings are some 200; every partition of two stages holds them, 16 KiB each at most.
PORTS_MAX: Final = 256

PublishedPort = tuple[str, str, str, int]
"""Text of the file, who published it, who approved it, and when, in microseconds UTC."""

decode_port: Final = msgspec.msgpack.Decoder(PublishedPort).decode


def key_of(code: str) -> bytes:
    """The key under which a published port is stored."""
    return PREFIX + code.encode()


def check_port(change: ReferenceChange) -> Port:
    """The port that a change puts in force.

    Raises Rejected `impossible_value` for a text that is no port's, one person alone or a time that cannot be.
    """
    if change.port_text is None:
        raise Rejected("impossible_value", "PORT needs port_text")
    for name, person in (("changed_by", change.changed_by), ("approved_by", change.approved_by or "")):
        if len(person) > ID_LENGTH_MAX:
            raise Rejected("impossible_value", f"{name} must have at most {ID_LENGTH_MAX} characters")
    if not are_two_people(change.changed_by, change.approved_by):
        raise Rejected("impossible_value", "a port must be approved by a second person")
    check_time("changed_at", change.changed_at)
    try:
        return parse_port(change.port_text)
    except ValueError as error:
        raise Rejected("impossible_value", str(error)) from error


class PublishedPorts:
    """The published ports of one partition, parsed. `in_force` is replaced, never changed, with each change."""

    def __init__(self, stored: MutableMapping[bytes, bytes]) -> None:
        """Raises OtherVersion for a stored port that is none any more."""
        self._stored = stored
        self._texts: KeyedState[PublishedPort] = KeyedState(stored, msgspec.msgpack.encode, decode_port, PORTS_MAX)
        self._changed = False
        self.in_force: Mapping[str, Port] = self._stored_ports()

    def put(self, port: Port, change: ReferenceChange) -> None:
        """Put a checked change's port in force. Raises Rejected `ports_full` before anything is changed."""
        if port.code not in self.in_force and len(self.in_force) >= PORTS_MAX:
            raise Rejected("ports_full", f"at most {PORTS_MAX} ports can be published")
        people = change.changed_by, change.approved_by or ""
        self._changed = True
        self._texts.put(key_of(port.code), (change.port_text or "", *people, change.changed_at))
        self.in_force = {**self.in_force, port.code: port}

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded ports changed since the last call."""
        self._changed = False
        return self._texts.take_changes()

    def roll_back(self) -> bool:
        """Forget changes since the last take_changes; whether there were any."""
        if not self._changed:
            return False
        self._changed = False
        self._texts.roll_back()
        self.in_force = self._stored_ports()
        return True

    def _stored_ports(self) -> dict[str, Port]:
        keys = sorted([key for key in self._stored if key.startswith(PREFIX)])
        ports = [_port_in(self._stored[key]) for key in keys]
        return {port.code: port for port in ports}


def _port_in(stored: bytes) -> Port:
    """A stored port. Raises OtherVersion for one that this version refuses."""
    try:
        return parse_port(decode_port(stored)[0])
    except ValueError as error:  # msgspec's errors are ValueErrors too
        # Never the worker's own instead: what is in the log from here on was read by the published one.
        raise OtherVersion(
            f"a port in force is refused by this version ({error}); while the version that wrote it runs, publish a "
            "file of it that `border ports validate` of both accepts"
        ) from error
