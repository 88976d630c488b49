"""This machine: room on its disks, versions of what is installed, ports, files that must be secret."""

import os
import re
import shutil
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.version import Version

from deploy.doctor.check import Check, Level, Problem, verdict
from deploy.errors import UserError
from deploy.local.processes import choose_port
from deploy.scrape import fetch
from deploy.settings import Settings
from schemas.generate import SCHEMA_DIRECTORY
from schemas.telemetry import DISTRIBUTION
from streams.core.random_draw import MASTER_SECRET_BYTES_MIN

PINS: Final = SCHEMA_DIRECTORY.parent / "requirements.txt"  # in a clone; an installed wheel has its metadata alone
PYTHON_MIN: Final = (3, 11, 4)

FREE_BYTES_FAIL: Final = 1 << 30
"""Kafka ends when its disk is full. The cleaner wants room for copies of segments, 64 MiB each, several at once."""

FREE_BYTES_WARN: Final = 5 << 30
CACHE_BYTES: Final = 600 << 20  # Kafka and the registry, packed and unpacked
OTHERS_READ: Final = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True)
class DiskFound:
    """A directory and the disk below it."""

    path: str
    free_bytes: int
    free_files: int
    is_writable: bool


def existing_parent(path: Path) -> Path:
    """The directory, or the nearest one above it that is there."""
    path = path.absolute()
    return path if path.exists() else existing_parent(path.parent)


def describe_disk(path: Path) -> DiskFound | str:
    """The disk on which a directory lies, or would lie; as words, why it cannot be told."""
    try:
        place = existing_parent(path)
        free = shutil.disk_usage(place).free
        status = os.statvfs(place)
    except OSError as error:
        return f"cannot look at {path}: {error.strerror or error}"
    files = status.f_favail if status.f_files else sys.maxsize  # some file systems have no such limit
    return DiskFound(str(path), free, files, os.access(place, os.W_OK | os.X_OK))


def check_disk(name: str, found: DiskFound | str, wanted_bytes: int = FREE_BYTES_FAIL, setting: str = "") -> Check:
    """Room for what is written there."""
    name, mend = f"disk {name}", f"make room, or set {setting} to another disk"
    if isinstance(found, str):
        return Check(name, Level.FAIL, found, f"let this user read it, or set {setting} to another directory")
    words = f"{found.path}: {found.free_bytes / (1 << 30):.1f} GiB free"
    problems = []
    if not found.is_writable:
        problems.append(
            Problem(Level.FAIL, f"{found.path} cannot be written", f"let this user write, or set {setting}")
        )
    if found.free_bytes < wanted_bytes:
        problems.append(Problem(Level.FAIL, words, mend))
    elif found.free_bytes < max(wanted_bytes, FREE_BYTES_WARN):
        problems.append(Problem(Level.WARN, words, mend))
    if found.free_files < 10_000:
        problems.append(Problem(Level.FAIL, f"{found.path}: room for {found.free_files} more files", mend))
    return verdict(name, words, problems)


def pinned(text: str) -> dict[str, str]:
    """Versions by name in a lock file."""
    return dict(re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text))


def installed(names: Sequence[str]) -> dict[str, str | None]:
    """Versions installed here, None of what is not."""
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def wanted_versions() -> dict[str, str]:
    """A specifier of each library: pins of the clone, else what the installed wheel says that it needs."""
    if PINS.exists():
        return {name: f"=={version}" for name, version in pinned(PINS.read_text()).items()}
    try:
        needed = [Requirement(text) for text in metadata.requires(DISTRIBUTION) or ()]
    except metadata.PackageNotFoundError:
        return {}
    return {one.name: str(one.specifier) for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})}


def check_versions(python: tuple[int, ...], wanted: Mapping[str, str], found: Mapping[str, str | None]) -> list[Check]:
    """Python and the libraries against what was tested."""
    word, least = ".".join(map(str, python)), ".".join(map(str, PYTHON_MIN))
    old = [Problem(Level.FAIL, f"Python {word}, wanted {least} or newer", "make setup PYTHON=/path/to/python3.11")]
    checks = [verdict("version Python", word, old if python < PYTHON_MIN else [])]
    mend, problems = "make setup (pip install --require-hashes -r requirements.txt)", []
    for name, specifier in sorted(wanted.items()):
        version = found.get(name)
        if version is None:
            problems.append(Problem(Level.FAIL, f"{name} is not installed, wanted {specifier}", mend))
        elif not Requirement(f"{name}{specifier}").specifier.contains(Version(version), prereleases=True):
            problems.append(Problem(Level.WARN, f"{name} {version}, tested with {specifier}", mend))
    if not wanted:
        problems.append(Problem(Level.WARN, "nothing here says which libraries are wanted", "make setup"))
    checks.append(verdict("version libraries", f"{len(wanted)} as pinned", problems))
    return checks


