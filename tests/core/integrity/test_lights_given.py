"""An officer answers for the light that was given before anybody changed it, whoever or whatever gave it."""

from typing import Any

import pytest

from schemas.records import FindingKind, Light, OutcomeState
from streams.core.integrity.cases import light_given
from tests.core.integrity.builders import BAD, DAY, advance, not_inspected, red, settled, with_peers

LOT_RED: dict[str, Any] = {
    "light": Light.GREEN,
    "light_given": Light.RED,
    "final_light": Light.RED,
    "shown_light": Light.RED,
    "fallback": True,
}
LOT_GREEN: dict[str, Any] = {
    "light": Light.RED,
    "light_given": Light.GREEN,
    "final_light": Light.GREEN,
    "shown_light": Light.GREEN,
    "fallback": True,
    "state": OutcomeState.PASSED,
}


MADE_GREEN: dict[str, Any] = {"final_light": Light.GREEN, "overrides": 1}


@pytest.mark.parametrize(
    ("fields", "given"),
    [
        ({}, Light.RED),
        ({"shown_light": Light.RED}, Light.RED),
        (LOT_RED, Light.RED),
        (LOT_GREEN, Light.GREEN),
        (LOT_RED | MADE_GREEN | {"state": OutcomeState.RELEASED}, Light.RED),
        (LOT_GREEN | {"overrides": 2}, Light.GREEN),
        (LOT_GREEN | {"overrides": 1, "final_light": Light.RED, "state": OutcomeState.NOT_INSPECTED}, Light.GREEN),
        (LOT_RED | MADE_GREEN | {"state": OutcomeState.INSPECTED}, Light.RED),
        ({"light_given": None}, Light.UNKNOWN),
        ({"shown_light": Light.GREEN}, Light.UNKNOWN),
    ],
)
def test_an_officer_answers_for_the_light_that_was_given(fields: dict[str, Any], given: Light) -> None:
    assert light_given(not_inspected(1, "x", 0, BAD, **fields)) is given


def test_red_lots_made_green_are_overrides_though_inspections_are_made_up() -> None:
    fields = LOT_RED | MADE_GREEN | {"override_officer_id": BAD}
    found = settled(with_peers(), *[red(1, f"lot-{n}", 5 * DAY + n * DAY, BAD, **fields) for n in range(8)])
    assert {(one.kind, one.officer_id) for one in found} == {(FindingKind.OVERRIDES, BAD)}


def test_red_lots_that_nobody_inspects_are_red_lights_that_nobody_inspects() -> None:
    outcomes = [not_inspected(1, f"lot-{n}", 5 * DAY + n * DAY, BAD, **LOT_RED) for n in range(8)]
    (finding,) = settled(with_peers(), *outcomes)
    assert (finding.kind, finding.officer_id) == (FindingKind.RED_NOT_INSPECTED, BAD)


def test_red_selections_that_were_never_shown_speak_for_nobody_even_if_that_is_told_late() -> None:
    fold, events = with_peers(), 5
    for number in range(200):  # each would be an uneventful red light
        day = 5 * DAY + 60.0 * number
        told = not_inspected(1, f"green-{number}", day, BAD)
        advance(fold, told, not_inspected(1, f"green-{number}", day, BAD, revision=2, **LOT_GREEN))
    outcomes = [not_inspected(1, f"bad-{n}", 6 * DAY + n * DAY, BAD) for n in range(events)]
    (finding,) = settled(fold, *outcomes)
    assert (finding.events, finding.trials) == (events, events)
