"""How probable it is that a read one error away from a listed plate is of the listed vehicle.

Bayes over what the vehicle's plate can be, every real plate being as likely to come as any other:

    the listed plate     real; misread as this      left_open * ONE_ERROR * likelihood of this very error
    the plate as read    rightly read, if real      probability * share of such strings that are somebody's plate
    some other plate     misread as this            left_open * likelihood of such errors, over strings that are plates

So a read that no issuer and no style of plate would have is likely a misread of the plate that it nearly is, and a read
that is somebody's plate (it has crossed before, or one in seven of its form is issued) hardly ever. Two cameras that
agree leave nothing open, and then nothing is near.

What a floor of the probability saves, of a list of 10,000 plates, 2.7 vehicles a second, 14 % misread, synthetic
plates of all styles, one camera (`python -m tests.core.plates.bench`): false hits a day, and misread listed plates
found.

    any plate one error away    1,176    78 %        from 0.1     36    51 %
    the same folded key            30     9 %        from 0.5      1    23 %

False hits per million vehicles by style of plate: standard 180, specialty 245, apportioned 45, personalised 25, federal
0. Were every string outside the grammars hardly ever issued, it would be 190, 2,945, 210, 425 and 10, and 57 % found:
those drivers paid for the 6 %.
"""

from typing import Final

from streams.core.plates.grammar import ANY_SHAPE, GRAMMARS, fits_grammar, shape_of

# Of 751 plates 10.4 % were one error off and 3.6 % more (OpenALPR benchmark).
ONE_ERROR: Final = 0.104 / 0.14

# Kinds of one error, by the same plates: 38 % substitutions, 62 % insertions and deletions, taken as half and half;
# 36 % at the first or the last character.
SUBSTITUTION: Final = 0.38
INSERTION: Final = 0.31
DELETION: Final = 0.31
AT_EDGE: Final = 0.36

# Of substitutions, those by a look-alike: 45 to 12 (a parking operator's figures, its folding sets taken for ours).
LOOK_ALIKE: Final = 0.79
SIGNS: Final = 36
# A lost character was one of 10 digits or 26 letters, as its place in the shape wants.
LOST_SIGNS: Final = 18

# Share of the strings of an issuer's shapes that are on a vehicle: some 24 million of Texas in 26^3 * 10^4 [assumed].
ISSUED: Final = 0.14
# Of strings that only another issuer's shapes allow: the issuer is read wrong in 5 to 20 % of reads.
ISSUED_ELSEWHERE: Final = 0.1 * ISSUED
# Of strings in no shape: hardly any.
ISSUED_OTHERWISE: Final = 0.0001

# Styles outside the grammars. Who drives with one is rightly read as a string that no series has, and must not be taken
# for a misread of a listed plate the more often for it. From about 3 % on, a plate read with 92 % probability is below
# 0.1 whatever it is near, while one read with 75 % can still be a misread.
# Federal, apportioned, and what organisations and disabled drivers are issued: shapes and share [assumed].
STYLE_SHAPES: Final = frozenset({b"@######@", b"@######", b"@@####", b"@####", b"#####@", b"######", b"@@@##"})
ISSUED_IN_STYLE: Final = 0.04
# Personalised: words, so four letters in a row, of seven signs at most; of strings that can be said rather than of all
# [assumed].
WORD: Final = b"@@@@"
WORD_LENGTH_MAX: Final = 7
ISSUED_AS_WORD: Final = 0.01

_LOOK_ALIKES: Final = {
    sign: signs.replace(sign, "") for signs in ("0ODQ", "1I", "2Z", "5S", "8B", "6G") for sign in signs
}


def match_probability(
    read: str, probability: float, left_open: float, listed: str, jurisdiction: str | None, seen_before: bool
) -> float:
    """Probability that a vehicle read as one plate carries the listed plate, from which it is one error away.

    `probability` is the read's own and `left_open` what all candidates leave; `seen_before` whether this very read
    has crossed before, which makes it somebody's plate.
    """
    likelihood, place, like_it = error_of(read, listed)
    fits = fits_grammar(read, jurisdiction)
    is_listed = left_open * ONE_ERROR * likelihood
    is_read = probability * (1.0 if seen_before else issued_share(read, jurisdiction))
    # A shape is broken in one place, so what a read that fits none was must differ from it there.
    is_other = left_open * ISSUED * like_it * (1.0 if fits else place)
    total = is_listed + is_read + is_other
    return is_listed / total if total > 0.0 else 0.0


def issued_share(plate: str, jurisdiction: str | None) -> float:
    """Share of strings like this one that are somebody's plate."""
    known = jurisdiction is not None and (jurisdiction.startswith("MX") or jurisdiction in GRAMMARS)
    if jurisdiction is not None and fits_grammar(plate, jurisdiction):
        return ISSUED
    shape = shape_of(plate)
    if shape in ANY_SHAPE:
        return ISSUED_ELSEWHERE if known else ISSUED
    if shape in STYLE_SHAPES:
        return ISSUED_IN_STYLE
    if WORD in shape and len(plate) <= WORD_LENGTH_MAX:
        return ISSUED_AS_WORD
    return ISSUED_OTHERWISE


def error_of(read: str, listed: str) -> tuple[float, float, float]:
    """Of the one error that makes `listed` read so: its likelihood among single errors, that of its place, and the
    summed likelihood with which the strings around a read turn into it by errors of this kind."""
    at = 0
    while at < len(read) and at < len(listed) and read[at] == listed[at]:
        at += 1
    if len(read) == len(listed):
        place = _share_of_place(at, len(listed))
        alike = _LOOK_ALIKES.get(listed[at], "")
        if read[at] in alike:
            chance = LOOK_ALIKE / len(alike)
        else:
            chance = (1.0 - LOOK_ALIKE if alike else 1.0) / (SIGNS - 1 - len(alike))
        return SUBSTITUTION * place * chance, place, SUBSTITUTION
    longer = listed if len(listed) > len(read) else read
    # The second of two equal neighbours lost, or one of them added, reads the same.
    place, first = 0.0, at
    while first >= 0 and longer[first] == longer[at]:
        place += _share_of_place(first, len(longer))
        first -= 1
    if longer is listed:
        return DELETION * place, place, DELETION * LOST_SIGNS
    return INSERTION * place / SIGNS, place, INSERTION / SIGNS


def _share_of_place(at: int, size: int) -> float:
    if size < 3:
        return 1.0 / size
    return AT_EDGE / 2.0 if at == 0 or at == size - 1 else (1.0 - AT_EDGE) / (size - 2)
