"""Writes rules/*.yml and alertmanager.yml from the TOML files beside them; `--check` compares instead.

python -m deploy.prometheus.generate
python -m deploy.prometheus.generate --check
"""

import sys
from pathlib import Path
from typing import Final

from deploy.prometheus.routes import alertmanager
from deploy.prometheus.rules import objective_rules, symptom_rules
from deploy.prometheus.watching import DIRECTORY, load_objectives, load_routing, load_symptoms
from deploy.prometheus.yaml_text import to_yaml

HEADER: Final = "# Made by `python -m deploy.prometheus.generate` from {}. Do not edit.\n"


def render() -> dict[Path, str]:
    """Text of each generated file. Raises ValueError for a file that does not hold."""
    objectives, symptoms, routing = load_objectives(), load_symptoms(), load_routing()
    rules = DIRECTORY / "rules"
    return {
        rules / "objectives.yml": _headed("objectives.toml", to_yaml(objective_rules(objectives, routing.runbooks))),
        rules / "symptoms.yml": _headed("symptoms.toml", to_yaml(symptom_rules(symptoms, routing.runbooks))),
        DIRECTORY / "alertmanager.yml": _headed(
            "routing.toml and symptoms.toml", to_yaml(alertmanager(routing, symptoms.alert, objectives))
        ),
    }


def drifted() -> list[Path]:
    """The generated files that are missing or are not what the TOML files say."""
    return [path for path, text in render().items() if not path.exists() or path.read_text() != text]


def main() -> int:
    """Write or check the files; returns the exit status."""
    try:
        if "--check" in sys.argv[1:]:
            stale = [path.relative_to(DIRECTORY) for path in drifted()]
            for path in stale:
                print(f"deploy/prometheus/{path} is stale; run: python -m deploy.prometheus.generate", file=sys.stderr)
            return 1 if stale else 0
        for path, text in render().items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    except ValueError as error:
        print(f"deploy/prometheus/{error}", file=sys.stderr)
        return 1
    return 0


def _headed(source: str, text: str) -> str:
    return HEADER.format(source) + text


if __name__ == "__main__":
    sys.exit(main())
