"""The pages' tables against the code. `python -m tests.test_readme` writes them."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from deploy.cli import COMMANDS
from deploy.settings import Settings
from schemas.topics import TOPICS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, *(ROOT / name / "README.md" for name in ("streams", "producers", "schemas", "deploy"))]
PAGES += [ROOT / "streams/core/sharing/README.md", ROOT / "deploy/MEASURED.md", ROOT / "deploy/CAPACITY.md"]
PAGES += sorted((ROOT / "deploy/prometheus").glob("*.md"))
LINES_MAX = 150


def table(header: str, rows: list[str]) -> str:
    return "\n".join([header, re.sub(r"[^|]+", "---", header), *rows])


def topics_table() -> str:
    rows = []
    for topic in TOPICS:
        kept = "compacted" if topic.compacted else f"{topic.retention_ms // 86_400_000} days"
        names = ", ".join(record.__name__ for record in topic.records) or "bytes"
        rows.append(f"| `{topic.name}` | {topic.key} | {names} | {topic.partitions} | {kept} |")
    return table("| topic | key | records | partitions | kept |", rows)


def settings_table() -> str:
    rows = [f"| `{item.name}` | `{item.default!r}` | {item.metadata['meaning']} |" for item in fields(Settings)]
    return table("| setting | default | meaning |", rows)


TABLES = {
    ROOT / "schemas/README.md": ("topics", topics_table),
    ROOT / "deploy/README.md": ("settings", settings_table),
}


def with_table(page: Path) -> str:
    name, make = TABLES[page]
    text, count = re.subn(rf"<!-- {name} -->\n+(\|[^\n]*\n)*", f"<!-- {name} -->\n\n{make()}\n", page.read_text())
    assert count == 1, f"{page} has no place for the table of {name}"
    return text.rstrip() + "\n"


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.parent.name)
def test_the_tables_of_topics_and_settings_are_those_of_the_code(page: Path) -> None:
    assert page.read_text() == with_table(page), "run: python -m tests.test_readme"


def test_every_command_is_named() -> None:
    text = README.read_text()
    assert [name for name, _, _ in COMMANDS if name != "stage" and f"`{name}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_named_exists(page: Path) -> None:
    named = re.findall(r"`((?:streams|producers|schemas|tests|deploy)/[\w/-]+\.\w+)`", page.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_page_is_found_from_the_readme() -> None:
    text = README.read_text()
    assert [page for page in PAGES[1:] if f"`{page.relative_to(ROOT).as_posix()}`" not in text] == []


def test_the_readme_is_short_and_its_figures_are_those_of_the_page_of_figures() -> None:
    text, figures = README.read_text(), (ROOT / "deploy/MEASURED.md").read_text().splitlines()
    assert len(text.splitlines()) <= LINES_MAX
    rows = re.findall(r"(?m)^\| .* \|$", text.partition("\n## Measured\n")[2].partition("\n## ")[0])[2:]
    assert rows
    assert [row for row in rows if row not in figures] == []


if __name__ == "__main__":
    for written in TABLES:
        written.write_text(with_table(written))
