"""Plates: the folded key that misreads share, and the fusion of what two cameras read of one vehicle.

A reader confuses characters of the same form ({0 O D Q} {1 I} {2 Z} {5 S} {8 B} {6 G}: the equivalence table of
commercial matchers), so a key is made after folding each set to its digit. The issuer is no part of the key: readers
name the wrong one in 5 to 20 % of reads, and a vehicle must not change partition for it. Histories and watchlist
matches use the exact plate and the issuer; the key only brings them together.
"""

import math
from collections.abc import Sequence
from typing import Final

from schemas.records import PlateCandidate

# Goes into every key. A change of the folding sends every plate to another partition, so it needs a new version and a
# replay of the histories; mixing two foldings under one version would split histories silently.
KEY_VERSION: Final = "p1:"

# A vehicle without a plate is keyed by its own passage, so that it is scored, selected and counted all the same.
PASSAGE_KEY_PREFIX: Final = "passage:"

# Characters kept of one plate. North America's longest have 8; more is a reader's noise, and state is kept per key.
PLATE_LENGTH_MAX: Final = 10

# Candidates kept after fusion; the contract allows a reader 10, and below this share one is not worth its bytes.
CANDIDATES_MAX: Final = 10
CANDIDATE_PROBABILITY_MIN: Final = 0.001

# Floor of "none of the listed", whatever the reader claims: 3.6 % of 751 benchmark plates were two or more edits away
# (OpenALPR benchmark), and a good reader lists alternatives that catch about half of those.
NONE_OF_LISTED_MIN: Final = 0.02

# Likelihood that a reader shows `x` when the plate is one particular other plate: 1 in 100 plates one edit away is what
# a 7-character plate with about 100 likely confusions gives.
ONE_OF_THE_OTHERS: Final = 0.01

# The same, when the two differ only inside folding sets: look-alikes are 45 % of character errors (a parking operator's
# figures) of readers that are right in 86 %, spread over one or two alternatives.
LOOKALIKE: Final = 0.1

# Weight of a plate that breaks the grammar of the issuer read with it. Not zero: the table is not complete
# (personalised and special plates), and the issuer itself is wrong in up to 20 % of reads.
AGAINST_GRAMMAR: Final = 0.2

# Shapes of plates, @ a letter and # a digit (OpenALPR patterns; NOM-001-SCT-2-2016 for Mexico).
GRAMMARS: Final = {
    "US-TX": frozenset({b"@@@####", b"@##@@@", b"###@@@", b"@@@###", b"@@#@###"}),
    "US-CA": frozenset({b"#@@@###", b"#@#####", b"#####@#"}),
    "US-AZ": frozenset({b"@@@####", b"###@@@"}),
    "US-NM": frozenset({b"@@@###", b"###@@@", b"@@###"}),
    "MX": frozenset({b"@@@####", b"@@@###@", b"@##@@@", b"@@#####", b"####@@"}),
}

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS: Final = "0123456789"
# Tables for bytes: str.translate takes four times as long.
_FOLD: Final = bytes.maketrans(b"ODQIZSBG", b"00012586")
_SHAPE: Final = bytes.maketrans((_LETTERS + _DIGITS).encode(), b"@" * len(_LETTERS) + b"#" * len(_DIGITS))
_KEEP: Final = frozenset(_LETTERS + _DIGITS)


class FusedPlate:
    """What the cameras say together.

    `plate` is the most probable one, None if nothing was read. `candidates` stand best first, and their `confidence`
    is now a probability: they add up to 1 less the chance that it is none of them. `front_rear_agree` says whether the
    best front and rear plates fold to the same, None if one of them was not read.
    """

    def __init__(
        self, plate: str | None, candidates: tuple[PlateCandidate, ...], front_rear_agree: bool | None
    ) -> None:
        self.plate = plate
        self.candidates = candidates
        self.front_rear_agree = front_rear_agree


def normalise_plate(plate: str) -> str:
    """Upper-case ASCII letters and digits of a plate, at most PLATE_LENGTH_MAX; empty if there is none."""
    if plate.isascii() and plate.isalnum() and plate.isupper() and len(plate) <= PLATE_LENGTH_MAX:
        return plate
    return "".join([c for c in plate.upper() if c in _KEEP])[:PLATE_LENGTH_MAX]


def fold(plate: str) -> str:
    """A normalised plate with every OCR-equivalent character replaced by its set's digit."""
    return plate.encode().translate(_FOLD).decode()


def plate_key(plate: str) -> str:
    """Kafka key of a plate: version and folded characters, for instance `p1:A8C1234` for ABC1234.

    Raises ValueError if the plate has no letter or digit; use `key_of` where that can be.
    """
    normalised = normalise_plate(plate)
    if not normalised:
        raise ValueError("a plate needs at least one letter or digit")
    return KEY_VERSION + fold(normalised)


