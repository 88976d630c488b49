"""What a rule set's text must keep that its schema cannot say.

- No word for what people are or where a plate was issued, as a key or as a name: such evidence is forbidden whatever it
  would predict.
- Every number has a source: a comment on its own line, or above it within its block of lines without a blank one.

Comments and strings are TOML's only contexts in which a character is not what it seems, so one pattern separates them;
what remains of a line is keys, brackets and numbers.
"""

import re
from typing import Final, NamedTuple

from streams.core.rule_set import FORBIDDEN_EVIDENCE, parse_rule_set

# Words of keys and names, singular and in lower case. A passenger lane is no passenger, so that word is not here.
# fmt: off
FORBIDDEN_WORDS: Final = FORBIDDEN_EVIDENCE | frozenset((
    "accent", "age", "appearance", "behavior", "behaviour", "birth", "birthplace", "citizen", "citizenship",
    "colour", "complexion", "country", "demeanor", "disability", "dress", "driver", "ethnic", "ethnicity", "face",
    "faith", "female", "foreign", "foreigner", "gender", "immigrant", "immigration", "issuer", "language", "male",
    "migrant", "mood", "nation", "national", "nervous", "nervousness", "occupant", "origin", "passengers", "passport",
    "people", "person", "race", "racial", "religion", "religious", "residence", "sex", "skin", "state", "surname",
    "tattoo", "traveller", "visa",
))
# fmt: on

# Examples describe passages and what must come of them; none of their numbers weighs anything.
EXAMPLES: Final = "examples"

_LEXICAL: Final = re.compile(
    r'''#[^\n]*|"""[\s\S]*?(?<!\\)"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\n|[^#"'\n]+|["']'''
)
_HEADER: Final = re.compile(r"\s*\[\[?(?P<name>[^\]]*)\]\]?\s*$")
_KEY: Final = re.compile(r"[\w.\s-]+=")
_NUMBER: Final = re.compile(r"(?<![\w.])[-+]?(?:\d|inf\b|nan\b)")
_IDENTIFIER: Final = re.compile(r"[A-Za-z][\w-]*$")
_WORD: Final = re.compile(r"[A-Za-z]+")


class Problem(NamedTuple):
    """What is wrong in which line, counted from 1; line 0 is the text as a whole."""

    line: int
    message: str


class _Line:
    """One line: code without its strings, the strings in it, and whether it has a comment."""

    def __init__(self) -> None:
        self.code = ""
        self.strings: list[str] = []
        self.comment = False


def lint(text: str) -> list[Problem]:
    """Everything wrong with a rule set's text, in the order of its lines; empty if nothing is."""
    problems = []
    try:
        parse_rule_set(text)
    except ValueError as error:
        problems.append(Problem(0, str(error)))
    lines = _lines_of(text)
    return sorted([*problems, *_forbidden(lines), *_without_source(lines)])


def _lines_of(text: str) -> list[_Line]:
    lines = [_Line()]
    for token in _LEXICAL.findall(text.replace("\r\n", "\n")):
        if token == "\n":
            lines.append(_Line())
        elif token.startswith("#"):
            lines[-1].comment = lines[-1].comment or bool(token.strip("# \t"))
        elif token[0] in "\"'" and len(token) > 1:
            lines[-1].strings.append(token.strip("\"'"))
            lines[-1].code += "_"  # so that a quoted key is still a key
            lines.extend([_Line() for _ in range(token.count("\n"))])
        else:
            lines[-1].code += token
    return lines


def _forbidden(lines: list[_Line]) -> list[Problem]:
    problems = []
    for number, line in enumerate(lines, 1):
        # A sentence may use any word; what could be a key or the name of evidence may not.
        names = [line.code, *[text for text in line.strings if _IDENTIFIER.match(text)]]
        words = sorted({word.lower() for name in names for word in _WORD.findall(name)})
        problems += [
            Problem(number, f"{word!r} is never evidence, whatever it would predict; take it out")
            for word in words
            if word in FORBIDDEN_WORDS or word.removesuffix("s") in FORBIDDEN_WORDS
        ]
    return problems


def _without_source(lines: list[_Line]) -> list[Problem]:
    problems = []
    above = example = False
    depth = 0  # of brackets left open by the lines before
    for number, line in enumerate(lines, 1):
        code = line.code.strip()
        if not code:
            above = line.comment
            continue
        header = _HEADER.match(code) if depth == 0 else None
        if header:
            example = header["name"].strip().split(".")[0] == EXAMPLES
        else:
            depth += sum([code.count(c) for c in "[{"]) - sum([code.count(c) for c in "]}"])
            if _NUMBER.search(_KEY.sub(" ", code)) and not (example or above or line.comment):
                message = "a number without a source: say in a comment on its line or above its block where it is from"
                problems.append(Problem(number, message))
    return problems
