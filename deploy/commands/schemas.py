"""`border schemas`: the contract checked and registered."""

import subprocess
from dataclasses import asdict
from typing import Annotated, Any, Final

import orjson
from confluent_kafka.schema_registry.error import SchemaRegistryError
from cyclopts import App, Parameter

from deploy.errors import UserError
from deploy.settings import load_settings
from schemas.generate import RECORDS_FILE, SCHEMA_DIRECTORY, load_schemas, render
from schemas.lint import Finding, check_change, check_schema
from schemas.registry import COMPATIBILITY, incompatible_subjects, register_all
from schemas.topics import subjects

app = App(name="schemas", help="Check and register the contract.")

ROOT: Final = SCHEMA_DIRECTORY.parent


@app.command
def check(*, registry_url: str | None = None, json: Annotated[bool, Parameter(negative=())] = False) -> int:
    """Check every schema: house rules, records generated from it, the last released version, a registry's versions.

    Exit status 1 if anything is found.

    Examples:

        border schemas check
        border schemas check --registry-url http://127.0.0.1:8081/apis/ccompat/v7 --json

    Parameters
    ----------
    registry_url: also check against all versions that this registry holds.
    json: print one line of JSON.
    """
    schemas = load_schemas()
    findings = [finding for schema in schemas.values() for finding in check_schema(schema)]
    if RECORDS_FILE.read_text() != render():
        findings.append(Finding("records.py", "", "drift", "run python -m schemas.generate"))
    tag = last_tag()
    for name, schema in schemas.items():
        released = schema_at(tag, name) if tag else None
        if released is not None:
            findings += check_change(released, schema)
    if registry_url:
        for subject, why in incompatible_subjects(registry_url).items():
            findings.append(Finding(subject, "", COMPATIBILITY, f"{why}: add optional fields only, or a new major"))
    if json:
        line = {"schemas": len(schemas), "released": tag, "findings": [asdict(finding) for finding in findings]}
        print(orjson.dumps(line).decode())
        return 1 if findings else 0
    for finding in findings:
        print(f"{finding.schema}.avsc {finding.field}: {finding.rule}; {finding.remedy}")
    against = f"the release {tag}" if tag else "no release yet (no git tag)"
    also = " and the registry" if registry_url else ""
    print(f"{len(schemas)} schemas checked against house rules, {against}{also}: {len(findings)} findings")
    return 1 if findings else 0


@app.command
def register(
    *,
    registry_url: str | None = None,
    state_directory: str | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Register every schema of the topic catalogue and set the registry to FULL_TRANSITIVE. Safe to repeat.

    Examples:

        border schemas register --registry-url http://registry.example/apis/ccompat/v7

    Parameters
    ----------
    registry_url: Confluent interface of the schema registry; default: the running local platform's.
    state_directory: where a local platform keeps its state.
    json: print one line of JSON.
    """
    url = registry_url or load_settings(state_directory=state_directory).addresses()[1]
    try:
        register_all(url)
    except SchemaRegistryError as error:
        raise UserError(f"the registry at {url} refuses a schema: {error}; see `border schemas check`") from error
    if json:
        print(orjson.dumps({"registered": sorted(subjects())}).decode())
    else:
        print(f"{len(subjects())} subjects registered at {url}, compatibility {COMPATIBILITY}")
    return 0


def last_tag() -> str | None:
    """The last release tag that is an ancestor, or None (also outside a git checkout)."""
    command = ["git", "-C", str(ROOT), "describe", "--tags", "--abbrev=0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def schema_at(tag: str, name: str) -> Any:
    """A schema as released, or None if it is newer than the release."""
    place = f"{tag}:{(SCHEMA_DIRECTORY / name).relative_to(ROOT).as_posix()}.avsc"
    done = subprocess.run(["git", "-C", str(ROOT), "show", place], capture_output=True, check=False)
    return orjson.loads(done.stdout) if done.returncode == 0 else None
