"""What an agreement may hold, and what no agreement can."""

import re
from typing import Any

import pytest

from schemas import records
from streams.core.sharing.agreement import FIELDS, IDENTIFYING, Dataset, Vehicles, parse_agreement
from tests.sharing.builders import agreement_text, dataset


def test_an_agreement_is_read_as_it_stands() -> None:
    agreement = parse_agreement(agreement_text("MX-A", dataset(), dataset("FINDS", "ANY")))
    assert agreement.agency == "MX-A"
    lodged = agreement.dataset("CROSSINGS", Vehicles.LODGED)
    assert lodged is not None and lodged.fields == ("port_code", "crossed_at")
    assert agreement.dataset("CROSSINGS", Vehicles.ASKED) is None


@pytest.mark.parametrize(
    ("datasets", "more", "message"),
    [
        ([dataset(fields=["plate"])], {}, "plate cannot be shared"),
        ([dataset(fields=["plate_candidates"])], {}, "plate_candidates cannot be shared"),
        ([dataset("CROSSINGS", "ANY")], {}, "CROSSINGS cannot be shared of ANY vehicles"),
        ([dataset("ALERTS", "ASKED")], {}, "ALERTS cannot be shared of ASKED vehicles"),
        ([dataset("ALERTS", "ANY", fields=["images"])], {}, "by images a vehicle is known"),
        ([dataset("ALERTS", "ANY", fields=["case_number"])], {}, "by case_number a vehicle is known"),
        ([dataset(), dataset()], {}, "stands twice"),
        ([dataset(list_kinds=["STOLEN"])], {}, "list_kinds are for ALERTS"),
        ([dataset()], {"limits": {"questions_per_day": 5}}, "questions_per_day must be 0"),
        ([dataset()], {"limits": {"lodged_plates": 0}}, "lodged_plates must be above 0"),
        ([dataset()], {"limits": {"lodgings_per_day": 1_001}}, "lodgings_per_day"),
        ([dataset()], {"limits": {"reidentifications_per_day": 1}}, "reidentifications_per_day must be 0"),
        ([dataset("CROSSINGS", "ASKED")], {"limits": {"questions_per_day": 1_000_000}}, "questions_per_day"),
        ([dataset(retention_days=31)], {}, "retention_days"),
        ([dataset()], {"version": "../x"}, "version"),
        ([dataset()], {"nationality": "MX"}, "nationality"),
        ([dataset("FINDS"), dataset("FINDS", "ANY")], {}, "of LODGED or of ANY vehicles, not of both"),
        ([dataset()], {"operating_mode": "UNKNOWN"}, "operating_mode"),
        ([dataset()], {"valid_until": "2026-02-30"}, "is no date"),
        ([dataset()], {"valid_until": "2099-01-01"}, "1 to 732 days"),
        ([dataset()], {"valid_until": "2020-01-01"}, "1 to 732 days"),
    ],
)
def test_what_is_forbidden_or_a_slip_is_refused_by_name(
    datasets: list[Any], more: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_agreement(agreement_text("MX-A", *datasets, **more))


def test_no_shareable_field_is_a_plate_or_of_a_person() -> None:
    names = {name for fields in FIELDS.values() for name in fields}
    assert not {name for name in names if "plate" in name or "officer" in name or "reading" in name}
    assert names >= IDENTIFYING


@pytest.mark.parametrize(
    ("dataset_name", "record"),
    [(Dataset.ALERTS, records.Alert), (Dataset.FINDS, records.Outcome), (Dataset.CROSSINGS, records.Passage)],
)
def test_shareable_fields_have_the_records_own_names(dataset_name: Dataset, record: Any) -> None:
    own = {"crossed_at": "at_light_at", "found_at": "inspection_ended_at"}
    assert {own.get(name, name) for name in FIELDS[dataset_name]} <= set(record.__struct_fields__)
