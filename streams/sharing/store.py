"""What the sharing service knows, in a file that can be made again from the log.

    passages, alerts, outcomes.by-port, agreements, sharing ─► apply, with the places reached ─► answers

One SQLite transaction holds a batch's rows and how far each partition was read, so a killed service goes on where it
was, and each record counts once. Whoever removes the file loses nothing that the log still holds.
"""

import fcntl
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Final

import orjson

from schemas.container import LogRecord
from schemas.records import Lodging, Reidentification, ReidentificationState, SharingAgreementVersion, SharingRequest
from streams.console.log_reader import LogReplaced
from streams.core.random_draw import DAY_MICROSECONDS
from streams.core.sharing.agreement import RETENTION_DAYS_MAX, Agreement, Dataset, parse_agreement
from streams.core.sharing.rows import SharedRow, shared_row

HOUR_MICROSECONDS: Final = 3600 * 1_000_000
BUSY_SECONDS: Final = 10.0

TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS positions (topic TEXT, partition INTEGER, next INTEGER, PRIMARY KEY (topic, partition));
CREATE TABLE IF NOT EXISTS agreements (agency_id TEXT PRIMARY KEY, text TEXT NOT NULL, withdrawn INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS shared (
    id INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER NOT NULL, dataset TEXT NOT NULL, record_id TEXT NOT NULL,
    plate TEXT NOT NULL, jurisdiction TEXT NOT NULL, list_kind TEXT NOT NULL, revision INTEGER NOT NULL,
    mode TEXT NOT NULL, port_code TEXT NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL, withdrawn INTEGER NOT NULL,
    appended_at INTEGER NOT NULL, UNIQUE (dataset, record_id, plate, jurisdiction, list_kind));
CREATE INDEX IF NOT EXISTS shared_plate ON shared (plate, dataset);
CREATE INDEX IF NOT EXISTS shared_seq ON shared (dataset, seq);
CREATE INDEX IF NOT EXISTS shared_age ON shared (appended_at);
CREATE TABLE IF NOT EXISTS lodgings (
    agency_id TEXT NOT NULL, lodging_id TEXT NOT NULL, seq INTEGER NOT NULL, plate TEXT NOT NULL,
    jurisdiction TEXT NOT NULL, purpose TEXT NOT NULL, case_number TEXT NOT NULL, lodged_at INTEGER NOT NULL,
    valid_until_at INTEGER NOT NULL, withdrawn INTEGER NOT NULL, PRIMARY KEY (agency_id, lodging_id));
CREATE INDEX IF NOT EXISTS lodgings_plate ON lodgings (agency_id, plate);
CREATE INDEX IF NOT EXISTS lodgings_seq ON lodgings (agency_id, seq);
CREATE TABLE IF NOT EXISTS asked (
    agency_id TEXT, kind TEXT, hour INTEGER, requests INTEGER, items INTEGER, PRIMARY KEY (agency_id, kind, hour));
CREATE TABLE IF NOT EXISTS reidentifications (
    reidentification_id TEXT PRIMARY KEY, agency_id TEXT NOT NULL, state TEXT NOT NULL, record_token TEXT NOT NULL,
    purpose TEXT NOT NULL, reason TEXT);
CREATE TABLE IF NOT EXISTS labels (
    agency_id TEXT, day INTEGER, prefix INTEGER, shared_id INTEGER, PRIMARY KEY (agency_id, day, prefix, shared_id))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS labelled (
    agency_id TEXT PRIMARY KEY, version TEXT NOT NULL, seq INTEGER NOT NULL, complete INTEGER NOT NULL);
"""


class StoreInUse(RuntimeError):
    """Another sharing service uses this file: two would each allow the whole of every limit."""


class SharingStore:
    """One service's rows. `apply`, `transaction` and `prune` are for one thread, `quick` for the event loop's, which
    must not wait for the long questions of others; `query` is for any.

    Raises StoreInUse, and OSError or sqlite3.Error if the file cannot be used.
    """

    def __init__(self, file: Path) -> None:
        self._lock: IO[str] = file.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise StoreInUse(f"another sharing service uses {file}; there is one for each log") from error
        # It holds plates. What SQLite puts beside it has the same rights.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        self._writer = self._connect(file)
        self._writer.executescript(TABLES)
        self._writer.execute("INSERT OR IGNORE INTO meta VALUES ('epoch', ?)", (secrets.token_hex(8),))
        self._reader, self._quick_reader = self._connect(file), self._connect(file)
        self._reading = threading.Lock()
        (self.epoch,) = self.query("SELECT value FROM meta WHERE name = 'epoch'")[0]
        """Of this file: a place in another one's order means nothing here."""

        self._seq: int
        (self._seq,) = self.query(
            "SELECT max(coalesce((SELECT max(seq) FROM shared), 0), coalesce((SELECT max(seq) FROM lodgings), 0))"
        )[0]
        self._newest: int
        (self._newest,) = self.query("SELECT coalesce(max(appended_at), 0) FROM shared")[0]

    def _connect(self, file: Path) -> sqlite3.Connection:
        made = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        made.execute("PRAGMA journal_mode=WAL")
        # Without fsync on the way: what the machine's power takes is read from the log again, places and all.
        made.execute("PRAGMA synchronous=NORMAL")
        return made

    def close(self) -> None:
        """Give the file free."""
        self._writer.close()
        self._reader.close()
        self._quick_reader.close()
        self._lock.close()

    def query(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
        """All rows of a question; for any thread."""
        with self._reading:
            return self._reader.execute(sql, values).fetchall()

    def quick(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a question that an index answers."""
        return self._quick_reader.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; for the writing thread."""
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield self._writer
        except BaseException:
            self._writer.execute("ROLLBACK")
            raise
        self._writer.execute("COMMIT")

    def check_log(self, cluster_id: str) -> None:
        """Raises LogReplaced if this store was made from another broker's log."""
        with self.transaction() as writer:
            writer.execute("INSERT OR IGNORE INTO meta VALUES ('cluster', ?)", (cluster_id,))
            (known,) = writer.execute("SELECT value FROM meta WHERE name = 'cluster'").fetchone()
        if known != cluster_id:
            raise LogReplaced("the store was made from another broker's log; move its file away, and start again")

    def positions(self) -> dict[tuple[str, int], int]:
        """The next offset of each partition that was read."""
        return {(topic, partition): offset for topic, partition, offset in self.query("SELECT * FROM positions")}

    def apply(self, records: Iterable[LogRecord]) -> None:
        """A batch in log order, with the places that it reached; what was applied before changes nothing."""
        reached = self.positions()
        with self.transaction() as writer:
            for record in records:
                place = (record.topic, record.partition)
                if record.offset < reached.get(place, 0):
                    continue
                reached[place] = record.offset + 1
                self._apply_one(writer, record)
            rows = [(topic, partition, offset) for (topic, partition), offset in reached.items()]
            writer.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", rows)

    def _apply_one(self, writer: sqlite3.Connection, record: LogRecord) -> None:
        value = record.value
        if isinstance(value, SharingAgreementVersion):
            row = value.agency_id, value.text, value.withdrawn
            writer.execute("INSERT OR REPLACE INTO agreements VALUES (?, ?, ?)", row)
        elif isinstance(value, Lodging):
            self._lodge(writer, value)
        elif isinstance(value, SharingRequest):
            items = 0 if value.refused else value.item_count
            row_of_hour = value.agency_id, value.kind.value, value.asked_at // HOUR_MICROSECONDS, items
            writer.execute(
                "INSERT INTO asked VALUES (?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET requests = requests + 1,"
                " items = items + excluded.items",
                row_of_hour,
            )
        elif isinstance(value, Reidentification):
            self._reidentify(writer, value)
        else:
            row_shared = shared_row(value)
            if row_shared is not None:
                self._share(writer, row_shared, record.appended_at)

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def _lodge(self, writer: sqlite3.Connection, value: Lodging) -> None:
        """One that is lodged longer keeps its place: what was told of it is not told again."""
        writer.execute(
            "INSERT INTO lodgings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " seq = CASE WHEN withdrawn OR lodged_at != excluded.lodged_at THEN excluded.seq ELSE seq END,"
            " purpose = excluded.purpose, lodged_at = excluded.lodged_at, valid_until_at = excluded.valid_until_at,"
            " withdrawn = excluded.withdrawn",
            (
                value.agency_id,
                value.lodging_id,
                self._next(),
                value.plate,
                value.jurisdiction or "",
                value.purpose,
                value.case_number,
                value.lodged_at,
                value.valid_until_at,
                value.withdrawn,
            ),
        )

    def _reidentify(self, writer: sqlite3.Connection, value: Reidentification) -> None:
        """The first decision counts, and none is one without its question."""
        key = value.reidentification_id, value.agency_id
        if value.state is ReidentificationState.ASKED:
            row = *key, value.state.value, value.record_token, value.purpose, None
            writer.execute("INSERT OR IGNORE INTO reidentifications VALUES (?, ?, ?, ?, ?, ?)", row)
            return
        writer.execute(
            "UPDATE reidentifications SET state = ?, reason = ?"
            " WHERE reidentification_id = ? AND agency_id = ? AND state = 'ASKED'",
            (value.state.value, value.reason, *key),
        )

    def _share(self, writer: sqlite3.Connection, row: SharedRow, appended_at: int) -> None:
        """A revision of another vehicle, issuer or list, or one that calls a record off, withdraws what was told under
        the earlier ones: whoever was told of it then hears that it is withdrawn."""
        self._newest = max(self._newest, appended_at)
        key = row.dataset.value, row.record_id
        seen = row.plate, row.jurisdiction or "", row.list_kind.value
        if row.dataset is Dataset.FINDS:  # its passage names the vehicle, before or after it
            known = writer.execute(
                "SELECT plate, jurisdiction FROM shared WHERE dataset = ? AND record_id = ?",
                (Dataset.CROSSINGS.value, row.record_id),
            ).fetchone()
            seen = *(known or ("", "")), row.list_kind.value
        writer.execute(
            "UPDATE shared SET withdrawn = 1, seq = ?, revision = ? WHERE dataset = ? AND record_id = ?"
            " AND revision < ? AND NOT withdrawn AND (? OR (plate, jurisdiction, list_kind) != (?, ?, ?))",
            (self._next(), row.revision, *key, row.revision, row.values is None, *seen),
        )
        if row.values is not None:
            where = row.operating_mode.value, row.port_code, row.at, orjson.dumps(row.values), appended_at
            writer.execute(
                "INSERT INTO shared (seq, dataset, record_id, plate, jurisdiction, list_kind, revision, mode,"
                " port_code, at, body, withdrawn, appended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)"
                " ON CONFLICT DO UPDATE SET seq = excluded.seq, revision = excluded.revision, at = excluded.at,"
                " body = excluded.body, withdrawn = 0 WHERE excluded.revision > revision",
                (self._next(), *key, *seen, row.revision, *where),
            )
        if row.dataset is Dataset.CROSSINGS:
            writer.execute(
                "UPDATE shared SET plate = ?, jurisdiction = ?, seq = ? WHERE dataset = ? AND record_id = ?"
                " AND plate = ''",
                (row.plate, row.jurisdiction or "", self._next(), Dataset.FINDS.value, row.record_id),
            )

    def prune(self) -> int:
        """Forget what is older than any agreement may tell, counted from the newest record; returns how many rows."""
        before = self._newest - RETENTION_DAYS_MAX * DAY_MICROSECONDS
        day = before // DAY_MICROSECONDS
        with self.transaction() as writer:
            gone = writer.execute("DELETE FROM shared WHERE appended_at < ?", (before,)).rowcount
            if gone:
                writer.execute("DELETE FROM labels WHERE day < ?", (day,))
            writer.execute("DELETE FROM asked WHERE hour < ?", (before // HOUR_MICROSECONDS,))
            writer.execute(
                "DELETE FROM lodgings WHERE valid_until_at < ? OR (withdrawn AND lodged_at < ?)", (before, before)
            )
        return gone

    def agreements(self) -> list[Agreement]:
        """Those that are published and not withdrawn. A text of another version of the platform is none."""
        rows = self.query("SELECT text FROM agreements WHERE NOT withdrawn ORDER BY agency_id")
        return [agreement for (text,) in rows if (agreement := _parsed(text)) is not None]

    def agreement(self, agency_id: str) -> Agreement | None:
        """An agency's own; for the event loop's thread."""
        rows = self.quick("SELECT text FROM agreements WHERE agency_id = ? AND NOT withdrawn", (agency_id,))
        return _parsed(rows[0][0]) if rows else None


@lru_cache(256)
def _parsed(text: str) -> Agreement | None:
    try:
        return parse_agreement(text)
    except ValueError:
        return None
