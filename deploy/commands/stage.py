"""`border stage`: one worker of one stage."""

from deploy.options import CountOrNone, Port
from deploy.settings import load_settings
from deploy.stages import build_stage
from streams.runtime.worker import run_worker


def stage(
    name: str,
    *,
    instance: CountOrNone = 0,
    metrics_port: Port | None = None,
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Run one worker of a stage until stopped. `border up` starts one of each, `lanes` first.

    Exit status 75 means: start it again. 78 means: it refuses to run, and says why.

    Examples:

        border stage lanes --instance 0 --broker kafka.example:9092 --registry-url http://registry.example/apis/ccompat/v7

    Parameters
    ----------
    name
        `lanes`, `vehicles`, `convoys`, `outcomes`, `policy`, `estimates`, `integrity`, `traces` or `trains`.
    instance
        number of this worker among those of its stage; must stay the same over restarts.
    metrics_port
        port of /metrics, /livez and /readyz; 0 takes a free one.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    settings = load_settings(
        broker=broker, registry_url=registry_url, metrics_port=metrics_port, state_directory=state_directory
    )
    run_worker(build_stage(name, settings), settings.runtime(instance))
    return 0
