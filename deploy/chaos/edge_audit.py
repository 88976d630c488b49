"""Holds what Kafka got against what devices were told: nothing lost, nothing more, and each lane in its order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.chaos.log import read_log
from producers.emulators.device import Record
from schemas.codec import Codec
from schemas.records import Heartbeat, SensorRole
from schemas.topics import LANE_BACKLOG, LANE_READINGS, RAIL_READINGS, Topic

TOPICS: Final = (LANE_READINGS, LANE_BACKLOG, RAIL_READINGS)


@dataclass
class EdgeVerdict:
    """What the log says; `repeated` counts readings that came again with the id that they had."""

    kept: int = 0
    """Readings that a device was told are kept."""

    lost: int = 0
    """Of them, those that are in no topic."""

    extra: int = 0
    """Ids in a topic that no device was told of, each counted once."""

    out_of_order: int = 0
    """First occurrences in a topic behind one of the same lane that came later, or that its device said later."""

    repeated: int = 0
    by_topic: dict[str, int] = field(default_factory=dict)
    """Ids that a topic has."""

    @property
    def good(self) -> bool:
        """Whether something was kept, and all of it is there once and in order."""
        return self.kept > 0 and self.lost == self.extra == self.out_of_order == 0


def records_of(broker: str, codec: Codec, topic: Topic) -> Iterable[Any]:
    """A topic's records, partition by partition, each in its order."""
    rows = read_log(broker, topic)
    return [codec.decode(row.value) for row in sorted(rows, key=lambda row: (row.partition, row.offset))]


def audit(broker: str, codec: Codec, told: Mapping[str, Record]) -> EdgeVerdict:
    """The verdict over devices, {device_id: what it was told}; other devices' readings are not looked at."""
    verdict, seen = EdgeVerdict(), set[str]()
    said = {device_id: {one: place for place, one in enumerate(record.kept)} for device_id, record in told.items()}
    for topic in TOPICS:
        firsts = set[str]()
        received: dict[str, int] = {}  # by lane or port: the latest so far
        places: dict[str, int] = {}  # by device: how far it is
        for reading in records_of(broker, codec, topic):
            device_id = str(getattr(reading, "device_id", ""))
            if device_id not in told or is_of_gateway(reading):
                continue
            if reading.reading_id in firsts:
                verdict.repeated += 1
                continue
            firsts.add(reading.reading_id)
            key, place = getattr(reading, topic.key), said[device_id].get(reading.reading_id, -1)
            if reading.received_at < received.get(key, 0) or 0 <= place < places.get(device_id, 0):
                verdict.out_of_order += 1
            received[key] = max(reading.received_at, received.get(key, 0))
            places[device_id] = max(place, places.get(device_id, 0))
        verdict.by_topic[topic.name] = len(firsts)
        seen |= firsts
    kept = {reading_id for places_of in said.values() for reading_id in places_of}
    verdict.kept, verdict.lost, verdict.extra = len(kept), len(kept - seen), len(seen - kept)
    return verdict


def is_of_gateway(reading: Any) -> bool:
    """Whether a reading is a gateway's own heartbeat."""
    return isinstance(reading, Heartbeat) and reading.sensor is SensorRole.GATEWAY
