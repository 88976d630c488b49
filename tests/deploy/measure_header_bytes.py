"""Bytes that the header `traceparent` adds to the log for each reading: `python -m tests.deploy.measure_header_bytes`.

Readings of a simulated border go through the lanes and vehicles stages; what each topic gets is built into batches as a
broker keeps them (lz4), with the header and without. Batches are of one record, which are the dearest.
"""

import itertools
import json
from collections import Counter

from aiokafka.record.default_records import DefaultRecordBatchBuilder

from deploy.bench.core import fetched, fold_all, written_into
from deploy.bench.measure import make_readings
from deploy.settings import Settings
from deploy.stages import build_stage, load_rule_set
from schemas.layout import load_ports
from schemas.topics import LANE_READINGS
from schemas.trace_context import HEADER
from streams.core.random_draw import RandomKeys
from streams.core.vehicles import VehiclesStage
from streams.runtime.cloud_events import Headers
from tests.runtime.measure_tracing import CODEC, LZ4, SEED

READINGS = 30_000


def added(key: bytes, value: bytes, headers: Headers) -> int:
    """Bytes by which a batch of this record alone is larger with the header."""
    sizes = []
    for kept in (headers, [one for one in headers if one[0] != HEADER]):
        builder = DefaultRecordBatchBuilder(2, LZ4, 1, 1, 1, 0, 1 << 20)
        builder.append(0, 1_700_000_000_000, key, value, kept)
        sizes.append(len(builder.build()))
    return sizes[0] - sizes[1]


def main() -> None:
    """Print one line of JSON: by topic, bytes a reading."""
    records = [fetched(CODEC, one) for one in itertools.islice(make_readings(READINGS, 1, SEED), READINGS)]
    lanes = build_stage("lanes", Settings())
    vehicles = VehiclesStage(load_rule_set(""), RandomKeys(b"s" * 32), load_ports())
    _, of_lanes = fold_all(lanes, CODEC, records)
    _, of_vehicles = fold_all(vehicles, CODEC, written_into(vehicles.source, of_lanes))
    total = Counter[str]()
    for one in records:
        total[LANE_READINGS.name] += added(one.key, one.value, list(one.headers))
    for _, transaction in (*of_lanes, *of_vehicles):
        for topic, key, value, _, headers in transaction.outputs:
            if headers is not None and HEADER in dict(headers):
                total[topic] += added(key, value, headers)
    print(json.dumps({topic: round(size / len(records), 1) for topic, size in sorted(total.items())}))


if __name__ == "__main__":
    main()
