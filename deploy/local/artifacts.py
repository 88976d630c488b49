"""Fetches Kafka and the registry once, by Maven coordinates, and proves each file by its SHA-256.

    artifacts.lock ─► (cache hit?) ─► jgo downloads to a staging folder ─► SHA-256 ─► moved into the cache

Two processes at once are kept apart by a lock on the cache; a file in the cache is always whole, since it is moved
there only after its digest was right.
"""

import contextlib
import fcntl
import hashlib
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jgo.maven import MavenContext, PythonResolver
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from deploy.errors import UserError

LOCK_FILE: Final = Path(__file__).parent / "artifacts.lock"
REGISTRY_ARTIFACT: Final = "apicurio-registry-app"
DOWNLOAD_TIMEOUT_SECONDS: Final = 60
ATTEMPTS_MAX: Final = 3
ATTEMPT_DELAY_SECONDS: Final = 1.0
STAGING: Final = "staging"  # inside the cache, so that a rename moves a file out of it in one step
PLAIN_LINE_EVERY: Final = 20
"""Where there is no terminal for a bar, a line after this many files says that it goes on."""


@dataclass(frozen=True)
class Artifact:
    """One file of the lock."""

    group: str
    name: str
    version: str
    classifier: str
    packaging: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Name in the cache; the digest in it makes a changed lock a new file."""
        suffix = f"-{self.classifier}" if self.classifier else ""
        return f"{self.name}-{self.version}{suffix}-{self.sha256[:12]}.{self.packaging}"


def read_lock(path: Path = LOCK_FILE) -> list[Artifact]:
    """Artifacts of the lock file. Raises ValueError naming the line that cannot be read."""
    artifacts = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        coordinates, _, sha256 = line.partition(" ")
        parts = coordinates.split(":")
        if len(parts) not in (3, 4, 5) or len(sha256) != 64:
            raise ValueError(f"{path.name} line {number}: expected group:name:version[:classifier[:packaging]] sha256")
        group, name, version = parts[:3]
        classifier = parts[3] if len(parts) > 3 else ""
        packaging = parts[4] if len(parts) > 4 else "jar"
        artifacts.append(Artifact(group, name, version, classifier, packaging, sha256))
    return artifacts


@dataclass(frozen=True)
class Software:
    """Where the software of the local platform lies, complete and checked."""

    kafka_jars: tuple[Path, ...]
    registry_jar: Path


@contextlib.contextmanager
def exclusive(lock_path: Path) -> Iterator[None]:
    """Holds a file lock; waits for another process that holds it."""
    with lock_path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def provide_software(cache: Path, console: Console) -> Software:
    """Everything in the cache, downloaded where it is missing, with a progress bar on a terminal.

    Raises UserError if the package index cannot be reached or a file is not what the lock says.
    """
    artifacts = read_lock()
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot keep downloads in {cache}: {error}; set cache_directory to another") from error
    with exclusive(cache / "lock"):
        shutil.rmtree(cache / STAGING, ignore_errors=True)  # of a process that was killed
        missing = [artifact for artifact in artifacts if not (cache / artifact.file_name).exists()]
        if missing:
            download(missing, cache, console)
        registry = next(artifact for artifact in artifacts if artifact.name == REGISTRY_ARTIFACT)
        registry_home = unpacked(cache / registry.file_name)
    jars = tuple(cache / artifact.file_name for artifact in artifacts if artifact is not registry)
    return Software(jars, next(registry_home.rglob("quarkus-run.jar")))


def unpacked(archive: Path) -> Path:
    """The folder that an archive was unpacked to; unpacks it on first use. Call with the cache locked."""
    folder = archive.with_name(archive.name.removesuffix(".tar.gz"))
    if not folder.exists():
        staging = archive.with_name(STAGING)
        with tarfile.open(archive) as tar:
            tar.extractall(staging, filter="data")
        staging.rename(folder)
    return folder


def download(missing: list[Artifact], cache: Path, console: Console) -> None:
    """Fetch the missing files into the cache."""
    console.print(f"First start: downloading Kafka and the schema registry, {len(missing)} files")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    staging = cache / STAGING
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        overall = progress.add_task(f"0 of {len(missing)} files", total=None)
        context = MavenContext(
            resolver=PythonResolver(progress_callback=progress_callback(progress, overall)),
            repo_cache=staging,
            local_repos=[],
            timeout=DOWNLOAD_TIMEOUT_SECONDS,
        )
        for done, artifact in enumerate(missing, 1):
            progress.update(overall, description=f"{done} of {len(missing)} files: {artifact.name}")
            if not console.is_terminal and (done % PLAIN_LINE_EVERY == 0 or artifact.name == REGISTRY_ARTIFACT):
                console.print(f"  {done} of {len(missing)} files: {artifact.name}")
            fetch(context, artifact).rename(cache / artifact.file_name)
    shutil.rmtree(staging)


def fetch(context: MavenContext, artifact: Artifact) -> Path:
    """Download one file into the staging folder and check it; a broken connection is tried again."""
    component = context.project(artifact.group, artifact.name).at_version(artifact.version)
    file = component.artifact(classifier=artifact.classifier, packaging=artifact.packaging)
    for attempt in range(1, ATTEMPTS_MAX + 1):
        file.cached_path.unlink(missing_ok=True)  # half a file of the attempt before would pass for the whole
        try:
            path = Path(file.resolve())
            digest = sha256_of(path)
        except (OSError, RuntimeError) as error:  # requests' errors are OSErrors; jgo raises RuntimeError for a 404
            if attempt == ATTEMPTS_MAX:
                raise UserError(
                    f"cannot download {artifact.name} {artifact.version} ({type(error).__name__}); the first start "
                    "needs the network (behind a proxy with a certificate of its own, REQUESTS_CA_BUNDLE has to name "
                    "that certificate's file). What is downloaded already is kept: start again"
                ) from error
        else:
            if digest == artifact.sha256:
                return path
            if attempt == ATTEMPTS_MAX:
                raise UserError(
                    f"{artifact.name} {artifact.version} has SHA-256 {digest}, not the one in {LOCK_FILE.name}; refused"
                )
        time.sleep(ATTEMPT_DELAY_SECONDS * attempt)
    raise AssertionError("the last attempt returns or raises")


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def progress_callback(
    progress: Progress, overall: TaskID
) -> Callable[[str, int], AbstractContextManager[Callable[[int], None]]]:
    """jgo's hook: a context manager per file that gives a function to report bytes to."""

    @contextlib.contextmanager
    def one_file(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
        yield lambda count: progress.advance(overall, count)

    return one_file
