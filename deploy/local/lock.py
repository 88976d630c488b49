"""Makes `artifacts.lock` anew from the versions below:  python -m deploy.local.lock"""

import tempfile
from pathlib import Path
from typing import Final

from jgo.env import EnvironmentBuilder, EnvironmentSpec
from jgo.maven import MavenContext

from deploy.local.artifacts import LOCK_FILE, REGISTRY_ARTIFACT, sha256_of

BROKER: Final = (
    "org.apache.kafka:kafka_2.13:4.3.1",
    "org.apache.kafka:kafka-tools:4.3.1",
    "org.apache.kafka:kafka-clients:4.3.1",  # else a dependency's bill of materials wins with 3.9.1, and nothing starts
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.2",
)
REGISTRY: Final = ("io.apicurio", REGISTRY_ARTIFACT, "3.3.3", "all", "tar.gz")
HEADER: Final = """\
# Everything that `border up` runs on, by Maven coordinates, with the SHA-256 of each file.
# Made by `python -m deploy.local.lock`; the versions to change stand there.
"""


def main() -> None:
    """Resolve, download and write the lock."""
    with tempfile.TemporaryDirectory() as cache:
        context = MavenContext(repo_cache=Path(cache), local_repos=[])
        locked = EnvironmentBuilder(context).resolve_lockfile(EnvironmentSpec(coordinates=list(BROKER)))
        lines = sorted(f"{d.groupId}:{d.artifactId}:{d.version} {d.sha256}" for d in locked.dependencies)
        group, name, version, classifier, packaging = REGISTRY
        component = context.project(group, name).at_version(version)
        archive = Path(component.artifact(classifier=classifier, packaging=packaging).resolve())
        lines.append(f"{':'.join(REGISTRY)} {sha256_of(archive)}")
    LOCK_FILE.write_text(HEADER + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
