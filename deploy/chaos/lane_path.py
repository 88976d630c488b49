"""The real stages on the real topics, with real lights, fed by the simulator."""

import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from deploy.chaos.producer import CHANGE_SECONDS, new_producer
from deploy.reference_changes import additions, change_now, write_everywhere
from deploy.stages import load_rule_set
from producers.pacing import live, now_us
from producers.publisher import Publisher
from producers.simulator import SimulatedReading, find_scenario, simulate, watchlist
from producers.simulator.traces import simulate_traces
from schemas.codec import Codec
from schemas.layout import load_lanes, load_ports
from schemas.records import (
    ChangeKind,
    Exam,
    ExamRecord,
    Inspection,
    InspectionResolution,
    LaneEvent,
    LaneEventKind,
    Link,
    MultipleSale,
    OfficerAssignment,
    ReferenceChange,
    ReferralReason,
    Trace,
)
from schemas.topics import (
    ALERTS,
    CROSSINGS,
    ESTIMATES,
    FINDINGS,
    LANE_DECISIONS,
    LANE_READINGS,
    OUTCOMES,
    PASSAGES,
    SUGGESTIONS,
    TRACES,
    Topic,
)
from streams.core.estimates.stage import EstimatesStage
from streams.core.integrity.stage import IntegrityStage
from streams.core.lanes import LanesStage
from streams.core.light.questions import Question
from streams.core.outcomes.stage import OutcomesStage
from streams.core.policy.stage import PolicyStage
from streams.core.random_draw import RandomKeys
from streams.core.stage import Stage
from streams.core.traces.stage import TracesStage
from streams.core.vehicles import VehiclesStage

SCENARIO: Final = "border-2023"
LANE_READINGS_PER_SECOND: Final = 250.0
FEED_SECONDS_MAX: Final = 3_600.0
INSPECTED_EVERY: Final = 3
DUTY_MICROSECONDS: Final = 3_600_000_000
# All partitions of the traces get one within seconds: recovery is seen only where there is something to commit.
TRACES_PER_SECOND: Final = 5.0
PURCHASERS: Final = 2_000
# Enough of them that some are suggested within the run.
STRAW_SHARE: Final = 0.5


@dataclass(frozen=True)
class LanePath:
    """For a platform of its own, with nothing else on it.

    All stages of lanes but convoys: no simulated plate becomes a regular within minutes, so that one would have nothing
    to commit. Every vehicle that reaches the light is shown one by a light server, by lot while its stages are down.
    One vehicle in some is inspected while it still stands there, so that outcomes are written within the run.
    """

    run: str
    name: str = "lane"

    @property
    def light_secret(self) -> bytes | None:
        """The random arm's too. It is the run's, so that the oracle draws as the workers did."""
        return hashlib.sha256(self.run.encode()).digest()

    @property
    def stages(self) -> Sequence[Stage]:
        """In the order of the data path."""
        vehicles = VehiclesStage(load_rule_set(""), RandomKeys(self.light_secret or b""), load_ports())
        by_port = PolicyStage(), EstimatesStage(), IntegrityStage()
        return LanesStage(load_lanes()), vehicles, OutcomesStage(), *by_port, TracesStage()

    @property
    def topics(self) -> Sequence[Topic]:
        """The lane path's, without dead letters."""
        read_and_written = (LANE_READINGS, PASSAGES, CROSSINGS, LANE_DECISIONS, OUTCOMES, TRACES)
        told = (ALERTS, ESTIMATES, FINDINGS, SUGGESTIONS)
        return *read_and_written, *told, *[stage.changelog for stage in self.stages]

    def feed(
        self, broker: str, codec: Codec, seed: int, stop: threading.Event, at_light: Callable[[Question], None]
    ) -> None:
        """A simulated border in real time, a budget for each port, an officer in each lane, and what people write."""
        changes = new_producer(broker, **{"transactional.id": f"chaos-{self.run}-changes"})
        changes.init_transactions(30)
        budgets = policy_change()
        write_everywhere(changes, OUTCOMES, [(budgets.change_id.encode(), codec.encode(budgets))])
        entries = iter(additions(watchlist(find_scenario(SCENARIO), seed)))
        readings = simulate(SCENARIO, seed=seed, seconds=FEED_SECONDS_MAX, rate=LANE_READINGS_PER_SECOND)
        traced = traces(seed, now_us())
        started = time.monotonic()
        next_change, next_trace = started + CHANGE_SECONDS, started
        with (
            Publisher(broker, codec) as publisher,
            Publisher(broker, codec, LANE_DECISIONS) as officers,
            Publisher(broker, codec, TRACES) as tracers,
        ):
            for duty in duties(now_us()):
                officers.publish(duty)
            for item in live(readings, publisher.poll):
                if stop.is_set():
                    return
                publisher.publish(item.reading)
                if (question := question_at(item)) is not None:
                    at_light(question)
                if (inspection := inspection_at(item)) is not None:
                    officers.publish(inspection)
                if time.monotonic() > next_trace and (trace := next(traced, None)) is not None:
                    next_trace += 1.0 / TRACES_PER_SECOND
                    tracers.publish(trace)
                if time.monotonic() > next_change and (change := next(entries, None)) is not None:
                    next_change += CHANGE_SECONDS
                    write_everywhere(changes, PASSAGES, [(change.change_id.encode(), codec.encode(change))])


