"""Listed plates, found exactly and one error away: a substitution, an insertion or a deletion.

Of two halves of a listed plate one error leaves one whole. So each listed plate stands in a bucket of its first half
and in one of its second, and a look-up compares the read with what shares a half with it: some five dictionary
look-ups in a list of thousands. Where a bucket is long (a list of a million, a series issued in one piece) it is
cheaper to write down every way in which the other half can have been misread, about 400, and to look each up: that
bounds a look-up whatever is listed. Adding and removing change one plate's two buckets and nothing else.

Of a million plates, microseconds a look-up (`python -m tests.core.plates.bench`, compiled; interpreted in brackets):
spread over the five grammars p50 10, p99 26 (43, 114), 118 bytes a plate; in 120 series issued in one piece p50 43,
p99 82 (76, 228), 89 bytes. A plate taken out and put back 2.4. In a list of 10,000 a look-up takes 0.6, in none 0.05.
A deletion neighbourhood would need eight dictionary entries a plate, and to try all misreads of the whole read 540
look-ups for every passage, however short the list.
"""

from typing import Final

from streams.core.plates.folding import DIGITS, LETTERS

# Plates of a bucket that are compared one by one; to write down every misread of half a plate costs as much.
SCANNED_MAX: Final = 256

_SIGNS: Final = tuple(LETTERS + DIGITS)


class NearMatchIndex:
    """Normalised plates, each with the keys of its entries."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[bytes, ...]] = {}
        self._by_first: dict[str, list[str]] = {}
        self._by_second: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, plate: str, key: bytes) -> None:
        """List a plate under a key; does nothing if it is."""
        keys = self._keys.get(plate)
        if keys is None:
            self._keys[plate] = (key,)
            half = len(plate) // 2
            self._by_first.setdefault(plate[:half], []).append(plate)
            self._by_second.setdefault(plate[half:], []).append(plate)
        elif key not in keys:
            self._keys[plate] = (*keys, key)

    def remove(self, plate: str, key: bytes) -> None:
        """Take a key off a plate, which is listed no more without one; does nothing if it is not listed under it."""
        keys = self._keys.get(plate)
        if keys is None or key not in keys:
            return
        if len(keys) > 1:
            self._keys[plate] = tuple([other for other in keys if other != key])
            return
        del self._keys[plate]
        half = len(plate) // 2
        _take_out(self._by_first, plate[:half], plate)
        _take_out(self._by_second, plate[half:], plate)

    def exact(self, plate: str) -> tuple[bytes, ...]:
        """Keys of a plate."""
        return self._keys.get(plate, ())

    def one_error_away(self, plate: str) -> list[str]:
        """Listed plates that one error makes this read of; never the plate itself. In no order."""
        found: list[str] = []
        if not self._keys:
            return found
        size = len(plate)
        # A listed plate is as long as the read, or by one character shorter or longer; its first half is rounded down.
        for length in ((size - 1) // 2, (size + 1) // 2):
            bucket = self._by_first.get(plate[:length])
            if bucket is not None:
                self._search(plate, bucket, plate[:length], plate[length:], "", found)
        for length in (size // 2, size // 2 + 1):
            if length <= size:
                bucket = self._by_second.get(plate[size - length :])
                if bucket is not None:
                    self._search(plate, bucket, "", plate[: size - length], plate[size - length :], found)
        return found

    def _search(self, plate: str, bucket: list[str], before: str, part: str, after: str, found: list[str]) -> None:
        """Add to `found` what is one error away from `before + part + after`, the error being in `part`."""
        if len(bucket) <= SCANNED_MAX:
            for listed in bucket:
                if is_one_error(listed, plate) and listed not in found:
                    found.append(listed)
            return
        keys = self._keys
        for at in range(len(part) + 1):
            head, tail = before + part[:at], part[at + 1 :] + after
            kept = part[at:] + after
            if at < len(part):
                listed = head + tail
                if listed in keys and listed not in found:
                    found.append(listed)
            for sign in _SIGNS:
                listed = head + sign + kept
                if listed in keys and listed not in found:
                    found.append(listed)
                if at < len(part):
                    listed = head + sign + tail
                    if listed in keys and listed != plate and listed not in found:
                        found.append(listed)


def is_one_error(one: str, other: str) -> bool:
    """Whether exactly one substitution, insertion or deletion makes one plate the other."""
    size, longer = len(one), len(other)
    if size > longer:
        return is_one_error(other, one)
    if longer - size > 1:
        return False
    for at in range(size):
        if one[at] != other[at]:
            return (one[at + 1 :] if size == longer else one[at:]) == other[at + 1 :]
    return size < longer


def _take_out(buckets: dict[str, list[str]], half: str, plate: str) -> None:
    bucket = buckets[half]
    if len(bucket) == 1:
        del buckets[half]
    else:
        bucket.remove(plate)
