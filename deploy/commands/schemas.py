"""`border schemas`: the contract checked and registered."""

import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import orjson
from cyclopts import App

from deploy.options import Flag
from deploy.settings import load_settings
from schemas.generate import SCHEMA_DIRECTORY, drifted, load_schemas
from schemas.lint import Finding, check_change, check_schema
from schemas.registry import COMPATIBILITY, register_all, registered_schemas
from schemas.topics import subjects

app = App(name="schemas", help="Check and register the contract.")

ROOT: Final = SCHEMA_DIRECTORY.parent


@app.command
def check(*, registry_url: str | None = None, json: Flag = False) -> int:
    """Check every schema: house rules, records generated from it, the last released version, a registry's versions.

    Exit status 1 if anything is found.

    Examples:

        border schemas check
        border schemas check --registry-url http://127.0.0.1:8081/apis/ccompat/v7 --json

    Parameters
    ----------
    registry_url
        also check against all versions that this registry holds.
    json
        print one line of JSON.
    """
    schemas, tag = load_schemas(), last_tag()
    findings = [finding for schema in schemas.values() for finding in check_schema(schema)]
    findings += [Finding(path.name, "", "drift", "run python -m schemas.generate") for path in drifted()]
    if tag:
        findings += check_against_release(tag, schemas)
    if registry_url:
        findings += check_against_registry(registry_url, schemas)
    findings = list(dict.fromkeys(findings))  # two versions in a registry may show the same
    if json:
        line = {"schemas": len(schemas), "released": tag, "findings": [asdict(finding) for finding in findings]}
        print(orjson.dumps(line).decode())
        return 1 if findings else 0
    for finding in findings:
        print(f"{finding.schema} {finding.field}: {finding.rule}; {finding.remedy}")
    against = f"the release {tag}" if tag else "no release yet (no git tag)"
    also = " and the registry" if registry_url else ""
    print(f"{len(schemas)} schemas checked against house rules, {against}{also}: {len(findings)} findings")
    return 1 if findings else 0


def check_against_release(tag: str, schemas: Mapping[str, Any]) -> list[Finding]:
    """Findings against the schemas as they stand in a git tag."""
    findings = []
    for name in released_names(tag):
        if name in schemas:
            findings += check_change(schema_at(tag, name), schemas[name])
        else:
            findings.append(Finding(name, "", "schema_removed", "keep it: topics still hold its records"))
    return findings


def check_against_registry(url: str, schemas: Mapping[str, Any]) -> list[Finding]:
    """Findings against every version that a registry holds, whatever compatibility it is set to."""
    return [
        finding
        for subject, record_type in subjects().items()
        for version in registered_schemas(url, subject)
        for finding in check_change(version, schemas[record_type.__name__])
    ]


@app.command
def register(
    *,
    registry_url: str | None = None,
    state_directory: str | None = None,
    json: Flag = False,
) -> int:
    """Register every schema of the topic catalogue and set the registry to FULL_TRANSITIVE. Safe to repeat.

    Examples:

        border schemas register --registry-url http://registry.example/apis/ccompat/v7

    Parameters
    ----------
    registry_url
        Confluent interface of the schema registry; default: the running local platform's.
    state_directory
        where a local platform keeps its state.
    json
        print one line of JSON.
    """
    url = registry_url or load_settings(state_directory=state_directory).addresses()[1]
    register_all(url)
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


def released_names(tag: str) -> list[str]:
    """Names of the schemas in a git tag."""
    folder = SCHEMA_DIRECTORY.relative_to(ROOT).as_posix()
    command = ["git", "-C", str(ROOT), "ls-tree", "--name-only", tag, f"{folder}/"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [Path(line).stem for line in done.stdout.splitlines() if line.endswith(".avsc")]


def schema_at(tag: str, name: str) -> Any:
    """A schema as released."""
    place = f"{tag}:{(SCHEMA_DIRECTORY / name).relative_to(ROOT).as_posix()}.avsc"
    done = subprocess.run(["git", "-C", str(ROOT), "show", place], capture_output=True, check=True)
    return orjson.loads(done.stdout)
