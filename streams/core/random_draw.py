"""The random arm: who is referred by lot, in a way that nobody upstream can predict and anyone can check afterwards.

    master secret ─► key of port and day ─► HMAC-SHA256(key, passage id + digest of its first reading) ─► [0, 1)

The key's SHA-256 is published before the day and the key itself is given to auditors after it, so neither an officer
nor whoever runs the platform can choose or deny a draw. No key is ever in a topic; a replay repeats every draw.
"""

import hashlib
import hmac
from typing import Final

DAY_MICROSECONDS: Final = 24 * 3600 * 1_000_000

# A shorter secret could be searched once one day's key is published.
MASTER_SECRET_BYTES_MIN: Final = 32

# Keys kept ready: 28 ports on two days, with room. Hostile port codes would otherwise fill memory.
KEYS_KEPT_MAX: Final = 512


def date_of(at: int) -> str:
    """UTC date, `2026-11-24`, of a time in microseconds since 1970 (civil-from-days, Howard Hinnant)."""
    days = at // DAY_MICROSECONDS + 719_468
    era, day_of_era = divmod(days, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    return f"{year_of_era + era * 400 + (month <= 2):04d}-{month:02d}-{day:02d}"


def key_id_of(port_code: str, date: str) -> str:
    """Id of the key of a port and a UTC date, as it stands in a Selection: `2301:2026-11-24`."""
    return f"{port_code}:{date}"


def commitment_of(key: bytes) -> str:
    """What is published before the day: SHA-256 of the key, hexadecimal."""
    return hashlib.sha256(key).hexdigest()


def uniform_draws(key: bytes, passage_id: str, first_reading_digest: str) -> tuple[float, float]:
    """Two independent numbers in [0, 1), uniform and fixed by key, passage and the first reading's digest: the first
    decides the random arm, the second among vehicles whose score is just the threshold."""
    message = f"{passage_id}\n{first_reading_digest}".encode()
    digest = hmac.digest(key, message, "sha256")
    return _uniform(digest[:8]), _uniform(digest[8:16])


def _uniform(eight: bytes) -> float:
    # 53 bits: every value is exact in a double, so all machines agree.
    return (int.from_bytes(eight, "big") >> 11) * 2.0**-53


def uniform_draw(key: bytes, passage_id: str, first_reading_digest: str) -> float:
    """The first of the two."""
    return uniform_draws(key, passage_id, first_reading_digest)[0]


class RandomKeys:
    """Keys of ports and days, derived from one master secret that comes from a file and stays in memory.

    Raises ValueError for a secret under MASTER_SECRET_BYTES_MIN bytes.
    """

    def __init__(self, master_secret: bytes) -> None:
        if len(master_secret) < MASTER_SECRET_BYTES_MIN:
            raise ValueError(f"the master secret must have at least {MASTER_SECRET_BYTES_MIN} bytes")
        self._master_secret = master_secret
        self._keys: dict[tuple[str, int], tuple[str, bytes]] = {}

    def __repr__(self) -> str:
        return "RandomKeys(…)"

    def derived(self, purpose: bytes) -> bytes:
        """A key (32 bytes) for another purpose than the random arm; it tells nothing of any draw."""
        return hmac.digest(self._master_secret, purpose, "sha256")

    def key_of(self, port_code: str, at: int) -> tuple[str, bytes]:
        """Id and key (32 bytes) of a port on the UTC day of a time in microseconds."""
        place = (port_code, at // DAY_MICROSECONDS)
        known = self._keys.get(place)
        if known is None:
            if len(self._keys) >= KEYS_KEPT_MAX:
                self._keys.clear()
            key_id = key_id_of(port_code, date_of(at))
            known = key_id, hmac.digest(self._master_secret, b"border random arm\n" + key_id.encode(), "sha256")
            self._keys[place] = known
        return known
