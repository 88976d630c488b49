"""AEI tags of rail equipment: 128 bits to identity and back.

Spec: AAR S-918 (now S-9203), data format 51. Bit 0 is the first and most significant one of the hexadecimal text.

    bits              field                         unit, range
    0-4               equipment group               5 locomotive, 6 end-of-train device, 19 rail car
    5-6               tag type                      code 0-3
    7-25              owner's mark                  base 27, first letter A=0, others blank=0 A=1
    26-45             number                        0-999999
    46                side                          0 left, 1 right, seen from the B end
    94-96 47-55       length over couplers          decimetres, 0-4095
    56-59 64          axles                         value + 1, 1-32
    60-61             first check                   see below
    62-63             frame marker                  3
    65-67             bearing                       code 0-7
    68-71             platform                      code 0-15
    72-93 97-105      owner's use, reserved         not read
    106-117           security                      not read
    118-123           data format                   51; 52 on toll roads; 0 is free text
    124-125           second check                  see below
    126-127           frame marker                  1

Layout: github tbornon/aei-tag-parser (MIT), which publishes three tags; formats: TransCore AP4119 manual, table 3. It
is the layout of rail cars and locomotives. That of other groups differs behind the number; their length and axles are
not to be relied on.

No public source gives the law of the checks. The first is the number of ones in bits 0 to 59, modulo 4: the three
published tags have three different sums and fit it, where sums of pairs, exclusive or and complements do not. Since
it covers mark, number, side and (but for one bit of the axles and three of the length) the car's shape, an identity
is judged by it and by the frame markers. The second halves of the three tags are equal, so that for the second check
they are one equation only: ones in bits 62 to 123, the frame marker counted, is the simplest law that fits it. It is
told apart, and no identity is doubted for it. A check of two bits lets one in four random errors pass, and any two
errors that cancel; a tag that passes is not proved right.
"""

import re
from typing import Final, NamedTuple

from schemas.records import EquipmentKind, TagSide

TAG_BITS: Final = 128
TAG_TEXT: Final = re.compile(r"[0-9A-Fa-f]{32}", re.ASCII)
NUMBER_MAX: Final = 999_999
LENGTH_DM_MAX: Final = 4_095
AXLES_MAX: Final = 32
MARK_TEXT: Final = re.compile(r"[A-Z]{2,4}", re.ASCII)
MARK_LETTERS: Final = 4
LETTERS: Final = 26
BASE: Final = LETTERS + 1
A: Final = ord("A")

FORMAT_RAIL: Final = 51
FORMAT_TOLL: Final = 52
FIRST_FRAME: Final = 3
LAST_FRAME: Final = 1

LOCOMOTIVE: Final = 5
END_OF_TRAIN_DEVICE: Final = 6
RAIL_CAR: Final = 19
KINDS: Final = {
    LOCOMOTIVE: EquipmentKind.LOCOMOTIVE,
    END_OF_TRAIN_DEVICE: EquipmentKind.END_OF_TRAIN_DEVICE,
    RAIL_CAR: EquipmentKind.CAR,
}


class TagError(ValueError):
    """Not a tag of rail equipment, and why; in an encoder, a field that no tag can hold."""


class Tag(NamedTuple):
    """What a tag says of its equipment."""

    equipment_group: int
    """0 to 31; KINDS names those of a train, others stand on what a car carries."""

    mark: str
    """Owner's reporting mark, two to four letters."""

    number: int
    """0 to 999999."""

    side: TagSide
    """The side of the car that it says it is mounted on."""

    length_dm: int
    """Over couplers, decimetres, 0 to 4095."""

    axles: int
    """1 to 32."""

    bearing_code: int = 0
    """0 to 7."""

    platform_code: int = 0
    """Of an articulated car, 0 to 15."""

    tag_type: int = 0
    """As stored, 0 to 3."""

    @property
    def kind(self) -> EquipmentKind:
        """What rolls; UNKNOWN for a container, trailer, chassis or generator on a car."""
        return KINDS.get(self.equipment_group, EquipmentKind.UNKNOWN)


class DecodedTag(NamedTuple):
    """A tag as read, and whether its bits fit."""

    tag: Tag
    check_passed: bool
    """First check and both frame markers fit: the identity can be relied on as far as two bits of check go."""

    second_check_fits: bool
    """The second check fits the law that the published tags suggest; not proved, so nothing rests on it."""

    tag_hex: str
    """The 128 bits, upper case."""


