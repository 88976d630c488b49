"""The files that people edit, read and checked: objectives.toml, symptoms.toml, routing.toml."""

from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeVar

import msgspec

DIRECTORY: Final = Path(__file__).parent
DEAD_MANS_SWITCH: Final = "DeadMansSwitch"


class Burn(NamedTuple):
    """Too fast a use of a budget: `share` of it within `hours`, and a short window that tells that it still lasts."""

    severity: str
    hours: int
    long: str
    short: str
    share: float

    def pace(self, window_days: int) -> float:
        """How many times as fast as the budget would last."""
        return round(self.share * window_days * 24 / self.hours, 6)


# Shares of the budget [Google, The Site Reliability Workbook, chapter 5]; in 30 days 14.4, 6, 3 and 1 times the pace.
BURNS: Final = (
    Burn("page", 1, "1h", "5m", 0.02),
    Burn("page", 6, "6h", "30m", 0.05),
    Burn("ticket", 24, "1d", "2h", 0.10),
    Burn("ticket", 72, "3d", "6h", 0.10),
)
WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")

T = TypeVar("T")


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recording rule; with an `interval` of its own where it is costly."""

    name: str
    expr: str
    interval: str | None = None


class Consequence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """While `alert` fires with the same values of the labels `equal`, the alert that has this is silent."""

    alert: str
    equal: tuple[str, ...]


class Symptom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alert on something that somebody can see."""

    name: str
    severity: Literal["page", "ticket", "none"]
    lasts: str = msgspec.field(name="for")
    within_seconds: int
    expr: str
    summary: str
    description: str
    consequence_of: tuple[Consequence, ...] = ()
    keep_firing_for: str = ""
    notice_seconds: int = 0
    """How long it takes, before `within_seconds`, until what the metric tells of is noticed."""


class Symptoms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """symptoms.toml."""

    record: tuple[Record, ...]
    alert: tuple[Symptom, ...]


class Objective(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One promise: how it is measured, how often it may be broken, and what is said when it is too often."""

    name: str
    owner: str
    promise: str
    target: float
    window_days: int
    level: tuple[str, ...]
    metric: str
    alert: str
    summary: str
    description: str
    good: str | None = None
    bad: str | None = None
    total: str | None = None
    share: str | None = None
    consequence_of: tuple[Consequence, ...] = ()
    least_errors: int = 0
    """Fewer errors than this within the long window are never told: of ten vehicles in a night one is 10 %."""

    @property
    def errors(self) -> str:
        """Name of the recording rules of its error ratio, without the window."""
        return f"{'_'.join(self.level)}:{self.metric}_errors:ratio"


class Objectives(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """objectives.toml."""

    objective: tuple[Objective, ...]


class Routing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """routing.toml."""

    runbooks: str
    page: str
    ticket: str
    dead_mans_switch: str


def load_symptoms(path: Path = DIRECTORY / "symptoms.toml") -> Symptoms:
    """The alerts on symptoms. Raises ValueError with file and reason."""
    symptoms = _read(path, Symptoms)
    names = [one.name for one in symptoms.alert]
    for one in symptoms.alert:
        for cause in one.consequence_of:
            if cause.alert not in names or cause.alert == one.name:
                raise ValueError(
                    f"{path.name}: {one.name}: consequence_of names {cause.alert}, which is no other alert"
                )
    return symptoms


def load_objectives(path: Path = DIRECTORY / "objectives.toml") -> tuple[Objective, ...]:
    """The objectives. Raises ValueError with file, objective and reason."""
    objectives = _read(path, Objectives).objective
    symptoms = {one.name for one in load_symptoms().alert}
    for one in objectives:
        unknown = [cause.alert for cause in one.consequence_of if cause.alert not in symptoms]
        reason = f"consequence_of names {unknown[0]}, which is no symptom" if unknown else wrong_with(one)
        if reason:
            raise ValueError(f"{path.name}: {one.name}: {reason}")
    return objectives


def load_routing(path: Path = DIRECTORY / "routing.toml") -> Routing:
    """Where alerts go. Raises ValueError with file and reason."""
    return _read(path, Routing)


def wrong_with(objective: Objective) -> str:
    """What is wrong with an objective; empty if nothing is."""
    of_counters = (objective.good is None) is not (objective.bad is None) and objective.total is not None
    if (objective.share is not None) is of_counters or (objective.share is not None and objective.total is not None):
        return "it needs either `share`, or `total` with one of `good` and `bad`"
    if objective.share is not None and objective.least_errors:
        return "`least_errors` counts events, and a share has none"
    missing = [key for key in ("good", "bad", "total") if "$window" not in (getattr(objective, key) or "$window")]
    if missing:
        return f"`{missing[0]}` names no $window"
    # Errors cannot be more than all: with a target this low the alert for the fastest burn could never fire.
    least = 1 - 1 / max(burn.pace(objective.window_days) for burn in BURNS)
    if not least < objective.target < 1:
        return f"`target` has to be above {least:.3f} and below 1"
    return ""


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as error:
        raise ValueError(f"{path.name}: {error}") from error
