"""`border schemas check` against a release and against the real registry."""

import copy
from typing import Any

import pytest

from deploy.commands.schemas import check_against_registry, check_against_release, released_names, schema_at
from deploy.local.platform import LocalPlatform
from schemas.generate import load_schemas

# Any commit can stand for a release; the last one is in every clone.
RELEASE = "HEAD"


def released() -> dict[str, Any]:
    return {name: schema_at(RELEASE, name) for name in released_names(RELEASE)}


def with_demanding_tick(schemas: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(schemas)
    changed["Tick"]["fields"].append({"name": "note", "type": "string", "doc": "Old records lack it."})
    return changed


def test_unchanged_schemas_may_follow_their_release() -> None:
    assert "Tick" in released()
    assert check_against_release(RELEASE, released()) == []


def test_a_schema_that_cannot_read_released_records_is_found() -> None:
    findings = check_against_release(RELEASE, with_demanding_tick(released()))
    assert [(finding.schema, finding.rule) for finding in findings] == [("Tick", "backward")]
    assert "note" in findings[0].remedy


def test_a_released_schema_that_is_gone_is_found() -> None:
    schemas = released()
    del schemas["Tick"]
    findings = check_against_release(RELEASE, schemas)
    assert [(finding.schema, finding.rule) for finding in findings] == [("Tick", "schema_removed")]


@pytest.mark.integration
def test_schemas_may_follow_what_the_registry_holds(platform: LocalPlatform) -> None:
    assert check_against_registry(platform.registry_url, load_schemas()) == []


@pytest.mark.integration
def test_a_schema_that_cannot_read_registered_records_is_found(platform: LocalPlatform) -> None:
    findings = check_against_registry(platform.registry_url, with_demanding_tick(load_schemas()))
    assert {(finding.schema, finding.rule) for finding in findings} == {("Tick", "backward")}
