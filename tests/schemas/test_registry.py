"""The registry client against the real registry."""

import copy
import json
from typing import Any

import pytest
from confluent_kafka.schema_registry import Schema

from deploy.local.platform import LocalPlatform
from schemas.generate import load_schemas
from schemas.lint import check_change
from schemas.records import Tick
from schemas.registry import (
    COMPATIBILITY,
    NotRegistered,
    RegistryClient,
    RegistryUnavailable,
    SchemaRefused,
    fetch_schema,
    load_codec,
    register_all,
    registered_schemas,
)
from schemas.topics import subjects
from tests.schemas.sample_records import sample_records

pytestmark = pytest.mark.integration

NOBODY = "http://127.0.0.1:1/apis/ccompat/v7"


def register(platform: LocalPlatform, subject: str, schema: Any) -> int:
    return RegistryClient(platform.registry_url).register_schema(subject, Schema(json.dumps(schema), "AVRO"))


def older_tick() -> Any:
    """A Tick that ours may not follow: it lacks a field that ours demands."""
    schema = copy.deepcopy(load_schemas()["Tick"])
    del schema["fields"][0]
    return schema


def test_ids_looked_up_are_the_ids_registered(platform: LocalPlatform) -> None:
    looked_up, in_topics = load_codec(platform.registry_url), set(subjects().values())
    records = [record for record in sample_records(seed=21, each=1) if type(record) in in_topics]
    assert {type(record) for record in records} == in_topics
    assert [looked_up.encode(record) for record in records] == [platform.codec.encode(record) for record in records]


def test_registering_again_gives_the_same_ids(platform: LocalPlatform) -> None:
    record = next(record for record in sample_records(seed=23, each=1) if isinstance(record, Tick))
    assert register_all(platform.registry_url).encode(record) == platform.codec.encode(record)


def test_every_subject_is_held_to_full_transitive_compatibility(platform: LocalPlatform) -> None:
    assert RegistryClient(platform.registry_url).get_compatibility() == COMPATIBILITY == "FULL_TRANSITIVE"


def test_a_schema_comes_back_by_its_id_as_it_stands_in_our_file(platform: LocalPlatform) -> None:
    record = next(record for record in sample_records(seed=24, each=1) if isinstance(record, Tick))
    schema_id = int.from_bytes(platform.codec.encode(record)[1:5], "big")
    assert json.loads(fetch_schema(RegistryClient(platform.registry_url), schema_id) or "") == load_schemas()["Tick"]


def test_an_id_that_the_registry_does_not_know_is_none(platform: LocalPlatform) -> None:
    assert fetch_schema(RegistryClient(platform.registry_url), 99_999) is None


def test_a_schema_that_may_not_follow_the_registered_one_is_refused_by_name(platform: LocalPlatform) -> None:
    register(platform, "test-refused", older_tick())
    with pytest.raises(SchemaRefused, match="test-refused"):
        register_all(platform.registry_url, {"test-refused": Tick})


def test_the_check_finds_what_the_registry_holds_against_a_schema(platform: LocalPlatform) -> None:
    register(platform, "test-check", older_tick())
    (version,) = registered_schemas(platform.registry_url, "test-check")
    assert {finding.rule for finding in check_change(version, load_schemas()["Tick"])} == {"backward"}


def test_a_subject_never_registered_has_no_versions(platform: LocalPlatform) -> None:
    assert registered_schemas(platform.registry_url, "test-nothing") == []


@pytest.mark.parametrize(
    "ask",
    [
        register_all,
        load_codec,
        lambda url: fetch_schema(RegistryClient(url), 1),
        lambda url: registered_schemas(url, "any"),
    ],
    ids=["register_all", "load_codec", "fetch_schema", "registered_schemas"],
)
def test_a_registry_that_does_not_answer_is_named_and_is_no_answer(ask: Any) -> None:
    with pytest.raises(RegistryUnavailable, match=r"127\.0\.0\.1:1/.*border up"):
        ask(NOBODY)


def test_a_registry_without_our_schemas_says_which_and_how_to_register(platform: LocalPlatform) -> None:
    with pytest.raises(NotRegistered, match="lacks test-unregistered; run `border schemas register`"):
        load_codec(platform.registry_url, {"test-unregistered": Tick})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_proxy_in_the_environment_is_not_asked_for_a_registry_on_this_machine(
    host: str, platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert load_codec(platform.registry_url.replace("127.0.0.1", host))
    with pytest.raises(RegistryUnavailable):  # other hosts are asked through it
        load_codec("http://192.0.2.1/apis/ccompat/v7")
