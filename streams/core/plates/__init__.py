"""Plates: how they are folded into keys, what their issuers' grammar allows, what several reads say together.

reads of one camera ─► pooled ─┐
                               ├─► fuse (issuer's grammar) ─► candidates with probabilities ─► key_of ─► Kafka key
reads of the other  ─► pooled ─┘                            └► near_match: listed plates one error away
"""

from streams.core.plates.folding import fold, key_of, normalise_plate, plate_key
from streams.core.plates.fusion import FusedPlate, fuse, pooled
from streams.core.plates.grammar import fits_grammar

__all__ = ["FusedPlate", "fits_grammar", "fold", "fuse", "key_of", "normalise_plate", "plate_key", "pooled"]