def policy_change() -> ReferenceChange:
    """A budget for the cars of every port, so that the thresholds move with the traffic, and what to examine."""
    budgets = [
        f'[[budgets]]\nport_code = "{code}"\nlane_mode = "PASSENGER"\nrandom_propensity = 0.02\n'
        "minutes_per_inspection = 20.0\nshifts = [{ from_hour_utc = 0.0, inspectors = 4.0 }]\n"
        'mandated_exams = { RANDOM = ["VISUAL", "CANINE"], INSPECTOR_SUSPICION = ["VISUAL"] }\n'
        for code in sorted(load_ports())
    ]
    return change_now(
        ChangeKind.SELECTION_POLICY,
        "chaos",
        approved_by="another",
        selection_policy_version="chaos",
        selection_policy_text="\n".join(['version = "chaos"', *budgets]),
    )


def duties(now_at: int) -> Iterator[OfficerAssignment]:
    """An officer for each lane, for longer than a run lasts."""
    for lane_id in sorted(load_lanes()):
        yield OfficerAssignment(
            assignment_id=f"{lane_id} {now_at}",
            officer_id=f"of {lane_id}",
            lane_id=lane_id,
            port_code=lane_id.partition("/")[0],
            from_at=now_at,
            until_at=now_at + DUTY_MICROSECONDS,
            received_at=now_at,
        )


def traces(seed: int, now_at: int) -> Iterator[Trace | MultipleSale | Link]:
    """What is told of purchasers, in an order that leaves no partition without anything for long."""
    world = simulate_traces(seed, PURCHASERS, STRAW_SHARE, received_at=now_at)
    told: list[Trace | MultipleSale | Link] = [
        *[one for one in world.traces if one.purchaser_id],
        *world.multiple_sales,
        *world.links,
    ]
    random.Random(seed).shuffle(told)
    yield from told


def question_at(item: SimulatedReading) -> Question | None:
    """What the controller of a lane asks as a vehicle reaches the light; None for other readings."""
    reading = item.reading
    if not isinstance(reading, LaneEvent) or reading.kind is not LaneEventKind.AT_LIGHT or item.truth is None:
        return None
    return Question(reading.lane_id, reading.operating_mode, item.truth)


def inspection_at(item: SimulatedReading) -> Inspection | None:
    """The end of an inspection for every INSPECTED_EVERYth vehicle that reaches the light; None for other readings."""
    reading, question = item.reading, question_at(item)
    if question is None or item.truth is None or item.truth % INSPECTED_EVERY:
        return None
    return Inspection(
        inspection_id=f"inspection of {reading.reading_id}",
        passage_id=question.vehicle,
        lane_id=reading.lane_id,
        port_code=reading.lane_id.partition("/")[0],
        operating_mode=reading.operating_mode,
        revision=1,
        referral_reason=ReferralReason.UNKNOWN,
        started_at=reading.received_at,
        ended_at=reading.received_at,
        officer_ids=(f"of {reading.lane_id}",),
        resolution=InspectionResolution.NOTHING_SUSPICIOUS_FOUND,
        exams=(ExamRecord(exam=Exam.VISUAL, done=True),),
        received_at=reading.received_at,
    )
