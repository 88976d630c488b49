"""Every setting in one place: defaults, then `border.toml`, then the environment, then a command's own options.

    border.toml  broker = "kafka.example:9092"        BORDER_BROKER=kafka.example:9092 border status

Nothing else in the project reads the environment.
"""

import math
import os
import sys
import tomllib
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import orjson

from deploy.errors import UserError
from deploy.local.state import owner_of
from deploy.options import PORT_MAX
from schemas.telemetry import DISTRIBUTION
from schemas.telemetry.json_log import open_log
from schemas.telemetry.spans import is_available
from streams.runtime.settings import RuntimeSettings

PREFIX: Final = "BORDER_"
OTLP_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
PLATFORM_FILE: Final = "platform.json"


def setting(default: Any, meaning: str, least: float = -math.inf, most: float = sys.float_info.max) -> Any:
    """A setting with the sentence that deploy/README.md shows for it; a number within its bounds, which no NaN is."""
    return field(default=default, metadata={"meaning": meaning, "least": least, "most": most})


@dataclass(frozen=True)
class Settings:
    """What a command runs with. Times in seconds, paths relative to the current directory."""

    config: str = setting("border.toml", "TOML file that settings are read from, if it exists")
    state_directory: str = setting(".border", "data of a local platform: broker, registry, logs, secret")
    cache_directory: str = setting(
        "", "downloaded Kafka and registry; empty: `$XDG_CACHE_HOME/border` or `~/.cache/border`"
    )
    broker: str = setting("", "Kafka's bootstrap address; empty: the platform running in `state_directory`")
    registry_url: str = setting("", "Confluent interface of the schema registry; empty: as for `broker`")
    kafka_port: int = setting(9092, "port of the local broker; 0: any free one", 0, PORT_MAX)
    registry_port: int = setting(8081, "port of the local registry; 0: any free one", 0, PORT_MAX)
    workers: int = setting(1, "worker processes per stage", 1)
    metrics_port: int = setting(
        0, "first stage worker's port of `/metrics`, `/livez`, `/readyz`; 0: any free ones", 0, PORT_MAX
    )
    gather_seconds: float = setting(
        0.1, "how long outputs that no light waits for are gathered into one transaction", 0
    )
    max_records: int = setting(10_000, "most input records of one transaction", 1)
    session_seconds: float = setting(10.0, "a worker silent for this long loses its partitions", 0.1)
    heartbeat_seconds: float = setting(2.0, "how often a worker tells the broker that it lives", 0.1)
    random_secret_file: str = setting(
        "", "master secret of the random arm; empty: `random-secret` in `state_directory`"
    )
    rule_set_file: str = setting("", "rule set (TOML); empty: the one that comes with the platform")
    light_lines_port: int = setting(7330, "port of `border light` for the line protocol; 0: any free one", 0, PORT_MAX)
    light_http_port: int = setting(7331, "port of `border light` for HTTP and metrics; 0: any free one", 0, PORT_MAX)
    light_wait_seconds: float = setting(
        1.0, "how long a light waits for its vehicle's selection before it is drawn by lot", 0, 2.5
    )
    # Below a hundredth a broken platform would be as good as green for all.
    light_fallback_red: float = setting(0.1, "probability of red of a light that is drawn by lot", 0.01, 1)
    audiences: str = setting(
        "", "audiences whose watchlist hits `border watch` and `tail` may show here, blanks between; empty: all"
    )
    trace_sample_ratio: float = setting(
        1.0, "share of readings whose spans are exported; which ones is in their trace ids", 0, 1
    )
    otlp_endpoint: str = setting(
        "", "collector that spans go to, by OTLP over HTTP; empty: `OTEL_EXPORTER_OTLP_ENDPOINT`, if that is set"
    )
    failpoint: str = setting("", "tests only: `name:nth[:stop]` ends or stops a stage worker at that step")

    @property
    def state_path(self) -> Path:
        """The state directory."""
        return Path(self.state_directory)

    @property
    def cache_path(self) -> Path:
        """The download cache."""
        if self.cache_directory:
            return Path(self.cache_directory).expanduser()
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "border"

    @property
    def random_secret_path(self) -> Path:
        """The master secret's file."""
        return Path(self.random_secret_file) if self.random_secret_file else self.state_path / "random-secret"

    @property
    def collector(self) -> str:
        """Where spans go, nowhere if empty. Raises UserError for a setting of ours that cannot work.

        OpenTelemetry's variable may stand on a host for whatever else runs there: with one that cannot work it is
        said so, and no spans are told.
        """
        if self.otlp_endpoint:
            if why := unusable(self.otlp_endpoint):
                raise UserError(f"otlp_endpoint: spans are to go to {self.otlp_endpoint!r}, and {why}, or unset it")
            return self.otlp_endpoint
        endpoint = os.environ.get(OTLP_ENDPOINT, "")
        if endpoint and (why := unusable(endpoint)):
            open_log(process="border").warning("spans_not_told", variable=OTLP_ENDPOINT, why=why)
            return ""
        return endpoint

    def runtime(self, instance: int) -> RuntimeSettings:
        """What a stage worker gets. Raises UserError for a combination that cannot work."""
        broker, registry_url = self.addresses()
        try:
            return RuntimeSettings(
                broker=broker,
                registry_url=registry_url,
                instance=instance,
                metrics_port=self.metrics_port,
                gather_seconds=self.gather_seconds,
                max_records=self.max_records,
                session_seconds=self.session_seconds,
                heartbeat_seconds=self.heartbeat_seconds,
                otlp_endpoint=self.collector,
                failpoint=self.failpoint,
            )
        except ValueError as error:
            raise UserError(str(error)) from error

    def addresses(self) -> tuple[str, str]:
        """Broker and registry: as set, else of the platform running here. Raises UserError if neither."""
        if self.broker and self.registry_url:
            return self.broker, self.registry_url
        running = running_platform(self.state_path)
        if running is None:
            raise UserError(
                f"no platform runs in {self.state_directory}; start one with `border up`, or give --broker and "
                "--registry-url"
            )
        return self.broker or running["broker"], self.registry_url or running["registry_url"]


