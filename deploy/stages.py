"""The stages, built with what they need from outside the log: layouts, rule set, secret."""

import os
import secrets
from importlib import resources
from pathlib import Path
from typing import Final

from deploy.errors import UserError
from deploy.settings import Settings
from schemas.layout import load_lanes, load_ports
from streams.core.convoys.stage import ConvoysStage
from streams.core.estimates.stage import EstimatesStage
from streams.core.integrity.stage import IntegrityStage
from streams.core.lanes import BacklogStage, LanesStage
from streams.core.outcomes.stage import OutcomesStage
from streams.core.policy.stage import PolicyStage
from streams.core.random_draw import RandomKeys
from streams.core.rule_set import RuleSet, parse_rule_set
from streams.core.stage import Stage
from streams.core.traces.stage import TracesStage
from streams.core.trains import TrainsStage
from streams.core.vehicles import VehiclesStage

# In the order of the data path.
STAGE_NAMES: Final = (
    "lanes",
    "backlog",
    "vehicles",
    "convoys",
    "outcomes",
    "policy",
    "estimates",
    "integrity",
    "traces",
    "trains",
)
SECRET_BYTES: Final = 32


def build_stage(name: str, settings: Settings) -> Stage:
    """The stage of that name. Raises UserError if there is none, or its secret or rule set cannot be read."""
    if name == "lanes":
        return LanesStage(load_lanes())
    if name == "backlog":
        return BacklogStage(load_lanes())
    if name == "vehicles":
        return VehiclesStage(
            load_rule_set(settings.rule_set_file), load_random_keys(settings.random_secret_path), load_ports()
        )
    if name == "convoys":
        return ConvoysStage()
    if name == "outcomes":
        return OutcomesStage()
    if name == "policy":
        return PolicyStage()
    if name == "estimates":
        return EstimatesStage()
    if name == "integrity":
        return IntegrityStage()
    if name == "traces":
        return TracesStage()
    if name == "trains":
        return TrainsStage()
    raise UserError(f"there is no stage {name!r}; the stages are {', '.join(STAGE_NAMES)}")


def build_stages(settings: Settings) -> list[Stage]:
    """All stages, in the order of the data path."""
    return [build_stage(name, settings) for name in STAGE_NAMES]


def load_rule_set(file: str) -> RuleSet:
    """A rule set from a file, or the platform's own for an empty name."""
    try:
        return parse_rule_set(rule_set_text(file))
    except ValueError as error:
        raise UserError(f"rule set {file or 'default.toml'}: {error}") from error


def rule_set_text(file: str) -> str:
    """The text of a rule set's file, or of the platform's own for an empty name."""
    try:
        if file:
            return Path(file).read_text(encoding="utf-8-sig")
        return resources.files("streams.core.rule_sets").joinpath("default.toml").read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"rule set {file} is not UTF-8 text (at byte {error.start}); save it as UTF-8") from error
    except (OSError, ValueError) as error:  # ValueError: no system takes a name with a zero byte
        why = getattr(error, "strerror", None) or error
        raise UserError(f"cannot read rule set {file or 'default.toml'}: {why}") from error


def load_random_keys(path: Path) -> RandomKeys:
    """Keys of the random arm from the master secret's file."""
    try:
        return RandomKeys(path.read_bytes())
    except FileNotFoundError as error:
        raise UserError(
            f"there is no master secret at {path}; `border up` makes one, or set random_secret_file"
        ) from error
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error


def make_secret(path: Path) -> None:
    """Write a new master secret, readable by its owner only, unless there is one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with open(descriptor, "wb") as file:  # noqa: PTH123  (a descriptor, not a path)
        file.write(secrets.token_bytes(SECRET_BYTES))
