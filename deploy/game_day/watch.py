"""What fires, by Prometheus, and what people are told, by Alertmanager."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import orjson

from deploy.errors import UserError
from deploy.prometheus.watching import DEAD_MANS_SWITCH, load_objectives, load_symptoms
from deploy.scrape import fetch

FIRING: Final = "firing"
TOLD: Final = "/api/v2/alerts?active=true&silenced=false&inhibited=false"
# Of these an alert is told apart; the others say of which platform or objective it is, or how bad.
LABELS_LEFT_OUT: Final = frozenset({"alertname", "severity", "platform", "owner", "objective", "job", "instance"})


class Fired(NamedTuple):
    """An alert and what it is about."""

    name: str
    about: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " ".join([self.name, *(value for _, value in self.about)])

    def is_about(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether it is this alert, with these labels among its own."""
        return self.name == name and labels.items() <= dict(self.about).items()


class Watch:
    """Prometheus and Alertmanager of a local platform, by their ports."""

    def __init__(self, prometheus_port: int, alertmanager_port: int) -> None:
        self._prometheus_port, self._alertmanager_port = prometheus_port, alertmanager_port

    def firing(self) -> frozenset[Fired]:
        """All that fires, the dead man's switch aside. Raises UserError if Prometheus does not answer."""
        alerts = self._asked(self._prometheus_port, "/api/v1/alerts")["data"]["alerts"]
        return fired_of(alert["labels"] for alert in alerts if alert["state"] == FIRING)

    def told(self) -> frozenset[Fired]:
        """What nothing silences. Raises UserError if Alertmanager does not answer."""
        return fired_of(alert["labels"] for alert in self._asked(self._alertmanager_port, TOLD))

    def are_all_up(self) -> bool:
        """Whether Prometheus has scraped every target."""
        targets = self._asked(self._prometheus_port, "/api/v1/targets?state=active")["data"]["activeTargets"]
        return bool(targets) and all(target["health"] == "up" for target in targets)

    def _asked(self, port: int, path: str) -> Any:
        answer = fetch(port, path)
        if answer is None:
            raise UserError(f"http://127.0.0.1:{port}{path.partition('?')[0]} does not answer; its log tells why")
        return orjson.loads(answer)


def fired_of(labels: Iterable[Mapping[str, str]]) -> frozenset[Fired]:
    """The alerts with these labels, without the dead man's switch."""
    return frozenset(
        Fired(one["alertname"], tuple(sorted(item for item in one.items() if item[0] not in LABELS_LEFT_OUT)))
        for one in labels
        if one["alertname"] != DEAD_MANS_SWITCH
    )


def consequences_of(cause: str) -> frozenset[str]:
    """Names of all that may follow from an alert, and from what follows from it, as the rules' files declare."""
    direct: dict[str, set[str]] = {}
    for symptom in load_symptoms().alert:
        for one in symptom.consequence_of:
            direct.setdefault(one.alert, set()).add(symptom.name)
    for objective in load_objectives():
        for one in objective.consequence_of:
            direct.setdefault(one.alert, set()).add(objective.alert)
    found: set[str] = set()
    waiting = [cause]
    while waiting:
        new = direct.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return frozenset(found)


def stated_seconds(alert: str) -> int:
    """Within how many seconds from the fault an alert on a symptom has to fire."""
    (found,) = [one for one in load_symptoms().alert if one.name == alert]
    return found.notice_seconds + found.within_seconds
