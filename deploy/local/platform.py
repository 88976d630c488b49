"""Broker and registry as one thing with a directory, a start and an end.

lock the directory ─► end what a killed run left ─► start both ─► wait for both ─► topics ─► schemas ─► ready
"""

import contextlib
import fcntl
import os
import shutil
from pathlib import Path
from typing import IO, Final

from rich.console import Console

from deploy.errors import UserError
from deploy.local import apicurio, kafka
from deploy.local.apicurio import Apicurio
from deploy.local.artifacts import provide_software
from deploy.local.kafka import Kafka
from deploy.local.processes import Child, choose_port, end_left_over, wait_until_ready, write_process_list
from deploy.local.topics import ensure_topics
from schemas.codec import Codec
from schemas.registry import register_all

MARKER: Final = "border-state"  # a directory without it is not ours to remove
MARKER_TEXT: Final = "State of a local border platform. `border down --wipe` removes this directory.\n"
PROCESS_LIST: Final = "processes-platform.json"
PROCESS_LISTS: Final = "processes-*.json"  # the supervisor keeps its own


class LocalPlatform:
    """A context manager: real Kafka and registry, topics and schemas in place. Start it from the main thread.

    Raises UserError if a port is taken, another run owns the directory, or something does not start.
    """

    def __init__(
        self,
        directory: Path,
        cache: Path,
        *,
        kafka_port: int = 0,
        registry_port: int = 0,
        console: Console | None = None,
    ) -> None:
        self.directory, self._cache = directory, cache
        self._kafka_port, self._registry_port = kafka_port, registry_port
        self._console = console or Console(stderr=True, quiet=True)
        self._lock: IO[str] | None = None
        self.children: list[Child] = []
        self.kafka: Kafka
        self.registry: Apicurio
        self.codec: Codec

    @property
    def broker(self) -> str:
        """Bootstrap address of the broker."""
        return self.kafka.address

    @property
    def registry_url(self) -> str:
        """Address of the registry's Confluent interface."""
        return self.registry.url

    def __enter__(self) -> "LocalPlatform":
        prepare_directory(self.directory)
        self._lock = take_lock(self.directory)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> None:
        for process_list in self.directory.glob(PROCESS_LISTS):
            for name in end_left_over(process_list):
                self._console.print(f"Ended {name}, left over from a run that was killed")
        kafka_port = choose_port(self._kafka_port, "--kafka-port")
        registry_port = choose_port(self._registry_port, "--registry-port")
        software = provide_software(self._cache, self._console)
        self.kafka = Kafka(software.kafka_jars, self.directory, kafka_port)
        self.registry = Apicurio(software.registry_jar, self.directory, registry_port)
        with self._console.status("Starting Kafka and the schema registry"):
            broker, registry = self.kafka.start(), self.registry.start()
            self.add(broker)
            self.add(registry)
            wait_until_ready(broker, self.kafka.is_ready, kafka.READY_TIMEOUT_SECONDS)
            ensure_topics(self.broker)
            wait_until_ready(registry, self.registry.is_ready, apicurio.READY_TIMEOUT_SECONDS)
            self.codec = register_all(self.registry_url)

    def add(self, child: Child) -> None:
        """Take a started process into care: it is stopped with the platform, last in, first out."""
        self.children.append(child)
        write_process_list(self.directory / PROCESS_LIST, self.children)

    def remove(self, child: Child) -> None:
        """Forget a process that has ended."""
        self.children.remove(child)
        write_process_list(self.directory / PROCESS_LIST, self.children)

    def stop(self) -> None:
        """Stop everything in reverse order and give the directory back. Safe to call twice."""
        while self.children:
            self.children[-1].stop()
            self.children.pop()
        if self._lock is not None:
            (self.directory / PROCESS_LIST).unlink(missing_ok=True)
            self._lock.close()
            self._lock = None


def prepare_directory(directory: Path) -> None:
    """Make a state directory, or accept one that is ours or empty. Raises UserError for any other."""
    if directory.exists() and not (directory / MARKER).exists() and any(directory.iterdir()):
        raise UserError(f"{directory} exists and is not a border state directory; give another with --state-directory")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / MARKER).write_text(MARKER_TEXT)


def take_lock(directory: Path) -> IO[str]:
    """The directory's lock, which the kernel frees if we die. Raises UserError if another process holds it."""
    lock = (directory / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = owner_of(directory)
        lock.close()
        raise UserError(
            f"{directory} is in use by pid {owner}; stop it with `border down`, or use another --state-directory"
        ) from error
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def owner_of(directory: Path) -> int | None:
    """Pid of the running platform that holds the directory's lock, or None."""
    with contextlib.suppress(FileNotFoundError), (directory / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(lock.read() or 0)
    return None


def wipe(directory: Path) -> None:
    """Remove a state directory. Raises UserError if it is not one, or in use."""
    if not (directory / MARKER).exists():
        raise UserError(f"{directory} is not a border state directory; nothing was removed")
    owner = owner_of(directory)
    if owner is not None:
        raise UserError(f"{directory} is in use by pid {owner}; run `border down` first")
    for process_list in directory.glob(PROCESS_LISTS):
        end_left_over(process_list)
    shutil.rmtree(directory)
