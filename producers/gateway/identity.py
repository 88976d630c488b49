"""Who may write as which device: keys, addresses, certificates. Comparing a key takes as long whether it is right."""

import hmac
import ipaddress
from collections.abc import Iterable
from pathlib import Path

from producers.site import SiteDevice, TcpInput, read_device_key


class Identities:
    """The devices of a site and who assigns them, with their keys, read once at the start. Raises KeyFileError."""

    def __init__(self, devices: Iterable[SiteDevice], operator_key_file: Path | None = None) -> None:
        self._operator_key = None if operator_key_file is None else read_device_key(operator_key_file)
        self._devices = {one.device.device_id: one for one in devices}
        self._keys = {
            device_id: read_device_key(one.key_file)
            for device_id, one in self._devices.items()
            if one.key_file is not None
        }

    def device(self, device_id: str) -> SiteDevice | None:
        """The device of this id, if there is one."""
        return self._devices.get(device_id)

    def may_post(self, one: SiteDevice, key: bytes, certificate_name: str | None) -> bool:
        """Whether who shows this key, or has shown this certificate, may write as a device; one with a key needs it."""
        device_id = one.device.device_id
        own = self._keys.get(device_id)
        if own is None:
            return certificate_name == device_id
        return hmac.compare_digest(own, key) and certificate_name in (None, device_id)

    def may_assign(self, key: bytes) -> bool:
        """Whether who shows this key may tell where units stand."""
        return self._operator_key is not None and hmac.compare_digest(self._operator_key, key)

    def may_look(self, address: str, one: SiteDevice, key: bytes, certificate_name: str | None) -> bool:
        """Whether whoever asks from an address may see what a device sends: who may write as it, and the gateway's own
        machine if it has no key."""
        if self.may_post(one, key, certificate_name):
            return True
        return one.device.device_id not in self._keys and ipaddress.ip_address(address).is_loopback

    def by_key(self, devices: Iterable[SiteDevice], key: bytes) -> SiteDevice | None:
        """The one of these devices whose key it is."""
        found = None
        for one in devices:
            own = self._keys.get(one.device.device_id)
            if own is not None and hmac.compare_digest(own, key):
                found = one
        return found

    @staticmethod
    def by_address(devices: Iterable[SiteDevice], address: str) -> SiteDevice | None:
        """The one of these devices that may come from an address without a key."""
        for one in devices:
            if isinstance(one.input, TcpInput) and address in one.input.addresses:
                return one
        return None
