"""The schema registry against the contract, described and judged."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Final

from confluent_kafka.schema_registry.error import SchemaRegistryError

from deploy.doctor.check import Check, Level, Problem, verdict
from schemas.generate import load_schemas
from schemas.registry import COMPATIBILITY, RegistryClient
from schemas.topics import TOPICS, subjects

ANSWER_SECONDS: Final = 3
AT_ONCE: Final = 8  # questions: a catalogue of a hundred subjects over a slow line is seconds, not a minute
SLOW_SECONDS: Final = 1.0
OUR_PREFIX: Final = "border."
NAMED: Final = ("record", "enum", "fixed")
PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string", "array", "map")


@dataclass(frozen=True)
class SubjectFound:
    """A subject: its versions' schemas, oldest first, and the compatibility that it has for itself, if any."""

    versions: Mapping[int, Any]
    compatibility: str | None


@dataclass(frozen=True)
class RegistryFound:
    """What a registry tells."""

    url: str
    seconds: float
    compatibility: str
    subjects: Mapping[str, SubjectFound]


def describe_registry(url: str, prefix: str = OUR_PREFIX) -> RegistryFound | str:
    """What the registry at a URL holds of subjects so named; as words, why it could not be told."""
    try:
        client = RegistryClient(url, ANSWER_SECONDS)
        client.get_subjects()  # connects; the second answer tells how far away it is
        started = monotonic()
        names = [name for name in client.get_subjects() if name.startswith(prefix)]
        seconds = monotonic() - started
        compatibility = client.get_compatibility()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = dict(zip(names, pool.map(lambda name: describe_subject(client, name), names), strict=True))
    except Exception as error:  # its client raises whatever its HTTP library and JSON parser do
        return type(error).__name__
    if all(subject.compatibility is not None for subject in found.values()):
        # Apicurio says NONE of a subject that has no level of its own, Confluent's registry 404.
        found = {name: replace(one, compatibility=unless_none(one.compatibility)) for name, one in found.items()}
    return RegistryFound(url, seconds, compatibility, found)


def unless_none(compatibility: str | None) -> str | None:
    """A level, if it is one."""
    return None if compatibility == "NONE" else compatibility


def describe_subject(client: RegistryClient, name: str) -> SubjectFound:
    """One subject. Raises what the client raises."""
    versions = {
        number: json.loads(client.get_version(name, number).schema.schema_str or "null")
        for number in sorted(client.get_versions(name))
    }
    try:
        own = client.get_compatibility(name)
    except SchemaRegistryError as error:
        if error.http_status_code != 404:
            raise
        own = None
    return SubjectFound(versions, own)


def check_registry(url: str, found: RegistryFound | str) -> list[Check]:
    """The registry itself."""
    if isinstance(found, str):
        mend = "start it (`border up`), or give the right address with --registry-url"
        return [Check("registry answers", Level.FAIL, f"no schema registry answers at {url} ({found})", mend)]
    words = f"{url} in {found.seconds * 1000:.0f} ms"
    slow = Problem(Level.WARN, words, "look at its load: each worker asks it for every schema when it starts")
    problems = []
    if found.compatibility != COMPATIBILITY:
        mend = "border schemas register"
        problems.append(Problem(Level.FAIL, f"compatibility {found.compatibility}, wanted {COMPATIBILITY}", mend))
    return [
        verdict("registry answers", words, [slow] if found.seconds > SLOW_SECONDS else []),
        verdict("registry compatibility", found.compatibility, problems),
    ]


def check_schemas(found: RegistryFound) -> list[Check]:
    """Every schema of the contract, and subjects that look like ours and are not."""
    schemas = load_schemas()
    wanted = {subject: schemas[record.__name__] for subject, record in subjects().items()}
    checks = [check_subject(name, schema, found.subjects.get(name)) for name, schema in wanted.items()]
    topics = tuple(f"{topic.name}-" for topic in TOPICS)
    strange = sorted(name for name in found.subjects if name not in wanted and name.startswith(topics))
    if strange:
        mend = "of another version of the contract? what writes them is newer or older than this"
        checks.append(Check("schema others", Level.WARN, f"not of the contract: {', '.join(strange)}", mend))
    return checks


def check_subject(subject: str, ours: Any, found: SubjectFound | None) -> Check:
    """One subject against our schema."""
    name, mend = f"schema {subject}", "border schemas register"
    if found is None or not found.versions:
        return Check(name, Level.FAIL, "not registered", mend)
    problems, latest = [], max(found.versions)
    same = [number for number, schema in found.versions.items() if full_names(schema) == full_names(ours)]
    if not same:
        difference = first_difference(full_names(found.versions[latest]), full_names(ours))
        what = f"differs from ours: {difference} (version {latest})"
        mend += ", if `border schemas check --registry-url` finds nothing; else install the version that registered it"
        problems.append(Problem(Level.FAIL, what, mend))
    elif same[-1] != latest:
        what = f"ours is version {same[-1]}, there is a newer one, {latest}"
        problems.append(Problem(Level.WARN, what, "somebody runs a newer version of the platform: install it here too"))
    if found.compatibility not in (None, COMPATIBILITY):
        what = f"compatibility {found.compatibility} for this subject, wanted {COMPATIBILITY}"
        problems.append(Problem(Level.FAIL, what, f"DELETE /config/{subject} on the registry: the global one counts"))
    count = len(found.versions)
    return verdict(name, f"version {latest} is ours" + (f", {count - 1} older" if count > 1 else ""), problems)


def full_names(schema: Any, namespace: str = "") -> Any:
    """A schema in which every name is a full one: whether a namespace is repeated inside makes no difference."""
    if isinstance(schema, str):
        return schema if schema in PRIMITIVES or "." in schema or not namespace else f"{namespace}.{schema}"
    if isinstance(schema, list):
        return [full_names(item, namespace) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: value for key, value in schema.items() if key != "namespace"}
    if schema.get("type") in NAMED:
        namespace = schema.get("namespace", namespace)
        found["name"] = full_names(schema["name"], namespace)
    if "fields" in schema:
        found["fields"] = [{**one, "type": full_names(one["type"], namespace)} for one in schema["fields"]]
    for key in ("type", "items", "values"):
        if key in schema and schema[key] not in NAMED:
            found[key] = full_names(schema[key], namespace)
    return found


def first_difference(theirs: Any, ours: Any, place: str = "") -> str:
    """Where two schemas differ first, and how."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted(set(theirs) | set(ours)):
            if theirs.get(key) != ours.get(key):
                return first_difference(theirs.get(key), ours.get(key), f"{place}.{key}" if place else key)
    if isinstance(theirs, list) and isinstance(ours, list):
        for number, (one, other) in enumerate(zip(theirs, ours, strict=False)):
            if one != other:
                named = one.get("name", number) if isinstance(one, dict) else number
                return first_difference(one, other, f"{place}[{named}]")
        return f"{place} has {len(theirs)} entries, ours {len(ours)}"
    return f"{place} is {shortened(theirs)}, ours {shortened(ours)}"


def shortened(value: Any) -> str:
    """As JSON, at most a few words of it."""
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
