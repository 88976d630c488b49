"""Each format reads its own example under its own template, and makes of it what the golden files hold."""

import pytest

from producers.formats import FORMATS
from producers.formats.reading_format import Framing, Rejection
from tests.producers.formats.golden import DIRECTORY, text_of
from tests.producers.formats.samples import NOW, SAMPLES, cases_of, device_for, one_rejection, read


@pytest.mark.parametrize("name", FORMATS)
def test_samples_become_the_readings_of_the_golden_file(name: str) -> None:
    golden = (DIRECTORY / f"{name}.jsonl").read_bytes()
    assert golden.count(b"\n") >= len(SAMPLES[name])
    assert text_of(name) == golden, "if this is meant: python -m tests.producers.formats.golden"


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_fuzzed_reads_unbroken(name: str) -> None:
    for case in cases_of(name):
        items = read(name, case.sample, case.device)
        assert items and not [item for item in items if isinstance(item, Rejection)]


def test_there_is_a_golden_file_for_each_format_and_no_other() -> None:
    assert {file.stem for file in DIRECTORY.iterdir()} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_tells_what_it_is(name: str) -> None:
    form = FORMATS[name]
    assert form.name == name and form.title and form.specification and form.content_types
    assert form.sensors or form.on_track
    assert form.example.endswith(b"\n") or form.framing is Framing.DOCUMENT


@pytest.mark.parametrize("name", FORMATS)
def test_a_retry_has_the_same_ids_whenever_it_comes(name: str) -> None:
    device = device_for(name)
    for sample in SAMPLES[name]:
        first = [item.reading_id for item in read(name, sample, device)]  # type: ignore[union-attr]
        again = [item.reading_id for item in read(name, sample, device, NOW + 7_000_000)]  # type: ignore[union-attr]
        assert first == again and len(set(first)) == len(first)


@pytest.mark.parametrize("name", [name for name in FORMATS if FORMATS[name].framing is Framing.DOCUMENT])
def test_an_empty_document_is_told(name: str) -> None:
    assert one_rejection(name, b"").text


@pytest.mark.parametrize("name", [name for name in FORMATS if FORMATS[name].framing is Framing.LINES])
def test_blank_lines_and_comments_are_passed_over_and_places_count_them(name: str) -> None:
    assert read(name, b"\n  \r\n# a comment\n") == []
    assert one_rejection(name, b"# a comment\n\n\xff\n").at.startswith("line 3 ")
