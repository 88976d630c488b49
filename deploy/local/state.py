"""The state directory of a local platform: whose it is, who runs in it now, and how it is removed."""

import fcntl
import os
import shutil
import time
from pathlib import Path
from typing import IO, Final

from deploy.errors import UserError
from deploy.local.processes import POLL_SECONDS, end_left_over, start_time_of

MARKER: Final = "border-state"  # a directory without it is not ours to remove
MARKER_TEXT: Final = "State of a local border platform. `border down --wipe` removes this directory.\n"
LOCK: Final = "lock"
PROCESS_LISTS: Final = "processes-*.json"  # one of the platform's, one of each supervisor's
OWNER_KNOWN_SECONDS: Final = 2.0
"""Between taking the lock and writing one's pid into it pass microseconds; longer than this is not that moment."""


def prepare_directory(directory: Path) -> None:
    """Make a state directory, or accept one that is ours or empty. Raises UserError for any other."""
    try:
        if directory.exists() and not (directory / MARKER).exists() and any(directory.iterdir()):
            raise UserError(f"{directory} exists and is not a border state directory; give another: --state-directory")
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)  # the log in it holds plates
        (directory / MARKER).write_text(MARKER_TEXT)
    except OSError as error:
        raise UserError(f"cannot keep state in {directory}: {error}; give another: --state-directory") from error


def take_lock(directory: Path) -> IO[str]:
    """The directory's lock, which the kernel frees if we die. Raises UserError if another process holds it."""
    lock = (directory / LOCK).open("a+")
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError as error:
            owner = owner_of(directory)
            if owner is None:  # somebody only looked, as `owner_of` does
                continue
            lock.close()
            raise UserError(
                f"{directory} is in use by pid {owner}; stop it with `border down`, or use another --state-directory"
            ) from error
    lock.truncate(0)
    lock.write(f"{os.getpid()} {start_time_of(os.getpid())}")
    lock.flush()
    return lock


def owner_of(directory: Path) -> int | None:
    """Pid of the running platform that holds the directory's lock, or None.

    The pid is checked with its start time, since a caller may send it a signal. Raises UserError if the lock is held
    by a process that does not say who it is.
    """
    try:
        lock = (directory / LOCK).open()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UserError(f"cannot look into {directory}: {error}") from error
    until = time.monotonic() + OWNER_KNOWN_SECONDS
    with lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                pid, _, start_time = lock.read().partition(" ")
                if pid.isdigit() and start_time and start_time_of(int(pid)) == start_time:
                    return int(pid)
            else:
                return None
            if time.monotonic() > until:
                raise UserError(f"{directory} is locked by a process that does not say who it is; try again")
            time.sleep(POLL_SECONDS)


def wipe(directory: Path) -> None:
    """Remove a state directory. Raises UserError if it is not one, or in use."""
    if not (directory / MARKER).exists():
        raise UserError(f"{directory} is not a border state directory; nothing was removed")
    with take_lock(directory):  # so that nothing starts in it meanwhile
        for process_list in directory.glob(PROCESS_LISTS):
            end_left_over(process_list)
        shutil.rmtree(directory)
