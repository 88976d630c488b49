"""What officers tell reaches the log of their lane and ends up in the outcome."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.cli import main
from deploy.demo import log_of
from deploy.errors import UserError
from deploy.local.platform import LocalPlatform
from deploy.officer_records import found_item
from schemas.records import (
    Exam,
    FoundItem,
    FoundKind,
    Inspection,
    InspectionResolution,
    Light,
    OfficerAssignment,
    OperatingMode,
    Override,
    OverrideReason,
)
from schemas.topics import LANE_DECISIONS
from streams.core.outcomes.kept import inspected_of

ENDED = ["inspect", "2301/03/1", "--officer", "1", "--resolution", "weapons", "--minutes", "3"]


@pytest.fixture
def options(platform: LocalPlatform) -> Iterator[list[str]]:
    yield ["--broker", platform.broker, "--registry-url", platform.registry_url]


def written(platform: LocalPlatform, passage_or_lane: str) -> list[object]:
    values = [record.value for record in log_of(platform, [LANE_DECISIONS.name])]
    return [
        value
        for value in values
        if passage_or_lane in (getattr(value, "passage_id", None), getattr(value, "lane_id", None))
    ]


@pytest.mark.integration
def test_an_inspection_begins_and_ends_under_one_id(platform: LocalPlatform, options: list[str]) -> None:
    assert main(["inspect", "2302/91/7", "--officer", "4711", *options]) == 0
    ended = [
        "inspect",
        "2302/91/7",
        "--officer",
        "4711",
        "--officer",
        "12",
        "--resolution",
        "weapons",
        "--minutes",
        "30",
    ]
    found = [
        "--found",
        "RIFLE:AR-1,manufacturer=Colt,calibre=5.56x45 mm",
        "--found",
        "AMMUNITION=400",
        "--exam",
        "visual",
        "--exam-missed",
        "canine",
    ]
    assert main([*ended, *found, *options]) == 0
    began, over = written(platform, "2302/91/7")
    assert isinstance(began, Inspection) and isinstance(over, Inspection)
    assert (began.inspection_id, began.revision, began.ended_at) == (over.inspection_id, 1, None)
    assert (over.revision, over.officer_ids, over.resolution) == (2, ("4711", "12"), InspectionResolution.WEAPONS)
    assert over.ended_at is not None and over.ended_at - over.started_at == 30 * 60 * 1_000_000
    rifle = over.found[0]
    assert (rifle.serial_number, rifle.calibre, rifle.manufacturer) == ("AR-1", "5.56x45 mm", "Colt")
    kept = inspected_of(over)
    assert (kept.firearms, kept.rounds, kept.exams_missed) == (1, 400, (Exam.CANINE,))


@pytest.mark.integration
def test_an_override_and_a_duty_are_told(platform: LocalPlatform, options: list[str]) -> None:
    assert main(["override", "2302/92/SIMULATED/7", "GREEN", "--officer", "4711", "--reason", "safety", *options]) == 0
    (said,) = written(platform, "2302/92/SIMULATED/7")
    assert isinstance(said, Override)
    assert (said.lane_id, said.operating_mode) == ("2302/92", OperatingMode.SIMULATED)
    assert (said.light, said.reason, said.officer_id) == (Light.GREEN, OverrideReason.SAFETY, "4711")
    times = ["--begins", "2020-11-24T14:00Z", "--ends", "2020-11-24T08:30-06:00"]
    assert main(["assign", "2302/93", "4711", *times, *options]) == 0
    (duty,) = written(platform, "2302/93")
    assert isinstance(duty, OfficerAssignment)
    assert duty.until_at - duty.from_at == 30 * 60 * 1_000_000


@pytest.mark.parametrize(
    ("text", "kind", "count", "serial_number"),
    [
        ("RIFLE", FoundKind.RIFLE, 1, None),
        ("rifle:AB=12", FoundKind.RIFLE, 1, "AB=12"),
        ("PISTOL:A:1", FoundKind.PISTOL, 1, "A:1"),
        ("PISTOL: ", FoundKind.PISTOL, 1, None),
        ("AMMUNITION=400", FoundKind.AMMUNITION, 400, None),
    ],
)
def test_a_serial_number_may_hold_any_sign(text: str, kind: FoundKind, count: int, serial_number: str | None) -> None:
    assert found_item(text) == FoundItem(kind=kind, count=count, serial_number=serial_number)


@pytest.mark.parametrize("text", ["GUN", "=4", ":A=1", "AMMUNITION=400:A", "AMMUNITION=", ""])
def test_what_is_no_found_item_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is no"):
        found_item(text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["inspect", "2301/03", "--officer", "1"], "is no passage"),
        (["inspect", "1042", "--officer", "1"], "is no passage"),
        (["inspect", "2301/03/OPERATIONAL/7", "--officer", "1"], "is no passage"),
        (["inspect", "2301/03/007", "--officer", "1"], "is no passage"),
        (["inspect", "2301/03/7", "--officer", "1", "--ended", "2026-01-01T00:00Z"], "told with a resolution"),
        (["assign", "2301", "1", "--begins", "2020-01-01T00:00Z", "--ends", "2020-01-01T01:00Z"], "a slash and a lane"),
        (
            [
                "inspect",
                "2301/03/1",
                "--officer",
                "1",
                "--resolution",
                "weapons",
                "--minutes",
                "3",
                "--found",
                "RIFLE=9e9",
            ],
            "is no number",
        ),
        (["inspect", "2301/03/1", "--officer", "1", "--resolution", "weapons"], "needs the minutes"),
        ([*ENDED, "--found", "RIFLE:A,calibre=9 mm,calibre=9 mm"], "twice"),
        ([*ENDED, "--found", "RIFLE:A,calibre= "], "names none"),
        ([*ENDED, "--found", f"RIFLE,manufacturer={'m' * 129}"], "manufacturer must have"),
        (["inspect", "2301/03/1", "--officer", "1", "--found", "RIFLE"], "told with a resolution"),
        (
            ["inspect", "2301/03/1", "--officer", "1", "--resolution", "weapons", "--minutes", "3", "--found", "GUN"],
            "the kinds are PISTOL",
        ),
        (
            [
                "inspect",
                "2301/03/1",
                "--officer",
                "1",
                "--resolution",
                "weapons",
                "--minutes",
                "3",
                "--found",
                "RIFLE=x",
            ],
            "is no number",
        ),
        (
            [
                "inspect",
                "2301/03/1",
                "--officer",
                "1",
                "--resolution",
                "weapons",
                "--minutes",
                "3",
                "--exam",
                "visual",
                "--exam-missed",
                "visual",
            ],
            "both done and missed",
        ),
        (["inspect", "2301/03/1", "--officer", ""], "officer_ids must have"),
        (["override", "2301/03/1", "GREEN", "--officer", "1", "--reason", "unknown"], "needs a reason"),
        (["assign", "2301/03", "1", "--begins", "noon", "--ends", "2026-01-01T00:00Z"], "is no time"),
        (["assign", "2301/03", "1", "--begins", "2026-01-01T00:00", "--ends", "2026-01-01T01:00Z"], "no time zone"),
        (["assign", "2301/03", "1", "--begins", "2026-01-03T00:00Z", "--ends", "2026-01-01T01:00Z"], "24 hours"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_asked(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # Nothing listens there: whoever connected first would say that instead.
    assert main([*arguments, "--broker", "127.0.0.1:1", "--registry-url", "http://127.0.0.1:1"]) == 1
    assert message in capsys.readouterr().err
