"""Wayside readers of rail cars' tags, a line for each tag.

Spec: AAR S-918 tags in the lines of `producers.rail.reader_lines`, which reads them: time, sequence, pass, axles passed
and the 128 bits, or the fields of a reader that decodes itself (AI4100 manual, 2015). A tag alone, without a time and a
place in the train, is told as missing what makes it a reading.
"""

from typing import Final

from producers.formats.columns import text_of_line
from producers.formats.reading_format import Device, Framing, Item, ReadingFormat, Reason, Refused, Rejection
from producers.rail.reader_lines import LineProblem, Reader, read_line, reading_of


def parse(line: bytes, device: Device, received_at: int) -> list[Item]:
    """One line."""
    try:
        read = read_line(1, text_of_line(line))
    except Refused as refused:
        return [refused.rejection]
    if read is None:  # a comment
        return []
    if isinstance(read, LineProblem):
        return [Rejection(Reason.MALFORMED, read.text, f"column {read.column}")]
    if read.observed_at is None:
        return [Rejection(Reason.MISSING_FIELD, "a tag alone has no time and no place in a train", "column 1")]
    reader = Reader(track_id=device.place, device_id=device.device_id, operating_mode=device.operating_mode)
    return [reading_of(read, reader, received_at)]


TEMPLATE: Final = "# Nothing to set: times have their zone, and the tag has its units.\n"
EXAMPLE: Final = b"""\
2026-11-30T10:58:07.250Z 0001 3 17 9EA488C030426A179000000000000331
2026-11-30T10:58:07.990Z  0002     3    21           19    1    UP   123456 Left  161       4     1       7
"""

AEI_LINE: Final = ReadingFormat(
    name="aei_line",
    title="wayside readers of rail cars' tags, a line for each tag",
    specification="AAR S-918 (S-9203) tags; lines with the bits, or with the fields of the AI4100 manual",
    framing=Framing.LINES,
    content_types=("text/plain",),
    template=TEMPLATE,
    example=EXAMPLE,
    parse=parse,
    on_track=True,
)
