"""What an agency may ask, and what it is told.

who asks ─► agreement in force? ─► within its limits? ─► in the log ─► answer
"""

import asyncio
import hashlib
import hmac
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import msgspec
import orjson

from schemas.records import Lodging, Reidentification, ReidentificationState, SharingRequestKind
from streams.core.random_draw import DAY_MICROSECONDS, date_of
from streams.core.sharing.agreement import Agreement, Dataset, SharedDataset, Vehicles, day_in
from streams.core.sharing.blinding import bucket_bits, least_bits
from streams.core.sharing.tokens import SharingKeys
from streams.sharing import labels, told
from streams.sharing.admission import Admission, Answer, SharingRecord
from streams.sharing.blind import Blinder
from streams.sharing.requests import (
    TEXT_LENGTH_MAX,
    Case,
    Plate,
    Refused,
    check_case,
    check_purpose,
    lodging_of,
    until_of,
)
from streams.sharing.store import SharingStore
from streams.sharing.telemetry import SharingTelemetry

ROWS_MAX: Final = 1_000
PLATES_AT_ONCE_MAX: Final = 500
QUESTIONS_AT_ONCE_MAX: Final = 100

# A lodging is in the store a moment after it is in the log; who asks for the list then sees it.
LODGED_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.05


class Lodged(NamedTuple):
    """What the store says of a lodging in force."""

    valid_until_at: int
    lodged_at: int
    purpose: str


