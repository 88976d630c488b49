"""The lint of a rule set's text: what is forbidden, and which number has no source."""

import pytest

from streams.core.rule_set import FORBIDDEN_EVIDENCE
from streams.core.rule_set_lint import Problem, lint
from tests.core.vehicles.builders import default_text


def lines_without_source(text: str) -> list[int]:
    return [problem.line for problem in lint(text) if "without a source" in problem.message]


def forbidden(text: str) -> list[Problem]:
    return [problem for problem in lint(text) if "never evidence" in problem.message]


def test_the_rule_set_that_comes_with_the_platform_passes() -> None:
    assert lint(default_text()) == []


def test_what_the_schema_refuses_is_said_in_its_words() -> None:
    assert "random_propensity" in lint(default_text().replace("random_propensity = 0.05", ""))[0].message


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a = 1.0", [1]),
        ("a = 1.0 # counted", []),
        ("a = 1.0 #", [1]),  # an empty comment is no source
        ("# counted\na = 1.0\nb = 2", []),
        ("# counted\na = 1.0\n\nb = 2", [4]),  # a blank line ends what a comment is about
        ("# counted\n[part]\na = 1.0", []),
        ("[part]\n# counted\n\na = 1.0", [4]),
        ("a = 1.0\n# about what follows\nb = 2", [1]),
        ('a = "7 of 9" \nb = true\n1 = { name = "x" }\n"2" = "y"', []),  # neither texts nor keys are weights
        ("[part.1]\na = '1.0'", []),
        ("a = { b = 1.0, c = 2.0 }", [1]),
        ("a = [\n  { b = 1.0 },\n  [2.0],\n]", [2, 3]),
        ("# counted\na = [\n  { b = 1.0 },\n  [2.0],\n]", []),
        ('a = "# no comment" \nb = 3', [2]),
        ("a = '''\n# no comment\n1.0'''\nb = 3", [4]),
        ("a = -inf\nb = +1_000\nc = 0x1F\r\nd = 1979-05-27", [1, 2, 3, 4]),
        ("[[examples]]\nweight_kg = 1.0\n[examples.expect]\nlog_odds_min = 1.0\n[other]\na = 1.0", [6]),
    ],
)
def test_each_number_needs_a_source_on_its_line_or_above_its_block(text: str, lines: list[int]) -> None:
    assert lines_without_source(text) == lines


def test_a_number_that_loses_its_comment_is_found_by_its_line() -> None:
    before = default_text().splitlines()
    number = next(n for n, line in enumerate(before, 1) if line.startswith("prior_log_odds"))
    del before[number - 2]
    assert lines_without_source("\n".join(before)) == [number - 1]


@pytest.mark.parametrize("word", sorted(FORBIDDEN_EVIDENCE | {"country", "state", "driver_hair", "nervous", "races"}))
@pytest.mark.parametrize(
    "text", ["[{}]\nx = true", "a = true\n{} = true", '"{}" = true', "[a.{}]", "a = {{ b = '{}' }}", "a = ['x', '{}']"]
)
def test_people_and_issuers_are_forbidden_as_a_key_or_a_name(word: str, text: str) -> None:
    text = text.format(word)
    where = next(number for number, line in enumerate(text.splitlines(), 1) if word in line)
    assert [problem.line for problem in forbidden(text)] == [where]


def test_words_inside_other_words_sentences_and_comments_are_free() -> None:
    assert not forbidden('average_percentage = "of a state" # nationality is no evidence\nlane_mode = "PASSENGER"')
