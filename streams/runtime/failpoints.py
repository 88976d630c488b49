"""Named places at which a test kills or stops the process: random kills rarely hit the windows that matter.

`name:nth` kills (SIGKILL) the nth time the place is passed, `name:nth:stop` stops (SIGSTOP) there until SIGCONT.
"""

import os
import signal
from typing import Final

# Every step of the batch, in order. `outputs`, `state` and `before_commit` flush first, so that what was produced is
# really on the broker, uncommitted, when the process dies.
FAILPOINTS: Final = (
    "after_claim",
    "in_recovery",
    "after_decode",
    "after_fold",
    "after_begin",
    "after_outputs",
    "after_state",
    "before_commit",
    "after_commit",
    "before_ack",
)


class Failpoints:
    """Counts passes of the one failpoint that was asked for; passing any other costs a comparison."""

    def __init__(self, wanted: str = "") -> None:
        """Raises ValueError for a name that no place has: a test of it would pass without testing anything."""
        self._name, _, rest = wanted.partition(":")
        nth, _, how = rest.partition(":")
        if self._name and (self._name not in FAILPOINTS or how not in ("", "stop")):
            raise ValueError(f"no failpoint {wanted!r}; one of {', '.join(FAILPOINTS)}, then :nth, then perhaps :stop")
        self._left = int(nth or 1)
        self._signal = signal.SIGSTOP if how == "stop" else signal.SIGKILL

    def is_set(self, name: str) -> bool:
        """True if this place is still to kill or stop; the place may then flush first."""
        return name == self._name and self._left > 0

    def hit(self, name: str) -> None:
        """Pass the place."""
        if name == self._name and self._left > 0:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), self._signal)
