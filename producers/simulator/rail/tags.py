"""What a tag says when it is read: its 128 bits, and how a misread changes one character."""

from functools import lru_cache
from random import Random
from string import ascii_uppercase
from typing import Final

from producers.rail.aei import END_OF_TRAIN_DEVICE, LOCOMOTIVE, RAIL_CAR, Tag, decode_tag, encode_tag
from producers.simulator.rail.truth import CarTruth
from schemas.records import EquipmentKind, TagSide

DIGITS: Final = 6
GROUPS: Final = {
    EquipmentKind.LOCOMOTIVE: LOCOMOTIVE,
    EquipmentKind.CAR: RAIL_CAR,
    EquipmentKind.END_OF_TRAIN_DEVICE: END_OF_TRAIN_DEVICE,
}
# Bits 60-61 and 124-125 hold the checks (see producers/rail/aei.py).
CHECKS: Final = 0b11 << (127 - 61) | 0b11 << (127 - 125)
ROLLER_BEARING: Final = 1  # [assumed]


@lru_cache(maxsize=1024)  # a car's tags are read again when a train backs up
def tag_text(car: CarTruth, side: TagSide) -> str:
    """The 128 bits of one of a car's tags, hexadecimal."""
    return encode_tag(tag_of(car, side, car.mark, car.number))


def tag_of(car: CarTruth, side: TagSide, mark: str, number: int) -> Tag:
    """The tag of this car with this identity."""
    return Tag(GROUPS[car.kind], mark, number, side, round(car.length_m * 10), max(car.axles, 1), ROLLER_BEARING)


def misread_text(random: Random, car: CarTruth, side: TagSide) -> str:
    """The bits with one character of mark or number another and the checks as they were; some let it pass."""
    mark, number = misread(random, car.mark, car.number)
    wrong, right = int(encode_tag(tag_of(car, side, mark, number)), 16), int(tag_text(car, side), 16)
    return f"{wrong & ~CHECKS | right & CHECKS:032X}"


def misread(random: Random, mark: str, number: int) -> tuple[str, int]:
    """Mark and number with one character another."""
    place = random.randrange(len(mark) + DIGITS)
    if place < len(mark):
        other = random.choice([letter for letter in ascii_uppercase if letter != mark[place]])
        return mark[:place] + other + mark[place + 1 :], number
    digits = f"{number:0{DIGITS}d}"
    at = place - len(mark)
    digit = random.choice([one for one in "0123456789" if one != digits[at]])
    return mark, int(digits[:at] + digit + digits[at + 1 :])


def identity_in(text: str) -> tuple[str, int, bool]:
    """Mark, number and whether the check bits fit."""
    decoded = decode_tag(text)
    return decoded.tag.mark, decoded.tag.number, decoded.check_passed
