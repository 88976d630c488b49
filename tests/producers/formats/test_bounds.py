"""The bounds at the edge are those of the stages, which producers cannot import."""

import pytest

from producers.formats import bounds
from producers.formats.reading_format import Refused, content_id, numbered_id, shown_name
from streams.core import stage, times
from streams.core.lanes import validation as lanes
from streams.core.trains import cutting
from streams.core.trains import validation as trains
from tests.producers.formats.samples import device_for


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (bounds.ID_LENGTH_MAX, stage.ID_LENGTH_MAX),
        (bounds.TIME_MIN, times.TIME_MIN),
        (bounds.TIME_MAX, times.TIME_MAX),
        (bounds.WEIGHT_KG_MAX, lanes.WEIGHT_KG_MAX),
        (bounds.AXLES_MAX, lanes.AXLES_MAX),
        (bounds.CANDIDATES_MAX, lanes.CANDIDATES_MAX),
        (bounds.PLATE_LENGTH_MAX, lanes.PLATE_LENGTH_MAX),
        (bounds.JURISDICTION_LENGTH_MAX, lanes.JURISDICTION_LENGTH_MAX),
        (bounds.SHA256_LENGTH, lanes.SHA256_LENGTH),
        (bounds.CAR_WEIGHT_KG_MAX, trains.WEIGHT_KG_MAX),
        (bounds.TRAIN_AXLES_MAX, trains.AXLES_MAX),
        (bounds.AXLES_MAX, trains.CAR_AXLES_MAX),
        (bounds.PASS_MAX, trains.PASS_MAX),
        (bounds.CAR_LENGTH_M_MAX, trains.LENGTH_M_MAX),
        (bounds.IMAGE_AXLES_MAX, cutting.SCAN_AXLES_MAX),
    ],
)
def test_a_bound_is_the_stages(ours: float, theirs: float) -> None:
    assert ours == theirs


def test_an_address_is_no_longer_than_either_stage_takes() -> None:
    assert min(lanes.URI_LENGTH_MAX, trains.TEXT_LENGTH_MAX) == bounds.URI_LENGTH_MAX


def test_ids_of_other_parts_are_other_ids() -> None:
    device = device_for("openalpr")
    assert numbered_id(device, "a/b", "c") == "openalpr-1/a/b/c"
    with pytest.raises(Refused):
        numbered_id(device, "a", "b/c")  # the same text
    assert content_id(device, "a", "bc") != content_id(device, "ab", "c")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("gross_wieght", "gross_wieght"),
        ("17", "17"),
        ("TST4821", "?"),
        ("4821", "?"),
        ("a b", "?"),
        ("\ud800", "?"),
        ("", "?"),
    ],
)
def test_names_are_shown_unless_they_may_be_plates(name: str, shown: str) -> None:
    assert shown_name(name) == shown
