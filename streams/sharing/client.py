"""The agency's side, as a reference: lodge, read, and ask blinded. Any language with RFC 9497 can do the same.

ask: plates ─► blinded ─► POST questions ─► unblinded, proof checked ─► GET answers of each label's bucket ─► opened
"""

import base64
import urllib.error
import urllib.request
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import orjson

from streams.core.sharing.agreement import day_in
from streams.core.sharing.blinding import bucket_of, label_of
from streams.core.sharing.tokens import question_key_info
from streams.sharing.blind import Question, opened

TIMEOUT_SECONDS: Final = 30.0
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class SharingRefused(RuntimeError):
    """The service does not answer this; `status` as HTTP has it, 0 if it is not there."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A credential goes to the service that it is for, and nowhere that this one points to."""

    def redirect_request(self, *_: Any) -> None:
        """None: the redirect is the answer, and an error."""


class SharingClient:
    """One agency at one service. Methods raise SharingRefused, and ValueError if an answer's proof is wrong."""

    def __init__(self, url: str, credential: str) -> None:
        where = urlsplit(url)
        if where.scheme != "https" and where.hostname not in LOOPBACK:
            raise SharingRefused(0, "a credential is sent over https alone, but to this machine itself")
        self._url = url.rstrip("/")
        self._credential = credential
        self._agency_id = credential.partition(":")[0]
        # A proxy in the environment is for other hosts.
        self._opener = urllib.request.build_opener(
            NoRedirect, *([urllib.request.ProxyHandler({})] if where.hostname in LOOPBACK else [])
        )

    def agreement(self) -> dict[str, Any]:
        """What is agreed, and what was used of it today."""
        return self._call("GET", "/v1/agreement")

    def lodge(self, case: dict[str, str], plates: list[dict[str, str | None]], valid_until: str) -> dict[str, Any]:
        """Lodge plates, {"plate", "jurisdiction"} each, until a time."""
        return self._call("POST", "/v1/lodgings", {"case": case, "plates": plates, "valid_until": valid_until})

    def lodgings(self) -> dict[str, Any]:
        """The agency's own list."""
        return self._call("GET", "/v1/lodgings")

    def withdraw(self, lodging_id: str) -> dict[str, Any]:
        """Take one back."""
        return self._call("DELETE", f"/v1/lodgings/{quote(lodging_id, safe='')}")

    def records(self, dataset: str, purpose: str, after: str = "") -> dict[str, Any]:
        """One page of rows, and `after` to read on from."""
        query = urlencode({"purpose": purpose, "after": after})
        return self._call("GET", f"/v1/records/{quote(dataset, safe='')}?{query}")

    def ask(self, case: dict[str, str], day: str, plates: list[str], whole_day: bool = False) -> dict[str, list[Any]]:
        """The agreed crossings of each plate on a UTC day; the service does not see which plates were asked.

        It sees one bucket for each, which many plates share. With `whole_day` it sees none: every bucket is fetched.
        """
        questions = [Question(plate) for plate in plates]
        told = self._call(
            "POST",
            "/v1/questions",
            {"case": case, "day": day, "blinded": [_text(question.blinded) for question in questions]},
        )
        public_key, bits = _raw(told["public_key"]), int(told["least_bits" if whole_day else "bits"])
        outputs = [
            question.output(_raw(evaluated), public_key)
            for question, evaluated in zip(questions, told["evaluated"], strict=True)
        ]
        buckets = set(range(1 << bits)) if whole_day else {bucket_of(label_of(output), bits) for output in outputs}
        entries = [
            (_raw(label), _raw(sealed))
            for number in sorted(buckets)
            for label, sealed in self._call("GET", f"/v1/answers/{day}/{bits}/{number}")["entries"]
        ]
        context = question_key_info(self._agency_id, day_in(day))
        found: dict[str, list[Any]] = {}
        for plate, output in zip(plates, outputs, strict=True):
            opening = [opened(output, context, label, sealed) for label, sealed in entries]
            found[plate] = [values for values in opening if values is not None]
        return found

    def reidentify(self, case: dict[str, str], record: str) -> dict[str, Any]:
        """Ask for the plate of a record."""
        return self._call("POST", "/v1/reidentifications", {"case": case, "record": record})

    def reidentified(self, reidentification_id: str) -> dict[str, Any]:
        """What became of it."""
        return self._call("GET", f"/v1/reidentifications/{quote(reidentification_id, safe='')}")

    def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        request = urllib.request.Request(
            self._url + path,
            data=None if body is None else orjson.dumps(body),
            method=method,
            headers={"Authorization": f"Bearer {self._credential}", "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                answer: dict[str, Any] = orjson.loads(response.read())
                return answer
        except urllib.error.HTTPError as error:
            try:
                why = str(orjson.loads(error.read())["error"])
            except (orjson.JSONDecodeError, KeyError, TypeError):
                why = error.reason
            raise SharingRefused(error.code, why) from error
        except OSError as error:
            raise SharingRefused(0, f"no sharing service answers at {self._url}") from error


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _raw(text: str) -> bytes:
    return base64.b64decode(text)
