"""Officers of a simulated border: who has which lane, which lights they change, what their inspections find.

    selection of a vehicle, what it carries ─► an override, or an inspection that begins and ends ─► due at their times
    the seed's rosters                      ─► duties, each block's a drawing of its own: the port's officers by lot

What is found rests on the truth as far as an inspection sees it (`inspections.py`), and on nothing else that a real
officer would not have.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Final

from msgspec.structs import replace

from producers.simulator.duty import OFFICER_BLOCK_SECONDS, Duty
from producers.simulator.inspections import INSPECTION_SECONDS, sensitivity
from producers.simulator.loads import Contraband
from schemas.layout import Port
from schemas.records import (
    Exam,
    ExamRecord,
    FoundItem,
    FoundKind,
    Inspection,
    InspectionResolution,
    LaneMode,
    Light,
    OfficerAssignment,
    Override,
    OverrideReason,
    ReferralReason,
    Selection,
)

US: Final = 1_000_000

# Of reds: made green by the officer in the lane, or let go by secondary without a look. Of greens: made red on a hunch
# [assumed]. Nobody publishes them.
RELEASED_RATIO: Final = 0.03
SKIPPED_RATIO: Final = 0.02
SUSPICION_RATIO: Final = 0.005
EXAM_MISSED_RATIO: Final = 0.05

OVERRIDE_SECONDS: Final = (3.0, 15.0)  # while the vehicle stands at the light
WAIT_SECONDS: Final = (30.0, 600.0)  # from the light to the beginning of the inspection
# A truck's inspection takes three times as long as a car's, as the example of a selection policy has it [assumed].
LONG_FACTOR: Final = 3.0

FIREARMS: Final = (FoundKind.PISTOL, FoundKind.RIFLE, FoundKind.RIFLE)

Done = Override | Inspection

Drawing = Callable[[int, int, tuple[str, ...], tuple[str, ...]], str]
"""Names what was drawn together, from its hours (microseconds UTC), officers and lanes."""


class SimulatedOfficers:
    """The officers of some ports. `speed`: how much faster than real ones they work, for a demo of minutes."""

    def __init__(
        self, seed: int, ports: Mapping[str, Port], assignment_prefix: str, drawing: Drawing, speed: float = 1.0
    ) -> None:
        """`assignment_prefix` begins the id of a duty by lot, and what `drawing` makes ends it."""
        self._seed, self._ports, self._speed = seed, ports, speed
        self._prefix, self._drawing = assignment_prefix, drawing
        self._duties = {code: Duty(seed, port) for code, port in ports.items()}
        self._told_until_s = 0
        self._count = 0
        self._planned: list[tuple[int, int, Done]] = []

    def duties(self, now_at: int) -> Iterator[OfficerAssignment]:
        """The duties of the block that runs and of the next one, each told once. `now_at` in microseconds UTC."""
        block_us = OFFICER_BLOCK_SECONDS * US
        running_s = now_at // block_us * OFFICER_BLOCK_SECONDS
        for from_s in (running_s, running_s + OFFICER_BLOCK_SECONDS):
            if from_s < self._told_until_s:
                continue
            self._told_until_s = from_s + OFFICER_BLOCK_SECONDS
            from_at, until_at = from_s * US, (from_s + OFFICER_BLOCK_SECONDS) * US
            for code, port in self._ports.items():
                duty = self._duties[code]
                lanes = tuple([lane.lane_id for lane in port.lanes])
                drawing = self._drawing(from_at, until_at, tuple(duty.officers()), lanes)
                for lane_id in lanes:
                    yield OfficerAssignment(
                        assignment_id=f"{self._prefix}{lane_id} {from_at} {drawing}",
                        officer_id=duty.officer(lane_id, from_s),
                        lane_id=lane_id,
                        port_code=code,
                        from_at=from_at,
                        until_at=until_at,
                        received_at=now_at,
                    )

    def see(self, selection: Selection, contraband: Contraband | None, now_at: int) -> None:
        """Plan what is done of a vehicle: nothing of most."""
        if selection.port_code not in self._ports:
            return
        random = Random(f"{self._seed} officers {selection.passage_id}")
        red, lot = selection.light is Light.RED, random.random()
        if lot < (RELEASED_RATIO if red else SUSPICION_RATIO):
            at = now_at + int(US * random.uniform(*OVERRIDE_SECONDS) / self._speed)
            self._plan(at, self._override(selection, Light.GREEN if red else Light.RED, at))
            red = not red
        if red and random.random() >= SKIPPED_RATIO:
            self._plan_inspection(random, selection, contraband, now_at)

    def due(self, now_at: int) -> Iterator[Done]:
        """What is to be told by now, in order."""
        while self._planned and self._planned[0][0] <= now_at:
            yield heapq.heappop(self._planned)[2]

    def _plan(self, at: int, done: Done) -> None:
        self._count += 1
        heapq.heappush(self._planned, (at, self._count, done))

    def _override(self, selection: Selection, light: Light, at: int) -> Override:
        green = light is Light.GREEN
        return Override(
            override_id=f"{selection.passage_id} {light}",
            passage_id=selection.passage_id,
            lane_id=selection.lane_id,
            port_code=selection.port_code,
            operating_mode=selection.operating_mode,
            officer_id=self._duties[selection.port_code].officer(selection.lane_id, at / US),
            light=light,
            reason=OverrideReason.SECONDARY_FULL if green else OverrideReason.INSPECTOR_SUSPICION,
            overridden_at=at,
            received_at=at,
        )

    def _plan_inspection(
        self, random: Random, selection: Selection, contraband: Contraband | None, now_at: int
    ) -> None:
        factor = 1.0 if selection.lane_mode is LaneMode.PASSENGER else LONG_FACTOR
        started_at = now_at + int(US * random.uniform(*WAIT_SECONDS) / self._speed)
        ended_at = started_at + int(US * factor * random.uniform(*INSPECTION_SECONDS) / self._speed)
        duty = self._duties[selection.port_code]
        free = [one for one in duty.officers() if duty.lane_of(one, started_at / US) is None]
        officers = tuple(random.sample(free, min(2, len(free))))
        found: tuple[FoundItem, ...] = ()
        if contraband is not None and random.random() < sensitivity(contraband):
            found = found_in(random, contraband)
        exams = tuple(
            ExamRecord(exam=exam, done=random.random() >= EXAM_MISSED_RATIO) for exam in (Exam.DOCUMENTS, Exam.VISUAL)
        )
        resolution = InspectionResolution.WEAPONS if found else InspectionResolution.NOTHING_SUSPICIOUS_FOUND
        reason = selection.referral_reason  # what the light told them: of a green one nothing
        begun = Inspection(
            inspection_id=f"{selection.passage_id} inspection",
            passage_id=selection.passage_id,
            lane_id=selection.lane_id,
            port_code=selection.port_code,
            operating_mode=selection.operating_mode,
            revision=1,
            referral_reason=ReferralReason.UNKNOWN if reason is ReferralReason.NONE else reason,
            started_at=started_at,
            officer_ids=officers,
            resolution=InspectionResolution.UNKNOWN,
            received_at=started_at,
        )
        self._plan(started_at, begun)
        told = {"revision": 2, "ended_at": ended_at, "received_at": ended_at}
        self._plan(ended_at, replace(begun, **told, resolution=resolution, found=found, exams=exams))


def found_in(random: Random, contraband: Contraband) -> tuple[FoundItem, ...]:
    """What an inspection that finds a load reports of it."""
    items = []
    if contraband.guns:
        items.append(FoundItem(kind=random.choice(FIREARMS), count=contraband.guns))
    if contraband.rounds:
        items.append(FoundItem(kind=FoundKind.AMMUNITION, count=contraband.rounds))
    return tuple(items)
