"""What each format makes of its samples, kept in `golden/`. To write it again, and then look at the difference:

python -m tests.producers.formats.golden
"""

from pathlib import Path

import msgspec

from producers.formats import FORMATS
from producers.formats.reading_format import Rejection
from tests.producers.formats.samples import SAMPLES, read

DIRECTORY = Path(__file__).parent / "golden"


def text_of(name: str) -> bytes:
    """The items of a format's samples, one JSON line each with its type."""
    lines = []
    for sample in SAMPLES[name]:
        for item in read(name, sample):
            assert not isinstance(item, Rejection), item
            lines.append(msgspec.json.encode({"type": type(item).__name__, **msgspec.to_builtins(item)}))
    return b"\n".join(lines) + b"\n"


if __name__ == "__main__":
    DIRECTORY.mkdir(exist_ok=True)
    for format_name in FORMATS:
        (DIRECTORY / f"{format_name}.jsonl").write_bytes(text_of(format_name))
