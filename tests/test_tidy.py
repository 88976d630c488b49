"""House rules that a linter does not know, as tests."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINES_PER_FILE_MAX = 400
LINES_PER_FUNCTION_MAX = 60
GENERATED = {"schemas/records.py", "schemas/wire.py"}
# A clock or a draw in the core would break replay: two runs over the same log would differ.
IMPURE_MODULES = {"time", "datetime", "random", "secrets", "os", "socket", "logging", "threading", "asyncio", "pathlib"}


def tracked(pattern: str) -> list[Path]:
    """Files under version control, and new ones not ignored, that match a glob."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [ROOT / name for name in names if (ROOT / name).exists()]


PYTHON_FILES = [path for path in tracked("*.py") if path.relative_to(ROOT).as_posix() not in GENERATED]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_are_files_to_check() -> None:
    assert len(PYTHON_FILES) > 20


@pytest.mark.parametrize("path", PYTHON_FILES, ids=name_of)
def test_file_and_functions_are_short(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) <= LINES_PER_FILE_MAX
    long = [
        f"{node.name} ({lines_of(node)} lines)"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of(node) > LINES_PER_FUNCTION_MAX
    ]
    assert not long


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring, which for a command is the text of its --help."""
    first, last = function.body[0], function.body[-1]
    docstring = ast.get_docstring(function) is not None
    of_docstring = (first.end_lineno or 0) - first.lineno + 1 if docstring else 0
    return (last.end_lineno or 0) - function.lineno + 1 - of_docstring


@pytest.mark.parametrize("path", [p for p in PYTHON_FILES if "streams/core/" in name_of(p)], ids=name_of)
def test_the_core_has_no_clock_no_random_and_no_io(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert not {name.partition(".")[0] for name in names} & IMPURE_MODULES, f"line {node.lineno}: {names}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "open", "input"}, f"line {node.lineno}: {node.func.id}()"


@pytest.mark.parametrize("path", [p for p in PYTHON_FILES if not name_of(p).startswith("tests/")], ids=name_of)
def test_the_environment_is_read_in_one_place(path: Path) -> None:
    if name_of(path) == "deploy/settings.py":
        return
    reads = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert not reads


def test_lock_files_name_no_address() -> None:
    for path in [*tracked("requirements*.txt"), *tracked("*.lock"), *tracked("*jgo*")]:
        assert "://" not in path.read_text(), f"{name_of(path)} names an address"
