"""What an agreement comes to, without a network: fields told and withheld, what trying all plates takes, real rows."""

from pathlib import Path
from typing import Any, Final

from deploy.captured import read_captured
from streams.core.sharing.agreement import FIELDS, Agreement, SharedDataset, Vehicles
from streams.core.sharing.rows import SharedRow, agreed_values, is_agreed, shared_row

# One of the shapes in which Texas issues, three letters and four digits (openalpr's published patterns).
PLATES_OF_ONE_SHAPE: Final = 26**3 * 10**4
DAYS_PER_YEAR: Final = 365.25


def tested(agreement: Agreement, capture: Path | None) -> dict[str, Any]:
    """As JSON. Raises UserError if the capture cannot be read."""
    rows = [dataset_row(shared) for shared in agreement.datasets]
    if capture is not None:
        count(agreement, rows, capture)
    return {
        "agency": agreement.agency,
        "version": agreement.version,
        "datasets": rows,
        "notes": notes(agreement),
    }


def dataset_row(shared: SharedDataset) -> dict[str, Any]:
    """One dataset, with what of it is not agreed."""
    return {
        "dataset": shared.dataset.value,
        "vehicles": shared.vehicles.value,
        "ports": list(shared.ports),
        "fields": list(shared.fields),
        "withheld": [name for name in FIELDS[shared.dataset] if name not in shared.fields],
        "list_kinds": [kind.value for kind in shared.list_kinds],
        "retention_days": shared.retention_days,
    }


def count(agreement: Agreement, rows: list[dict[str, Any]], capture: Path) -> None:
    """Add to each dataset how many of a capture's rows it covers, and the first. Of LODGED and ASKED vehicles that is
    what could be told if every plate were named."""
    last: dict[tuple[str, str], SharedRow] = {}
    for record in read_captured(capture):
        row = shared_row(record.value)
        if row is not None and row.operating_mode is agreement.operating_mode:
            known = last.get((row.dataset, row.record_id))
            if known is None or row.revision > known.revision:
                last[row.dataset, row.record_id] = row
    for shared, said in zip(agreement.datasets, rows, strict=True):
        told = [
            agreed_values(shared, row.values)
            for row in last.values()
            if row.dataset is shared.dataset and row.values is not None and is_agreed(shared, row)
        ]
        said["rows"] = len(told)
        said["first"] = told[0] if told else None


def notes(agreement: Agreement) -> list[str]:
    """What a person who signs it should know."""
    limits = agreement.limits
    said = ["No plate, plate candidate, reading, officer or score can be shared by any agreement."]
    for vehicles, per_day, what in (
        (Vehicles.LODGED, limits.lodgings_per_day, "by lodging"),
        (Vehicles.ASKED, limits.questions_per_day, "by blinded questions, of a single day's crossings"),
    ):
        if per_day:
            years = PLATES_OF_ONE_SHAPE / (per_day * DAYS_PER_YEAR)
            said.append(
                f"{vehicles}: {per_day} a day; to try the {PLATES_OF_ONE_SHAPE:,} plates of one shape of one state "
                f"{what} takes {years:,.0f} years."
            )
    if any(one.vehicles is Vehicles.ANY for one in agreement.datasets):
        said.append(
            f"ANY: told without a plate; up to {limits.reidentifications_per_day} plates a day may be asked for, "
            "and a person here approves or refuses each."
        )
    if limits.lodgings_per_day or limits.questions_per_day:
        said.append("A plate is met exactly: of vehicles that cross, those misread are missed.")
    return said