def decode_tag(text: str) -> DecodedTag:
    """The tag in 32 hexadecimal digits. Raises TagError if they are no equipment's identity."""
    if not TAG_TEXT.fullmatch(text):
        raise TagError("a tag is 128 bits, written as 32 hexadecimal digits")
    bits = int(text, 16)
    form = field(bits, 118, 6)
    if form not in (FORMAT_RAIL, FORMAT_TOLL):
        raise TagError(f"data format {form} holds no equipment; rail equipment has {FORMAT_RAIL}")
    number = field(bits, 26, 20)
    if number > NUMBER_MAX:
        raise TagError(f"the number is above {NUMBER_MAX}, so bits were misread")
    tag = Tag(
        equipment_group=field(bits, 0, 5),
        mark=mark_of(field(bits, 7, 19)),
        number=number,
        side=TagSide.RIGHT if field(bits, 46, 1) else TagSide.LEFT,
        length_dm=field(bits, 94, 3) << 9 | field(bits, 47, 9),
        axles=(field(bits, 56, 4) << 1 | field(bits, 64, 1)) + 1,
        bearing_code=field(bits, 65, 3),
        platform_code=field(bits, 68, 4),
        tag_type=field(bits, 5, 2),
    )
    framed = field(bits, 62, 2) == FIRST_FRAME and field(bits, 126, 2) == LAST_FRAME
    first_fits = field(bits, 60, 2) == check_sum(bits, 0, 60)
    second_fits = field(bits, 124, 2) == check_sum(bits, 62, 62)
    return DecodedTag(tag, framed and first_fits, framed and second_fits, text.upper())


def encode_tag(tag: Tag) -> str:
    """The tag as 32 hexadecimal digits, both checks set. Raises TagError for a field that does not fit."""
    check_fields(tag)
    bits = put(0, 0, 5, tag.equipment_group)
    bits = put(bits, 5, 2, tag.tag_type)
    bits = put(bits, 7, 19, mark_value(tag.mark))
    bits = put(bits, 26, 20, tag.number)
    bits = put(bits, 46, 1, int(tag.side is TagSide.RIGHT))
    bits = put(bits, 94, 3, tag.length_dm >> 9)
    bits = put(bits, 47, 9, tag.length_dm & 0x1FF)
    bits = put(bits, 56, 4, (tag.axles - 1) >> 1)
    bits = put(bits, 64, 1, (tag.axles - 1) & 1)
    bits = put(bits, 62, 2, FIRST_FRAME)
    bits = put(bits, 65, 3, tag.bearing_code)
    bits = put(bits, 68, 4, tag.platform_code)
    bits = put(bits, 118, 6, FORMAT_RAIL)
    bits = put(bits, 126, 2, LAST_FRAME)
    bits = put(bits, 60, 2, check_sum(bits, 0, 60))
    bits = put(bits, 124, 2, check_sum(bits, 62, 62))
    return f"{bits:032X}"


def check_fields(tag: Tag) -> None:
    """Raises TagError that names a field and its bounds."""
    bounds = {
        "equipment_group": (0, 31),
        "number": (0, NUMBER_MAX),
        "length_dm": (0, LENGTH_DM_MAX),
        "axles": (1, AXLES_MAX),
        "bearing_code": (0, 7),
        "platform_code": (0, 15),
        "tag_type": (0, 3),
    }
    for name, (least, most) in bounds.items():
        if not least <= getattr(tag, name) <= most:
            raise TagError(f"{name} must be {least} to {most}")
    if not MARK_TEXT.fullmatch(tag.mark):
        raise TagError("a mark has two to four letters A to Z")
    if tag.side is TagSide.UNKNOWN:
        raise TagError("a tag is mounted on the left or on the right side")


def mark_of(value: int) -> str:
    """The letters of a stored mark. Raises TagError if it stands for none."""
    digits = []
    for _ in range(MARK_LETTERS - 1):
        value, digit = divmod(value, BASE)
        digits.append(" " if digit == 0 else chr(A + digit - 1))
    digits.append(chr(A + value))  # beyond Z if the bits were misread
    mark = "".join(reversed(digits)).rstrip(" ")
    if not MARK_TEXT.fullmatch(mark):
        raise TagError("the mark is not two to four letters, so bits were misread")
    return mark


def mark_value(mark: str) -> int:
    """A mark of two to four letters as stored: the first letter from 0, since there always is one."""
    value = ord(mark[0]) - A
    for letter in mark[1:].ljust(MARK_LETTERS - 1):
        value = value * BASE + (0 if letter == " " else ord(letter) - A + 1)
    return value


def field(bits: int, first: int, width: int) -> int:
    """The value of `width` bits from bit `first`, counted from the most significant one."""
    return bits >> (TAG_BITS - first - width) & ((1 << width) - 1)


def put(bits: int, first: int, width: int, value: int) -> int:
    """Bits with a value set in `width` bits that were zero."""
    return bits | value << (TAG_BITS - first - width)


def check_sum(bits: int, first: int, width: int) -> int:
    """Ones among `width` bits, modulo 4."""
    return field(bits, first, width).bit_count() & 3
