"""Synthetic plates by the grammar of their issuer, and how a reader gets them wrong.

Error law: a reader's character errors are 38 % substitutions and 62 % insertions and deletions, 36 % of them at an
edge; of the wrong plates 26 % have more than one error (measured with OpenALPR on 751 US plates).
"""

from random import Random
from typing import Final

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MEXICAN_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"  # NOM-001-SCT-2: no I, O, Q
DIGITS: Final = "0123456789"

# @ is a letter, # a digit. Patterns: openalpr us.patterns and mx.patterns.
CAR_PATTERNS: Final = {
    "US-TX": ("@@@####",),
    "US-CA": ("#@@@###",),
    "US-AZ": ("@@@####",),
    "US-NM": ("@@@###", "###@@@"),
    "MX": ("@@@####", "@@@###@"),
}
TRUCK_PATTERNS: Final = {
    "US-TX": ("@##@@@", "###@@@"),
    "US-CA": ("#@#####", "#####@#"),
    "US-AZ": ("###@@@",),
    "US-NM": ("@@###",),
    "MX": ("@@#####", "####@@"),
}
# Mexican states that face each US state.
FACING_STATES: Final = {
    "US-TX": ("MX-TAM", "MX-COA", "MX-CHH", "MX-NLE"),
    "US-NM": ("MX-CHH",),
    "US-AZ": ("MX-SON", "MX-SIN"),
    "US-CA": ("MX-BCN", "MX-SON"),
}
REAR_PLATE_ONLY: Final = frozenset({"US-AZ", "US-NM"})

LOOK_ALIKES: Final = {
    "0": "ODQ", "O": "0DQ", "D": "0O", "Q": "0O", "1": "I7L", "I": "1L", "L": "1", "7": "1T", "T": "7", "2": "Z",
    "Z": "2", "5": "S", "S": "5", "8": "B3", "B": "8", "3": "8", "6": "G", "G": "6C", "C": "G", "4": "A", "A": "4",
    "U": "V", "V": "U", "M": "N", "N": "M",
}  # fmt: skip

SUBSTITUTION_RATIO: Final = 0.38
INSERTION_RATIO: Final = 0.31  # the rest are deletions
EDGE_RATIO: Final = 0.36
SECOND_ERROR_RATIO: Final = 0.26
LOOK_ALIKE_RATIO: Final = 0.8


def issue_plate(random: Random, jurisdiction: str, truck: bool) -> str:
    """A synthetic plate of this issuer (`US-TX`, `MX-TAM`)."""
    patterns = TRUCK_PATTERNS if truck else CAR_PATTERNS
    mexican = jurisdiction.startswith("MX")
    letters = MEXICAN_LETTERS if mexican else LETTERS
    pattern = random.choice(patterns["MX" if mexican else jurisdiction])
    return "".join([random.choice(letters if sign == "@" else DIGITS) for sign in pattern])


def misread(random: Random, plate: str) -> str:
    """What a reader makes of a plate when it errs; never the plate itself."""
    text = _err_once(random, plate)
    if random.random() < SECOND_ERROR_RATIO:
        text = _err_once(random, text)
    return text if text != plate else plate[:-1]


def _err_once(random: Random, text: str) -> str:
    at_edge = random.random() < EDGE_RATIO
    at = random.choice((0, len(text) - 1)) if at_edge else random.randrange(1, len(text) - 1)
    kind = random.random()
    if kind < SUBSTITUTION_RATIO:
        sign = text[at]
        look_alikes = LOOK_ALIKES.get(sign, "")
        if not look_alikes or random.random() > LOOK_ALIKE_RATIO:
            look_alikes = (DIGITS if sign.isdigit() else LETTERS).replace(sign, "")
        return text[:at] + random.choice(look_alikes) + text[at + 1 :]
    if kind < SUBSTITUTION_RATIO + INSERTION_RATIO:
        # A frame or bolt is read as one more sign beside this one; at the end it is appended.
        after = at + (at == len(text) - 1)
        return text[:after] + random.choice("1I" if random.random() < 0.5 else DIGITS + LETTERS) + text[after:]
    return text[:at] + text[at + 1 :]
