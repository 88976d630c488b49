"""The running gateway of a site, asked over its own HTTP by whoever has the site's configuration and keys."""

import ssl
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

import orjson

from deploy.errors import UserError
from producers.site import Http, read_device_key

ANSWER_SECONDS: Final = 10.0
# A hundred readings of a device and what JSON adds, or all assignments of a site's units.
ANSWER_BYTES_MAX: Final = 16 << 20
EVERYWHERE: Final = ("0.0.0.0", "::")


class Gateway:
    """A gateway, asked with a key, if one is given. Raises KeyFileError if that cannot be read."""

    def __init__(self, http: Http, key_file: Path | None, certificate: Path | None) -> None:
        host = "127.0.0.1" if http.host in EVERYWHERE else http.host
        scheme = "http" if http.certificate_file is None else "https"
        self.url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{http.port}"
        self._headers = {}
        if key_file is not None:
            self._headers["Authorization"] = f"Bearer {read_device_key(key_file).decode()}"
        # To the gateway and nobody else: a proxy of the environment would be shown the key.
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if http.certificate_file is not None:
            # Its own certificate is the only one that is trusted; the name in it is the one that devices call it by.
            tls = ssl.create_default_context(cafile=http.certificate_file)
            tls.check_hostname = False
            handlers.append(urllib.request.HTTPSHandler(context=tls))
            if certificate is not None:
                try:
                    tls.load_cert_chain(certificate)
                except OSError as error:  # an SSLError is one
                    raise UserError(f"{certificate} is no certificate with its key: {error}") from error
        self._opener = urllib.request.build_opener(*handlers)

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Its answer in JSON to a GET, or to a POST of a body. Raises UserError if it does not answer, or refuses."""
        data = None if body is None else orjson.dumps(body)
        request = urllib.request.Request(f"{self.url}{path}", data, self._headers)
        try:
            with self._opener.open(request, timeout=ANSWER_SECONDS) as response:
                answer = orjson.loads(response.read(ANSWER_BYTES_MAX))
            if not isinstance(answer, dict):
                raise ValueError("who answers there is no gateway")
            return answer
        except urllib.error.HTTPError as error:
            told = error_in(error)
            if told is not None and error.code != 401:
                raise UserError(told) from error
            raise UserError(
                f"the gateway at {self.url} refuses ({error.code}): it was started with another configuration or key, "
                "or none is needed and this is not the gateway's machine"
            ) from error
        except (OSError, ValueError, HTTPException) as error:
            raise UserError(
                f"no gateway answers at {self.url} ({getattr(error, 'reason', error)}); start it with `border gateway "
                "--config` and this file"
            ) from error


def error_in(error: urllib.error.HTTPError) -> str | None:
    """What the gateway says is wrong; None if it does not."""
    try:
        told = orjson.loads(error.read(ANSWER_BYTES_MAX))
    except (OSError, ValueError):
        return None
    return str(told["error"]) if isinstance(told, dict) and "error" in told else None
