"""`border sensor tap`: what a device's readings look like as the gateway takes them, live."""

import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console

from deploy.errors import UserError
from deploy.options import Count, Flag
from deploy.reading_view import shown_of, table_of
from producers.site import Http, KeyFileError, SiteDevice, SiteError, load_site, read_device_key

POLL_SECONDS: Final = 0.5
ANSWER_SECONDS: Final = 10.0
# A hundred readings of a device and what JSON adds; the gateway holds no more.
ANSWER_BYTES_MAX: Final = 16 << 20
EVERYWHERE: Final = ("0.0.0.0", "::")


def tap_(
    file: Path,
    device: str,
    *,
    count: Count | None = None,
    remembered: Flag = False,
    certificate: Path | None = None,
    reveal: Flag = False,
    json: Flag = False,
) -> int:
    """Show a device's readings and rejections as its running gateway takes them, until Ctrl-C. Plates are masked.

    Asks the gateway and not Kafka, so it shows the same while the line is cut. Run it where the site's configuration
    and keys are.

    Examples:

        border sensor tap site.toml front-camera-1
        border sensor tap site.toml scale-1 --remembered --count 3
        border sensor tap site.toml scale-1 --json | jq .reading.gross_weight_kg

    Parameters
    ----------
    file
        the site's configuration (TOML).
    device
        device_id in it.
    count
        stop after so many.
    remembered
        begin with what the gateway remembers of it, a hundred at most, and not with what comes next.
    certificate
        PEM file of a certificate and its key to show, where [http] has a client_ca_file.
    reveal
        show plates in full.
    json
        print one line of JSON each.
    """
    try:
        site = load_site(file)
        one = site.device(device)
        if one is None:
            devices = ", ".join(each.device.device_id for each in site.devices)
            raise UserError(f"{file} has no device {device}; it has {devices}")
        if site.http is None:
            raise UserError(f"{file} has no [http], by which a gateway is asked; add it, and start the gateway again")
        gateway = Gateway(site.http, one, certificate)
    except (SiteError, KeyFileError) as error:
        raise UserError(str(error)) from error
    console, shown = Console(), 0
    last = 0 if remembered else gateway.ask(0)["last"]
    if not json:
        print(f"waiting for {device} at {gateway.url}; Ctrl-C ends it", flush=True)
    while True:
        answer = gateway.ask(last)
        if answer["last"] < last:  # the gateway has started again, and counts from 1
            last = 0
            continue
        for item in answer["items"]:
            show(item, console, reveal, json)
            shown += 1
            if count is not None and shown >= count:
                return 0
        last = answer["last"]
        time.sleep(POLL_SECONDS)


class Gateway:
    """The running gateway of a site, asked as one of its devices. Raises KeyFileError if its key cannot be read."""

    def __init__(self, http: Http, one: SiteDevice, certificate: Path | None) -> None:
        host = "127.0.0.1" if http.host in EVERYWHERE else http.host
        scheme = "http" if http.certificate_file is None else "https"
        self.url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{http.port}"
        self._path = f"/devices/{one.device.device_id}/readings"
        self._headers = {}
        if one.key_file is not None:
            self._headers["Authorization"] = f"Bearer {read_device_key(one.key_file).decode()}"
        self._tls = None
        if http.certificate_file is not None:
            # Its own certificate is the only one that is trusted; the name in it is the one that devices call it by.
            self._tls = ssl.create_default_context(cafile=http.certificate_file)
            self._tls.check_hostname = False
            if certificate is not None:
                try:
                    self._tls.load_cert_chain(certificate)
                except OSError as error:  # an SSLError is one
                    raise UserError(f"{certificate} is no certificate with its key: {error}") from error

    def ask(self, after: int) -> dict[str, Any]:
        """What came behind a number. Raises UserError if the gateway does not answer, or refuses."""
        request = urllib.request.Request(f"{self.url}{self._path}?after={after}", headers=self._headers)
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS, context=self._tls) as response:
                answer: dict[str, Any] = orjson.loads(response.read(ANSWER_BYTES_MAX))
                return answer
        except urllib.error.HTTPError as error:
            raise UserError(
                f"the gateway at {self.url} refuses ({error.code}): it was started with another configuration or key, "
                "or the device has no key and this is not the gateway's machine"
            ) from error
        except (OSError, ValueError) as error:
            raise UserError(
                f"no gateway answers at {self.url} ({getattr(error, 'reason', error)}); start it with `border gateway "
                "--config` and this file"
            ) from error


def show(item: dict[str, Any], console: Console, reveal: bool, json: bool) -> None:
    """Print one item, a reading field by field."""
    reading, rejection = item.get("reading"), item.get("rejection")
    if json:
        print(orjson.dumps(item if reading is None else {**item, "reading": shown_of(reading, reveal)}).decode())
    elif reading is not None:
        console.print(table_of(reading, reveal))
    elif rejection is not None:
        place = f"{rejection['at']}: " if rejection["at"] else ""
        print(f"rejected {place}{rejection['text']} ({rejection['reason']})")
