"""Alertmanager's routes and inhibitions: who is woken, who gets a ticket, and what is silent once its cause is told."""

from typing import Final

from deploy.prometheus.watching import DEAD_MANS_SWITCH, Objective, Routing, Symptom
from deploy.prometheus.yaml_text import Value

# Prometheus puts it on every alert (`external_labels`): one platform's broker silences nothing of another's.
PLATFORM: Final = "platform"


def alertmanager(routing: Routing, symptoms: tuple[Symptom, ...], objectives: tuple[Objective, ...]) -> Value:
    """The document of alertmanager.yml."""
    return {
        "route": _route(),
        "receivers": [
            _webhook("page", routing.page),
            _webhook("ticket", routing.ticket),
            _webhook("dead-mans-switch", routing.dead_mans_switch, says_when_over=False),
        ],
        "inhibit_rules": [*_of_causes(symptoms, objectives), *_of_the_worse(objectives)],
    }


def _route() -> Value:
    return {
        "receiver": "ticket",  # whatever has no severity that we know is not lost
        "group_by": [PLATFORM, "alertname"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "1d",
        "routes": [
            {
                "receiver": "dead-mans-switch",
                "matchers": [f'alertname="{DEAD_MANS_SWITCH}"'],
                "group_wait": "0s",
                "group_interval": "30s",
                "repeat_interval": "1m",
            },
            # A page waits for its cause only so long: inhibition needs the cause to be told first.
            {
                "receiver": "page",
                "matchers": ['severity="page"'],
                "group_wait": "10s",
                "group_interval": "1m",
                "repeat_interval": "2h",
            },
            {"receiver": "ticket", "matchers": ['severity="ticket"']},
        ],
    }


def _webhook(name: str, url: str, says_when_over: bool = True) -> Value:
    return {"name": name, "webhook_configs": [{"url": url, "send_resolved": says_when_over}]}


def _of_causes(symptoms: tuple[Symptom, ...], objectives: tuple[Objective, ...]) -> list[Value]:
    """One rule for each cause and the labels that it shares with what it silences."""
    silenced: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in symptoms:
        for cause in one.consequence_of:
            silenced.setdefault((cause.alert, cause.equal), []).append(one.name)
    for objective in objectives:
        for cause in objective.consequence_of:
            silenced.setdefault((cause.alert, cause.equal), []).append(objective.alert)
    return [_inhibition(cause, names, equal) for (cause, equal), names in sorted(silenced.items())]


def _of_the_worse(objectives: tuple[Objective, ...]) -> list[Value]:
    """A budget that burns fast is not told again as one that burns slowly."""
    return [
        {
            "source_matchers": [f'alertname="{one.alert}"', 'severity="page"'],
            "target_matchers": [f'alertname="{one.alert}"', 'severity="ticket"'],
            "equal": [PLATFORM, *one.level],
        }
        for one in objectives
    ]


def _inhibition(cause: str, names: list[str], equal: tuple[str, ...]) -> Value:
    return {
        "source_matchers": [f'alertname="{cause}"'],
        "target_matchers": [f'alertname=~"{"|".join(sorted(names))}"'],
        "equal": [PLATFORM, *equal],
    }
