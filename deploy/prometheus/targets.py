"""Writes targets/*.json, which prometheus.yml reads, for a platform that runs on this machine.

    python -m deploy.prometheus.targets                     # beside prometheus.yml
    python -m deploy.prometheus.targets /etc/prometheus/targets

Stage workers and gateways are those of platform.json, and what `border up --observe` starts besides. What else runs is
a site's own choice: it is asked for only once it stands in its file, which is made empty here; so are gateways, if the
platform started none. They need labels:
[{"targets": ["10.1.0.1:8600"], "labels": {"site": "2301-bota", "port": "2301"}}].
"""

import sys
from pathlib import Path
from typing import Any, Final

import orjson

from deploy.errors import UserError
from deploy.local.processes import write_atomically
from deploy.prometheus.watching import DIRECTORY
from deploy.settings import load_settings, running_platform

OTHER_JOBS: Final = ("light", "gateway", "exporter", "sharing", "canary", "node")


def write_targets(directory: Path, platform: dict[str, Any]) -> None:
    """Write all that a running local platform has, and an empty file for each other job that has none.

    A file is whole at every moment, since Prometheus reads it when it changes.
    """
    directory.mkdir(parents=True, exist_ok=True)
    workers = [
        {"targets": [f"127.0.0.1:{worker['metrics_port']}"], "labels": {"stage": worker["stage"]}}
        for worker in platform["processes"]
    ]
    gateways = [
        {
            "targets": [f"127.0.0.1:{gateway['metrics_port']}"],
            "labels": {"site": gateway["name"], "port": gateway["port_code"]},
        }
        for gateway in platform["gateways"]
    ]
    # Light server, exporter and canary of `border up --observe`: job and process have one name.
    services = {
        service["name"]: [{"targets": [f"127.0.0.1:{service['metrics_port']}"]}]
        for service in platform.get("services", ())
    }
    for job, targets in {"stage": workers, "gateway": gateways, **services}.items():
        if targets or job == "stage":
            write_atomically(directory / f"{job}.json", orjson.dumps(targets, option=orjson.OPT_INDENT_2))
    for job in OTHER_JOBS:
        if not (directory / f"{job}.json").exists():
            write_atomically(directory / f"{job}.json", b"[]")


def main() -> int:
    """Write the targets; returns the exit status."""
    settings = load_settings()
    try:
        platform = running_platform(settings.state_path)
        if platform is None:
            raise UserError(f"no platform runs in {settings.state_path}; `border up` starts one")
        directory = Path(sys.argv[1]) if len(sys.argv) > 1 else DIRECTORY / "targets"
        write_targets(directory, platform)
    except (UserError, OSError) as error:
        print(f"targets: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
