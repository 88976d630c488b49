"""A selection policy for a simulated world: each of its ports refers a share of its traffic, a part of it by lot."""

from typing import Final

from deploy.connection import Connection
from deploy.policy_publication import POLICY_PUBLICATION
from deploy.publication import publish, published
from deploy.reference_changes import change_now
from producers.simulator import Scenario, vehicles_per_hour
from schemas.records import ChangeKind, LaneMode
from streams.core.policy.validation import INSPECTORS_MAX
from streams.core.selection_policy import parse_policy

# Near the 10 % that the fiscal light draws; a quarter of it by lot, as the example policy advises.
RED_SHARE: Final = 0.08
RANDOM_PROPENSITY: Final = 0.02
MINUTES_PER_INSPECTION: Final = {LaneMode.PASSENGER: 20.0, LaneMode.BUS: 40.0, LaneMode.TRUCK: 60.0}
# In a demo's first minutes the traffic is not known yet; half of it red, which is the default's cap, would look odd.
RED_SHARE_MAX: Final = 0.2
PEOPLE: Final = ("simulated-director", "simulated-chief")


def policy_text(scenario: Scenario, rate: float) -> str:
    """The policy of a world at so many readings a second, round the clock. Raises ValueError for an impossible rate."""
    parts = [f'version = "simulated-{scenario.name}-{rate:g}"']
    for (port_code, mode), vehicles in sorted(vehicles_per_hour(scenario, rate).items()):
        minutes = MINUTES_PER_INSPECTION[mode]
        inspectors = min(INSPECTORS_MAX, RED_SHARE * vehicles * minutes / 60.0)
        parts.append(
            f'[[budgets]]\nport_code = "{port_code}"\nlane_mode = "{mode}"\n'
            f"random_propensity = {RANDOM_PROPENSITY}\nred_share_max = {RED_SHARE_MAX}\n"
            f"minutes_per_inspection = {minutes}\n"
            f"shifts = [{{ from_hour_utc = 0.0, inspectors = {inspectors:.4f} }}]\n"
        )
    return "\n".join(parts)


def publish_simulated_policy(scenario: Scenario, rate: float, connection: Connection) -> str | None:
    """Put it in force where no policy was ever published; returns its version. Raises UserError if it was not."""
    if published(POLICY_PUBLICATION, connection):
        return None
    text = policy_text(scenario, rate)
    version, (by, approved_by) = parse_policy(text).version, PEOPLE
    change = change_now(
        ChangeKind.SELECTION_POLICY,
        by,
        approved_by=approved_by,
        selection_policy_version=version,
        selection_policy_text=text,
    )
    publish(POLICY_PUBLICATION, version, text, change, connection)
    return version
