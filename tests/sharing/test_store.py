"""The store: what was read counts once, whenever the service died, and in whatever order topics were read."""

import itertools
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.container import LogRecord
from schemas.records import ListKind, Lodging, Severity
from streams.console.log_reader import LogReplaced
from streams.core.sharing.agreement import parse_agreement
from streams.core.sharing.tokens import SharingKeys
from streams.sharing.store import SharingStore, StoreInUse
from streams.sharing.told import Place, page_of
from tests.core.vehicles.builders import DAY, START
from tests.sharing.builders import SECRET, agreement_text, alert, crossing, dataset, find, published

KEYS = SharingKeys(SECRET)
TEXT = agreement_text("MX-A", dataset(), dataset("ALERTS", list_kinds=["STOLEN"]), dataset("FINDS"))
AGREEMENT = parse_agreement(TEXT)
FINDS_OF_ANY = parse_agreement(agreement_text("MX-A", dataset("FINDS", "ANY"))).datasets[0]


def lodging(plate: str = "ABC1234") -> Lodging:
    return Lodging(
        lodging_id=plate,
        agency_id="MX-A",
        plate=plate,
        purpose="STOLEN_VEHICLE",
        case_number="C1",
        legal_basis="order",
        valid_until_at=START + 10 * DAY,
        lodged_at=START,
    )


def records(*values: Any) -> list[LogRecord]:
    return [LogRecord("log", 0, number, START, b"k", value) for number, value in enumerate(values)]


def told(store: SharingStore) -> list[Any]:
    """All that the agreement tells, without its order."""
    found = []
    for shared in (*AGREEMENT.datasets, FINDS_OF_ANY):
        page = page_of(store, KEYS, AGREEMENT, shared, Place(), 1000, START)
        found.append(sorted(page.rows, key=lambda row: row["record"]))
    return found


LOG = (
    published(TEXT),
    lodging(),
    crossing(1, "ABC1234"),
    alert(1, "ABC1234"),
    find(1, 2),
    crossing(2, "XYZ9876"),
    find(2, 1),
    alert(3, "ABC1234"),
    alert(3, None, 2, severity=Severity.MINOR),
)


def test_a_batch_that_is_read_again_changes_nothing(tmp_path: Path) -> None:
    store = SharingStore(tmp_path / "s.db")
    store.apply(records(*LOG))
    once, positions = told(store), store.positions()
    assert [len(rows) for rows in once] == [1, 2, 1, 2]
    store.apply(records(*LOG))
    assert told(store) == once and store.positions() == positions == {("log", 0): len(LOG)}
    store.close()


@pytest.mark.parametrize("died_at", range(len(LOG)))
def test_a_service_that_died_goes_on_where_it_was(died_at: int, tmp_path: Path) -> None:
    whole = SharingStore(tmp_path / "whole.db")
    whole.apply(records(*LOG))
    store = SharingStore(tmp_path / "s.db")
    store.apply(records(*LOG)[:died_at])
    with pytest.raises(ValueError, match="died"):
        store.apply(dying(records(*LOG)[died_at:]))
    store.close()
    again = SharingStore(tmp_path / "s.db")
    assert again.positions().get(("log", 0), 0) == died_at
    again.apply(records(*LOG)[died_at:])
    assert told(again) == told(whole)
    for one in (again, whole):
        one.close()


def dying(batch: list[LogRecord]) -> Any:
    yield from batch[:-1]
    raise ValueError("died amid a batch")


def test_what_is_told_does_not_depend_on_the_order_of_the_topics(tmp_path: Path) -> None:
    values = (lodging(), crossing(1, "ABC1234"), alert(1, "ABC1234"), find(1, 2))
    seen = []
    for number, order in enumerate(itertools.permutations(values)):
        store = SharingStore(tmp_path / f"{number}.db")
        store.apply(records(published(TEXT), *order))
        seen.append(told(store))
        store.close()
    assert seen[0][0] and all(one == seen[0] for one in seen)


def test_an_alert_whose_plate_was_read_otherwise_is_withdrawn_for_the_first_and_told_for_the_second(
    tmp_path: Path,
) -> None:
    store = SharingStore(tmp_path / "s.db")
    store.apply(records(published(TEXT), lodging("ABC1234"), lodging("ABD1234"), alert(1, "ABC1234")))
    store.apply([LogRecord("log", 0, 4, START, b"k", alert(1, "ABD1234", 2))])
    rows = page_of(store, KEYS, AGREEMENT, AGREEMENT.datasets[1], Place(), 10, START).rows
    assert [(row["plate"], row["values"] is None) for row in rows] == [("ABC1234", True), ("ABD1234", False)]
    store.close()


