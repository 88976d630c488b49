"""The canary's light: decided as every vehicle's, and nothing of it is kept or told to anybody else.

It has no history, whatever plate it shows, and meets no watchlist. So it changes no state, raises no alert, is in no
convoy, and none of its later revisions is of interest.
"""

from schemas.records import Passage, PassageState, SelectionThreshold
from schemas.topics import LANE_DECISIONS
from streams.core.evidence.subject import Subject
from streams.core.random_draw import RandomKeys
from streams.core.rule_set import RuleSet
from streams.core.stage import Output
from streams.core.vehicle_tokens import VehicleTokens
from streams.core.vehicles.decisions import score_of, select, threshold_for
from streams.core.vehicles.known_ports import KnownPorts


def light_of_canary(
    passage: Passage,
    rules: RuleSet,
    policy: SelectionThreshold | None,
    random_keys: RandomKeys,
    tokens: VehicleTokens,
    ports: KnownPorts,
) -> list[Output]:
    """The selection of a canary that has come to the light; nothing of any other revision."""
    if passage.state is not PassageState.AT_LIGHT:
        return []
    at = passage.at_light_received_at or passage.watermark_at
    threshold = threshold_for(passage, at, rules, policy, random_keys)
    subject = Subject(passage, at, (), None, 0.0, ports.travel, threshold=threshold)
    score, port = score_of(subject, rules), ports.at(passage.port_code)
    selection = select(subject, score, rules, threshold, policy, random_keys, tokens, port)
    return [Output(LANE_DECISIONS, passage.lane_id.encode(), selection, urgent=True)]
