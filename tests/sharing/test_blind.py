"""The oblivious function is RFC 9497's, and what is sealed opens for nobody else."""

import pytest
from voprf.ristretto import Evaluator

from streams.core.sharing.agreement import Dataset
from streams.core.sharing.blinding import label_of
from streams.core.sharing.tokens import SharingKeys
from streams.sharing.blind import Blinder, Question, opened, seal

# RFC 9497, appendix A.1.2: VOPRF mode of ristretto255-SHA512.
RFC_SEED = bytes.fromhex("a3" * 32)
RFC_INFO = b"test key"
RFC_PUBLIC_KEY = "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e"
RFC_OUTPUT_OF_00 = (
    "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
    "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c"
)


def test_the_librarys_function_is_that_of_the_rfc() -> None:
    evaluator = Evaluator.from_seed(RFC_SEED, RFC_INFO)
    assert evaluator.public_key.serialize().hex() == RFC_PUBLIC_KEY
    assert evaluator.evaluate_known_input(b"\x00").hex() == RFC_OUTPUT_OF_00


def test_who_asks_gets_what_the_service_knows_of_each_plate() -> None:
    blinder, plates = Blinder(b"k" * 32), ["ABC1234", "XYZ9876"]
    questions = [Question(plate) for plate in plates]
    evaluated = blinder.evaluate("MX-A", 20_000, [question.blinded for question in questions])
    key = blinder.public_key("MX-A", 20_000)
    outputs = [question.output(one, key) for question, one in zip(questions, evaluated, strict=True)]
    assert outputs == [blinder.output("MX-A", 20_000, plate) for plate in plates]


def test_the_same_plate_never_looks_the_same() -> None:
    assert Question("ABC1234").blinded != Question("ABC1234").blinded


def test_an_answer_by_another_key_than_was_told_is_noticed() -> None:
    blinder, question = Blinder(b"k" * 32), Question("ABC1234")
    (evaluated,) = blinder.evaluate("MX-A", 20_001, [question.blinded])
    with pytest.raises(ValueError, match="proof"):
        question.output(evaluated, blinder.public_key("MX-A", 20_000))


def test_an_answer_that_was_changed_on_the_way_is_noticed() -> None:
    blinder, question = Blinder(b"k" * 32), Question("ABC1234")
    (evaluated,) = blinder.evaluate("MX-A", 20_000, [question.blinded])
    for bit in range(len(evaluated) * 8):
        changed = bytearray(evaluated)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match="invalid"):
            question.output(bytes(changed), blinder.public_key("MX-A", 20_000))


@pytest.mark.parametrize("raw", [b"", b"\0" * 32, b"\xff" * 32, b"x" * 31, b"x" * 4_000])
def test_what_is_no_point_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="invalid"):
        Blinder(b"k" * 32).evaluate("MX-A", 20_000, [raw])


def test_keys_differ_by_agency_and_day() -> None:
    blinder = Blinder(b"k" * 32)
    outputs = {blinder.output(agency, day, "ABC1234") for agency in ("MX-A", "MX-B") for day in (20_000, 20_001)}
    assert len(outputs) == 4


def test_a_sealed_text_opens_for_its_own_plate_and_context_alone() -> None:
    blinder = Blinder(b"k" * 32)
    own, other = blinder.output("MX-A", 1, "ABC1234"), blinder.output("MX-A", 1, "XYZ9876")
    sealed = seal(own, b"MX-A/1", {"port_code": "2301"})
    assert opened(own, b"MX-A/1", label_of(own), sealed) == {"port_code": "2301"}
    assert opened(other, b"MX-A/1", label_of(own), sealed) is None
    assert opened(own, b"MX-A/2", label_of(own), sealed) is None
    # Who knows the label alone, even if it were the own one, has no key.
    assert opened(other, b"MX-A/1", label_of(other), sealed) is None
    assert seal(own, b"MX-A/1", {}) != seal(own, b"MX-A/1", {})


def test_names_of_a_record_differ_by_agency_and_need_the_secret() -> None:
    keys = SharingKeys(b"s" * 32)
    assert keys.token("MX-A", Dataset.FINDS, "1") == SharingKeys(b"s" * 32).token("MX-A", Dataset.FINDS, "1")
    names = {keys.token(agency, Dataset.FINDS, "1") for agency in ("MX-A", "MX-B")}
    assert len(names | {SharingKeys(b"t" * 32).token("MX-A", Dataset.FINDS, "1")}) == 3
    with pytest.raises(ValueError, match="32 bytes"):
        SharingKeys(b"short")