def test_a_find_that_is_corrected_to_none_is_withdrawn(tmp_path: Path) -> None:
    store = SharingStore(tmp_path / "s.db")
    store.apply(records(published(TEXT), crossing(1, "ABC1234"), find(1, 2), find(1, 0, 2), find(9, 0)))
    (row,) = page_of(store, KEYS, AGREEMENT, FINDS_OF_ANY, Place(), 10, START).rows
    assert row["values"] is None
    store.close()


def test_what_is_older_than_any_agreement_may_tell_is_forgotten(tmp_path: Path) -> None:
    store = SharingStore(tmp_path / "s.db")
    store.apply([LogRecord("log", 0, 0, START, b"k", crossing(1, "ABC1234"))])
    store.apply([LogRecord("log", 0, 1, START + 31 * DAY, b"k", crossing(2, "ABC1234"))])
    assert store.prune() == 1 and store.prune() == 0
    assert [row[0] for row in store.query("SELECT record_id FROM shared")] == ["2301/03/2"]
    store.close()


def test_one_service_has_the_store(tmp_path: Path) -> None:
    store = SharingStore(tmp_path / "s.db")
    with pytest.raises(StoreInUse):
        SharingStore(tmp_path / "s.db")
    store.close()
    SharingStore(tmp_path / "s.db").close()


def test_a_store_of_another_log_is_refused(tmp_path: Path) -> None:
    store = SharingStore(tmp_path / "s.db")
    store.check_log("one")
    store.check_log("one")
    with pytest.raises(LogReplaced, match="another broker"):
        store.check_log("two")
    store.close()


@pytest.mark.parametrize(
    "changed",
    [{"jurisdiction": "US-TX"}, {"list_kind": ListKind.INTELLIGENCE}, {"severity": Severity.MINOR}],
    ids=["issuer", "list", "called off"],
)
def test_who_was_told_of_an_alert_hears_when_it_is_theirs_no_more(changed: dict[str, Any], tmp_path: Path) -> None:
    store = SharingStore(tmp_path / "s.db")
    of_california = msgspec.structs.replace(lodging(), jurisdiction="US-CA")
    store.apply(records(published(TEXT), of_california, alert(1, "ABC1234", jurisdiction=None)))
    first = page_of(store, KEYS, AGREEMENT, AGREEMENT.datasets[1], Place(), 10, START)
    assert [row["values"]["list_kind"] for row in first.rows] == ["STOLEN"]
    later = alert(1, "ABC1234", 2, **{"jurisdiction": None} | changed)
    store.apply([LogRecord("log", 0, 3, START, b"k", later)])
    rows = page_of(store, KEYS, AGREEMENT, AGREEMENT.datasets[1], first.place, 10, START).rows
    assert [(row["record"], row["values"]) for row in rows] == [(first.rows[0]["record"], None)]
    store.close()


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_pages_of_any_size_tell_every_row_once(limit: int, tmp_path: Path) -> None:
    """Crossings that were known before their lodging share its place."""
    store = SharingStore(tmp_path / "s.db")
    known = [crossing(number, "ABC1234", START + number) for number in range(5)]
    store.apply(records(published(TEXT), *known, lodging(), crossing(9, "ABC1234")))
    seen, place = [], Place()
    while True:
        page = page_of(store, KEYS, AGREEMENT, AGREEMENT.datasets[0], place, limit, START)
        seen += [row["record"] for row in page.rows]
        place = page.place
        if page.is_last:
            break
    assert len(seen) == len(set(seen)) == 6
    longer = msgspec.structs.replace(lodging(), valid_until_at=START + 11 * DAY)
    store.apply([LogRecord("log", 0, 8, START, b"k", longer)])
    assert page_of(store, KEYS, AGREEMENT, AGREEMENT.datasets[0], place, 10, START).rows == []
    store.close()


def test_its_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = SharingStore(tmp_path / "s.db")
    store.apply(records(lodging()))
    assert {file.stat().st_mode & 0o077 for file in tmp_path.glob("s.db*")} == {0}
    store.close()
