"""What plates an issuer's grammar allows, and what a look-alike character must have been where it allows one only.

Shapes are written with @ for a letter and # for a digit. Mexico's letter series by state are left out: no table of them
with a source was at hand, and readers name the wrong state too often for a series to tell more than the shape does.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from streams.core.plates.folding import DIGITS, LETTERS

# OpenALPR patterns; for Mexico NOM-001-SCT-2-2016.
GRAMMARS: Final = {
    "US-TX": frozenset({b"@@@####", b"@##@@@", b"###@@@", b"@@@###", b"@@#@###"}),
    "US-CA": frozenset({b"#@@@###", b"#@#####", b"#####@#"}),
    "US-AZ": frozenset({b"@@@####", b"###@@@"}),
    "US-NM": frozenset({b"@@@###", b"###@@@", b"@@###"}),
    "MX": frozenset({b"@@@####", b"@@@###@", b"@##@@@", b"@@#####", b"####@@"}),
}
ANY_SHAPE: Final = frozenset(shape for shapes in GRAMMARS.values() for shape in shapes)

# Letters that Mexico does not issue (NOM-001-SCT-2-2016).
NOT_MEXICAN: Final = "IOQ"

# Characters changed to make a plate fit. Three of seven look-alikes in one plate are no misread but another grammar.
CORRECTIONS_MAX: Final = 2

_SHAPE: Final = bytes.maketrans((LETTERS + DIGITS).encode(), b"@" * len(LETTERS) + b"#" * len(DIGITS))

# What a character was that stands where only a digit, or only a letter, can stand. All inside the folding sets, so a
# correction never changes a key. In the United States 0 may have been O, D or Q, in Mexico only D.
_TO_DIGIT: Final = dict(zip("ODQIZSBG", "00012586", strict=True))
_TO_LETTER: Final = dict(zip("12586", "IZSBG", strict=True))
_TO_MEXICAN_LETTER: Final = dict(zip("2586" + "0OQ", "ZSBG" + "DDD", strict=True))


def shape_of(plate: str) -> bytes:
    """Letters as @, digits as #, of a normalised plate."""
    return plate.encode().translate(_SHAPE)


def has_grammar(jurisdiction: str) -> bool:
    """Whether the shapes of an issuer (ISO 3166-2) are known."""
    return jurisdiction.startswith("MX") or jurisdiction in GRAMMARS


def fits_grammar(plate: str, jurisdiction: str | None) -> bool:
    """Whether a normalised plate has a shape of its issuer (ISO 3166-2); True if the issuer's shapes are not known."""
    return jurisdiction is None or not breaking([plate], jurisdiction)


def breaking(plates: Iterable[str], jurisdiction: str) -> list[str]:
    """Of normalised plates those that their issuer does not issue; none if the issuer's shapes are not known."""
    mexican = jurisdiction.startswith("MX")
    shapes = GRAMMARS.get("MX" if mexican else jurisdiction)
    if shapes is None:
        return []
    if mexican:
        return [
            plate
            for plate in plates
            if "I" in plate or "O" in plate or "Q" in plate or plate.encode().translate(_SHAPE) not in shapes
        ]
    return [plate for plate in plates if plate.encode().translate(_SHAPE) not in shapes]


@lru_cache(maxsize=1024)  # both cameras, and both revisions of a passage, ask for the same
def corrected(plate: str, jurisdiction: str) -> str | None:
    """The plate of the issuer that a normalised plate, which breaks its grammar, must be a look-alike misread of.

    None if there is none, or if two are equally near: ABC12O4 of Texas is ABC1204, and AO01234 of Mexico AD01234.
    """
    mexican = jurisdiction.startswith("MX")
    to_letter = _TO_MEXICAN_LETTER if mexican else _TO_LETTER
    best: str | None = None
    fewest, ambiguous = CORRECTIONS_MAX + 1, False
    for shape in GRAMMARS.get("MX" if mexican else jurisdiction, ()):
        made = _made_to_fit(plate, shape.decode(), to_letter, NOT_MEXICAN if mexican else "")
        changes = len(plate) if made is None else sum([one != other for one, other in zip(plate, made, strict=True)])
        if made is not None and changes < fewest:
            best, fewest, ambiguous = made, changes, False
        elif changes == fewest and made != best:
            ambiguous = True
    return None if ambiguous else best


def _made_to_fit(plate: str, shape: str, to_letter: dict[str, str], not_issued: str) -> str | None:
    if len(plate) != len(shape):
        return None
    made = ""
    for sign, wanted in zip(plate, shape, strict=True):
        fits = sign.isdigit() if wanted == "#" else not sign.isdigit() and sign not in not_issued
        put = sign if fits else (_TO_DIGIT if wanted == "#" else to_letter).get(sign)
        if put is None:
            return None
        made += put
    return made
