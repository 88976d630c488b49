"""Answers in a file of this machine, from before they are told until they are in the log and too old to be asked again.

    told ─► keep: on disk before the controller hears it ─► delivered: the broker has it ─► forget: 15 minutes later

It also keeps which lanes there are that no file of the platform tells of, so that they have a light after a restart in
the dark.

So a server that is killed, with the broker away or not, tells each vehicle what it told before, and what it had told
and not delivered is delivered by the next one. SQLite with a write-ahead log and no fsync on the way: what is told
survives the death of the process, but what was told in the last minute not that of the machine's power.
"""

import fcntl
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

import msgspec

from schemas.records import LightAnswer

# A loop that waited for longer on another thread's write would keep a vehicle waiting.
BUSY_SECONDS: Final = 0.1

# Answers kept while the broker is away: over a day of the busiest port, 60 MB. More are told and not kept.
KEPT_MAX: Final = 100_000


class JournalInUse(RuntimeError):
    """Another light server keeps its answers here: two would tell each other's."""


class Journal:
    """The answers of one light server. `keep` and `keep_lane` are for one thread, all else for one other.

    Raises JournalInUse, and OSError or sqlite3.Error if the file cannot be used.
    """

    def __init__(self, file: Path) -> None:
        self._lock: IO[str] = file.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise JournalInUse(f"another light server keeps its answers in {file}; each needs its own") from error
        self._teller = self._connect(file)
        self._writer = self._connect(file)
        self._teller.execute(
            "CREATE TABLE IF NOT EXISTS answers"
            " (answer_id TEXT PRIMARY KEY, answered_at INTEGER, delivered INTEGER, answer BLOB)"
        )
        self._teller.execute("CREATE TABLE IF NOT EXISTS lanes (lane_id TEXT PRIMARY KEY)")
        self._count_lock = threading.Lock()
        self._count = int(self._teller.execute("SELECT count(*) FROM answers").fetchone()[0])

    def _connect(self, file: Path) -> sqlite3.Connection:
        made = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("PRAGMA synchronous=NORMAL")
        made.execute("PRAGMA wal_autocheckpoint=0")  # it waits for the disk, so `forget` does it, in its own thread
        return made

    def keep(self, answer: LightAnswer) -> bool:
        """Keep an answer. False if it could not be kept."""
        if self._count >= KEPT_MAX:
            return False
        row = answer.answer_id, answer.answered_at, msgspec.json.encode(answer)
        try:
            self._teller.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, 0, ?)", row)
        except sqlite3.Error:  # a full disk must not keep a vehicle waiting
            return False
        with self._count_lock:
            self._count += 1
        return True

    def keep_lane(self, lane_id: str) -> bool:
        """Keep that there is such a lane. False if it could not be kept."""
        try:
            self._teller.execute("INSERT OR IGNORE INTO lanes VALUES (?)", (lane_id,))
        except sqlite3.Error:
            return False
        return True

    def lanes(self) -> list[str]:
        """All lanes that are kept."""
        return [str(lane_id) for (lane_id,) in self._writer.execute("SELECT lane_id FROM lanes ORDER BY lane_id")]

    def all(self) -> list[tuple[LightAnswer, bool]]:
        """All that is kept in the order in which it was told, and whether the broker has it."""
        kept = []
        rows = self._writer.execute("SELECT answer, delivered FROM answers ORDER BY answered_at, answer_id")
        for answer, delivered in rows:
            try:
                kept.append((msgspec.json.decode(answer, type=LightAnswer), bool(delivered)))
            except msgspec.MsgspecError:  # of another version of the contract
                continue
        return kept

    def delivered(self, answers: Sequence[LightAnswer]) -> None:
        """The broker has these."""
        rows = [(answer.answer_id,) for answer in answers]
        self._writer.execute("BEGIN IMMEDIATE")
        self._writer.executemany("UPDATE answers SET delivered = 1 WHERE answer_id = ?", rows)
        self._writer.execute("COMMIT")

    def forget(self, before_at: int) -> None:
        """Forget what was told before a time and is delivered."""
        self._writer.execute("DELETE FROM answers WHERE delivered AND answered_at < ?", (before_at,))
        with self._count_lock:
            self._count = int(self._writer.execute("SELECT count(*) FROM answers").fetchone()[0])
        self._writer.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Give the file free."""
        self._teller.close()
        self._writer.close()
        self._lock.close()
