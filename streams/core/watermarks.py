"""What a partition knows of the time of those that feed it; how it is moved stands in `times.py`."""

import msgspec


class Watermarks(msgspec.Struct, array_like=True, frozen=True):
    """Watermark of each source partition seen, that of this partition, and the one last sent on."""

    sources: dict[int, int]
    own_at: int = 0
    sent_at: int = 0
