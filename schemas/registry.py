"""The schema registry (Confluent's interface): registering is a step of deployment, everyone else only looks up."""

import json
from typing import Final

import msgspec
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from schemas.codec import Codec
from schemas.generate import load_schemas
from schemas.topics import subjects

COMPATIBILITY: Final = "FULL_TRANSITIVE"
TIMEOUT_SECONDS: Final = 10


class RegistryUnavailable(ConnectionError):
    """The registry does not answer; nothing can be said about any schema."""


class NotRegistered(LookupError):
    """The registry answers but lacks a schema of ours."""


def client_of(url: str) -> SchemaRegistryClient:
    """A client for a registry's Confluent interface, `http://host:port/apis/ccompat/v7` for Apicurio."""
    return SchemaRegistryClient({"url": url, "timeout": TIMEOUT_SECONDS, "max.retries": 1})


def unavailable(url: str, error: Exception) -> RegistryUnavailable:
    """What to tell when the registry does not answer."""
    return RegistryUnavailable(f"no schema registry answers at {url} ({type(error).__name__}); is `border up` running?")


def schema_of(record_type: type[msgspec.Struct]) -> Schema:
    """A record type's schema as registered: the .avsc file's JSON."""
    return Schema(json.dumps(load_schemas()[record_type.__name__]), "AVRO")


def register_all(url: str) -> Codec:
    """Register every subject of the topic catalogue and return a codec with the ids.

    Sets the registry's global compatibility, which defaults to none. Raises RegistryUnavailable, and
    SchemaRegistryError naming the incompatibility if a schema may not follow the one registered.
    """
    client, ids = client_of(url), {}
    try:
        client.set_compatibility(level=COMPATIBILITY)
        for subject, record_type in subjects().items():
            ids[record_type] = client.register_schema(subject, schema_of(record_type))
    except SchemaRegistryError as error:
        if error.http_status_code >= 500:
            raise unavailable(url, error) from error
        raise
    except OSError as error:
        raise unavailable(url, error) from error
    except Exception as error:  # httpx's transport errors share no base with OSError
        if type(error).__module__.startswith("httpx"):
            raise unavailable(url, error) from error
        raise
    return Codec(ids)


def load_codec(url: str) -> Codec:
    """A codec with the ids that the registry has for our schemas; registers nothing.

    Raises RegistryUnavailable, and NotRegistered if a schema of ours is not there.
    """
    client, ids = client_of(url), {}
    for subject, record_type in subjects().items():
        try:
            ids[record_type] = client.lookup_schema(subject, schema_of(record_type)).schema_id or 0
        except SchemaRegistryError as error:
            if error.http_status_code == 404:
                raise NotRegistered(f"the registry at {url} lacks {subject}; run `border schemas register`") from error
            raise unavailable(url, error) from error
        except Exception as error:
            raise unavailable(url, error) from error
    return Codec(ids)


def fetch_schema(url: str, schema_id: int) -> str | None:
    """The JSON of a writer's schema; None if the registry says that there is no such id.

    Raises RegistryUnavailable if it does not answer: then nobody knows, and the caller has to wait.
    """
    try:
        return client_of(url).get_schema(schema_id).schema_str
    except SchemaRegistryError as error:
        if error.http_status_code == 404:
            return None
        raise unavailable(url, error) from error
    except Exception as error:
        raise unavailable(url, error) from error


def incompatible_subjects(url: str) -> dict[str, str]:
    """Subjects whose schema of ours may not follow all versions registered, with the registry's word for why."""
    client, found = client_of(url), {}
    for subject, record_type in subjects().items():
        try:
            if not client.get_versions(subject):
                continue
            if not client.test_compatibility_all_versions(subject, schema_of(record_type)):
                found[subject] = f"not {COMPATIBILITY} with the versions registered"
        except SchemaRegistryError as error:
            if error.http_status_code != 404:  # 404: never registered, so nothing to be compatible with
                raise unavailable(url, error) from error
        except Exception as error:
            raise unavailable(url, error) from error
    return found
