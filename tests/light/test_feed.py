"""What the light server reads of the lanes' decisions, from a real broker of its own."""

from collections.abc import Callable, Iterator

import msgspec
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from deploy.errors import UserError
from deploy.local.platform import LocalPlatform
from deploy.local.topics import ensure_topics
from deploy.settings import load_settings
from producers.publisher import Publisher
from schemas.records import LightAnswer, Selection
from schemas.topics import LANE_DECISIONS
from streams.core.stage import Record
from streams.light.feed import Feed
from streams.light.telemetry import LightTelemetry
from tests.core.outcomes.builders import answer, selection, tick
from tests.support import eventually

pytestmark = pytest.mark.integration

# This machine may be busy with much else.
SECONDS = 120.0


class Counting(LightTelemetry):
    heard = 0

    def stages_heard(self) -> None:
        self.heard += 1


class Reading:
    """A feed, and what it has delivered."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.records: list[Record] = []
        self.caught_up: list[bool] = []
        self.telemetry = Counting()
        self.feed = Feed(
            platform.broker,
            platform.registry_url,
            self.telemetry,
            self.records.extend,
            lambda _: None,
            self.caught_up.append,
        )
        self.feed.start()

    def numbers(self) -> list[int]:
        return [one.value.passage_number for one in self.records if isinstance(one.value, Selection)]

    def has(self, kind: type) -> Callable[[], bool]:
        return lambda: any(isinstance(one.value, kind) for one in self.records)


@pytest.fixture(scope="module")
def own_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """A platform whose topics may be deleted."""
    with LocalPlatform(tmp_path_factory.mktemp("feed") / "state", load_settings().cache_path) as running:
        yield running


@pytest.fixture
def reading(own_platform: LocalPlatform) -> Iterator[Reading]:
    made = Reading(own_platform)
    yield made
    made.feed.stop()


def publish(platform: LocalPlatform, *values: msgspec.Struct) -> None:
    with Publisher(platform.broker, platform.codec, LANE_DECISIONS) as publisher:
        for value in values:
            publisher.publish(value)  # type: ignore[arg-type]


def make_anew(platform: LocalPlatform) -> None:
    admin = AdminClient({"bootstrap.servers": platform.broker})
    admin.delete_topics([LANE_DECISIONS.name])[LANE_DECISIONS.name].result(10)

    def is_made() -> bool:
        try:
            return LANE_DECISIONS.name in ensure_topics(platform.broker, [LANE_DECISIONS])
        except UserError:  # the old one is still being deleted
            return False

    eventually(is_made, SECONDS, "the topic made anew")


def test_a_topic_that_is_made_anew_is_read_from_its_first_record(own_platform: LocalPlatform, reading: Reading) -> None:
    publish(own_platform, *[selection(number) for number in range(1, 51)])
    eventually(lambda: len(reading.numbers()) == 50, SECONDS, "the selections")
    eventually(lambda: reading.caught_up == [True], SECONDS, "the end of the log")
    make_anew(own_platform)
    publish(own_platform, selection(51))
    eventually(lambda: reading.numbers()[50:] == [51], SECONDS, "the selection in the new topic")
    eventually(lambda: reading.caught_up == [True, False, True], SECONDS, "the end of the new log")


def test_ticks_and_selections_are_signs_that_the_stages_work_and_the_server_s_own_answers_are_none(
    own_platform: LocalPlatform, reading: Reading
) -> None:
    eventually(lambda: reading.caught_up == [True], SECONDS, "the end of the log")
    before = reading.telemetry.heard
    publish(own_platform, answer())
    eventually(reading.has(LightAnswer), SECONDS, "the answer")
    assert reading.telemetry.heard == before
    producer = Producer({"bootstrap.servers": own_platform.broker})
    producer.produce(LANE_DECISIONS.name, own_platform.codec.encode(tick(1.0)), b"0", partition=0)
    producer.flush(30)
    eventually(lambda: reading.telemetry.heard == before + 1, SECONDS, "the tick")
    publish(own_platform, selection(60))
    eventually(lambda: reading.telemetry.heard == before + 2, SECONDS, "the selection")


def test_what_is_read_again_after_an_outage_is_no_sign_that_the_stages_work(own_platform: LocalPlatform) -> None:
    telemetry, heard = Counting(), list[int]()

    def at_end(_: bool) -> None:
        heard.append(telemetry.heard)
        if len(heard) < 3:
            raise ConnectionError("the broker has gone away")  # so a reader is opened anew, twice

    publish(own_platform, selection(70))
    feed = Feed(own_platform.broker, own_platform.registry_url, telemetry, lambda _: None, lambda _: None, at_end)
    feed.start()
    try:
        eventually(lambda: len(heard) == 3, SECONDS, "the end of the log, for the third time")
    finally:
        feed.stop()
    assert heard[0] >= 1 and heard == [heard[0]] * 3
