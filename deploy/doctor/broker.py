"""The Kafka cluster and the catalogue's topics on it, described and judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType, TopicMetadata

from deploy.doctor.check import Check, Level, Problem, verdict
from deploy.local.topics import alter_command, partitions_that_differ, settings_that_differ
from schemas.topics import TOPICS, Topic

ANSWER_SECONDS: Final = 3.0
"""Connecting and the first answer: a broker further away is of no use to a light that waits for one second."""

SETTINGS_SECONDS: Final = 10.0
SLOW_SECONDS: Final = 0.1
"""One look at the metadata. A reading's way to its light crosses to the broker and back about six times."""

REPLICATION: Final = 3
"""In service: one replica may be away for repair and another die, and what was acknowledged is still there."""

MIN_IN_SYNC: Final = 2
"""Of three: what is acknowledged is on two disks, and one broker may be away without writes being refused."""

OUR_PREFIX: Final = "border."
INTERNAL_TOPICS: Final = ("__transaction_state", "__consumer_offsets")  # exactly once rests on both


@dataclass(frozen=True)
class TopicFound:
    """A topic as the broker tells it. Replica counts are those of its worst partition."""

    partitions: int
    replicas: int
    in_sync: int
    leaderless: int
    settings: Mapping[str, str]


@dataclass(frozen=True)
class BrokerFound:
    """What a cluster tells of itself."""

    address: str
    seconds: float
    brokers: Mapping[int, str]
    controller: int
    auto_create: Mapping[int, str]
    """`auto.create.topics.enable` of each broker."""

    topics: Mapping[str, TopicFound]

    @property
    def is_local(self) -> bool:
        """One broker on this machine, as `border up` runs it: without replicas, and it says so."""
        return len(self.brokers) == 1 and all(host_of(place).startswith("127.") for place in self.brokers.values())


def host_of(place: str) -> str:
    """The host of `host:port`."""
    return place.rpartition(":")[0]


def describe_broker(address: str, topics: Sequence[Topic] = TOPICS) -> BrokerFound | None:
    """What the cluster at an address tells; None if nobody answers there."""
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0, "socket.connection.setup.timeout.ms": 3000})
    try:
        admin.list_topics(timeout=ANSWER_SECONDS)  # connects; the second answer tells how far away it is
        started = monotonic()
        metadata = admin.list_topics(timeout=ANSWER_SECONDS)
        seconds = monotonic() - started
        ours = {t.name for t in topics} | set(INTERNAL_TOPICS)
        wanted = [name for name in metadata.topics if name in ours or name.startswith(OUR_PREFIX)]
        brokers = {number: f"{broker.host}:{broker.port}" for number, broker in metadata.brokers.items()}
        settings = settings_of(admin, [ConfigResource(ResourceType.TOPIC, name) for name in wanted])
        own = settings_of(admin, [ConfigResource(ResourceType.BROKER, str(number)) for number in brokers])
    except KafkaException:
        return None
    return BrokerFound(
        address,
        seconds,
        brokers,
        metadata.controller_id,
        {int(number): found.get("auto.create.topics.enable", "unknown") for number, found in own.items()},
        {name: topic_found(metadata.topics[name], settings[name]) for name in wanted},
    )


def settings_of(admin: AdminClient, resources: Sequence[ConfigResource]) -> dict[str, dict[str, str]]:
    """Settings in force, by the resource's name. Raises KafkaException if they are not told."""
    futures = admin.describe_configs(list(resources), request_timeout=SETTINGS_SECONDS) if resources else {}
    return {
        resource.name: {name: str(entry.value) for name, entry in future.result(SETTINGS_SECONDS).items()}
        for resource, future in futures.items()
    }


def topic_found(metadata: TopicMetadata, settings: Mapping[str, str]) -> TopicFound:
    """A topic's description from the client's metadata."""
    partitions = metadata.partitions.values()
    return TopicFound(
        len(partitions),
        min(len(one.replicas) for one in partitions),
        min(len(one.isrs) for one in partitions),
        sum(one.leader < 0 for one in partitions),
        settings,
    )


def check_broker(address: str, found: BrokerFound | None) -> list[Check]:
    """The cluster itself."""
    if found is None:
        return [
            Check(
                "broker answers",
                Level.FAIL,
                f"no Kafka broker answers at {address} within {ANSWER_SECONDS:.0f} s",
                "start it (`border up`), or give the right address with --broker",
            )
        ]
    milliseconds = found.seconds * 1000
    slow = Problem(Level.WARN, f"{address} takes {milliseconds:.0f} ms to answer", "look at the network and its load")
    return [
        verdict(
            "broker answers", f"{address} in {milliseconds:.1f} ms", [slow] if found.seconds > SLOW_SECONDS else []
        ),
        check_cluster(found),
        check_auto_create(found),
    ]