def key_of(plate: str | None, passage_id: str) -> str:
    """Kafka key of a passage: that of its plate, or of the passage itself if no plate was read."""
    normalised = normalise_plate(plate) if plate else ""
    return KEY_VERSION + fold(normalised) if normalised else PASSAGE_KEY_PREFIX + passage_id


def fits_grammar(plate: str, jurisdiction: str | None) -> bool:
    """Whether a normalised plate has a shape of its issuer (ISO 3166-2); True where the issuer's shapes are not known.

    Mexico issues no I, O and Q as letters, so `O` for `0` shows there.
    """
    if jurisdiction is None:
        return True
    mexican = jurisdiction.startswith("MX")
    shapes = GRAMMARS.get("MX" if mexican else jurisdiction)
    if shapes is None:
        return True
    if mexican and ("I" in plate or "O" in plate or "Q" in plate):
        return False
    return plate.encode().translate(_SHAPE) in shapes


def fuse(
    front: Sequence[PlateCandidate], rear: Sequence[PlateCandidate], jurisdiction: str | None = None
) -> FusedPlate:
    """Fuse what the front and the rear camera read of one vehicle; either may be empty.

    Cameras err independently given the plate, so a plate's weight is the product of its likelihoods in both lists
    (a plate that a list lacks gets a share of what the list leaves open) and of the issuer's grammar.
    """
    front_read, rear_read = _read_probabilities(front), _read_probabilities(rear)
    if not front_read or not rear_read:
        read = front_read or rear_read
        if not read:
            return FusedPlate(None, (), None)
        weights = read if jurisdiction is None else {p: w * _grammar(p, jurisdiction) for p, w in read.items()}
        return _ranked(weights, 1.0 - sum(read.values()), None)
    agree = fold(next(iter(front_read))) == fold(next(iter(rear_read)))
    front_open, rear_open = 1.0 - sum(front_read.values()), 1.0 - sum(rear_read.values())
    weights = {}
    for plate, share in front_read.items():
        other = rear_read.get(plate) or _unlisted(plate, rear_read, rear_open)
        weights[plate] = share * other * _grammar(plate, jurisdiction)
    for plate, share in rear_read.items():
        if plate not in front_read:
            weights[plate] = share * _unlisted(plate, front_read, front_open) * _grammar(plate, jurisdiction)
    return _ranked(weights, front_open * rear_open * ONE_OF_THE_OTHERS, agree)


def _grammar(plate: str, jurisdiction: str | None) -> float:
    return 1.0 if fits_grammar(plate, jurisdiction) else AGAINST_GRAMMAR


def _unlisted(plate: str, read: dict[str, float], left_open: float) -> float:
    """Likelihood of this read if the plate is one that it does not list; `left_open` is 1 less the read's sum."""
    likelihood = left_open * ONE_OF_THE_OTHERS
    folded = plate.encode().translate(_FOLD)
    for listed, share in read.items():
        if len(listed) == len(plate) and listed.encode().translate(_FOLD) == folded:
            likelihood += share * LOOKALIKE
    return likelihood


def _ranked(weights: dict[str, float], none_of_listed: float, agree: bool | None) -> FusedPlate:
    """Weights made into probabilities, best first; equal ones in the order of the alphabet."""
    total = none_of_listed + sum(weights.values())
    floor = CANDIDATE_PROBABILITY_MIN * total
    ranked = sorted([(-weight, plate) for plate, weight in weights.items()])
    best = ranked[0][1]
    candidates = [
        PlateCandidate(plate=plate, confidence=round(-weight / total, 6))
        for weight, plate in ranked[:CANDIDATES_MAX]
        if -weight >= floor or plate is best
    ]
    return FusedPlate(best, tuple(candidates), agree)


def _read_probabilities(candidates: Sequence[PlateCandidate]) -> dict[str, float]:
    """Plates of one read, best first, with shares that add up to less than 1.

    Some readers give probabilities, others a quality in which all candidates are near 0.9; the latter add up to more
    than 1 and are shared out by their odds.
    """
    best: dict[str, float] = {}
    total, last, in_order = 0.0, 1.0, True
    for candidate in candidates[:CANDIDATES_MAX]:
        plate = normalise_plate(candidate.plate)
        # A confidence of NaN fails the comparison and is taken for the floor.
        confidence = min(candidate.confidence, 0.999) if candidate.confidence > 0.001 else 0.001
        if not plate or confidence <= best.get(plate, 0.0):
            continue
        in_order = in_order and confidence <= last and plate not in best
        total += confidence - best.get(plate, 0.0)
        last = best[plate] = confidence
    if total > 1.0:
        best = {plate: confidence / (1.0 - confidence) for plate, confidence in best.items()}
        total = math.fsum(best.values())
    scale = 1.0 if total <= 1.0 - NONE_OF_LISTED_MIN else (1.0 - NONE_OF_LISTED_MIN) / total
    if not in_order:
        best = dict(sorted(best.items(), key=lambda item: (-item[1], item[0])))
    return best if scale == 1.0 else {plate: share * scale for plate, share in best.items()}
