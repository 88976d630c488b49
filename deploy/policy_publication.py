"""Published selection policies, and what a port tells of its inspectors."""

from pathlib import Path
from typing import Final

from deploy.connection import Connection
from deploy.errors import UserError
from deploy.publication import Publication, published, versions_in_force
from deploy.reference_changes import change_now
from schemas.records import ChangeKind, LaneMode, ReferenceChange, SelectionPolicyVersion
from schemas.topics import OUTCOMES, POLICY_CHANGELOG, SELECTION_POLICIES
from streams.core.people import are_two_people
from streams.core.policy.state import POLICY_KEY, VERSION
from streams.core.selection_policy import Budget, SelectionPolicy, parse_policy

POLICY_PUBLICATION: Final = Publication(
    record=SelectionPolicyVersion,
    versions=SELECTION_POLICIES,
    source=OUTCOMES,
    changelog=POLICY_CHANGELOG,
    key=POLICY_KEY,
    text_of=lambda stored: stored.removeprefix(VERSION),
    transactional_id="border-selection-policies",
    list_command="border policy list",
)


def load_policy(file: Path) -> tuple[str, SelectionPolicy]:
    """Text and policy of a file. Raises UserError that says what is wrong with it."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8 text (at byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from error
    try:
        return text, parse_policy(text)
    except ValueError as error:
        raise UserError(f"{file}: {error}") from error


def policy_change(file: Path, by: str, approved_by: str) -> ReferenceChange:
    """The change that puts a file's policy in force. Raises UserError if the file is none, or one person is both."""
    if not are_two_people(by, approved_by):
        raise UserError("a selection policy must be approved by a second person; give two ids: --by and --approved-by")
    text, policy = load_policy(file)
    return change_now(
        ChangeKind.SELECTION_POLICY,
        by,
        selection_policy_version=policy.version,
        selection_policy_text=text,
        approved_by=approved_by,
    )


def budgets_in_force(connection: Connection) -> dict[tuple[str, LaneMode], Budget]:
    """Of the newest policy that a partition of the policy stage holds; none if none can be read."""
    held = versions_in_force(POLICY_PUBLICATION, connection).values()
    texts = [one.text for version, one in published(POLICY_PUBLICATION, connection).items() if version in held]
    try:
        return {(one.port_code, one.lane_mode): one for one in parse_policy(texts[-1]).budgets} if texts else {}
    except ValueError:  # of another version of the platform: the policy stage's next word tells
        return {}
