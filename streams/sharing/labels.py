"""Labels of crossings for blinded questions: made as crossings come, so that an answer finds its bucket at once.

Only a label's first bits are kept, and the crossing behind it; what is told is sealed anew for each answer.
"""

from typing import Any, Final

import orjson

from streams.core.sharing.agreement import Agreement, SharedDataset
from streams.core.sharing.blinding import BUCKET_BITS_MAX, bucket_of, label_of
from streams.core.sharing.rows import agreed_values, day_of
from streams.core.sharing.tokens import SharingKeys, question_key_info
from streams.sharing.blind import Blinder, seal
from streams.sharing.store import SharingStore
from streams.sharing.told import AGREED, agreed

# Rows labelled in one transaction: 0.1 s of work.
ROWS_AT_ONCE: Final = 2_000


def label_new(store: SharingStore, blinder: Blinder, agreement: Agreement, shared: SharedDataset) -> int:
    """Label crossings that came since; returns how many rows were looked at, 0 when none is left.

    Another version of the agreement begins anew: its ports may be others. For the store's writing thread.
    """
    agency = agreement.agency
    begun = store.query("SELECT version, seq, complete FROM labelled WHERE agency_id = ?", (agency,))
    version, seq, complete = begun[0] if begun and begun[0][0] == agreement.version else ("", 0, 0)
    rows = store.query(
        "SELECT id, seq, plate, port_code, at, mode FROM shared WHERE dataset = ? AND seq > ? ORDER BY seq LIMIT ?",
        (shared.dataset.value, seq, ROWS_AT_ONCE),
    )
    if not rows and complete:
        return 0
    labels = [
        (agency, day_of(at), bucket_of(label_of(blinder.output(agency, day_of(at), plate)), BUCKET_BITS_MAX), row_id)
        for row_id, _, plate, port_code, at, mode in rows
        if port_code in shared.ports and mode == agreement.operating_mode.value
    ]
    with store.transaction() as writer:
        if not version:
            writer.execute("DELETE FROM labels WHERE agency_id = ?", (agency,))
        writer.executemany("INSERT OR IGNORE INTO labels VALUES (?, ?, ?, ?)", labels)
        is_complete = complete or len(rows) < ROWS_AT_ONCE
        reached = agency, agreement.version, rows[-1][1] if rows else seq, is_complete
        writer.execute("INSERT OR REPLACE INTO labelled VALUES (?, ?, ?, ?)", reached)
    return len(rows)


def crossings_of(store: SharingStore, agreement: Agreement, day: int) -> int | None:
    """How many crossings of a day may be asked for; None until all that were there are labelled under this version."""
    known = store.query(
        "SELECT 1 FROM labelled WHERE agency_id = ? AND version = ? AND complete", (agreement.agency, agreement.version)
    )
    if not known:
        return None
    ((count,),) = store.query("SELECT count(*) FROM labels WHERE agency_id = ? AND day = ?", (agreement.agency, day))
    return int(count)


def bucket(
    store: SharingStore,
    blinder: Blinder,
    keys: SharingKeys,
    agreement: Agreement,
    shared: SharedDataset,
    day: int,
    bits: int,
    number: int,
    now: int,
) -> list[tuple[bytes, bytes]]:
    """The crossings of a day's bucket: the label of each, and its values sealed under its own plate's output."""
    agency, shift = agreement.agency, BUCKET_BITS_MAX - bits
    rows: list[Any] = store.query(
        "SELECT s.record_id, s.plate, s.body FROM labels l JOIN shared s ON s.id = l.shared_id"
        " WHERE l.agency_id = :agency AND l.day = :day AND l.prefix BETWEEN :first AND :last AND NOT s.withdrawn AND "
        + AGREED,
        agreed(agreement, shared, now) | {"day": day, "first": number << shift, "last": ((number + 1) << shift) - 1},
    )
    entries = []
    for record_id, plate, body in rows:
        output = blinder.output(agency, day, plate)
        values = {
            "record": keys.token(agency, shared.dataset, record_id),
            "values": agreed_values(shared, orjson.loads(body)),
        }
        entries.append((label_of(output), seal(output, question_key_info(agency, day), values)))
    return entries
