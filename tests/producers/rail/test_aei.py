"""AEI tags: published ones decode, any comes back from its bits, and what is none says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.rail.aei import KINDS, Tag, TagError, decode_tag, encode_tag, put
from schemas.records import EquipmentKind, TagSide

# github tbornon/aei-tag-parser (MIT), src/lib.rs: tag, mark, number, group, side, feet over couplers, axles.
PUBLISHED = [
    ("2F3E06C007DB1E139000000000000331", "QNSL", 502, 5, TagSide.RIGHT, 94, 4),
    ("9EA488C030426A179000000000000331", "IOCC", 3088, 19, TagSide.RIGHT, 35, 4),
    ("9EA488C5320CC01B9000000000000331", "IOCC", 85123, 19, TagSide.LEFT, 63, 4),
]
FEET_PER_DM = 0.328084

tags = st.builds(
    Tag,
    equipment_group=st.sampled_from(sorted(KINDS)) | st.integers(0, 31),
    mark=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=4),
    number=st.integers(0, 999_999),
    side=st.sampled_from([TagSide.LEFT, TagSide.RIGHT]),
    length_dm=st.integers(0, 4_095),
    axles=st.integers(1, 32),
    bearing_code=st.integers(0, 7),
    platform_code=st.integers(0, 15),
    tag_type=st.integers(0, 3),
)
A_CAR = Tag(19, "TILX", 123456, TagSide.LEFT, 168, 4)


@pytest.mark.parametrize(("text", "mark", "number", "group", "side", "feet", "axles"), PUBLISHED)
def test_published_tags_decode(
    text: str, mark: str, number: int, group: int, side: TagSide, feet: int, axles: int
) -> None:
    decoded = decode_tag(text)
    tag = decoded.tag
    assert (tag.mark, tag.number, tag.equipment_group, tag.side, tag.axles) == (mark, number, group, side, axles)
    assert round(tag.length_dm * FEET_PER_DM) == feet
    assert decoded.check_passed and decoded.second_check_fits
    # Their owners' bits are zero, so that the encoder gives the very same tag, checks and all.
    assert encode_tag(tag) == text
    assert decode_tag(text.lower()) == decoded


@given(tags)
def test_any_tag_comes_back_from_its_bits(tag: Tag) -> None:
    decoded = decode_tag(encode_tag(tag))
    assert decoded.tag == tag
    assert decoded.check_passed and decoded.second_check_fits


def with_flipped(text: str, bit: int) -> str:
    return f"{int(text, 16) ^ put(0, bit, 1, 1):032X}"


def ones(text: str, first: int, last: int) -> int:
    """Ones among bits as they are written, counted without the decoder's help."""
    return f"{int(text, 16):0128b}"[first : last + 1].count("1")


@pytest.mark.parametrize("text", [row[0] for row in PUBLISHED])
def test_both_checks_of_a_published_tag_are_the_ones_before_them_modulo_four(text: str) -> None:
    # 28, 21 and 22 ones of the first half give 0, 1, 2; in the second 8 give 0, the frame marker's two among them.
    first, second = int(f"{int(text, 16):0128b}"[60:62], 2), int(f"{int(text, 16):0128b}"[124:126], 2)
    assert (first, second) == (ones(text, 0, 59) % 4, ones(text, 62, 123) % 4)
    checks = decode_tag(text)
    assert checks.check_passed and checks.second_check_fits


def test_the_published_tags_tell_three_values_of_the_first_check_apart_and_one_of_the_second() -> None:
    assert len({ones(row[0], 0, 59) % 4 for row in PUBLISHED}) == 3
    assert len({ones(row[0], 62, 123) % 4 for row in PUBLISHED}) == 1  # so the law of the second is not proved by them


@pytest.mark.parametrize("text", [row[0] for row in PUBLISHED])
@pytest.mark.parametrize("bit", range(128))
def test_any_one_flipped_bit_of_a_published_tag_is_detected(text: str, bit: int) -> None:
    try:
        decoded = decode_tag(with_flipped(text, bit))
    except TagError:
        assert bit < 46 or 118 <= bit < 124  # no mark, no number, or no data format that there is
        return
    # The first check covers bits 0 to 59, is 60 and 61; the second covers 62 to 123, is 124 and 125. Bits 62, 63, 126
    # and 127 are frame markers, without which neither is believed.
    is_framed = bit not in (62, 63, 126, 127)
    assert decoded.check_passed is (bit >= 62 and is_framed)
    assert decoded.second_check_fits is (bit < 62)


@given(tags, st.integers(0, 59))
def test_one_misread_bit_never_passes_as_an_identity(tag: Tag, bit: int) -> None:
    flipped = with_flipped(encode_tag(tag), bit)
    try:
        decoded = decode_tag(flipped)
    except TagError:
        return  # it stands for no mark or number at all
    assert not decoded.check_passed


@given(tags, st.integers(64, 93))
def test_the_second_check_doubts_no_identity(tag: Tag, bit: int) -> None:
    decoded = decode_tag(with_flipped(encode_tag(tag), bit))
    assert decoded.check_passed and not decoded.second_check_fits


def test_a_lost_frame_marker_fails_both_checks() -> None:
    for bit in (63, 127):
        decoded = decode_tag(with_flipped(encode_tag(A_CAR), bit))
        assert not decoded.check_passed and not decoded.second_check_fits


def test_groups_name_what_rolls() -> None:
    kinds = {group: A_CAR._replace(equipment_group=group).kind for group in (5, 6, 19, 10)}
    assert kinds == {
        5: EquipmentKind.LOCOMOTIVE,
        6: EquipmentKind.END_OF_TRAIN_DEVICE,
        19: EquipmentKind.CAR,
        10: EquipmentKind.UNKNOWN,  # a container on a car
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "32 hexadecimal digits"),
        ("9EA488C030426A17900000000000033", "32 hexadecimal digits"),
        ("9EA488C030426A17900000000000033G", "32 hexadecimal digits"),
        ("0x9EA488C030426A1790000000000033", "32 hexadecimal digits"),
        ("9EA488C030426A17_000000000000331", "32 hexadecimal digits"),
        ("٩EA488C030426A179000000000000331", "32 hexadecimal digits"),  # an Arabic digit
        ("00000000000000000000000000000000", "data format 0"),
        ("9FFFFFC030426A179000000000000331", "the mark"),  # beyond ZZZZ
        (f"{put(0, 118, 6, 51):032X}", "the mark"),  # A alone
        (f"{put(put(0, 7, 19, 1), 118, 6, 51):032X}", "the mark"),  # A, two blanks, A
        (f"{put(put(put(0, 7, 19, 27**2), 26, 20, 1_000_000), 118, 6, 51):032X}", "the number"),  # AA 1000000
    ],
)
def test_what_is_no_tag_says_why(text: str, problem: str) -> None:
    with pytest.raises(TagError, match=problem):
        decode_tag(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mark": "A"},
        {"mark": "ABCDE"},
        {"mark": "aB"},
        {"mark": "Ñ1"},
        {"number": 1_000_000},
        {"number": -1},
        {"length_dm": 4_096},
        {"axles": 0},
        {"axles": 33},
        {"bearing_code": 8},
        {"platform_code": 16},
        {"equipment_group": 32},
        {"tag_type": 4},
        {"side": TagSide.UNKNOWN},
    ],
)
def test_no_tag_holds_what_does_not_fit(wrong: dict[str, object]) -> None:
    with pytest.raises(TagError):
        encode_tag(A_CAR._replace(**wrong))  # type: ignore[arg-type]
