"""What fires, by Prometheus, what people are told, by Alertmanager, and what follows from what, by the rules' files."""

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import orjson

from deploy.errors import UserError
from deploy.prometheus.watching import DEAD_MANS_SWITCH, load_objectives, load_symptoms
from deploy.scrape import fetch

TOLD: Final = "/api/v2/alerts?active=true&silenced=false&inhibited=false"
# Of these an alert is told apart; the others say of which platform or objective it is, or how bad.
LABELS_LEFT_OUT: Final = frozenset({"alertname", "severity", "platform", "owner", "objective", "job", "instance"})
# A machine that starts a broker may leave a question unanswered.
ANSWER_SECONDS: Final = 30.0
AGAIN_SECONDS: Final = 1.0


class Fired(NamedTuple):
    """An alert and what it is about."""

    name: str
    about: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " ".join([self.name, *(value for _, value in self.about)])

    def is_about(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether it is this alert, with these labels among its own."""
        return self.name == name and labels.items() <= dict(self.about).items()

    def shares(self, other: "Fired", labels: Iterable[str]) -> bool:
        """Whether both have the same values of some labels, or neither has one."""
        own, others = dict(self.about), dict(other.about)
        return all(own.get(label) == others.get(label) for label in labels)


class Watch:
    """Prometheus and Alertmanager of a local platform, by their ports. Raises UserError if one does not answer."""

    def __init__(self, prometheus_port: int, alertmanager_port: int) -> None:
        self._prometheus_port, self._alertmanager_port = prometheus_port, alertmanager_port

    def firing(self) -> frozenset[Fired]:
        """All that fires, the dead man's switch aside."""
        return fired_of(alert["labels"] for alert in self._alerts() if alert["state"] == "firing")

    def stirring(self) -> frozenset[Fired]:
        """All that fires, or will if it lasts."""
        return fired_of(alert["labels"] for alert in self._alerts())

    def told(self) -> frozenset[Fired]:
        """What nothing silences."""
        return fired_of(alert["labels"] for alert in self._asked(self._alertmanager_port, TOLD))

    def targets_up(self) -> int:
        """How many targets Prometheus has scraped; 0 while one of them does not answer."""
        targets = self._asked(self._prometheus_port, "/api/v1/targets?state=active")["data"]["activeTargets"]
        return len(targets) if all(target["health"] == "up" for target in targets) else 0

    def _alerts(self) -> list[dict[str, Any]]:
        alerts: list[dict[str, Any]] = self._asked(self._prometheus_port, "/api/v1/alerts")["data"]["alerts"]
        return alerts

    def _asked(self, port: int, path: str) -> Any:
        until = time.monotonic() + ANSWER_SECONDS
        while (answer := fetch(port, path)) is None:
            if time.monotonic() > until:
                raise UserError(f"http://127.0.0.1:{port}{path.partition('?')[0]} does not answer; its log tells why")
            time.sleep(AGAIN_SECONDS)
        return orjson.loads(answer)


def fired_of(labels: Iterable[Mapping[str, str]]) -> frozenset[Fired]:
    """The alerts with these labels, without the dead man's switch."""
    return frozenset(
        Fired(one["alertname"], tuple(sorted(item for item in one.items() if item[0] not in LABELS_LEFT_OUT)))
        for one in labels
        if one["alertname"] != DEAD_MANS_SWITCH
    )


class Follows(NamedTuple):
    """While `cause` fires, `alert` follows from it, if the labels `equal` are the same."""

    cause: str
    alert: str
    equal: tuple[str, ...]


def consequences() -> list[Follows]:
    """All that symptoms.toml and objectives.toml declare."""
    of_symptoms = [Follows(by.alert, one.name, by.equal) for one in load_symptoms().alert for by in one.consequence_of]
    return of_symptoms + [
        Follows(by.alert, one.alert, by.equal) for one in load_objectives() for by in one.consequence_of
    ]


def explained(causes: Iterable[Fired], seen: Iterable[Fired], declared: Iterable[Follows]) -> frozenset[Fired]:
    """The causes, and of what was seen all that follows from them or from what follows from them."""
    found, waiting, left = set(causes), list(causes), set(seen)
    declared = list(declared)
    while waiting:
        cause = waiting.pop()
        new = {
            one
            for one in left - found
            for rule in declared
            if rule.cause == cause.name and rule.alert == one.name and one.shares(cause, rule.equal)
        }
        found |= new
        waiting += new
    return frozenset(found)


def alerts_of_objectives() -> frozenset[str]:
    """Names of the alerts on budgets, which are of hours: they may outlast what has used a budget up."""
    return frozenset(one.alert for one in load_objectives())


def stated_seconds(alert: str) -> int:
    """Within how many seconds from the fault an alert on a symptom has to fire."""
    (found,) = [one for one in load_symptoms().alert if one.name == alert]
    return found.notice_seconds + found.within_seconds
