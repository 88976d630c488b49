"""Every written form of a run's plates, and the search for them in what its processes say.

A form is sought as a whole word of letters and digits. As a part of longer words one of five characters would be found
by chance in the many hexadecimal ids of a log; as words, one id of eight characters in 16^8 is a certain plate. For the
same reason what is no more than a number (some folded plates are) is sought with its key's prefix only, and what is
shorter than WORD_LENGTH_MIN not at all: readers drop characters, and such a rest names no vehicle.
"""

import re
from collections.abc import Iterable
from typing import Final

from producers.simulator import simulate
from schemas.records import PlateRead
from streams.core.plates import fold, normalise_plate, plate_key

WORD_LENGTH_MIN: Final = 5
WORD: Final = re.compile(r"[A-Z0-9]+")
KEY: Final = re.compile(r"P1:[A-Z0-9]+")
# As JSON, Python and addresses write what is no letter: a plate in an Avro record stands behind its length, `\x0e`.
ESCAPE: Final = re.compile(r"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[a-z0]|%[0-9a-fA-F]{2}")
HEXADECIMAL: Final = re.compile(r"(?:[0-9a-fA-F]{2}){5,}")


def simulated_plates(scenario: str, seed: int, rate: float, start_at: int, seconds: float) -> set[str]:
    """Plates of a simulated world: those on its vehicles, and what cameras take them for."""
    plates = set()
    for one in simulate(scenario, seed=seed, rate=rate, start_at=start_at, seconds=seconds):
        if isinstance(one.reading, PlateRead):
            plates.update(candidate.plate for candidate in one.reading.candidates)
        if one.passage is not None:
            plates.add(one.passage.vehicle.plate)
    return plates


def forms_of(plates: Iterable[str]) -> set[str]:
    """As read, folded, and as a key."""
    forms = set()
    for plate in map(normalise_plate, plates):
        forms.add(plate_key(plate).upper())
        forms |= {form for form in (plate, fold(plate)) if len(form) >= WORD_LENGTH_MIN and not form.isdigit()}
    return forms


def words_of(text: str) -> set[str]:
    """Words of a text as it stands, without its escapes, without its hyphens (`ABC-12-34`), and of its hexadecimals."""
    plain = ESCAPE.sub(" ", text)
    dumped = " ".join(bytes.fromhex(found).decode("latin-1") for found in HEXADECIMAL.findall(text))
    words: set[str] = set()
    for one in (text, plain, plain.replace("-", ""), dumped):
        upper = one.upper()
        words.update(WORD.findall(upper), KEY.findall(upper))
    return words
