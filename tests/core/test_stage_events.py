"""What a stage counts is declared: in its code, and in runs over what is simulated elsewhere."""

import ast
import re
from pathlib import Path

import pytest

from streams.core import stage_events
from streams.core.replay import StageReplay
from tests.core.test_replay import COUNTS

CORE = Path(stage_events.__file__).parent
STAGES = sorted(path.parent.name for path in CORE.glob("*/stage.py"))


def patterns_of(stage: str) -> set[str]:
    """What is handed to a stage's `_count`, as patterns: what is put together from values has `.+` for each."""
    patterns = set()
    for path in (CORE / stage).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "_count":
                event = node.args[0]
                if isinstance(event, ast.JoinedStr):
                    parts = [re.escape(one.value) if isinstance(one, ast.Constant) else ".+" for one in event.values]  # type: ignore[arg-type]
                    patterns.add("".join(parts))
                else:
                    either = [event.body, event.orelse] if isinstance(event, ast.IfExp) else [event]
                    patterns |= {ast.literal_eval(one) for one in either}
    return patterns


@pytest.mark.parametrize("stage", STAGES)
def test_all_that_the_code_of_a_stage_counts_is_declared_and_nothing_else(stage: str) -> None:
    declared, patterns = getattr(stage_events, stage.upper()), patterns_of(stage)
    assert patterns
    assert [one for one in patterns if not any(re.fullmatch(one, event) for event in declared)] == []
    assert [event for event in declared if not any(re.fullmatch(one, event) for one in patterns)] == []


def test_whatever_is_replayed_a_stage_that_counts_what_it_has_not_declared_is_told() -> None:
    replay = StageReplay(COUNTS)
    replay.finish()
    replay._folds[0] = COUNTS.open(0, {})
    replay._folds[0].counters["seen_twice"] = 1
    replay._since_taken[0] = []
    with pytest.raises(ValueError, match="counts seen_twice"):
        replay.finish()
