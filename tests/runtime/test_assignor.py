"""Groups of partitions are handed out whole, evenly and with few moves."""

from hypothesis import given
from hypothesis import strategies as st

from streams.runtime.assignor import assign_groups, group_of, name_of

UUID = "-0b8f1a52-93c4-4a57-8f43-0a4f4a1e0c11"


def members(*names: str) -> list[str]:
    return [name + UUID for name in names]


def test_twelve_partitions_make_four_groups_of_neighbours() -> None:
    assert [group_of(partition) for partition in range(12)] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_the_instance_name_is_the_member_id_without_its_uuid() -> None:
    assert name_of("lanes-0" + UUID) == "lanes-0"


def test_nobody_gets_nothing_assigned() -> None:
    assert assign_groups(4, []) == {}


@given(st.integers(0, 40), st.sets(st.text("abc0123456789-", min_size=1, max_size=8), min_size=1, max_size=12))
def test_every_group_has_one_owner_and_sizes_differ_by_at_most_one(groups: int, names: set[str]) -> None:
    assigned = assign_groups(groups, members(*names))
    assert sorted(group for owned in assigned.values() for group in owned) == list(range(groups))
    sizes = [len(owned) for owned in assigned.values()]
    assert max(sizes) - min(sizes) <= 1


def test_a_member_that_comes_back_under_its_name_gets_the_same_groups() -> None:
    first = assign_groups(4, members("lanes-0", "lanes-1"))
    again = assign_groups(4, ["lanes-0-ffffffff-93c4-4a57-8f43-0a4f4a1e0c11", "lanes-1" + UUID])
    assert list(first.values()) == list(again.values())


def test_a_second_worker_takes_half_and_moves_nothing_else() -> None:
    alone = assign_groups(4, members("lanes-0"))["lanes-0" + UUID]
    both = assign_groups(4, members("lanes-0", "lanes-1"))
    assert len(both["lanes-0" + UUID]) == len(both["lanes-1" + UUID]) == 2
    assert set(both["lanes-0" + UUID]) < set(alone)
