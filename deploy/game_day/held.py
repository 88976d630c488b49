"""A process whose main thread is held, as one that waits for ever: its other threads go on, and answer scrapes.

By ptrace(2). Only the thread that has taken hold of another one may let go of it, so that there is one for each; if we
die, the kernel lets go. Linux alone.
"""

import ctypes
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

from deploy.errors import UserError

SEIZE: Final = 0x4206
INTERRUPT: Final = 0x4207
DETACH: Final = 17
ALL_KINDS: Final = 0x40000000  # __WALL
# A thread may be met while it holds Python's lock, and then the others of its process cannot go on either.
TRIES: Final = 50
PAUSE_SECONDS: Final = 0.05


class Held:
    """Holds a child's main thread from `__enter__` to `__exit__`. Raises UserError if the system does not allow it."""

    def __init__(self, pid: int, goes_on: Callable[[], bool]) -> None:
        """`goes_on` tells whether the process answers although its main thread is held."""
        self._pid, self._goes_on = pid, goes_on
        self._is_held, self._end = threading.Event(), threading.Event()
        self._failure: str | None = None
        self._thread = threading.Thread(target=self._hold, name="held", daemon=True)

    def __enter__(self) -> "Held":
        self._thread.start()
        try:
            self._is_held.wait()  # nobody else waits for this child meanwhile, and takes its stop for its end
        except BaseException:
            self._let_go()
            raise
        if self._failure is not None:
            self._let_go()
            raise UserError(self._failure)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._let_go()
        if self._failure is not None and kind is None:
            raise UserError(self._failure)

    def _let_go(self) -> None:
        self._end.set()
        self._thread.join()

    def _hold(self) -> None:
        try:
            self._try_to_hold()
            self._is_held.set()
            self._end.wait()
            if self._failure is None:
                trace(DETACH, self._pid)
        except OSError as error:
            ended = "it ended while it was held" if self._is_held.is_set() else "it takes Linux and the right to trace"
            self._failure = f"cannot hold process {self._pid}: {error.strerror}; {ended}"
        except Exception as error:
            self._failure = f"cannot hold process {self._pid}: {error!r}"
        finally:
            self._is_held.set()

    def _try_to_hold(self) -> None:
        for _ in range(TRIES):
            trace(SEIZE, self._pid)
            trace(INTERRUPT, self._pid)
            os.waitpid(self._pid, ALL_KINDS)
            if self._end.is_set() or self._goes_on():
                return
            trace(DETACH, self._pid)
            time.sleep(PAUSE_SECONDS)
        self._failure = f"process {self._pid} never answered while its main thread was held"


def check_that_processes_can_be_held() -> None:
    """Raises UserError if the system does not allow it."""
    waiting = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with Held(waiting.pid, lambda: True):
            pass
    finally:
        waiting.kill()
        waiting.communicate()


def trace(request: int, pid: int) -> None:
    """One call of ptrace(2). Raises OSError."""
    if sys.platform != "linux":
        raise OSError(0, "this is no Linux")
    library = ctypes.CDLL(None, use_errno=True)
    library.ptrace.restype = ctypes.c_long
    library.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    if library.ptrace(request, pid, None, None) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
