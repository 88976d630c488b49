"""The oblivious function behind blinded questions: RFC 9497 VOPRF over ristretto255, by the voprf library.

A key for each agency and day, all made from one secret. The proof that comes with each answer shows that it was made
with the key that was told, so no question can be told from another by a key of its own. Each has a proof of its own:
the library's check of a batch ends in a Rust panic, which is no Exception, where the proof is wrong (voprf 0.2.0).
"""

import secrets
from functools import lru_cache
from typing import Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from voprf.ristretto import BlindedInput, Client, Evaluator, PublicKey, VerifiableOutput

from streams.core.sharing.blinding import label_of, padded, question_of, sealing_key_of
from streams.core.sharing.tokens import question_key_info

NONCE_BYTES: Final = 12

# Keys kept ready: 30 days of 60 agencies. Making one takes as long as using it.
EVALUATORS_KEPT: Final = 2_048


class Blinder:
    """Our side: evaluates what is blinded, labels and seals what we know. For any thread."""

    def __init__(self, seed: bytes) -> None:
        self._evaluator = lru_cache(EVALUATORS_KEPT)(
            lambda agency_id, day: Evaluator.from_seed(seed, question_key_info(agency_id, day))
        )

    def public_key(self, agency_id: str, day: int) -> bytes:
        """By which the agency checks proofs of that day."""
        return self._evaluator(agency_id, day).public_key.serialize()

    def evaluate(self, agency_id: str, day: int, blinded: list[bytes]) -> list[bytes]:
        """Answers with their proofs. Raises ValueError if one is no point of the group."""
        points = [BlindedInput.deserialize(one) for one in blinded]
        evaluator = self._evaluator(agency_id, day)
        return [evaluator.evaluate(point).serialize() for point in points]

    def output(self, agency_id: str, day: int, plate: str) -> bytes:
        """What the agency would learn of a plate that it asked for."""
        return self._evaluator(agency_id, day).evaluate_known_input(question_of(plate))


class Question:
    """The asking side: one plate. `blinded` is sent; nobody who sees it learns the plate."""

    def __init__(self, plate: str) -> None:
        self._client, blinded = Client.blind(question_of(plate))
        self.blinded: bytes = blinded.serialize()

    def output(self, evaluated: bytes, public_key: bytes) -> bytes:
        """The unblinded output. Raises ValueError if the proof does not fit the key and the question."""
        return self._client.finalize(VerifiableOutput.deserialize(evaluated), PublicKey.deserialize(public_key))


def seal(output: bytes, context: bytes, values: object) -> bytes:
    """Values that only the plate's output opens. Sealed anew each time, so the same values never look the same."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + ChaCha20Poly1305(sealing_key_of(output)).encrypt(nonce, padded(orjson.dumps(values)), context)


def opened(output: bytes, context: bytes, label: bytes, sealed: bytes) -> object | None:
    """The values of an entry of this output's plate; None if it is another plate's."""
    if label != label_of(output):
        return None
    cipher = ChaCha20Poly1305(sealing_key_of(output))
    try:
        values: object = orjson.loads(cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context))
    except InvalidTag:
        return None
    return values
