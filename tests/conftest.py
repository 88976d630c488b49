"""The real Kafka and registry that integration tests share: started once, stopped at the end."""

import itertools
import os
import sys
from collections.abc import Callable, Iterator

import pytest
from rich.console import Console

from deploy.local.platform import LocalPlatform
from deploy.local.topics import ensure_topics
from deploy.settings import load_settings
from schemas.topics import Topic


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `-n 2 --dist each` the first process has all tests that need the platform, the second one the others.

    Those wait for most of their time, which the others use; and there is one platform.
    """
    if "each" in getattr(config, "workerinput", {}).get("mainargv", ()):
        is_first = os.environ["PYTEST_XDIST_WORKER"] == "gw0"
        items[:] = [item for item in items if (item.get_closest_marker("integration") is not None) == is_first]


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """A running platform on free ports: `.broker`, `.registry_url`, `.codec`; no stages."""
    directory = tmp_path_factory.mktemp("platform") / "state"
    console = Console(file=sys.__stderr__)
    with LocalPlatform(directory, load_settings().cache_path, console=console) as running:
        yield running


@pytest.fixture
def new_topic(platform: LocalPlatform) -> Callable[..., Topic]:
    """Makes topics with names of their own: new_topic(partitions=…, records=…, compacted=…)."""
    numbers = itertools.count()
    test = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split(" ")[0]
    prefix = "".join(letter if letter.isalnum() else "-" for letter in test)[:80]

    def make(**options: object) -> Topic:
        options = {"key": "any", "records": (), "partitions": 4} | options
        topic = Topic(f"{prefix}-{next(numbers)}", **options)  # type: ignore[arg-type]
        ensure_topics(platform.broker, [topic])
        return topic

    return make
