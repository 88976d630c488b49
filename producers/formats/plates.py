"""What camera formats share: plates as the contract writes them, issuers as ISO 3166-2, which plate was seen."""

import re
from collections.abc import Iterable
from typing import Final

from producers.formats.bounds import CANDIDATES_MAX
from schemas.records import ImageSource, PlateCandidate, SensorRole

CAMERAS: Final = frozenset({SensorRole.FRONT_CAMERA, SensorRole.REAR_CAMERA})
IMAGE_SOURCES: Final = {
    SensorRole.FRONT_CAMERA: ImageSource.FRONT_PLATE,
    SensorRole.REAR_CAMERA: ImageSource.REAR_PLATE,
}
BETWEEN: Final = re.compile(r"[\s\-·.]+")
REGION: Final = re.compile(r"[a-z]{2}-[a-z0-9]{1,3}", re.ASCII)
STATE: Final = re.compile(r"[a-z]{2,3}", re.ASCII)


def plate_text(text: str) -> str:
    """A plate as the contract writes it: upper case, without what stands between letters and digits."""
    return BETWEEN.sub("", text).upper()


def best_first(candidates: Iterable[PlateCandidate]) -> tuple[PlateCandidate, ...]:
    """The surest ways to read a plate, each once, at most CANDIDATES_MAX; equally sure ones stay in order."""
    best: dict[str, PlateCandidate] = {}
    for candidate in sorted(candidates, key=lambda one: -one.confidence):
        best.setdefault(candidate.plate, candidate)
    return tuple(best.values())[:CANDIDATES_MAX]


def jurisdiction_of(region: str, country: str) -> str | None:
    """A reader's region as ISO 3166-2: `us-tx`, and `tx` within a country, are US-TX; `eu-at` is AT; None for none."""
    region = region.strip().lower().replace("_", "-")
    if REGION.fullmatch(region):
        return region[3:].upper() if region.startswith("eu-") and len(region) == 5 else region.upper()
    return f"{country}-{region.upper()}" if STATE.fullmatch(region) else None
