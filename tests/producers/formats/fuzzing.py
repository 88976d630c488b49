"""Broken inputs, each from its own seed, and what must hold of whatever a format makes of them."""

import json
import signal
import time
from collections import Counter
from random import Random
from types import FrameType
from typing import Any, Final, NamedTuple, NoReturn

from producers.formats import FORMATS
from producers.formats.reading_format import ITEMS_MAX, Device, Framing, Item, Reading, Reason, Rejection
from schemas.codec import body_of
from schemas.records import CarScan, CarTagRead, CarWeighing
from schemas.wire import READERS
from streams.core.lanes.validation import check_reading
from streams.core.trains.validation import check_record
from tests.producers.formats.samples import NOW, Case, cases_of

# Of the processor's time; the slowest, 1 MiB of short lines, takes 50 ms.
SECONDS_MAX: Final = 1.0
CASES: Final = {name: cases_of(name) for name in FORMATS}
PLATES: Final = (b"TST4821", b"TST4B21")

WORDS: Final[dict[str, tuple[bytes, ...]]] = {
    "JSON": (
        b"{", b"}", b"[", b"]", b'"', b",", b":", b"null", b"true", b"NaN", b"Infinity", b"-", b"1e999", b"1e-999",
        b"\\u0000", b"\\ud800", b"\\udfff\\ud800", b'"a":1,', b"9" * 400, b"[" * 2_000, b'{"a":' * 2_000, b"/**/",
        b'"TST4821":1,', b'"TST4821"',
    ),
    "XML": (
        b"<", b">", b"/>", b"<TDR>", b"</TDR>", b"<PTO>" * 9, b"<![CDATA[", b"]]>", b"<!DOCTYPE a>", b"&#0;", b"&lt;",
        b"<?xml?>", b"<!--", b"-->", b"<ScanResult>", b"</ScanResult>", b"<a>" * 2_000, b"&#xD800;", b"9" * 400,
        b"<TST4821>1</TST4821>",
    ),
    "LINES": (
        b" ", b"\t", b",", b"|", b"\n", b"#", b"*", b"-", b"+", b".", b"W", b"9" * 400, b"nan", b"inf", b"1e9", b"0x1F",
        b"1_0", b"m", b"d", b"ON", b"F" * 32, b"Left", b"2026-02-30T10:58:07Z", b"2026-11-30T10:58:60Z", b"," * 2_000,
        b"TST4821",
    ),
}  # fmt: skip
BYTES: Final = (b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc3\xb1", b"\x1b[2J", b"\r\n", b"\x7f", b"\xe2\x80\xae")
# What stands in place of a value of a JSON document.
VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, -0.0, 0.5, 1e308, -1e308, 5e-324, 2**53 + 1, 2**63, 2**64, 10**400, 1796036287250, "",
    " ", "0", "A" * 17, "A" * 2_000, "\x00", "\x1b[2J", "TST4821\n", "÷×", "２", "\u202e", [], [[]], [None], {},
    {"": {}}, {"plate": {"plate": None}}, "1e999", "2026-11-30T10:58:07", "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59", "TDR", "/" * 56, "a b", ["x"] * 600, [{"plate": "A1", "confidence": 1}] * 300,
)  # fmt: skip


def kind_of(name: str, sample: bytes) -> str:
    """Which words and changes are of a sample's language."""
    if FORMATS[name].framing is Framing.LINES:
        return "LINES"
    return "XML" if sample.lstrip()[:1] == b"<" else "JSON"


def broken(name: str, number: int) -> Case:
    """The input of a seed: a sample with one to four changes, and its device."""
    random = Random(f"{name} {number}")
    sample, device = random.choice(CASES[name])
    kind = kind_of(name, sample)
    data = bytearray(changed_value(random, sample) if kind == "JSON" and random.random() < 0.5 else sample)
    if kind == "LINES" and random.random() < 0.4:
        data = bytearray(changed_field(random, bytes(data)))
    elif random.random() < 0.6 and data != sample:
        return Case(bytes(data), device)
    for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
        change_bytes(random, data, WORDS[kind])
    return Case(bytes(data), device)


def change_bytes(random: Random, data: bytearray, words: tuple[bytes, ...]) -> None:
    """One change of some bytes, in place."""
    at = random.randrange(len(data) + 1)
    end = min(at + random.choice((1, 1, 2, 5, 40, 400)), len(data))
    change = random.randrange(8)
    if change == 0:
        del data[at:end]
    elif change == 1:
        data[at:end] = random.randbytes(end - at)
    elif change == 2:
        data[at:at] = random.choice(words)
    elif change == 3:
        data[at:end] = random.choice(words)
    elif change == 4:  # a piece again, elsewhere: keys and elements that stand twice
        again = random.randrange(len(data) + 1)
        data[again:again] = data[at:end]
    elif change == 5:
        del data[at:]
    elif change == 6:
        data[at:at] = random.choice(BYTES)
    elif random.random() < 0.01:  # many times itself: beyond the bounds of items and bytes now and then
        data[:] = (bytes(data) + b"\n") * min(random.choice((10, 1_000)), 1_200_000 // (len(data) + 1))


def changed_value(random: Random, sample: bytes) -> bytes:
    """A JSON document (or one a line) with a value somewhere replaced, removed, doubled or under another name."""
    document = json.loads(sample)
    holders = list(holders_in(document))
    holder = random.choice(holders)
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    if keys:
        key = random.choice(keys)
        change = random.randrange(5)
        if change == 0 and isinstance(holder, dict):
            holder[random.choice(("", "plate", "time", "x" * 200, "\x00", "a.b", "TST4821"))] = holder.pop(key)
        elif change == 1:
            del holder[key]
        elif change == 2 and isinstance(holder, list):
            holder.extend([holder[key]] * random.choice((1, 20)))
        else:
            holder[key] = random.choice(VALUES)
    if random.random() < 0.05:
        document = [document] * random.choice((0, 2, 40))
    return json.dumps(document, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")


def holders_in(value: Any) -> Any:
    """Every object and list of a document."""
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from holders_in(inner)


def changed_field(random: Random, sample: bytes) -> bytes:
    """Lines with one field replaced."""
    lines = sample.split(b"\n")
    place = random.randrange(max(1, len(lines) - 1))
    separator = next((one for one in (b"|", b",") if one in lines[place]), b" ")
    fields = lines[place].split(separator)
    fields[random.randrange(len(fields))] = random.choice(WORDS["LINES"])
    lines[place] = separator.join(fields)
    return b"\n".join(lines)


class Tally(NamedTuple):
    """What became of a number of inputs."""

    items: Counter[str]
    """Readings by their record's name, rejections by their reason."""

    slowest_seconds: float
    """Of the processor's time, of the slowest input."""

    slowest_number: int


def run(name: str, count: int) -> Tally:
    """Read as many inputs, each watched. Raises, with the input in a note, what must not be."""
    form = FORMATS[name]
    items: Counter[str] = Counter()
    slowest, slowest_number = 0.0, 0
    before = signal.signal(signal.SIGVTALRM, too_long)
    try:
        for number in range(count):
            data, device = broken(name, number)
            signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_MAX)
            try:
                started = time.thread_time()
                told = form.read(data, device, NOW)
                taken = time.thread_time() - started
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
                check(name, data, device, told)
            except Exception as error:
                error.add_note(f"{name} {number}: {data[:2_000]!r}")
                raise
            if taken > slowest:
                slowest, slowest_number = taken, number
            items.update(item.reason.value if isinstance(item, Rejection) else type(item).__name__ for item in told)
            items["nothing"] += not told
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return Tally(items, slowest, slowest_number)


def too_long(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TimeoutError(f"longer than {SECONDS_MAX} s of the processor")


def check(name: str, data: bytes, device: Device, items: list[Item]) -> None:
    """What must hold of the items of any input."""
    assert len(items) <= ITEMS_MAX + 1
    if not items:
        assert FORMATS[name].framing is Framing.LINES, "a document was passed over without a word"
        lines = [line.strip(b" \t\r") for line in data.split(b"\n")]
        silent = [line for line in lines if line and not line.startswith(b"#") and b"OFF" not in line]
        assert not silent, "a line was passed over without a word"
    for item in items:
        if isinstance(item, Rejection):
            check_rejection(item)
        else:
            check_taken(item, device)


def check_rejection(rejection: Rejection) -> None:
    """A closed reason, and a sentence that can be shown to anybody."""
    assert isinstance(rejection.reason, Reason)
    assert rejection.text and len(rejection.text) <= 400
    assert str(rejection).isprintable() and len(rejection.at) <= 400
    assert not any(plate.decode() in str(rejection) for plate in PLATES)


def check_taken(reading: Reading, device: Device) -> None:
    """A reading that the stages take, of this device and place, which comes back from its bytes."""
    if isinstance(reading, CarTagRead | CarWeighing | CarScan):
        assert reading.track_id == device.track_id
        check_record(reading, reading.port_code.encode(), NOW)
    else:
        assert reading.lane_id == device.lane_id
        check_reading(reading, reading.lane_id.encode(), NOW)
    assert reading.device_id == device.device_id and reading.reading_id.startswith(f"{device.device_id}/")
    assert reading.received_at == NOW and reading.operating_mode is device.operating_mode
    body = body_of(reading)
    assert READERS[type(reading)](body, 0) == (reading, len(body))
