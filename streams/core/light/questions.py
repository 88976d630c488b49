"""What a controller asks, and the lot that decides when nothing else does.

    LIGHT 2301/03 1042 ─► Question(lane, mode, number) ─► vehicle text ─► draw with the day's key of the port

The lot is that of the random arm under another message, so that neither tells anything of the other. Whoever draws
again with the day's key, once it is revealed, gets what the vehicle was shown (`verify_fallback`).
"""

from typing import Final

from schemas.records import LightAnswer, LightAnswerReason, OperatingMode, Selection
from streams.core.random_draw import uniform_draw

FALLBACK_REASONS: Final = frozenset({LightAnswerReason.NO_SELECTION, LightAnswerReason.OLD_SELECTION})

# How far the clocks of gateway and light server may lie apart, both kept by NTP [assumed]. With less, a lot that the
# driver saw would be taken back; with more, whoever asks that long before a vehicle comes chooses a lot for it. Stops
# lie at least 2 s apart.
CLOCKS_APART_MAX: Final = 1_000_000


class Question:
    """Whose light is asked for: the vehicle of a `number` in its lane, or, if that is None, of an AT_LIGHT reading."""

    def __init__(self, lane_id: str, mode: OperatingMode, number: int | None, reading_id: str | None = None) -> None:
        """Raises ValueError for a question by neither or by both."""
        if (number is None) is (reading_id is None):
            raise ValueError("a question is by a passage's number or by a reading")
        self.lane_id = lane_id
        self.mode = mode
        self.number = number
        self.reading_id = reading_id

    @property
    def vehicle(self) -> str:
        """What is asked for, as text: the passage's id, or lane, mode and reading."""
        if self.number is not None:
            return passage_id_of(self.lane_id, self.mode, self.number)
        return f"{self.lane_id} {self.mode} {self.reading_id}"


def passage_id_of(lane_id: str, mode: OperatingMode, number: int) -> str:
    """Id of a passage as the lanes stage makes it: `2301/03/1042`, of a drill `2301/03/EXERCISE/7`."""
    world = "" if mode is OperatingMode.OPERATIONAL else f"{mode}/"
    return f"{lane_id}/{world}{number}"


def lot_of(key: bytes, vehicle: str, reason: LightAnswerReason) -> float:
    """A number in [0, 1), fixed by key, vehicle and reason: red below the probability of red."""
    return uniform_draw(key, vehicle, f"light fallback {reason}")


def verify_fallback(key: bytes, answer: LightAnswer) -> bool:
    """Whether a fallback shows what the day's key gives: the auditor's check of one answer."""
    vehicle = answer.passage_id or ""
    if answer.at_light_reading_id is not None:  # it was asked by reading, whatever passage that turned out to be
        vehicle = Question(answer.lane_id, answer.operating_mode, None, answer.at_light_reading_id).vehicle
    red = lot_of(key, vehicle, answer.reason) < (answer.propensity or 0.0)
    return red is (answer.light == "RED")


def at_light(selection: Selection) -> int:
    """When the vehicle came to the light, by the gateway's clock; lane time for a selection that does not say."""
    return selection.selected_at if selection.at_light_received_at is None else selection.at_light_received_at


def was_told_early(answered_at: int, came_at: int) -> bool:
    """Whether a light was told before the vehicle came to it: then nobody saw it, and it counts for nothing."""
    return answered_at < came_at - CLOCKS_APART_MAX