def unusable(endpoint: str) -> str:
    """Why spans cannot go there and what to do; empty if they can."""
    if not endpoint.startswith(("http://", "https://")):
        return "it does not begin with http:// or https://: name such an address"
    if not is_available():
        return f"the extra for it is not installed: pip install '{DISTRIBUTION}[otel]'"
    return ""


def running_platform(state_directory: Path) -> dict[str, Any] | None:
    """What `border up` wrote about itself, None if none runs there now.

    {broker, registry_url, processes, gateways}, once started also {services, observation}.
    """
    if owner_of(state_directory) is None:  # what a killed run wrote is no platform
        return None
    try:
        found: dict[str, Any] = orjson.loads((state_directory / PLATFORM_FILE).read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
    return found


def load_settings(**options: Any) -> Settings:
    """Settings from all sources; options that are None were not given.

    Raises UserError naming the source of a value that has the wrong type or a name that is no setting.
    """
    given = {name: value for name, value in options.items() if value is not None}
    config = Path(given.get("config") or os.environ.get(PREFIX + "CONFIG") or "border.toml")
    values: dict[str, Any] = {}
    known = {item.name: item for item in fields(Settings)}
    if config.exists():
        try:
            values |= tomllib.loads(config.read_text())
        except (OSError, ValueError) as error:  # a directory, not UTF-8, not TOML
            raise UserError(f"cannot read settings from {config}: {error}") from error
        for name in values:
            if name not in known:
                raise UserError(f"{config}: there is no setting {name}; see the table of settings in deploy/README.md")
    for name in known:
        text = os.environ.get(PREFIX + name.upper())
        if text is not None:
            values[name] = text
    values |= given
    return Settings(**{name: converted(known[name], value) for name, value in values.items()})


def converted(item: Field[Any], value: Any) -> Any:
    """A value as its setting's type. Raises UserError naming the setting, also for a number outside of its bounds."""
    wanted: Any = type(item.default)
    least, most = item.metadata["least"], item.metadata["most"]
    try:
        result = wanted(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(f"setting {item.name}: {value!r} is not a {wanted.__name__}") from error
    if isinstance(result, int | float) and not least <= result <= most:
        bounds = f"{least} or more" + (f", {most} at most" if most != sys.float_info.max else "")
        raise UserError(f"setting {item.name}: {value!r} does not work; it must be {bounds}")
    return result


def child_environment(settings: Settings) -> dict[str, str]:
    """A child process's whole environment: ours, with exactly these settings whatever ours or `border.toml` says."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    given = {PREFIX + item.name.upper(): str(getattr(settings, item.name)) for item in fields(Settings)}
    return ours | given | {PREFIX + "CONFIG": os.devnull}
