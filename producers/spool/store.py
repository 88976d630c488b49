"""The spool's file: SQLite with a write-ahead log, one connection, one table for each queue.

    entries_<n>   position (rises by one with each reading of the queue), key, schema, reading_id, body, accepted_at,
                  checksum
    queues        which table is whose
    schemas       the Avro schema that a body was written with: a newer version of this program delivers it too
    marks         positions that must survive a kill, by queue and name
    pinned        copies that stay when what they are of is delivered, the last of each name
    damaged       readings that have changed on disk since: kept apart for a person, while the others go on

What is in a transaction that was cut short by a kill or by the power is dropped as a whole by SQLite, which finds the
torn tail by the checksum of each frame of its log. It was not acknowledged to anybody: that comes after the sync.

A full disk. SQLite needs room to delete, so a file of `reserve_bytes` is kept beside it: once a write meets a full
disk, that file goes, deliveries make room with it, and nothing is accepted until it could be made again.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from producers.spool.entries import Entry, Held, Kept, Pinned, checksum_of
from producers.spool.errors import SpoolCorrupt, SpoolError, SpoolFull, SpoolInUse

FILE: Final = "spool.db"
LOCK_FILE: Final = "spool.lock"
RESERVE_FILE: Final = "spool.reserve"

PAGE_BYTES: Final = 4_096
# How much of the write-ahead log is gathered before it is moved into the file: 4 MiB, which a power cut has to redo.
CHECKPOINT_PAGES: Final = 1_000
# Pages given back to the disk at once; moving one costs as much as writing one.
GIVE_BACK_PAGES: Final = 256
# Free pages that stay in the file for what comes next, so that it does not shrink and grow all the time: 4 MiB.
KEPT_FREE_PAGES: Final = 1_024
# Four times that log, since with a full disk both it and what it is moved to have to have room.
RESERVE_BYTES: Final = 16 << 20
# Rows of one deletion on a full disk: what it changes has to fit into the reserve.
REMOVED_MAX: Final = 500

PIN: Final = (
    "INSERT INTO pinned VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET rank = excluded.rank,"
    " schema = excluded.schema, body = excluded.body, checksum = excluded.checksum WHERE excluded.rank >= pinned.rank"
)

# SQLITE_IOERR_WRITE is what a quota or a limit of the file's size gives.
NO_ROOM: Final = frozenset((sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE))
DAMAGED: Final = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))

SYNCHRONOUS: Final[Mapping[str, str]] = {"group": "FULL", "always": "FULL", "never": "OFF"}


class SpoolStore:
    """Opens or makes the spool in a directory; for one thread.

    `queues` are names, in an order that never changes. `schemas` maps names of records to the JSON of their schemas.
    `bytes_max` bounds what the file holds. Raises SpoolInUse, SpoolCorrupt, or SpoolError if it cannot be used.
    """

    def __init__(
        self,
        directory: Path,
        queues: Sequence[str],
        schemas: Mapping[str, str],
        *,
        bytes_max: int,
        fsync: str = "group",
        reserve_bytes: int = RESERVE_BYTES,
    ) -> None:
        self.file = directory / FILE
        self._reserve, self._reserve_bytes = directory / RESERVE_FILE, reserve_bytes
        self._bytes_max, self._synchronous = bytes_max, SYNCHRONOUS[fsync]
        self.is_full = False
        self._lock = self._take_lock(directory)
        try:
            self._db = self._open()
            self._tables = {queue: f"entries_{number}" for number, queue in enumerate(queues)}
            self._make_tables(queues)
            self._numbers = {record: self._schema_number(text) for record, text in schemas.items()}
            self._texts = {int(n): str(text) for n, text in self._db.execute("SELECT number, text FROM schemas")}
            self._last = {queue: self._read_last(queue) for queue in queues}
        except sqlite3.Error as error:
            self._lock.close()
            raise self._told(error) from error
        except SpoolError:
            self._lock.close()
            raise
        if not self._make_reserve():
            self.is_full = True

    def _take_lock(self, directory: Path) -> IO[str]:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            lock = (directory / LOCK_FILE).open("w")
        except OSError as error:
            raise SpoolError(
                f"cannot keep readings in {directory}: {error.strerror}; make the directory writable, or choose "
                "another one as spool_directory"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise SpoolInUse(
                f"another gateway keeps its readings in {directory}; each needs a spool_directory of its own"
            ) from error
        return lock

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.file, timeout=0.1, isolation_level=None, check_same_thread=False)
        # Before the log is touched: then its index is in memory, and a full disk cannot end the process by SIGBUS.
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        db.execute(f"PRAGMA page_size={PAGE_BYTES}")
        if db.execute("PRAGMA page_count").fetchone()[0] == 0:
            db.execute("PRAGMA auto_vacuum=INCREMENTAL")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"PRAGMA synchronous={self._synchronous}")
        pages = min(CHECKPOINT_PAGES, self._reserve_bytes // 4 // PAGE_BYTES)
        db.execute(f"PRAGMA wal_autocheckpoint={pages}")
        db.execute("PRAGMA trusted_schema=OFF")
        found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
        if found != "ok":
            db.close()
            raise self._corrupt(found)
        return db

    def _make_tables(self, queues: Sequence[str]) -> None:
        db = self._db
        if db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'queues'").fetchone() is None:
            db.execute("BEGIN IMMEDIATE")
            db.execute("CREATE TABLE schemas (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)")
            db.execute("CREATE TABLE marks (queue TEXT, name TEXT, position INTEGER, PRIMARY KEY (queue, name))")
            db.execute("CREATE TABLE queues (number INTEGER PRIMARY KEY, name TEXT NOT NULL)")
            db.execute(
                "CREATE TABLE damaged (queue TEXT, position INTEGER, key, schema, reading_id, body, accepted_at,"
                " checksum, PRIMARY KEY (queue, position))"
            )
            for number, (queue, table) in enumerate(self._tables.items()):
                db.execute("INSERT INTO queues VALUES (?, ?)", (number, queue))
                db.execute(
                    f"CREATE TABLE {table} (position INTEGER PRIMARY KEY, key TEXT NOT NULL, schema INTEGER NOT NULL,"
                    " reading_id TEXT NOT NULL, body BLOB NOT NULL, accepted_at INTEGER NOT NULL,"
                    " checksum INTEGER NOT NULL)"
                )
            db.execute("COMMIT")
        db.execute(
            "CREATE TABLE IF NOT EXISTS pinned (name TEXT PRIMARY KEY, rank INTEGER NOT NULL, schema INTEGER NOT NULL,"
            " body BLOB NOT NULL, checksum INTEGER NOT NULL)"
        )
        found = [str(name) for (name,) in db.execute("SELECT name FROM queues ORDER BY number")]
        if found != list(queues):
            raise SpoolError(
                f"{self.file} was made for {', '.join(found)}, not for {', '.join(queues)}: let the version of border "
                "that made it deliver what it holds, then start this one on a new directory"
            )

    def _schema_number(self, text: str) -> int:
        row = self._db.execute("SELECT number FROM schemas WHERE text = ?", (text,)).fetchone()
        if row is None:
            return int(self._db.execute("INSERT INTO schemas (text) VALUES (?)", (text,)).lastrowid or 0)
        return int(row[0])

    def _read_last(self, queue: str) -> int:
        (last,) = self._db.execute(f"SELECT max(position) FROM {self._tables[queue]}").fetchone()
        # A mark speaks of positions up to it, so that none of them is given again.
        (marked,) = self._db.execute("SELECT max(position) FROM marks WHERE queue = ?", (queue,)).fetchone()
        # A reading that is put apart keeps its position, or another one could not be put there.
        (damaged,) = self._db.execute("SELECT max(position) FROM damaged WHERE queue = ?", (queue,)).fetchone()
        return max(int(last or 0), int(marked or 0), int(damaged or 0))

    def close(self) -> None:
        """Move the write-ahead log into the file and give it free."""
        self._db.close()
        self._lock.close()

    def append(self, entries: Iterable[Entry]) -> None:
        """Keep these, all or none; on return they are on disk. Raises SpoolFull, and SpoolError if the disk fails."""
        if self.is_full and not self.make_room():
            raise SpoolFull(f"the disk of {self.file} is full; make room on it, or let what it holds be delivered")
        if self.used_bytes() >= self._bytes_max:
            raise SpoolFull(
                f"the spool holds its {self._bytes_max:,} bytes; it takes readings again once some are delivered "
                "(spool_bytes_max)"
            )
        last, rows, pins = dict(self._last), dict[str, list[tuple[object, ...]]](), list[tuple[object, ...]]()
        for entry in entries:
            last[entry.queue] += 1
            schema, position = self._numbers[entry.record], last[entry.queue]
            checksum = checksum_of(entry.key, schema, entry.reading_id, entry.body)
            row = position, entry.key, schema, entry.reading_id, entry.body, entry.accepted_at, checksum
            rows.setdefault(entry.queue, []).append(row)
            if entry.pin is not None:
                checksum = checksum_of(entry.pin.name, schema, str(entry.pin.rank), entry.body)
                pins.append((*entry.pin, schema, entry.body, checksum))
        statements = [
            (f"INSERT INTO {self._tables[q]} VALUES (?, ?, ?, ?, ?, ?, ?)", of_queue) for q, of_queue in rows.items()
        ]
        self._write([*statements, (PIN, pins)])
        self._last = last

    def pinned(self) -> list[Pinned]:
        """The copies that stay, by their ranks. Raises SpoolCorrupt if one has changed on disk."""
        found = list[Pinned]()
        for name, rank, schema, body, checksum in self._db.execute(
            "SELECT name, rank, schema, body, checksum FROM pinned ORDER BY rank, name"
        ):
            if schema not in self._texts or checksum_of(name, schema, str(rank), body) != checksum:
                raise self._corrupt(f"{name} has changed on disk")
            found.append(Pinned(name, rank, self._texts[schema], body))
        return found

    def remove(self, queue: str, runs: Sequence[tuple[int, int]]) -> None:
        """Kafka has these positions, given as runs (first, last). Waits for no sync: after a cut they are sent again.

        Raises SpoolFull if the disk has no room even for that: they are still kept, and it is to be tried again.
        """
        statement = f"DELETE FROM {self._tables[queue]} WHERE position BETWEEN ? AND ?"
        if self.is_full:
            for first, last in runs:
                for start in range(first, last + 1, REMOVED_MAX):
                    self._write([(statement, [(start, min(last, start + REMOVED_MAX - 1))])])
                    self._checkpoint()
            return
        if self._synchronous != "OFF":
            self._db.execute("PRAGMA synchronous=NORMAL")
        try:
            self._write([(statement, list(runs))])
        finally:
            self._db.execute(f"PRAGMA synchronous={self._synchronous}")

    def set_mark(self, queue: str, name: str, position: int) -> None:
        """Keep a position; on return it is on disk. Raises SpoolFull."""
        statement = (
            "INSERT INTO marks VALUES (?, ?, ?) ON CONFLICT (queue, name) DO UPDATE SET position = excluded.position"
        )
        self._write([(statement, [(queue, name, position)])])

    def mark(self, queue: str, name: str) -> int:
        """A position that is kept; 0 if there is none."""
        found = self._db.execute("SELECT position FROM marks WHERE queue = ? AND name = ?", (queue, name)).fetchone()
        return 0 if found is None else int(found[0])

    def _write(self, statements: Sequence[tuple[str, Sequence[tuple[object, ...]]]]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for statement, rows in statements:
                self._db.executemany(statement, rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            try:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
            except sqlite3.Error:
                pass  # what is not committed is not there
            told = self._told(error)
            if isinstance(told, SpoolFull):
                self.is_full = True
                self._reserve.unlink(missing_ok=True)
                self._checkpoint()
            raise told from error

    def read(self, queue: str, after: int, up_to: int, limit: int) -> list[Kept]:
        """The first `limit` readings behind a position, in order. One that has changed on disk is put apart.

        Raises SpoolCorrupt if the file itself is damaged.
        """
        rows = self._db.execute(
            f"SELECT position, key, schema, reading_id, body, accepted_at, checksum FROM {self._tables[queue]}"
            " WHERE position > ? AND position <= ? ORDER BY position LIMIT ?",
            (after, up_to, limit),
        )
        kept, changed = list[Kept](), list[int]()
        try:
            for position, key, schema, reading_id, body, accepted_at, checksum in rows:
                if schema in self._texts and checksum_of(key, schema, reading_id, body) == checksum:
                    kept.append(Kept(position, key, self._texts[schema], reading_id, body, accepted_at))
                else:
                    changed.append(position)
        except sqlite3.Error as error:
            raise self._told(error) from error
        if changed:
            self._put_apart(queue, changed)
            return kept or self.read(queue, changed[-1], up_to, limit)
        return kept

    def _put_apart(self, queue: str, positions: list[int]) -> None:
        table = self._tables[queue]
        try:
            self._write(
                [
                    (
                        f"INSERT OR IGNORE INTO damaged SELECT ?, * FROM {table} WHERE position = ?",
                        [(queue, position) for position in positions],
                    ),
                    (f"DELETE FROM {table} WHERE position = ?", [(position,) for position in positions]),
                ]
            )
        except SpoolFull:  # passed over for now, and met again by the next process
            pass

    def damaged(self) -> int:
        """How many readings have changed on disk and were put apart."""
        return int(self._db.execute("SELECT count(*) FROM damaged").fetchone()[0])

    def position_before(self, queue: str, accepted_at: int) -> int:
        """The highest position up to which all was accepted before a time; found by halving, for times rise with it."""
        table = self._tables[queue]
        low, high = 0, self._last[queue]
        while low < high:
            middle = (low + high) // 2
            row = self._db.execute(
                f"SELECT position, accepted_at FROM {table} WHERE position > ? ORDER BY position LIMIT 1", (middle,)
            ).fetchone()
            if row is not None and row[1] < accepted_at:
                low = int(row[0])
            else:
                high = middle
        return low

    def held(self, queue: str) -> Held:
        """How much a queue holds; counts its rows, so ask at the start only."""
        count, oldest = self._db.execute(f"SELECT count(*), min(position) FROM {self._tables[queue]}").fetchone()
        return Held(int(count), self.oldest_at(queue) if oldest is not None else None, self._last[queue])

    def oldest_at(self, queue: str) -> int | None:
        """When the first reading that a queue holds was accepted, microseconds; None if it is empty."""
        row = self._db.execute(f"SELECT accepted_at FROM {self._tables[queue]} ORDER BY position LIMIT 1").fetchone()
        return None if row is None else int(row[0])

    def used_bytes(self) -> int:
        """Bytes of the file that hold something."""
        return (self._pragma("page_count") - self._pragma("freelist_count")) * PAGE_BYTES

    def give_back(self, keep_pages: int = KEPT_FREE_PAGES) -> bool:
        """Give some of the file's free room back to the disk, if that has room for it. True if there is more."""
        free = self._pragma("freelist_count") - keep_pages
        if free <= 0:
            return False
        try:
            # As a script: `execute` would take one step of it, which is one page.
            self._db.executescript(f"PRAGMA incremental_vacuum({min(free, GIVE_BACK_PAGES)})")
        except sqlite3.Error as error:
            told = self._told(error)
            if not isinstance(told, SpoolFull):
                raise told from error
            return False
        if free > GIVE_BACK_PAGES:
            return True
        self._checkpoint()  # only this makes the file shorter
        return False

    def make_room(self) -> bool:
        """After a full disk: shrink the file and try to have the reserve again. True if readings can be taken again."""
        while self.give_back(0):
            pass
        self._checkpoint()
        found = os.statvfs(self.file.parent)
        # Twice the reserve, or the next reading would meet a full disk again.
        self.is_full = not (found.f_bavail * found.f_frsize >= 2 * self._reserve_bytes and self._make_reserve())
        return not self.is_full

    def _checkpoint(self) -> None:
        """Move the write-ahead log into the file, as far as there is room for it, and make it short."""
        try:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            if not isinstance(told := self._told(error), SpoolFull):
                raise told from error

    def _make_reserve(self) -> bool:
        try:
            with self._reserve.open("a+b") as reserve:
                os.posix_fallocate(reserve.fileno(), 0, self._reserve_bytes)
        except OSError:
            self._reserve.unlink(missing_ok=True)
            return False
        return True

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def _corrupt(self, found: str) -> SpoolCorrupt:
        return SpoolCorrupt(
            f"{self.file} is damaged ({found}): it holds readings that devices were told are safe, so nothing was "
            f"changed. Move {FILE} and {FILE}-wal aside and start again; then get what can be read with `sqlite3 "
            f"{FILE} .recover`, and look at the disk"
        )

    def _told(self, error: sqlite3.Error) -> SpoolError:
        code = getattr(error, "sqlite_errorcode", 0)
        if code in NO_ROOM:
            return SpoolFull(f"the disk of {self.file} is full; make room on it")
        if code & 0xFF in DAMAGED:
            return self._corrupt(str(error))
        if code == sqlite3.SQLITE_BUSY:
            return SpoolInUse(f"another program has {self.file} open; end it (a backup is taken of a stopped gateway)")
        return SpoolError(f"cannot use {self.file}: {error}; look at the disk, then start again: what is kept stays")
