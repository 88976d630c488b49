"""The schema registry (Confluent's interface): registering is a step of deployment, everyone else only looks up."""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from schemas.codec import Codec
from schemas.generate import load_schemas
from schemas.topics import subjects

COMPATIBILITY: Final = "FULL_TRANSITIVE"
TIMEOUT_SECONDS: Final = 10
LOOPBACK: Final = ("all://localhost", "all://127.0.0.1", "all://[::1]")
REFUSALS: Final = (409, 422)  # incompatible, invalid


class RegistryUnavailable(ConnectionError):
    """The registry does not answer; nothing can be said about any schema."""


class NotRegistered(LookupError):
    """The registry answers but lacks a schema of ours."""


class SchemaRefused(ValueError):
    """The registry answers but does not take a schema of ours."""


class RegistryClient(SchemaRegistryClient):
    """A client for a registry's Confluent interface, `http://host:port/apis/ccompat/v7` for Apicurio.

    Made once where much is asked: it takes 40 ms and keeps its connections. May be used from several threads.
    """

    def __init__(self, url: str, timeout_seconds: int = TIMEOUT_SECONDS) -> None:
        super().__init__({"url": url, "timeout": timeout_seconds, "max.retries": 1})
        self.url = url
        # A proxy in the environment is for other hosts: what it calls 127.0.0.1 is its own machine.
        rest, direct = self._rest_client, dict.fromkeys(LOOPBACK)
        rest.session = type(rest.session)(verify=rest.verify, auth=rest.auth, timeout=rest.timeout, mounts=direct)


def unavailable(url: str, error: Exception) -> RegistryUnavailable:
    """What to tell when the registry does not answer."""
    return RegistryUnavailable(f"no schema registry answers at {url} ({type(error).__name__}); is `border up` running?")


def schema_of(record_type: type[msgspec.Struct]) -> Schema:
    """A record type's schema as registered: the .avsc file's JSON."""
    return Schema(json.dumps(load_schemas()[record_type.__name__]), "AVRO")


def register_all(url: str, wanted: Mapping[str, type[msgspec.Struct]] | None = None) -> Codec:
    """Register every subject of the topic catalogue, or those wanted, and return a codec with the ids.

    Sets the registry's global compatibility, which defaults to none. Raises RegistryUnavailable, and SchemaRefused
    if a schema may not follow the ones registered.
    """
    client, ids = RegistryClient(url), {}
    try:
        client.set_compatibility(level=COMPATIBILITY)
    except Exception as error:
        raise unavailable(url, error) from error
    for subject, record_type in (subjects() if wanted is None else wanted).items():
        try:
            ids[record_type] = client.register_schema(subject, schema_of(record_type))
        except SchemaRegistryError as error:
            if error.http_status_code in REFUSALS:
                raise SchemaRefused(
                    f"the registry at {url} refuses the schema of {subject}, which is not {COMPATIBILITY} with the "
                    "versions registered; `border schemas check --registry-url` says why"
                ) from error
            raise unavailable(url, error) from error
        except Exception as error:
            raise unavailable(url, error) from error
    return Codec(ids)


def load_codec(url: str, wanted: Mapping[str, type[msgspec.Struct]] | None = None) -> Codec:
    """A codec with the ids that the registry has for the catalogue's subjects, or those wanted; registers nothing.

    Raises RegistryUnavailable, and NotRegistered if a schema of ours is not there.
    """
    client, ids = RegistryClient(url), {}
    for subject, record_type in (subjects() if wanted is None else wanted).items():
        try:
            schema_id = client.lookup_schema(subject, schema_of(record_type)).schema_id
            if schema_id is None:
                raise ValueError(f"no schema id in the answer for {subject}")
            ids[record_type] = schema_id
        except SchemaRegistryError as error:
            if error.http_status_code == 404:
                raise NotRegistered(f"the registry at {url} lacks {subject}; run `border schemas register`") from error
            raise unavailable(url, error) from error
        except Exception as error:
            raise unavailable(url, error) from error
    return Codec(ids)


def answers(url: str) -> bool:
    """Whether a registry answers at all."""
    try:
        RegistryClient(url).get_compatibility()
    except Exception:
        return False
    return True


def fetch_schema(client: RegistryClient, schema_id: int) -> str | None:
    """The JSON of a writer's schema; None if the registry says that there is no such id.

    Raises RegistryUnavailable if it does not answer: then nobody knows, and the caller has to wait.
    """
    try:
        return client.get_schema(schema_id).schema_str
    except SchemaRegistryError as error:
        if error.http_status_code == 404:
            return None
        raise unavailable(client.url, error) from error
    except Exception as error:
        raise unavailable(client.url, error) from error


def registered_schemas(url: str, subject: str) -> list[Any]:
    """Every version of a subject as parsed JSON, oldest first; empty if it was never registered.

    Raises RegistryUnavailable if the registry does not answer.
    """
    client = RegistryClient(url)
    try:
        versions = client.get_versions(subject)
        return [json.loads(client.get_version(subject, version).schema.schema_str or "") for version in versions]
    except SchemaRegistryError as error:
        if error.http_status_code == 404:
            return []
        raise unavailable(url, error) from error
    except Exception as error:
        raise unavailable(url, error) from error
