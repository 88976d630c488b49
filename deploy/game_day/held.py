"""A process whose main thread is held, as one that waits for ever: its other threads go on, and answer scrapes.

By ptrace(2). Only the thread that has taken hold of another one may let go of it, so that there is one for each; if we
die, the kernel lets go. Linux alone.
"""

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from typing import Final

from deploy.errors import UserError

SEIZE: Final = 0x4206
INTERRUPT: Final = 0x4207
DETACH: Final = 17
ALL_KINDS: Final = 0x40000000  # __WALL
# A thread may be met while it holds Python's lock, and then the others of its process cannot go on either.
TRIES: Final = 50


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
        self._is_held.wait()  # nobody else waits for this child meanwhile, and takes its stop for its end
        if self._failure is not None:
            raise UserError(self._failure)
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _hold(self) -> None:
        try:
            self._try_to_hold()
        except OSError as error:
            self._failure = f"cannot hold process {self._pid}: {error.strerror}; it takes Linux and the right to trace"
        finally:
            self._is_held.set()
        if self._failure is None:
            self._end.wait()
            trace(DETACH, self._pid)

    def _try_to_hold(self) -> None:
        for _ in range(TRIES):
            trace(SEIZE, self._pid)
            trace(INTERRUPT, self._pid)
            os.waitpid(self._pid, ALL_KINDS)
            if self._goes_on():
                return
            trace(DETACH, self._pid)
        self._failure = f"process {self._pid} never answered while its main thread was held"


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
