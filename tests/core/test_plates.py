"""Plates: folding and the fusion of two cameras."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import PlateCandidate
from streams.core.plates import fits_grammar, fuse, key_of, plate_key


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
