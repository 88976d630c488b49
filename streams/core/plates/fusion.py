"""What several reads of one vehicle's plates say together: probabilities of the candidates.

Cameras err independently given the plate. Frames of one camera do not: they share its dirt, its frame and its light.
"""

import math
from collections.abc import Sequence
from typing import Final

from schemas.records import PlateCandidate
from streams.core.plates.folding import FOLD, fold, normalise_plate
from streams.core.plates.grammar import breaking, corrected

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
# (personalised and special plates), and the issuer itself is wrong in up to 20 % of reads. The rest goes to the one
# plate of that issuer which it is a look-alike of, if there is one: about one such string in seven is somebody's plate,
# of strings outside the grammar hardly any, and look-alikes are misread in one read of ten to twenty.
AGAINST_GRAMMAR: Final = 0.2


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


def fuse(
    front: Sequence[PlateCandidate], rear: Sequence[PlateCandidate], jurisdiction: str | None = None
) -> FusedPlate:
    """Fuse what the front and the rear camera read of one vehicle; either may be empty.

    Cameras err independently given the plate, so a plate's weight is the product of its likelihoods in both lists
    (a plate that a list lacks gets a share of what the list leaves open), set right by the issuer's grammar.
    """
    front_read, rear_read = _read_probabilities(front), _read_probabilities(rear)
    if not front_read or not rear_read:
        read = front_read or rear_read
        if not read:
            return FusedPlate(None, (), None)
        return _ranked(_by_grammar(read, jurisdiction), 1.0 - sum(read.values()), None)
    agree = fold(next(iter(front_read))) == fold(next(iter(rear_read)))
    front_open, rear_open = 1.0 - sum(front_read.values()), 1.0 - sum(rear_read.values())
    weights = {}
    for plate, share in front_read.items():
        weights[plate] = share * (rear_read.get(plate) or _unlisted(plate, rear_read, rear_open))
    for plate, share in rear_read.items():
        if plate not in front_read:
            weights[plate] = share * _unlisted(plate, front_read, front_open)
    return _ranked(_by_grammar(weights, jurisdiction), front_open * rear_open * ONE_OF_THE_OTHERS, agree)


def pooled(frames: Sequence[Sequence[PlateCandidate]]) -> list[PlateCandidate]:
    """Several frames of one camera as one read, for `fuse`: the mean of what they say, best first.

    A plate is as likely as the frames hold it on average, so ten frames of one dirty plate are no surer than one, and
    a frame that reads it differently leaves doubt. Frames without a plate say nothing.
    """
    reads = [read for read in map(_read_probabilities, frames) if read]
    shares: dict[str, float] = {}
    for read in reads:
        for plate, share in read.items():
            shares[plate] = shares.get(plate, 0.0) + share / len(reads)
    ranked = sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:CANDIDATES_MAX]
    return [PlateCandidate(plate=plate, confidence=share) for plate, share in ranked]


def _by_grammar(weights: dict[str, float], jurisdiction: str | None) -> dict[str, float]:
    """Weights after a look at the issuer's grammar: a plate that breaks it gives most of its weight away."""
    if jurisdiction is None:
        return weights
    broken = breaking(weights, jurisdiction)
    if not broken:
        return weights
    judged = weights.copy()
    for plate in broken:
        weight = weights[plate]
        judged[plate] = weight * AGAINST_GRAMMAR
        meant = corrected(plate, jurisdiction)
        if meant is not None:
            judged[meant] = judged.get(meant, 0.0) + weight * (1.0 - AGAINST_GRAMMAR)
    return judged


def _unlisted(plate: str, read: dict[str, float], left_open: float) -> float:
    """Likelihood of this read if the plate is one that it does not list; `left_open` is 1 less the read's sum."""
    likelihood = left_open * ONE_OF_THE_OTHERS
    folded = plate.encode().translate(FOLD)
    for listed, share in read.items():
        if len(listed) == len(plate) and listed.encode().translate(FOLD) == folded:
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
