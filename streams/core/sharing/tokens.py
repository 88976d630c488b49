"""Names under which agencies are told of records: each agency has its own, none can be made or read without our key."""

import hmac
from typing import Final

from streams.core.sharing.agreement import Dataset

# A shorter secret could be searched.
SECRET_BYTES_MIN: Final = 32
TOKEN_BYTES: Final = 16


class SharingKeys:
    """Keys of the sharing service, each made from one secret that comes from a file and stays in memory.

    Raises ValueError for a secret under SECRET_BYTES_MIN bytes.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SECRET_BYTES_MIN:
            raise ValueError(f"the sharing secret must have at least {SECRET_BYTES_MIN} bytes")
        self._tokens = hmac.digest(secret, b"tokens", "sha256")
        self.question_seed = hmac.digest(secret, b"questions", "sha256")
        self.place_key = hmac.digest(secret, b"places", "sha256")

    def token(self, agency_id: str, dataset: Dataset, record_id: str) -> str:
        """The record's name for this agency: always the same, and of no use to another one."""
        message = "\0".join((agency_id, dataset, record_id)).encode()
        return hmac.digest(self._tokens, message, "sha256")[:TOKEN_BYTES].hex()


def question_key_info(agency_id: str, day: int) -> bytes:
    """What sets one agency's key of one day (UTC days since 1970) apart from all others."""
    return f"{agency_id}/{day}".encode()
