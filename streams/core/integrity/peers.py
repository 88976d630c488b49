"""Comparisons at work: strata of a place and tests of its officers, over the stored states."""

import msgspec

from schemas.records import Finding, FindingKind, OperatingMode, SensorRole
from streams.core.integrity import blind_sensors
from streams.core.integrity.comparison import (
    OTHERS_MIN,
    SHIFT_SECONDS,
    WINDOW_SECONDS,
    Counted,
    Trial,
    after_shift,
    chance_of,
    counted,
    is_news,
    threshold_of,
    with_trial,
)
from streams.core.integrity.findings import of_comparison, of_friends
from streams.core.integrity.friends import MEETINGS_TEST, FriendCrossing, after_crossing
from streams.core.integrity.friends import threshold_of as friends_threshold
from streams.core.integrity.ports import Ports
from streams.core.integrity.state import OFFICER, SECOND, SHIFT, STRATUM, Bet, Officer, Shift, Stratum
from streams.core.integrity.timed import TimedStates


class Comparison:
    """Of what kind a trial is, and of which sensor."""

    def __init__(self, kind: FindingKind, sensor: SensorRole | None = None) -> None:
        self.kind = kind
        self.sensor = sensor
        self.others_min = OTHERS_MIN if sensor is None else blind_sensors.OTHERS_MIN
        # A kind's alpha is that of all its sensors together.
        self.share = 1.0 if sensor is None else 1.0 / len(blind_sensors.SENSORS)
        self.name = str(kind) if sensor is None else f"{kind}:{sensor}"


def over_s_of(officer: Officer) -> int:
    """An officer's tests are over when the last of them is."""
    return max([bet.started_s for bet in officer.bets.values()]) + WINDOW_SECONDS


class Peers:
    """Officers under test and what others did."""

    def __init__(
        self,
        officers: TimedStates[Officer],
        strata: TimedStates[Stratum],
        shifts: TimedStates[Shift],
        ports: Ports,
    ) -> None:
        self._officers = officers
        self._strata = strata
        self._shifts = shifts
        self._ports = ports

    def compare(
        self, place: tuple[OperatingMode, str], test: Comparison, like: str, trial: Trial, case_s: int, at: int
    ) -> Finding | None:
        """Count a trial at a place (mode and port) among those that `like` names, say a lane mode.

        `case_s`: the second of the case by which shifts are told apart. The finding, if it ends a shift that makes one.
        """
        mode, port_code = place
        key = _stratum_key(mode, test, like)
        stratum = self._strata.get(key) or Stratum(at // SECOND + WINDOW_SECONDS)
        self._strata.put(key, counted(stratum, trial))
        key = SHIFT + f"{mode}:{port_code}:{test.name}:{trial.officer_id}".encode()
        shift, finding = self._shifts.get(key), None
        if shift is not None and shift.due_s <= case_s:
            self._shifts.remove(key)
            finding = self.judge(key, shift, at)
            shift = None
        if shift is None:
            shift = Shift(case_s + SHIFT_SECONDS, test.kind, test.sensor, trial.officer_id)
        self._shifts.put(key, with_trial(shift, like, trial))
        return finding

    def judge(self, key: bytes, shift: Shift, at: int) -> Finding | None:
        """Bet on a shift that is over, at the rates that others have now; the finding, if it makes one."""
        _, mode, port_code, _ = key.decode().split(":", 3)
        place, test = (OperatingMode(mode), port_code), Comparison(shift.kind, shift.sensor)
        counts = list[Counted]()
        for like, (cases, events) in shift.cases.items():
            stratum = self._strata.get(_stratum_key(place[0], test, like))
            chance = None if stratum is None else chance_of(stratum, shift.officer_id, test.others_min)
            if chance is not None:
                counts.append(Counted(cases, events, chance))
        return self._bet(place, test, shift, counts, at) if counts else None

    def forget(self, key: bytes, officer: Officer) -> None:
        """An officer whose tests are over is no longer corrected for."""
        _, mode, port_code, _ = key.decode().split(":", 3)
        for test in officer.bets:
            self._ports.test_officer(OperatingMode(mode), port_code, test, -1)

    def meet(
        self, place: tuple[OperatingMode, str], officer_id: str, crossing: FriendCrossing, at: int
    ) -> Finding | None:
        """Bet on a crossing of a vehicle that has met an officer unusually often; the finding, if it makes one."""
        key, officer, bet = self._opened(place, officer_id, MEETINGS_TEST, at // SECOND)
        if not crossing.is_lot_of_its_own(bet):
            return None
        bet = after_crossing(bet, crossing, at)
        tested = self._ports.officers_tested(*place, MEETINGS_TEST)
        finding = None
        if crossing.is_meeting and is_news(bet, friends_threshold(tested)):
            bet = msgspec.structs.replace(bet, told=bet.told + 1, told_events=bet.events)
            finding = of_friends(place, officer_id, bet, tested, at)
        self._officers.put(key, Officer(officer.due_s, officer.bets | {MEETINGS_TEST: bet}))
        return finding

    def _bet(
        self, place: tuple[OperatingMode, str], test: Comparison, shift: Shift, counts: list[Counted], at: int
    ) -> Finding | None:
        key, officer, bet = self._opened(place, shift.officer_id, test.name, at // SECOND)
        bet = after_shift(bet, counts, shift.passages)
        threshold = threshold_of(self._ports.officers_tested(*place, test.name), test.share)
        finding = None
        if shift.passages and is_news(bet, threshold):
            bet = msgspec.structs.replace(bet, told=bet.told + 1, told_events=bet.events)
            finding = of_comparison((test.kind, test.sensor), place, shift.officer_id, bet, threshold, at)
        self._officers.put(key, Officer(officer.due_s, officer.bets | {test.name: bet}))
        return finding

    def _opened(
        self, place: tuple[OperatingMode, str], officer_id: str, test: str, now_s: int
    ) -> tuple[bytes, Officer, Bet]:
        """An officer's key, tests, and the one to go on with, begun anew if its window is over."""
        mode, port_code = place
        key = OFFICER + f"{mode}:{port_code}:{officer_id}".encode()
        officer = self._officers.get(key) or Officer(now_s + WINDOW_SECONDS, {})
        bet = officer.bets.get(test)
        if bet is None:
            self._ports.test_officer(mode, port_code, test, 1)
        if bet is None or now_s >= bet.started_s + WINDOW_SECONDS:
            bet = Bet(now_s)
        return key, officer, bet


def _stratum_key(mode: OperatingMode, test: Comparison, like: str) -> bytes:
    return STRATUM + f"{mode}:{test.name}:{like}".encode()
