"""Alerts and runbooks name each other, and what a runbook tells people to type exists."""

import re

import pytest

from deploy.cli import COMMANDS, app_for
from deploy.prometheus.watching import DIRECTORY, load_objectives, load_routing, load_symptoms

TEXT = (DIRECTORY / "runbooks.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w+)\n\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
ALERTS = {one.name for one in load_symptoms().alert} | {one.alert for one in load_objectives()}
WORDS = [one.description for one in load_symptoms().alert] + [one.description for one in load_objectives()]


def commands_in(text: str) -> list[list[str]]:
    """What follows `border` where code is quoted."""
    return [line.split() for line in re.findall(r"(?:`|^    )border ([^`\n#]+?)(?:`|  +#|$)", text, re.MULTILINE)]


def test_each_alert_has_a_section_and_each_section_an_alert() -> None:
    assert set(SECTIONS) == ALERTS


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_a_section_says_what_it_means_how_to_see_it_what_to_do_and_when_it_is_over(name: str) -> None:
    assert re.findall(r"^- \*\*(\w+)\*\*: ", SECTIONS[name], re.MULTILINE) == ["Means", "See", "Do", "Over"]


def test_each_rule_links_to_the_anchor_of_its_own_section() -> None:
    rules = "".join((DIRECTORY / "rules" / name).read_text() for name in ("objectives.yml", "symptoms.yml"))
    found = re.findall(r'- alert: (\w+)\n.*?runbook_url: "([^"]+)"', rules, re.DOTALL)
    anchors = {heading: heading.lower() for heading in SECTIONS}  # a word's anchor, as GitHub makes it
    assert {name for name, _ in found} == ALERTS
    assert [(n, url) for n, url in found if url != f"{load_routing().runbooks}#{anchors[n]}"] == []


@pytest.mark.parametrize("words", commands_in(TEXT), ids=" ".join)
def test_a_command_that_a_runbook_names_exists_with_its_options(words: list[str]) -> None:
    app = app_for([words[0]])
    place, rest = app, list(words)
    while rest and rest[0] in list(place):
        place = place[rest.pop(0)]
    assert place is not app, f"border has no command {words[0]}"
    assert place.default_command is not None, f"border {' '.join(words)} names no command of its group"
    known = {name for argument in place.assemble_argument_collection() for name in argument.names}
    assert [word for word in rest if word.startswith("--") and word not in known] == []


def test_the_commands_that_alerts_themselves_name_exist() -> None:
    named = {first for text in WORDS for first in re.findall(r"\bborder ([a-z]+)", text)}
    assert len(named) > 5
    assert named - {name for name, _, _ in COMMANDS} == set()


def test_commands_were_found() -> None:
    assert len(commands_in(TEXT)) > 40
