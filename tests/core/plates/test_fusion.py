"""Plates: folding and the fusion of two cameras."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import PlateCandidate
from streams.core.plates import fits_grammar, fuse, key_of, plate_key, pooled
from streams.core.plates.grammar import GRAMMARS, corrected


def read(**plates: float) -> list[PlateCandidate]:
    return [PlateCandidate(plate=plate, confidence=confidence) for plate, confidence in plates.items()]


@pytest.mark.parametrize(("one", "other"), [("ABO1234", "A8D1Z34"), ("S1QG", "5IO6"), ("abc-12 34", "ABC1234")])
def test_plates_that_differ_only_inside_folding_sets_share_a_key(one: str, other: str) -> None:
    assert plate_key(one) == plate_key(other)


def test_other_plates_do_not_share_a_key() -> None:
    assert plate_key("ABC1234") == "p1:A8C1234"
    assert plate_key("ABC1234") != plate_key("AHC1234")


def test_a_passage_without_a_plate_is_keyed_by_itself() -> None:
    assert key_of(None, "2301/03/17") == "passage:2301/03/17" == key_of("--", "2301/03/17")
    with pytest.raises(ValueError, match="letter or digit"):
        plate_key(" - ")


def test_two_cameras_that_agree_leave_less_doubt_than_one() -> None:
    one = fuse(read(ABC1234=0.9), [])
    both = fuse(read(ABC1234=0.9), read(ABC1234=0.9))
    assert one.front_rear_agree is None and one.candidates[0].confidence == pytest.approx(0.9)
    assert both.front_rear_agree is True
    # 0.9 * 0.9 against 0.1 * 0.1 * 0.01 for one and the same other plate
    assert both.candidates[0].confidence == pytest.approx(0.81 / 0.8101, abs=1e-6)


def test_a_rear_read_overrules_a_front_misread_that_lists_the_truth_second() -> None:
    fused = fuse(read(A8C1234=0.55, ABC1234=0.40), read(ABC1234=0.93))
    assert (fused.plate, fused.front_rear_agree) == ("ABC1234", True)


def test_different_plates_front_and_rear_are_said_to_disagree_and_neither_is_believed() -> None:
    fused = fuse(read(ABC1234=0.9), read(XYZ9876=0.9))
    assert fused.front_rear_agree is False
    assert fused.candidates[0].confidence < 0.5


def test_the_grammar_of_the_issuer_decides_between_look_alikes() -> None:
    assert fuse(read(ABC12O4=0.5, ABC1204=0.45), []).plate == "ABC12O4"
    assert fuse(read(ABC12O4=0.5, ABC1204=0.45), [], "US-TX").plate == "ABC1204"
    assert not fits_grammar("ABO1234", "MX-TAM")  # Mexico issues no O
    assert fits_grammar("ANYTHING", "GT-GU")  # an issuer whose shapes are not known


@pytest.mark.parametrize(
    ("read_as", "issuer", "meant"),
    [
        ("ABC12O4", "US-TX", "ABC1204"),  # a letter where only a digit stands
        ("A8C1234", "US-AZ", "ABC1234"),
        ("OBC1234", "MX-TAM", "DBC1234"),  # Mexico issues no O and no Q: the look-alike letter left is D
        ("A0C1234", "MX-TAM", "ADC1234"),
        ("ABC123O", "MX-SON", None),  # ABC1230 of a car or ABC123D of a taxi
        ("IBC1234", "MX-TAM", None),  # no letter of Mexico looks like I
        ("A0C1234", "US-TX", None),  # O, D or Q
        ("IZSBOQD", "US-TX", None),  # nothing that a few look-alikes explain
        ("MYCAR55", "US-OK", None),  # shapes that are not known
    ],
)
def test_a_plate_that_breaks_the_grammar_is_set_right_where_one_plate_alone_is_near(
    read_as: str, issuer: str, meant: str | None
) -> None:
    assert corrected(read_as, issuer) == meant


def test_the_one_plate_that_a_broken_one_must_have_been_is_believed_though_nobody_read_it() -> None:
    fused = fuse(read(A0C1234=0.9), [], "MX-TAM")
    assert [c.plate for c in fused.candidates] == ["ADC1234", "A0C1234"]
    # 0.9 is shared 4 to 1; 0.1 is left open
    assert [c.confidence for c in fused.candidates] == pytest.approx([0.72, 0.18])
    assert fuse(read(A0C1234=0.9), [], "US-TX").plate == "A0C1234"


@given(st.text("ABCDGIOQSZ0125689", min_size=5, max_size=8), st.sampled_from([*GRAMMARS, "MX-TAM"]))
def test_a_correction_fits_the_grammar_and_keeps_the_key(plate: str, issuer: str) -> None:
    meant = corrected(plate, issuer)
    if meant is not None:
        assert fits_grammar(meant, issuer) and plate_key(meant) == plate_key(plate)
        assert fits_grammar(plate, issuer) == (meant == plate)


def test_frames_of_one_camera_are_no_surer_than_the_surest_and_doubt_remains_where_they_differ() -> None:
    frames = [read(ABC1234=0.9), read(ABC1234=0.8, A8C1234=0.1), [], read(A8C1234=0.9)]
    assert {c.plate: c.confidence for c in pooled(frames)} == pytest.approx({"ABC1234": 1.7 / 3, "A8C1234": 1.0 / 3})
    assert pooled([read(ABC1234=0.9)] * 10)[0].confidence == pytest.approx(0.9)
    assert pooled([]) == [] == pooled([[]])


def test_frames_and_cameras_together_find_the_plate_that_most_frames_missed() -> None:
    front = [read(A8C1234=0.6, ABC1234=0.3), read(A8C1234=0.5, ABC1234=0.4)]
    assert fuse(pooled(front), pooled([read(ABC1234=0.9)])).plate == "ABC1234"


def test_qualities_near_one_for_every_candidate_are_shared_out() -> None:
    fused = fuse(read(ABC1234=0.92, A8C1234=0.88, ABC1Z34=0.85), [])
    assert [c.plate for c in fused.candidates] == ["ABC1234", "A8C1234", "ABC1Z34"]
    assert sum(c.confidence for c in fused.candidates) == pytest.approx(0.98, abs=1e-5)


candidates = st.lists(
    st.builds(PlateCandidate, plate=st.text("AB8O0 -é", max_size=12), confidence=st.floats()), max_size=12
)


@given(candidates, candidates, st.sampled_from([None, "US-TX", "MX-TAM", "", "XX"]))
def test_whatever_readers_send_the_result_is_a_distribution(
    front: list[PlateCandidate], rear: list[PlateCandidate], jurisdiction: str | None
) -> None:
    fused = fuse(front, rear, jurisdiction)
    probabilities = [c.confidence for c in fused.candidates]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(math.isfinite(p) and 0.0 <= p <= 1.0 for p in probabilities)
    assert sum(probabilities) <= 1.0 + 1e-5 and len(probabilities) <= 10
    assert (fused.plate is None) == (not probabilities)
