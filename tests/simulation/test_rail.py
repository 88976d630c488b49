"""The simulated rail has the rates it claims, its truth agrees with its readings, and a seed gives one world."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from msgspec.structs import replace
from pytest import approx, raises

from producers.rail.aei import decode_tag
from producers.simulator.rail import RAIL_2023, RailItem, RailWorld, TrainTruth
from producers.simulator.rail.scenario import RAIL_TRAFFIC_2023
from schemas.records import (
    CarScan,
    CarState,
    CarTagRead,
    CarWeighing,
    ConsistDiscrepancy,
    CoverageAction,
    CoverageReason,
    EquipmentKind,
    HandInspection,
    OperatingMode,
    ScanDecision,
    TrainConsist,
    TrainEvent,
    TrainEventKind,
)
from schemas.records import CarCoverage as Coverage
from tests.support import once

DAY = 86_400.0
