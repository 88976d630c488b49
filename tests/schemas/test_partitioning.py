"""The partitioner against an independent implementation."""

import random

from aiokafka.partitioner import murmur2 as murmur2_of_aiokafka

from schemas.partitioning import murmur2, partition_of


def test_murmur2_agrees_with_another_implementation() -> None:
    generator = random.Random(7)
    for length in range(200):
        key = generator.randbytes(length)
        assert murmur2(key) == murmur2_of_aiokafka(key) & 0xFFFFFFFF


def test_lane_keys_spread_over_all_partitions() -> None:
    partitions = {partition_of(f"{port}/{lane:02d}".encode(), 12) for port in (2301, 2304, 2504) for lane in range(20)}
    assert partitions == set(range(12))
