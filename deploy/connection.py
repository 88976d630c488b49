"""Where a command's broker and registry are, with the codec that the registry's ids give."""

from typing import NamedTuple

from deploy.settings import Settings, load_settings
from schemas.codec import Codec
from schemas.registry import load_codec


class Connection(NamedTuple):
    """What a command that talks to a running platform needs."""

    settings: Settings
    broker: str
    registry_url: str
    codec: Codec


def connect(broker: str | None, registry_url: str | None, state_directory: str | None) -> Connection:
    """From a command's options.

    Raises UserError if no platform is known, RegistryUnavailable or NotRegistered if the registry cannot help.
    """
    settings = load_settings(broker=broker, registry_url=registry_url, state_directory=state_directory)
    broker_address, registry_address = settings.addresses()
    return Connection(settings, broker_address, registry_address, load_codec(registry_address))
