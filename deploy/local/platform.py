"""Broker and registry as one thing with a directory, a start and an end.

lock the directory ─► end what a killed run left ─► start both ─► wait for both ─► topics ─► schemas ─► ready
"""

from pathlib import Path
from typing import IO, Final

from rich.console import Console

from deploy.errors import UserError
from deploy.local import apicurio, kafka
from deploy.local.apicurio import Apicurio
from deploy.local.artifacts import provide_software
from deploy.local.kafka import Kafka
from deploy.local.processes import (
    Child,
    choose_port,
    end_left_over,
    log_of,
    wait_until_ready,
    write_process_list,
)
from deploy.local.state import PROCESS_LISTS, prepare_directory, take_lock
from deploy.local.topics import ensure_topics
from schemas.codec import Codec
from schemas.registry import register_all

PROCESS_LIST: Final = "processes-platform.json"


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
            # The registry first: it starts while Kafka formats its directory. Each is in care before the next starts.
            registry = self.add(self.registry.start())
            self.start_broker()
            ensure_topics(self.broker)
            wait_until_ready(registry, self.registry.is_ready, apicurio.READY_TIMEOUT_SECONDS)
            self.codec = register_all(self.registry_url)

    def add(self, child: Child) -> Child:
        """Take a started process into care: it is stopped with the platform, last in, first out."""
        self.children.append(child)
        write_process_list(self.directory / PROCESS_LIST, self.children)
        return child

    def check(self) -> None:
        """Raises UserError with the end of the log if broker or registry has ended: nothing works without them."""
        for child in self.children:
            code = child.process.poll()
            if code is not None and child.name in (kafka.NAME, apicurio.NAME):
                raise UserError(f"{child.name} ended with status {code}; start again with `border up`; {log_of(child)}")

    def remove(self, child: Child) -> None:
        """Forget a process that has ended."""
        self.children.remove(child)
        write_process_list(self.directory / PROCESS_LIST, self.children)

    def restart_broker(self) -> None:
        """kill -9 the broker and start it again over its data; returns when it answers."""
        self.kill_broker()
        self.start_broker()

    def kill_broker(self) -> None:
        """kill -9 the broker, which is then nobody's."""
        self._kill(kafka.NAME)

    def kill_registry(self) -> None:
        """The same of the registry."""
        self._kill(apicurio.NAME)

    def _kill(self, name: str) -> None:
        child = next(child for child in self.children if child.name == name)
        child.process.kill()
        child.process.wait()
        self.remove(child)

    def start_broker(self) -> None:
        """Start the broker; returns when it answers."""
        broker = self.add(self.kafka.start())
        wait_until_ready(broker, self.kafka.is_ready, kafka.READY_TIMEOUT_SECONDS)

    def start_registry(self) -> None:
        """Start the registry; returns when it answers."""
        registry = self.add(self.registry.start())
        wait_until_ready(registry, self.registry.is_ready, apicurio.READY_TIMEOUT_SECONDS)

    def stop(self) -> None:
        """Stop everything in reverse order and give the directory back. Safe to call twice."""
        while self.children:
            self.children[-1].stop()
            self.children.pop()
        if self._lock is not None:
            (self.directory / PROCESS_LIST).unlink(missing_ok=True)
            self._lock.close()
            self._lock = None
