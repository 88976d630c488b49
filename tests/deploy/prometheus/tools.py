"""Prometheus' and Alertmanager's own programs: the tests run them, and skip, or in CI fail, where they are missing."""

import os
import shutil
import subprocess
from pathlib import Path

import orjson
import pytest

from deploy.prometheus.watching import DIRECTORY

PACKAGES = {
    "promtool": "prometheus",
    "prometheus": "prometheus",
    "amtool": "prometheus-alertmanager",
    "prometheus-alertmanager": "prometheus-alertmanager",
}
RULES = DIRECTORY / "rules"


def tool(name: str) -> str:
    """Where a program is."""
    found = shutil.which(name)
    if found is None:
        why = f"{name} is not installed (Debian: apt-get install {PACKAGES[name]})"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return found


def run(*command: str | Path) -> str:
    """What a program says; the test fails with it if the program does."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=560, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_rule_tests(directory: Path, files: list[Path], interval: str, tests: list[dict[str, object]]) -> None:
    """Have promtool run tests of these files of rules."""
    document = {
        "rule_files": [str(path) for path in files],
        "evaluation_interval": interval,
        "tests": tests,
    }
    path = directory / "tests.yml"
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))  # JSON is YAML
    run(tool("promtool"), "test", "rules", path)
