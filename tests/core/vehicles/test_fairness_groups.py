"""The groups of a selection: coarse, by what was read and the port's own clock, and no light depends on them."""

import msgspec
import pytest

from schemas.layout import load_ports
from schemas.records import FairnessGroup, PlateFormat, PlateIssuer, Score, Selection
from streams.core.vehicles.fairness_groups import fairness_group_of, issuer_of, local_hour_of, plate_format_of
from tests.core.vehicles.builders import advance, fold, outputs_of, passage

HOUR = 3600 * 1_000_000


@pytest.mark.parametrize(
    ("jurisdiction", "issuer"),
    [
        ("US-TX", PlateIssuer.US_TX),
        ("MX-TAM", PlateIssuer.MX_TAM),
        ("US-VT", PlateIssuer.US_OTHER),
        ("US-OTHER", PlateIssuer.US_OTHER),
        ("MX-CHP", PlateIssuer.MX_OTHER),
        ("GT-GU", PlateIssuer.OTHER),
        ("", PlateIssuer.OTHER),
        ("UNREAD", PlateIssuer.OTHER),
        (None, PlateIssuer.UNREAD),
    ],
)
def test_issuers_beyond_the_border_are_counted_together(jurisdiction: str | None, issuer: PlateIssuer) -> None:
    assert issuer_of(jurisdiction) is issuer


@pytest.mark.parametrize(
    ("plate", "jurisdiction", "plate_format"),
    [
        ("ABC1234", "US-TX", PlateFormat.ISSUERS),
        ("1ABC234", "US-TX", PlateFormat.ANOTHERS),  # California's
        ("ABC1234", "US-VT", PlateFormat.ANOTHERS),  # Vermont's formats are not known
        ("ABC1234", None, PlateFormat.ANOTHERS),
        ("MAMASCAR", "US-TX", PlateFormat.NONE),
        ("ABO1234", "MX-TAM", PlateFormat.ANOTHERS),  # Mexico issues no O
        (None, "US-TX", PlateFormat.UNREAD),
    ],
)
def test_a_plate_has_its_issuers_format_anothers_or_none(
    plate: str | None, jurisdiction: str | None, plate_format: PlateFormat
) -> None:
    assert plate_format_of(plate, jurisdiction) is plate_format


def test_an_hour_is_the_ports_own() -> None:
    assert local_hour_of(3 * HOUR, -6) == 21
    assert local_hour_of(3 * HOUR + HOUR // 2, 5.5) == 9
    assert fairness_group_of(passage(), None).local_hour is None


def test_a_selection_says_its_groups_and_no_plate() -> None:
    said = passage()
    (selection,) = outputs_of(advance(fold(), said), Selection)
    assert selection.fairness_group == fairness_group_of(said, load_ports()[said.port_code])
    assert set(FairnessGroup.__struct_fields__) == {"issuer", "plate_format", "local_hour"}


def test_light_and_score_are_the_same_whatever_the_groups_are() -> None:
    told = []
    for issuer in ("US-TX", "MX-TAM", None):
        outputs = advance(fold(), passage(jurisdiction=issuer))
        (selection,), (score,) = outputs_of(outputs, Selection), outputs_of(outputs, Score)
        told.append((msgspec.structs.replace(selection, fairness_group=None), score))
    assert told[0] == told[1] == told[2]
