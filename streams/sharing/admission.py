"""Who may ask how much, and the log of it: each request is counted, then written into the log, then answered.

A request that cannot be logged is not answered. What was spent on it stays spent: nobody gains by a fault.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from schemas.records import Lodging, Reidentification, SharingRequest, SharingRequestKind
from streams.core.sharing.agreement import Agreement
from streams.sharing.limits import Limits
from streams.sharing.requests import Case, NotLogged, Refused
from streams.sharing.telemetry import SharingTelemetry

SharingRecord = Lodging | SharingRequest | Reidentification
Answer = TypeVar("Answer")

# Logged, but for these: the first could not be, the second was.
UNLOGGED: Final = frozenset({503, 429})


class Admission:
    """`log` writes a record and returns when it is stored, or raises NotLogged; it may block, one call at a time."""

    def __init__(
        self, log: Callable[[SharingRecord], None], telemetry: SharingTelemetry, now: Callable[[], int]
    ) -> None:
        self.limits = Limits()
        self._log = log
        self._telemetry = telemetry
        self._now = now
        # Threads of its own: while the broker is away, nobody who reads waits behind those who write.
        self._writing = ThreadPoolExecutor(1, "sharing-log")

    async def serve(
        self, agreement: Agreement, kind: SharingRequestKind, answer: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """An answer, if the hour's limit allows it; that it was refused is logged too. Raises Refused."""
        most = agreement.limits.requests_per_hour
        number = self.limits.request(agreement.agency, self._now())
        if number > most:
            why = f"more than {most} requests this hour"
            if number == most + 1:  # the first of an hour: a flood must not fill the log
                await self.refuse(agreement, kind, why)
            raise Refused(429, why)
        try:
            return await answer()
        except Refused as refused:
            if refused.status not in UNLOGGED:
                await self.refuse(agreement, kind, str(refused))
            raise

    async def take(
        self,
        agreement: Agreement,
        kind: SharingRequestKind,
        items: int = 0,
        most: int | None = None,
        *,
        dataset: str | None = None,
        purpose: str | None = None,
        case: Case | None = None,
    ) -> None:
        """Count items, `most` of a day, and log that they are answered. Raises Refused."""
        if most is not None and not self.limits.take(agreement.agency, kind, items, most, self._now()):
            why = f"more than {most} a day"
            await self.refuse(agreement, kind, why, items, case)
            raise Refused(429, why)
        await self.write(self._request(agreement, kind, items, None, dataset, purpose, case))
        self._telemetry.answered(kind)

    async def refuse(
        self, agreement: Agreement, kind: SharingRequestKind, why: str, items: int = 0, case: Case | None = None
    ) -> None:
        """Log that a request was refused."""
        self._telemetry.refused(kind)
        await self.write(self._request(agreement, kind, items, why, None, None, case))

    async def write(self, record: SharingRecord) -> None:
        """Write a record and wait until it is stored. Raises Refused."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._writing, self._log, record)
        except NotLogged as error:
            self._telemetry.outage("log", error)
            raise Refused(503, "the request cannot be logged now, so it is not answered; ask again later") from error

    def close(self) -> None:
        """End its thread."""
        self._writing.shutdown(wait=False)

    def _request(
        self,
        agreement: Agreement,
        kind: SharingRequestKind,
        items: int,
        refused: str | None,
        dataset: str | None,
        purpose: str | None,
        case: Case | None,
    ) -> SharingRequest:
        return SharingRequest(
            request_id=str(uuid.uuid4()),
            agency_id=agreement.agency,
            agreement_version=agreement.version,
            kind=kind,
            dataset=dataset,
            purpose=case.purpose if case else purpose,
            case_number=case.case_number if case else None,
            item_count=items,
            refused=refused,
            asked_at=self._now(),
        )
