"""Writes targets/*.json, which prometheus.yml reads, for a platform that runs on this machine.

    python -m deploy.prometheus.targets                     # beside prometheus.yml
    python -m deploy.prometheus.targets /etc/prometheus/targets

Stage workers are those of platform.json, the light server is where the settings say. Gateways, exporter, sharing
service and machines are a site's own: one line each in gateway.json, exporter.json, sharing.json, node.json.
"""

import sys
from pathlib import Path
from typing import Any

import orjson

from deploy.errors import UserError
from deploy.local.processes import write_atomically
from deploy.prometheus.watching import DIRECTORY
from deploy.settings import Settings, load_settings, running_platform


def targets_of(platform: dict[str, Any], settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """By job, the targets of a running local platform."""
    stages = [
        {"targets": [f"127.0.0.1:{worker['metrics_port']}"], "labels": {"stage": worker["stage"]}}
        for worker in platform["processes"]
    ]
    light = [{"targets": [f"127.0.0.1:{settings.light_http_port}"]}] if settings.light_http_port else []
    return {"stage": stages, "light": light}


def write_targets(directory: Path, targets: dict[str, list[dict[str, Any]]]) -> None:
    """Write one file for each job; each is whole at every moment, since Prometheus reads it when it changes."""
    directory.mkdir(parents=True, exist_ok=True)
    for job, of_job in targets.items():
        write_atomically(directory / f"{job}.json", orjson.dumps(of_job, option=orjson.OPT_INDENT_2))


def main() -> int:
    """Write the targets; returns the exit status."""
    settings = load_settings()
    try:
        platform = running_platform(settings.state_path)
        if platform is None:
            raise UserError(f"no platform runs in {settings.state_path}; `border up` starts one")
        directory = Path(sys.argv[1]) if len(sys.argv) > 1 else DIRECTORY / "targets"
        write_targets(directory, targets_of(platform, settings))
    except (UserError, OSError) as error:
        print(f"targets: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