def check_cluster(found: BrokerFound) -> Check:
    """How many brokers there are, and whether one of them is the controller."""
    count, problems = len(found.brokers), []
    if found.controller not in found.brokers:
        found_is = f"controller {found.controller} is not among the brokers {sorted(found.brokers)}"
        problems.append(Problem(Level.FAIL, found_is, "look at the log of the controllers: the quorum has no leader"))
    if count < REPLICATION and not found.is_local:
        few = f"{count} brokers; in service {REPLICATION} replicas are wanted"
        problems.append(Problem(Level.WARN, few, f"add brokers until there are {REPLICATION}"))
    alone = " (local: survives the death of its process, not of the machine's power)" if found.is_local else ""
    return verdict(
        "broker cluster", f"{count} broker{'s' * (count > 1)}{alone}, controller {found.controller}", problems
    )


def check_auto_create(found: BrokerFound) -> Check:
    """A misspelt topic must be an error, not a new topic with the broker's defaults."""
    problems = [
        Problem(
            Level.FAIL,
            f"broker {number} has auto.create.topics.enable={value}",
            "set auto.create.topics.enable=false in its server.properties and restart it",
        )
        for number, value in sorted(found.auto_create.items())
        if value != "false"
    ]
    return verdict("broker auto-create", "topics are not made by themselves", problems)


def check_topics(found: BrokerFound, topics: Sequence[Topic] = TOPICS) -> list[Check]:
    """Every topic of the catalogue, the two that transactions need, and topics that look like ours and are not."""
    checks = [check_topic(topic, found.topics.get(topic.name), found.is_local) for topic in topics]
    for name in INTERNAL_TOPICS:
        if name in found.topics:
            problems = replication_problems(name, found.topics[name], found.is_local)
            checks.append(verdict(f"topic {name}", replication_words(found.topics[name]), problems))
    known = {topic.name for topic in topics} | set(INTERNAL_TOPICS)
    strange = sorted(name for name in found.topics if name not in known)
    if strange:
        mend = "of another version? delete what nothing uses, or install the version whose they are"
        checks.append(Check("topic others", Level.WARN, f"not of the catalogue: {', '.join(strange)}", mend))
    return checks


def check_topic(topic: Topic, found: TopicFound | None, is_local: bool) -> Check:
    """One topic against the catalogue."""
    name = f"topic {topic.name}"
    if found is None:
        return Check(name, Level.FAIL, "is not there", "border topics --create")
    problems = []
    difference = partitions_that_differ(topic, found.partitions)
    if difference:
        problems.append(Problem(Level.FAIL, *difference))
    problems += [
        Problem(Level.FAIL, f"{setting}={actual}, the catalogue says {wanted}", alter_command(topic, setting, wanted))
        for setting, actual, wanted in settings_that_differ(topic, found.settings)
    ]
    problems += replication_problems(topic.name, found, is_local)
    return verdict(name, f"{found.partitions} partitions, {replication_words(found)}", problems)


def replication_words(found: TopicFound) -> str:
    """Of a topic whose replication is as it should be."""
    return f"{found.replicas} replica{'s' * (found.replicas > 1)}"


def replication_problems(name: str, found: TopicFound, is_local: bool) -> list[Problem]:
    """What is wrong with a topic's replicas. A lone local broker has one, and no other place for a second."""
    problems = []
    if found.leaderless:
        mend = "start the brokers that hold its replicas; until then nothing of it is written or read"
        problems.append(Problem(Level.FAIL, f"{found.leaderless} partitions have no leader", mend))
    if is_local:
        return problems
    if found.replicas < REPLICATION:
        few = f"{found.replicas} replicas; in service {REPLICATION}"
        mend = f"kafka-reassign-partitions: {name} to {REPLICATION} brokers; default.replication.factor={REPLICATION}"
        problems.append(Problem(Level.FAIL, few, mend))
    elif found.in_sync < found.replicas:
        late = f"a partition has {found.in_sync} of {found.replicas} replicas in sync"
        level = Level.FAIL if found.in_sync < MIN_IN_SYNC else Level.WARN
        problems.append(Problem(level, late, "look for the broker that is down or behind"))
    minimum = found.settings.get("min.insync.replicas", "1")
    if minimum != str(MIN_IN_SYNC):
        mend = f"kafka-configs --alter --topic {name} --add-config min.insync.replicas={MIN_IN_SYNC}"
        problems.append(Problem(Level.FAIL, f"min.insync.replicas={minimum}, in service {MIN_IN_SYNC}", mend))
    if found.settings.get("unclean.leader.election.enable") == "true":
        mend = f"kafka-configs --alter --topic {name} --add-config unclean.leader.election.enable=false"
        problems.append(Problem(Level.FAIL, "unclean.leader.election.enable=true loses acknowledged records", mend))
    return problems
