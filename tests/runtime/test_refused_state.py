"""State that another version of a stage wrote is refused when it is read back, before any record is folded."""

import asyncio
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import NoReturn

import msgspec
import pytest

from deploy.local.platform import LocalPlatform
from deploy.stages import load_rule_set
from schemas.layout import load_lanes, load_ports
from schemas.topics import Topic
from streams.core import vehicle_history, vehicle_state
from streams.core.lanes import LanesStage
from streams.core.lanes import state as lane_state
from streams.core.random_draw import RandomKeys
from streams.core.stage import Fold, Stage
from streams.core.vehicles import VehiclesStage
from streams.core.watermarks import Watermarks
from streams.runtime import events
from streams.runtime.failpoints import Failpoints
from streams.runtime.groups import Groups
from streams.runtime.ledger import Ledger, Transaction
from streams.runtime.recovery import Position, describe
from streams.runtime.settings import RuntimeSettings
from streams.runtime.transport import partition_of

pytestmark = pytest.mark.integration

LANES, VEHICLES = LanesStage(load_lanes()), VehiclesStage(load_rule_set(""), RandomKeys(b"s" * 32), load_ports())
LANE, VEHICLE = lane_state.encode(lane_state.LaneState("OPERATIONAL")), vehicle_history.encode(vehicle_history.EMPTY)
WATERMARKS = vehicle_state.VERSION + msgspec.msgpack.encode(Watermarks({0: 1}))
OTHER = {
    "other-lane": (LANES, {b"2301/01": b"\x04" + LANE[1:]}, "a lane is stored in version 04"),
    "other-vehicle": (VEHICLES, {b"o:ABC": b"\x01" + VEHICLE[1:]}, "a vehicle is stored in version 01"),
    "older-vehicle": (
        VEHICLES,
        {b"o:ABC": b"\x65" + VEHICLE[2:]},
        "a vehicle is stored in version 65",
    ),
    "older-watermarks": (VEHICLES, {b"watermarks": WATERMARKS[1:]}, "a vehicle is stored in version"),
    "refused-rule-set": (VEHICLES, {b"rules": b"prior_log_odds = 1"}, "refused by this version .*missing required"),
    "no-watchlist-entry": (VEHICLES, {b"watchlist:1": b"ABC1234"}, "raised in"),
}


class Ended(BaseException):
    """The worker would end now."""

    def __init__(self, event: events.GaveUp | events.Refused) -> None:
        super().__init__(event.reason)
        self.event = event


@dataclass
class Moved:
    """A stage on other topics."""

    name: str
    source: Topic
    changelog: Topic
    open: Callable[[int, MutableMapping[bytes, bytes]], Fold]
    events: frozenset[str] = frozenset()


class Store:
    """A stage's topics, one partition each, with a state that its changelog holds."""

    def __init__(
        self, platform: LocalPlatform, new_topic: Callable[..., Topic], stage: Stage, states: dict[bytes, bytes]
    ) -> None:
        source = new_topic(partitions=1, records=stage.source.records)
        changelog = new_topic(partitions=1, compacted=True)
        self.stage = Moved(changelog.name, source, changelog, stage.open)
        self._platform = platform
        described = describe(platform.broker, self.stage.source.name, self.stage.changelog.name)
        ledger = Ledger(platform.broker, f"{self.stage.name}-0", self.stage.changelog.name, Failpoints(), 10.0)
        ledger.claim()
        position = Position(described.topic_id, 1, 0, 0)
        ledger.commit(Transaction(changes={0: dict(states)}), {0: msgspec.json.encode(position)})

    def open(self) -> list[events.Event]:
        """What a worker tells that is given the partition. Raises Ended."""
        told: list[events.Event] = []

        def end(event: events.GaveUp | events.Refused) -> NoReturn:
            raise Ended(event)

        settings = RuntimeSettings(self._platform.broker, self._platform.registry_url)

        async def open_all() -> None:
            groups = Groups(self.stage, settings, self._platform.codec, told.append, end)
            await groups.open({partition_of(self.stage.source.name, 0)})

        asyncio.run(open_all())
        return told


@pytest.mark.parametrize("what", OTHER)
def test_it_is_refused_with_the_remedy(what: str, platform: LocalPlatform, new_topic: Callable[..., Topic]) -> None:
    stage, states, why = OTHER[what]
    store = Store(platform, new_topic, stage, states)
    with pytest.raises(Ended, match=why) as ended:
        store.open()
    assert isinstance(ended.value.event, events.Refused)
    assert f"delete {store.stage.changelog.name}" in str(ended.value)
    assert "ABC1234" not in str(ended.value)


@pytest.mark.parametrize(
    ("stage", "states"),
    [(LANES, {b"2301/01": LANE, b"partition": b"\x01"}), (VEHICLES, {b"o:ABC": VEHICLE, b"watermarks": WATERMARKS})],
    ids=["lanes", "vehicles"],
)
def test_its_own_is_taken(
    stage: Stage, states: dict[bytes, bytes], platform: LocalPlatform, new_topic: Callable[..., Topic]
) -> None:
    (opened,) = [e for e in Store(platform, new_topic, stage, states).open() if isinstance(e, events.GroupOpened)]
    assert opened.keys == len(states)