def check_ports(settings: Settings, is_running: bool) -> list[Check]:
    """Whether `border up` and `border light` would find their ports. A running platform's own are its own."""
    checks = []
    if not is_running and not settings.broker:
        for setting in ("kafka_port", "registry_port"):
            checks.append(check_port(setting, getattr(settings, setting), Level.FAIL))
    is_light = "border_light" in (fetch(settings.light_http_port, "/metrics") or "")
    for setting in ("light_lines_port", "light_http_port"):
        port = getattr(settings, setting)
        words = f"{port}: border light is there"
        checks.append(Check(f"port {setting}", Level.OK, words) if is_light else check_port(setting, port, Level.WARN))
    return checks


def check_port(setting: str, port: int, level: Level) -> Check:
    """One port that has to be free."""
    name = f"port {setting}"
    try:
        choose_port(port, f"the setting {setting}")
    except UserError as error:
        found, _, mend = str(error).partition("; ")
        return Check(name, level, found, mend)
    return Check(name, Level.OK, f"{port} is free" if port else "any free one")


@dataclass(frozen=True)
class FileFound:
    """A file as the system tells it."""

    path: str
    mode: int
    is_ours: bool
    size: int
    is_readable: bool


def describe_file(path: Path) -> FileFound | None:
    """A file's owner and mode; None if there is none. Raises OSError if its directory cannot be looked into."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    ours = status.st_uid == os.geteuid()
    return FileFound(str(path), stat.S_IMODE(status.st_mode), ours, status.st_size, os.access(path, os.R_OK))


def check_secret(found: FileFound | None, path: Path) -> Check:
    """The random arm's master secret: whoever reads it knows who will be drawn."""
    name = "file secret"
    if found is None:
        mend = "`border up` makes one; on another machine bring the platform's own, or set random_secret_file"
        return Check(name, Level.WARN, f"there is no master secret at {path}", mend)
    problems = []
    if not found.is_readable:
        problems.append(Problem(Level.FAIL, f"{found.path} cannot be read", "give it to the user of the stages"))
    if found.mode & OTHERS_READ:
        mend = (
            f"chmod 600 {found.path}; if others may have read it, a new secret from tomorrow on (`border keys --help`)"
        )
        problems.append(Problem(Level.FAIL, f"{found.path} is open to others (mode {found.mode:o})", mend))
    if not found.is_ours and found.is_readable:
        what = f"{found.path} belongs to another user"
        problems.append(Problem(Level.WARN, what, f"chown it to the user of the stages: {found.path}"))
    if found.size < MASTER_SECRET_BYTES_MIN:
        what = f"{found.path} has {found.size} bytes, {MASTER_SECRET_BYTES_MIN} are needed"
        problems.append(Problem(Level.FAIL, what, f"remove {found.path}, and `border up` makes a new one"))
    return verdict(name, f"{found.path}, mode {found.mode:o}", problems)


def check_not_writable(name: str, found: FileFound | None, absent: str, is_private: bool) -> Check:
    """The file of settings, which names all others, or the state directory, which holds plates."""
    name = f"file {name}"
    if found is None:
        return Check(name, Level.OK, absent)
    problems = []
    if not found.is_readable:
        problems.append(Problem(Level.FAIL, f"{found.path} cannot be read", "give it to the user of the stages"))
    if found.mode & OTHERS_WRITE:
        mend = f"chmod go-w {found.path}"
        problems.append(Problem(Level.FAIL, f"others may write {found.path} (mode {found.mode:o})", mend))
    elif is_private and found.mode & OTHERS_READ:
        what = f"others may look into {found.path} (mode {found.mode:o}), and the log in it holds plates"
        problems.append(Problem(Level.WARN, what, f"chmod 700 {found.path}"))
    return verdict(name, f"{found.path}, mode {found.mode:o}", problems)


def look_at(name: str, path: Path, judge: Callable[[FileFound | None], Check]) -> Check:
    """A check of a file whose directory may be closed to us."""
    try:
        return judge(describe_file(path))
    except OSError as error:
        mend = "let the user of the stages look into its directory"
        return Check(f"file {name}", Level.FAIL, f"cannot look at {path}: {error.strerror or error}", mend)
