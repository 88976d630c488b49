"""The thresholds that the policy stage has told, by port, lane mode and operating mode.

Without one, or after it was taken back, the rule set's own threshold and propensity hold.
"""

from collections.abc import MutableMapping
from typing import Final

import msgspec

from schemas.records import Exam, LaneMode, OperatingMode, Passage, ReferralReason, SelectionThreshold
from streams.core.keyed_state import KeyedState
from streams.core.stage import ID_LENGTH_MAX, Rejected
from streams.core.times import check_time

PREFIX: Final = b"threshold:"

# 28 ports, three modes and five worlds are 420; what a hostile writer would add ends here.
THRESHOLDS_MAX: Final = 10_000

PORT_LENGTH_MAX: Final = 32

# No score comes near it, and a share of the vehicles is told apart by thousandths.
LOG_ODDS_MAX: Final = 30.0

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(SelectionThreshold)


class Thresholds:
    """Those in force in one partition."""

    def __init__(self, stored: MutableMapping[bytes, bytes]) -> None:
        self._kept: KeyedState[SelectionThreshold] = KeyedState(stored, _ENCODER.encode, _DECODER.decode)
        self._keys = frozenset(key for key in stored if key.startswith(PREFIX))
        self._taken = self._keys

    def of(self, passage: Passage) -> SelectionThreshold | None:
        """The one for a passage; None if the rule set's own holds."""
        if not self._keys:
            return None
        return self._kept.get(_key(passage.operating_mode, passage.port_code, passage.lane_mode))

    def put(self, said: SelectionThreshold) -> None:
        """Keep what was told, or forget the threshold that was taken back. Raises Rejected `too_many`."""
        key = _key(said.operating_mode, said.port_code, said.lane_mode)
        if said.policy_version is None:
            self._kept.remove(key)
            self._keys -= {key}
            return
        if key not in self._keys and len(self._keys) >= THRESHOLDS_MAX:
            raise Rejected("too_many", f"at most {THRESHOLDS_MAX} thresholds are kept")
        self._kept.put(key, said)
        if key not in self._keys:
            self._keys |= {key}

    def take_changes(self) -> dict[bytes, bytes | None]:
        """Encoded thresholds changed since the last call, None for one that was taken back."""
        self._taken = self._keys
        return self._kept.take_changes()

    def roll_back(self) -> None:
        """Forget changes since the last take_changes."""
        self._kept.roll_back()
        self._keys = self._taken


def check_threshold(said: SelectionThreshold, key: bytes) -> None:
    """Raises Rejected `wrong_key` or `impossible_value`."""
    if key != said.port_code.encode():
        raise Rejected("wrong_key", "the record's key is not its port_code")
    if not 0 < len(said.port_code) <= PORT_LENGTH_MAX:
        raise Rejected("impossible_value", f"port_code must have 1 to {PORT_LENGTH_MAX} characters")
    check_time("set_at", said.set_at)
    if said.policy_version is None:
        return
    if not 0 < len(said.policy_version) <= ID_LENGTH_MAX:
        raise Rejected("impossible_value", f"policy_version must have 1 to {ID_LENGTH_MAX} characters")
    # Comparisons with NaN are false, so NaN is refused too.
    if said.random_propensity is None or not 0.0 < said.random_propensity < 1.0:
        raise Rejected("impossible_value", "random_propensity must lie between 0 and 1")
    if said.threshold_log_odds is not None and not abs(said.threshold_log_odds) <= LOG_ODDS_MAX:
        raise Rejected("impossible_value", f"threshold_log_odds must lie within {LOG_ODDS_MAX:.0f} of 0")
    if said.share_at_threshold is not None and not 0.0 <= said.share_at_threshold <= 1.0:
        raise Rejected("impossible_value", "share_at_threshold must lie in 0 to 1")
    # A vehicle's selection carries them, so no more than there are.
    if any(len(mandate.exams) > len(Exam) for mandate in said.mandates) or len(said.mandates) > len(ReferralReason):
        raise Rejected("impossible_value", "a reason is told once, and each of its examinations")
    if said.lane_mode is LaneMode.UNKNOWN or said.operating_mode is OperatingMode.UNKNOWN:
        raise Rejected("impossible_value", "lane_mode and operating_mode must be known")


def _key(mode: OperatingMode, port_code: str, lane_mode: LaneMode) -> bytes:
    return PREFIX + f"{mode}:{port_code}:{lane_mode}".encode()