class SharingService:
    """One service; `now` is its clock, microseconds. All methods are for one event loop."""

    def __init__(
        self,
        store: SharingStore,
        keys: SharingKeys,
        log: Callable[[SharingRecord], None],
        telemetry: SharingTelemetry,
        now: Callable[[], int],
    ) -> None:
        self._store = store
        self._keys = keys
        self._telemetry = telemetry
        self._now = now
        self._admission = Admission(log, telemetry, now)
        self._places = told.Places(keys.place_key, store.epoch)
        self._lodging: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.blinder = Blinder(keys.question_seed)
        self.is_ready = False

    def caught_up(self) -> None:
        """All that was in the log at the start has been read: from here on limits hold."""
        if not self.is_ready:
            self._admission.limits.load(self._store, self._now())
            self.is_ready = True

    def close(self) -> None:
        """End its threads."""
        self._admission.close()

    def agreement_of(self, credential: str) -> Agreement:
        """The agreement of whoever shows this credential, `AGENCY:secret`. Raises Refused."""
        if not self.is_ready:
            raise Refused(503, "the service is reading the log; ask again in a moment")
        agency_id, _, secret = credential.partition(":")
        agreement = self._store.agreement(agency_id)
        digest = hashlib.sha256(secret.encode()).hexdigest()
        known = agreement.credential_sha256 if agreement is not None else ""
        if not hmac.compare_digest(digest, known) or agreement is None:  # compared also where there is none
            self._telemetry.unauthenticated()
            raise Refused(401, "no agreement is in force for this credential")
        if not agreement.first_day <= self._now() // DAY_MICROSECONDS <= agreement.last_day:
            raise Refused(403, f"the agreement is valid from {agreement.valid_from} until {agreement.valid_until}")
        return agreement

    async def serve(
        self, agreement: Agreement, kind: SharingRequestKind, answer: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """One request of this kind, counted and logged whether it is answered or refused. Raises Refused."""
        return await self._admission.serve(agreement, kind, answer)

    async def standing(self, agreement: Agreement) -> dict[str, Any]:
        """The agreement as the agency may see it, with what it has used today."""
        await self._admission.take(agreement, SharingRequestKind.AGREEMENT)
        used = {
            kind.value.lower(): self._admission.limits.taken(agreement.agency, kind, self._now())
            for kind in (SharingRequestKind.LODGE, SharingRequestKind.QUESTIONS, SharingRequestKind.REIDENTIFY)
        }
        values = msgspec.to_builtins(agreement)
        values.pop("credential_sha256")
        return {"agreement": values, "used_today": used}

    async def lodge(self, agreement: Agreement, case: Case, plates: list[Plate], until: str) -> dict[str, Any]:
        """Lodge plates; one that is lodged alike already is not counted again."""
        if not any(one.vehicles is Vehicles.LODGED for one in agreement.datasets):
            raise Refused(403, "no plates may be lodged under this agreement")
        check_case(agreement, case)
        if not 1 <= len(plates) <= PLATES_AT_ONCE_MAX:
            raise Refused(422, f"lodge 1 to {PLATES_AT_ONCE_MAX} plates at once")
        now = self._now()
        valid_until_at = until_of(until, agreement, now)
        made = [lodging_of(agreement, case, plate, now, valid_until_at) for plate in plates]
        wanted = {one.lodging_id: one for one in made}
        async with self._lodging[agreement.agency]:
            known = self._in_force(agreement, list(wanted), now)
            added = [one for name, one in wanted.items() if name not in known]
            # One that is lodged longer keeps its begin: what crossed since is still to be told.
            renewed = [
                msgspec.structs.replace(one, lodged_at=known[name].lodged_at)
                for name, one in wanted.items()
                if name in known and known[name] != (one.valid_until_at, known[name].lodged_at, one.purpose)
            ]
            if self._count_in_force(agreement, now) + len(added) > agreement.limits.lodged_plates:
                raise Refused(409, f"more than {agreement.limits.lodged_plates} plates lodged; take some back")
            new = added + renewed
            limit = agreement.limits.lodgings_per_day
            await self._admission.take(agreement, SharingRequestKind.LODGE, len(new), limit, case=case)
            for one in new:
                await self._admission.write(one)
            await self._until_stored(agreement, new)
        return {"lodging_ids": list(wanted), "new": len(added)}

    async def withdraw(self, agreement: Agreement, lodging_id: str) -> dict[str, Any]:
        """Take a lodging back."""
        async with self._lodging[agreement.agency]:
            found = self._store.quick(
                "SELECT plate, jurisdiction, purpose, case_number, lodged_at, valid_until_at FROM lodgings"
                " WHERE agency_id = ? AND lodging_id = ? AND NOT withdrawn",
                (agreement.agency, lodging_id),
            )
            if not found:
                raise Refused(404, "no such plate is lodged")
            plate, jurisdiction, purpose, case_number, lodged_at, valid_until_at = found[0]
            await self._admission.take(agreement, SharingRequestKind.WITHDRAW, 1)
            withdrawn = Lodging(
                lodging_id=lodging_id,
                agency_id=agreement.agency,
                withdrawn=True,
                plate=plate,
                jurisdiction=jurisdiction or None,
                purpose=purpose,
                case_number=case_number,
                legal_basis="",
                valid_until_at=valid_until_at,
                lodged_at=lodged_at,
            )
            await self._admission.write(withdrawn)
            await self._until_stored(agreement, [withdrawn])
        return {"withdrawn": lodging_id}

    async def lodgings(self, agreement: Agreement) -> dict[str, Any]:
        """The agency's own list."""
        await self._admission.take(agreement, SharingRequestKind.LODGINGS)
        rows = await asyncio.to_thread(
            self._store.query,
            "SELECT lodging_id, plate, jurisdiction, purpose, case_number, valid_until_at FROM lodgings"
            " WHERE agency_id = ? AND NOT withdrawn AND valid_until_at > ? ORDER BY seq",
            (agreement.agency, self._now()),
        )
        names = ("lodging_id", "plate", "jurisdiction", "purpose", "case_number", "valid_until_at")
        return {"lodgings": [dict(zip(names, row, strict=True)) for row in rows]}

    async def records(self, agreement: Agreement, dataset: str, purpose: str, after: str, limit: int) -> dict[str, Any]:
        """Agreed rows of one dataset behind a place, `after` empty for the first."""
        shared = agreement.dataset(dataset, Vehicles.LODGED, Vehicles.ANY)
        if shared is None:
            raise Refused(403, "this dataset is not agreed, or is asked for by blinded questions")
        check_purpose(agreement, purpose)
        if not 1 <= limit <= ROWS_MAX:
            raise Refused(422, f"limit must be 1 to {ROWS_MAX}")
        try:
            place = self._places.read(agreement.agency, after)
        except ValueError as error:
            why = "this place is of another service; begin again without `after`: records keep their names"
            raise Refused(410, why) from error
        await self._admission.take(agreement, SharingRequestKind.RECORDS, limit, dataset=dataset, purpose=purpose)
        page = await asyncio.to_thread(
            told.page_of, self._store, self._keys, agreement, shared, place, limit, self._now()
        )
        self._telemetry.told(shared.dataset, len(page.rows))
        return {"rows": page.rows, "after": self._places.told(agreement.agency, page.place), "is_last": page.is_last}

    async def questions(self, agreement: Agreement, case: Case, day: str, blinded: list[bytes]) -> dict[str, Any]:
        """Evaluate blinded plates of one day, with the proofs, and by how many bits of a label answers are had."""
        shared = self._asked(agreement)
        check_case(agreement, case)
        number = self._day(agreement, shared, day)
        if not 1 <= len(blinded) <= QUESTIONS_AT_ONCE_MAX:
            raise Refused(422, f"ask 1 to {QUESTIONS_AT_ONCE_MAX} questions at once")
        crossings = await self._crossings(agreement, number)
        try:
            evaluated = await asyncio.to_thread(self.blinder.evaluate, agreement.agency, number, blinded)
        except ValueError as error:
            raise Refused(422, "a blinded question is no point of ristretto255") from error
        kind, limit = SharingRequestKind.QUESTIONS, agreement.limits.questions_per_day
        await self._admission.take(agreement, kind, len(blinded), limit, dataset=Dataset.CROSSINGS, case=case)
        return {
            "evaluated": evaluated,
            "public_key": self.blinder.public_key(agreement.agency, number),
            "bits": bucket_bits(crossings),
            "least_bits": least_bits(crossings),
        }

    async def answers(self, agreement: Agreement, day: str, bits: int, bucket: int) -> dict[str, Any]:
        """The sealed crossings of one bucket."""
        shared = self._asked(agreement)
        number = self._day(agreement, shared, day)
        crossings = await self._crossings(agreement, number)
        if not least_bits(crossings) <= bits <= bucket_bits(crossings) or not 0 <= bucket < 1 << bits:
            raise Refused(422, "take as many bits as the questions' answer says, and a number of so many bits")
        await self._admission.take(agreement, SharingRequestKind.ANSWERS, 1, dataset=Dataset.CROSSINGS)
        store, now = self._store, self._now()
        entries = await asyncio.to_thread(
            labels.bucket, store, self.blinder, self._keys, agreement, shared, number, bits, bucket, now
        )
        return {"entries": entries}

    async def reidentify(self, agreement: Agreement, case: Case, token: str) -> dict[str, Any]:
        """Ask for the plate of a record; a person of this side decides."""
        check_case(agreement, case)
        if not 1 <= len(token) <= TEXT_LENGTH_MAX:
            raise Refused(422, "record is the name under which it was told")
        found = await asyncio.to_thread(told.behind, self._store, self._keys, agreement, token, self._now())
        if found is None:
            raise Refused(404, "no record is told under this name")
        limit = agreement.limits.reidentifications_per_day
        await self._admission.take(agreement, SharingRequestKind.REIDENTIFY, 1, limit, case=case)
        asked = Reidentification(
            reidentification_id=str(uuid.uuid4()),
            agency_id=agreement.agency,
            state=ReidentificationState.ASKED,
            record_token=token,
            dataset=found.dataset.value,
            record_told=orjson.dumps(found.values).decode(),
            purpose=case.purpose,
            case_number=case.case_number,
            legal_basis=case.legal_basis,
            asked_at=self._now(),
        )
        await self._admission.write(asked)
        return {"reidentification_id": asked.reidentification_id, "state": asked.state.value}

    async def reidentified(self, agreement: Agreement, reidentification_id: str) -> dict[str, Any]:
        """What became of it; with the plate once it is approved, as long as the record stands and its purpose is
        agreed."""
        found = self._store.quick(
            "SELECT state, record_token, reason, purpose FROM reidentifications WHERE reidentification_id = ?"
            " AND agency_id = ?",
            (reidentification_id, agreement.agency),
        )
        if not found:
            raise Refused(404, "there is no such request, or it is not in the log yet")
        state, token, reason, purpose = found[0]
        check_purpose(agreement, purpose)
        await self._admission.take(agreement, SharingRequestKind.REIDENTIFIED, 1, purpose=purpose)
        answer: dict[str, Any] = {"reidentification_id": reidentification_id, "state": state, "reason": reason}
        if state == ReidentificationState.APPROVED:
            behind = await asyncio.to_thread(told.behind, self._store, self._keys, agreement, token, self._now())
            answer["plate"] = behind.plate or None if behind else None
            answer["jurisdiction"] = behind.jurisdiction or None if behind else None
        return answer

    def _asked(self, agreement: Agreement) -> SharedDataset:
        shared = told.asked_crossings(agreement)
        if shared is None:
            raise Refused(403, "no questions may be asked under this agreement")
        return shared

    def _day(self, agreement: Agreement, shared: SharedDataset, text: str) -> int:
        today = self._now() // DAY_MICROSECONDS
        try:
            number = day_in(text)
        except ValueError:
            raise Refused(422, "day is a UTC date such as 2026-11-30") from None
        first = max(today - shared.retention_days, agreement.first_day)
        if not first <= number <= today:
            raise Refused(422, f"day must be from {date_of(first * DAY_MICROSECONDS)} to today")
        return number

    async def _crossings(self, agreement: Agreement, day: int) -> int:
        """How many may be asked for. Raises Refused while the day is being labelled: an answer would be too empty."""
        found = await asyncio.to_thread(labels.crossings_of, self._store, agreement, day)
        if found is None:
            raise Refused(503, "crossings are being made ready for this agreement; ask again in a moment")
        return found

    def _in_force(self, agreement: Agreement, lodging_ids: list[str], now: int) -> dict[str, Lodged]:
        rows = self._store.quick(
            "SELECT lodging_id, valid_until_at, lodged_at, purpose FROM lodgings WHERE agency_id = ? AND lodging_id IN"
            " (SELECT value FROM json_each(?)) AND NOT withdrawn AND valid_until_at > ?",
            (agreement.agency, orjson.dumps(lodging_ids).decode(), now),
        )
        return {lodging_id: Lodged(until, begin, purpose) for lodging_id, until, begin, purpose in rows}

    def _count_in_force(self, agreement: Agreement, now: int) -> int:
        sql = "SELECT count(*) FROM lodgings WHERE agency_id = ? AND NOT withdrawn AND valid_until_at > ?"
        ((count,),) = self._store.quick(sql, (agreement.agency, now))
        return int(count)

    async def _until_stored(self, agreement: Agreement, written: list[Lodging]) -> None:
        """Wait until the store has read back what was written; the next lodging is compared with it."""
        until = asyncio.get_running_loop().time() + LODGED_SECONDS
        names = [one.lodging_id for one in written]
        wanted = {
            one.lodging_id: Lodged(one.valid_until_at, one.lodged_at, one.purpose)
            for one in written
            if not one.withdrawn
        }
        while self._in_force(agreement, names, 0) != wanted:
            if asyncio.get_running_loop().time() > until:
                raise Refused(503, "it is in the log and not in force yet; `lodgings` shows when it is")
            await asyncio.sleep(POLL_SECONDS)
