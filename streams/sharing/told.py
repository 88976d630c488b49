"""The rows that an agreement lets an agency see, in the order in which they became known to this store.

A row's place is its own last change or its lodging's, whichever came later: who reads on from a place misses nothing,
whether the crossing or the lodging was read from the log first.
"""

import base64
import secrets
import struct
from typing import Any, Final, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from streams.core.random_draw import DAY_MICROSECONDS, date_of
from streams.core.sharing.agreement import Agreement, Dataset, SharedDataset, Vehicles
from streams.core.sharing.rows import agreed_values
from streams.core.sharing.tokens import SharingKeys
from streams.sharing.blind import NONCE_BYTES
from streams.sharing.store import SharingStore

# What the agreement covers, its vehicles apart: in the question itself, so that no page is shorter and no place further
# for what is not agreed.
AGREED: Final = """s.dataset = :dataset AND s.mode = :mode AND s.at >= :since
    AND s.port_code IN (SELECT value FROM json_each(:ports))
    AND (s.list_kind = 'UNKNOWN' OR s.list_kind IN (SELECT value FROM json_each(:list_kinds)))"""

MATCHED: Final = f"""s.plate = l.plate AND {AGREED}
    AND l.agency_id = :agency AND NOT l.withdrawn AND l.purpose IN (SELECT value FROM json_each(:purposes))
    AND l.lodged_at <= s.at AND s.at < l.valid_until_at
    AND (l.jurisdiction = '' OR s.jurisdiction = '' OR l.jurisdiction = s.jurisdiction)"""

COLUMNS: Final = "s.id AS id, max(s.seq, l.seq) AS place, s.record_id, s.at, s.body, s.withdrawn, l.plate"

OF_NEW_LODGINGS: Final = f"SELECT {COLUMNS} FROM lodgings l JOIN shared s ON {MATCHED} WHERE l.seq >= :place"
OF_NEW_ROWS: Final = f"SELECT {COLUMNS} FROM shared s CROSS JOIN lodgings l ON {MATCHED} WHERE s.seq >= :place"

# Behind a place come the rows that changed since, and those of lodgings that did; of the first page the latter are all.
LODGED: Final = """
SELECT id, min(place) AS first_place, record_id, at, body, withdrawn, plate FROM ({found}) GROUP BY id
HAVING (first_place, id) > (:place, :id) ORDER BY first_place, id LIMIT :limit"""

ANY: Final = f"""
SELECT s.id, s.seq, s.record_id, s.at, s.body, s.withdrawn, NULL FROM shared s
WHERE {AGREED} AND s.seq >= :place AND (s.seq, s.id) > (:place, :id) ORDER BY s.seq, s.id LIMIT :limit"""


class Place(NamedTuple):
    """A row's place: where it stands among all that became known here, and its own number among those of one place."""

    seq: int = 0
    row_id: int = 0


class Places:
    """Places as agencies are told them: sealed, since the number itself tells how much becomes known here, and of
    whom: one agency would see when another lodges a plate."""

    def __init__(self, key: bytes, epoch: str) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._epoch = epoch.encode()

    def told(self, agency_id: str, place: Place) -> str:
        """A place for this agency; never written the same way twice."""
        nonce, raw = secrets.token_bytes(NONCE_BYTES), struct.pack(">qq", *place)
        sealed = self._cipher.encrypt(nonce, raw, agency_id.encode() + b"\0" + self._epoch)
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def read(self, agency_id: str, text: str) -> Place:
        """The place behind it, the first for an empty text. Raises ValueError if it is another agency's or store's."""
        if not text:
            return Place()
        try:
            raw = base64.urlsafe_b64decode(text.encode())
            context = agency_id.encode() + b"\0" + self._epoch
            return Place(*struct.unpack(">qq", self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context)))
        except (InvalidTag, ValueError, struct.error) as error:
            raise ValueError("no place of this store") from error


class Page(NamedTuple):
    """Rows told, and the place to read on from."""

    rows: list[dict[str, Any]]
    place: Place
    is_last: bool


def since(agreement: Agreement, shared: SharedDataset, now: int) -> int:
    """Nothing of before is told: the agreement's begin, and what the agency would have to delete at once."""
    return max(agreement.first_day * DAY_MICROSECONDS, now - shared.retention_days * DAY_MICROSECONDS)


def page_of(
    store: SharingStore,
    keys: SharingKeys,
    agreement: Agreement,
    shared: SharedDataset,
    after: Place,
    limit: int,
    now: int,
) -> Page:
    """Up to `limit` rows behind a place; of LODGED vehicles with the plate that was lodged, of ANY without one."""
    sql = ANY
    if shared.vehicles is Vehicles.LODGED:
        is_first = after == Place()
        sql = LODGED.format(found=OF_NEW_LODGINGS if is_first else f"{OF_NEW_LODGINGS} UNION {OF_NEW_ROWS}")
    asked = agreed(agreement, shared, now) | {"place": after.seq, "id": after.row_id, "limit": limit}
    found = store.query(sql, asked)
    rows = []
    for _, _, record_id, at, body, withdrawn, plate in found:
        row: dict[str, Any] = {"record": keys.token(agreement.agency, shared.dataset, record_id)}
        if plate is not None:
            row["plate"] = plate
        row["values"] = None if withdrawn else agreed_values(shared, orjson.loads(body))
        # By the day: to the microsecond it would tell the record's time, agreed or not.
        row["delete_on"] = date_of(at + shared.retention_days * DAY_MICROSECONDS)
        rows.append(row)
    place = Place(found[-1][1], found[-1][0]) if found else after
    return Page(rows, place, len(found) < limit)


def agreed(agreement: Agreement, shared: SharedDataset, now: int) -> dict[str, Any]:
    """The values of AGREED and MATCHED. Purposes: an earlier version of the agreement may have had others."""
    return {
        "agency": agreement.agency,
        "dataset": shared.dataset.value,
        "mode": agreement.operating_mode.value,
        "since": since(agreement, shared, now),
        "ports": orjson.dumps(shared.ports).decode(),
        "list_kinds": orjson.dumps(shared.list_kinds).decode(),
        "purposes": orjson.dumps(agreement.purposes).decode(),
    }


class Behind(NamedTuple):
    """The record behind a name: what the agency was told of it, and whose it is; no plate if none is known."""

    dataset: Dataset
    values: dict[str, object]
    plate: str
    jurisdiction: str


def behind(store: SharingStore, keys: SharingKeys, agreement: Agreement, token: str, now: int) -> Behind | None:
    """The record of ANY vehicles that this agency is told of under a name, as it stands; None if there is none.

    Names are not kept: each row that the agency may see is tried, which are alerts and finds, never crossings.
    """
    for shared in agreement.datasets:
        if shared.vehicles is not Vehicles.ANY:
            continue
        sql = f"SELECT record_id, body, plate, jurisdiction FROM shared s WHERE {AGREED} AND NOT withdrawn"
        for record_id, body, plate, jurisdiction in store.query(sql, agreed(agreement, shared, now)):
            if keys.token(agreement.agency, shared.dataset, record_id) == token:
                return Behind(shared.dataset, agreed_values(shared, orjson.loads(body)), plate, jurisdiction)
    return None


def asked_crossings(agreement: Agreement) -> SharedDataset | None:
    """The crossings that this agency may ask for blinded."""
    return agreement.dataset(Dataset.CROSSINGS, Vehicles.ASKED)
