"""Published rule sets: the versions in their topic, and which one the vehicles stage holds."""

from typing import Final

from deploy.connection import Connection
from deploy.errors import UserError
from deploy.publication import Publication, publish
from deploy.reference_changes import change_now
from deploy.stages import load_rule_set, rule_set_text
from schemas.records import ChangeKind, RuleSetVersion
from schemas.topics import PASSAGES, RULE_SETS, VEHICLES_CHANGELOG
from streams.core.people import are_two_people
from streams.core.rule_set import parse_rule_set
from streams.core.vehicles.stage import RULES_KEY

RULE_SET_PUBLICATION: Final = Publication(
    record=RuleSetVersion,
    versions=RULE_SETS,
    source=PASSAGES,
    changelog=VEHICLES_CHANGELOG,
    key=RULES_KEY,
    text_of=bytes,
    transactional_id="border-rule-sets",
    list_command="border rules list",
)


def publish_rule_set(text: str, by: str, approved_by: str, connection: Connection) -> bool:
    """Publish a rule set that was linted and tested, and put it in force; True if its version is new.

    Raises UserError if its name means another text, if one person would be both, or if it was not written, or perhaps
    not.
    """
    if not are_two_people(by, approved_by):
        raise UserError("a rule set must be approved by a second person; give two ids in --by and --approved-by")
    version = parse_rule_set(text).version
    check_own_files(version, text, connection.settings.rule_set_file)
    change = change_now(ChangeKind.RULE_SET, by, rule_set_version=version, rule_set_text=text, approved_by=approved_by)
    return publish(RULE_SET_PUBLICATION, version, text, change, connection)


def check_own_files(version: str, text: str, rule_set_file: str) -> None:
    """Raises UserError if a rule set that stages start with has this version and another text.

    It stands in scores and alerts without ever having been published, and must name one text there.
    """
    for file in ("", rule_set_file):
        own = rule_set_text(file)
        if own != text and load_rule_set(file).version == version:
            whose = f"rule_set_file {file}" if file else "the rule set that comes with the platform"
            raise UserError(f"version {version} names {whose}, which has another text; give this one another version")
