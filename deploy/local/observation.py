"""Real Prometheus and Alertmanager beside the local platform, with the rules and routes that a site runs.

    find programs, choose ports ─► (the platform starts) ─► light, exporter, canary ─► targets, configuration
        ─► Alertmanager ─► Prometheus ─► both answer

Both are the system's packages: nothing is downloaded. What they keep lies in the state directory and is bounded.
"""

import shutil
from pathlib import Path
from typing import Any, Final, NamedTuple

from deploy.errors import UserError
from deploy.local.processes import choose_port, wait_until_ready
from deploy.local.supervisor import Supervisor
from deploy.prometheus.routes import alertmanager
from deploy.prometheus.targets import write_targets
from deploy.prometheus.watching import DIRECTORY as RULES_DIRECTORY
from deploy.prometheus.watching import load_objectives, load_routing, load_symptoms
from deploy.prometheus.yaml_text import to_yaml
from deploy.scrape import fetch

PROMETHEUS: Final = "prometheus"
ALERTMANAGER: Final = "alertmanager"
# Debian's name first: there `alertmanager` alone is none.
ALERTMANAGER_PROGRAMS: Final = ("prometheus-alertmanager", "alertmanager")
DIRECTORY: Final = "observation"
READY_SECONDS: Final = 60.0
READY_PATH: Final = "/-/ready"
# A local platform runs for hours. The longest windows of the rules are of days: they see what there is.
KEPT_TIME: Final = "7d"
KEPT_SIZE: Final = "1GB"
KEPT_ALERTS: Final = "24h"
RESEND_DELAY: Final = "10s"
# Where prometheus.yml says that Alertmanager is.
ALERTMANAGER_ADDRESS: Final = "127.0.0.1:9093"


class Programs(NamedTuple):
    """Where the system's packages put them."""

    prometheus: str
    alertmanager: str


class Observation(NamedTuple):
    """What is to be started, and on which ports of 127.0.0.1."""

    programs: Programs
    prometheus_port: int
    alertmanager_port: int

    @property
    def addresses(self) -> dict[str, str]:
        """As platform.json names them."""
        return {
            "prometheus_url": f"http://127.0.0.1:{self.prometheus_port}",
            "alertmanager_url": f"http://127.0.0.1:{self.alertmanager_port}",
        }


def prepare_observation(prometheus_port: int, alertmanager_port: int) -> Observation:
    """Programs and ports, before anything is started. Raises UserError that says what to install, or who has a port."""
    return Observation(
        find_programs(),
        choose_port(prometheus_port, "--prometheus-port"),
        choose_port(alertmanager_port, "--alertmanager-port"),
    )


def find_programs() -> Programs:
    """Both programs. Raises UserError naming all that is missing and the packages that have it."""
    prometheus = shutil.which(PROMETHEUS)
    found = next(filter(None, map(shutil.which, ALERTMANAGER_PROGRAMS)), None)
    if prometheus is None or found is None:
        missing = [PROMETHEUS] * (prometheus is None) + [ALERTMANAGER] * (found is None)
        packages = [PROMETHEUS] * (prometheus is None) + [ALERTMANAGER_PROGRAMS[0]] * (found is None)
        raise UserError(
            f"--observe needs {' and '.join(missing)}, not found on PATH; on Debian or Ubuntu: "
            f"apt-get install {' '.join(packages)}"
        )
    return Programs(prometheus, found)


def start_observation(
    supervisor: Supervisor, state_directory: Path, observation: Observation, platform: dict[str, Any]
) -> None:
    """Start both over a configuration for the running platform, and return when both answer."""
    home = state_directory.absolute() / DIRECTORY
    try:
        write_configuration(home, observation, platform)
    except (OSError, ValueError) as error:
        raise UserError(f"cannot write the configuration of {PROMETHEUS}: {error}") from error
    for name, command, port in (
        (ALERTMANAGER, alertmanager_command(home, observation), observation.alertmanager_port),
        (PROMETHEUS, prometheus_command(home, observation), observation.prometheus_port),
    ):
        child = supervisor.start(name, command).child
        wait_until_ready(child, lambda port=port: fetch(port, READY_PATH) is not None, READY_SECONDS)  # type: ignore[misc]


def write_configuration(home: Path, observation: Observation, platform: dict[str, Any]) -> None:
    """A site's prometheus.yml and rules with this platform's targets, and its routes with nobody at their ends.

    What an earlier run wrote goes, its targets too; what was measured stays.
    """
    config = home / "config"
    shutil.rmtree(config, ignore_errors=True)
    shutil.copytree(RULES_DIRECTORY / "rules", config / "rules")
    text = (RULES_DIRECTORY / "prometheus.yml").read_text()
    if text.count(ALERTMANAGER_ADDRESS) != 1:
        raise ValueError(f"prometheus.yml: expected {ALERTMANAGER_ADDRESS} once, to put the local Alertmanager there")
    own = text.replace(ALERTMANAGER_ADDRESS, f"127.0.0.1:{observation.alertmanager_port}")
    (config / "prometheus.yml").write_text(own)
    write_targets(config / "targets", platform)
    routes: Any = alertmanager(load_routing(), load_symptoms().alert, load_objectives())
    # Locally alerts are looked at; whom a site pages does not listen here.
    routes["receivers"] = [{"name": receiver["name"]} for receiver in routes["receivers"]]
    (config / "alertmanager.yml").write_text(to_yaml(routes))


def prometheus_command(home: Path, observation: Observation) -> list[str]:
    """Prometheus on 127.0.0.1, its data bounded in time and size."""
    return [
        observation.programs.prometheus,
        f"--config.file={home / 'config' / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'prometheus'}",
        f"--storage.tsdb.retention.time={KEPT_TIME}",
        f"--storage.tsdb.retention.size={KEPT_SIZE}",
        f"--web.listen-address=127.0.0.1:{observation.prometheus_port}",
        # So that a figure leads to the trace of one that made it.
        "--enable-feature=exemplar-storage",
        # Alerts that fire at the start are told before Alertmanager is known; a minute, the default, is long to wait.
        f"--rules.alert.resend-delay={RESEND_DELAY}",
        "--log.level=warn",
    ]


def alertmanager_command(home: Path, observation: Observation) -> list[str]:
    """Alertmanager on 127.0.0.1, alone: without the empty address it would listen for others on every interface."""
    return [
        observation.programs.alertmanager,
        f"--config.file={home / 'config' / 'alertmanager.yml'}",
        f"--storage.path={home / 'alertmanager'}",
        f"--data.retention={KEPT_ALERTS}",
        f"--web.listen-address=127.0.0.1:{observation.alertmanager_port}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]
