"""A vehicle's passages share a token; another key, and no plate, give none of it away."""

from schemas.records import Selection
from streams.core.random_draw import RandomKeys
from streams.core.vehicle_tokens import PURPOSE, WINDOW_MICROSECONDS, VehicleTokens
from tests.core.vehicles.builders import DAY, START, advance, fold, outputs_of, passage


def tokens_of(*plates: str | None) -> list[str | None]:
    values = [passage(number, plate=plate) for number, plate in enumerate(plates, 1)]
    selections: list[Selection] = outputs_of(advance(fold(), *values), Selection)
    return [selection.vehicle_token for selection in selections]


def test_passages_of_one_plate_share_a_token_and_others_have_their_own() -> None:
    first, again, other, none = tokens_of("KTP1048", "KTP-1048", "KTP1049", None)
    assert first == again != other
    assert first is not None and len(first) == 32
    assert none is None


def test_a_token_depends_on_the_platforms_secret_and_on_the_window_of_90_days() -> None:
    ours, theirs = (VehicleTokens(RandomKeys(secret * 32).derived(PURPOSE)) for secret in (b"a", b"b"))
    start = 231 * WINDOW_MICROSECONDS
    assert ours.token_of("KTP1048", start) != theirs.token_of("KTP1048", start)
    assert ours.token_of("KTP1048", start) == ours.token_of("KTP1048", start + WINDOW_MICROSECONDS - 1)
    tokens = {ours.token_of("KTP1048", start + number * WINDOW_MICROSECONDS) for number in range(20)}
    assert len(tokens) == 20
    assert "KTP" not in repr(ours)


def test_a_vehicle_is_another_to_oversight_in_the_next_window() -> None:
    start = (START // WINDOW_MICROSECONDS + 1) * WINDOW_MICROSECONDS
    values = [
        passage(number, plate="KTP1048", watermark_at=at, at_light_received_at=at)
        for number, at in enumerate((start - DAY, start - 1, start, start + DAY), 1)
    ]
    selections: list[Selection] = outputs_of(advance(fold(), *values), Selection)
    first, second, third, fourth = [selection.vehicle_token for selection in selections]
    assert first == second != third == fourth
