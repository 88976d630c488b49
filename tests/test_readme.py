"""The README's tables against the code. `python -m tests.test_readme` writes them."""

import re
from dataclasses import fields
from pathlib import Path

from deploy.cli import COMMANDS
from deploy.settings import Settings
from schemas.topics import TOPICS

README = Path(__file__).parent.parent / "README.md"


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
    "topics": topics_table,
    "settings": settings_table,
}


def with_tables(text: str) -> str:
    for name, make in TABLES.items():
        text = re.sub(rf"<!-- {name} -->\n+(\|[^\n]*\n)*", f"<!-- {name} -->\n\n{make()}\n", text)
    return text.rstrip() + "\n"


def test_the_tables_of_topics_and_settings_are_those_of_the_code() -> None:
    assert README.read_text() == with_tables(README.read_text()), "run: python -m tests.test_readme"


def test_every_command_is_named() -> None:
    text = README.read_text()
    assert [name for name, _, _ in COMMANDS if name != "stage" and f"`{name}`" not in text] == []


def test_every_file_named_exists() -> None:
    root = README.parent
    for name in re.findall(r"`((?:streams|producers|schemas|tests|deploy)/[\w/]+\.\w+)`", README.read_text()):
        assert (root / name).exists(), name


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text()))
