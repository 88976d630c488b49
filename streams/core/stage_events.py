"""What each stage counts: closed sets, since their names are a label of metrics, and each is there as 0 from the start.

A counter that appears with its first event shows no increase to whoever asks Prometheus for one.
"""

from collections.abc import Iterable
from typing import Final

from schemas.records import AlertKind, CarState, FindingKind, Light, LightAnswerReason, OutcomeState, ReferralReason

LANES: Final = frozenset(
    {
        *("reference_changes", "unit_assignments", "repeated_unit_assignments", "scans_of_unknown_assignments"),
        *("duplicate_readings", "late_readings", "observed_at_clamped", "loop_bounces", "unknown_lane_events"),
        *("frames_over_bound", "vehicles_over_bound", "vehicles_merged", "vehicles_of_closed_lanes"),
        *("rows_changed", "plates_changed", "sensors_blind", "sensors_seeing_again"),
    }
)


def named(prefix: str, kinds: Iterable[str]) -> set[str]:
    """One event for each kind."""
    return {prefix + kind.lower() for kind in kinds}


VEHICLES: Final = frozenset(
    {
        *("ant_alarms", "inbound_passages", "retractions", "associations", "associations_without_history"),
        *("keys_expired", "reference_changes"),
        *("watchlist_entries_expired", "watchlist_removals_of_nothing", "watchlist_duplicates"),
        f"selections_{Light.GREEN.lower()}_{ReferralReason.NONE.lower()}",
        *named(
            f"selections_{Light.RED.lower()}_",
            (ReferralReason.RANDOM, ReferralReason.US_INTELLIGENCE, ReferralReason.ATS_RECOMMENDATION),
        ),
        *named("alerts_", (AlertKind.WATCHLIST_HIT, AlertKind.RISK, AlertKind.XRAY_ALARM, AlertKind.PATTERN)),
    }
)
CONVOYS: Final = frozenset({"companions_met", "late_crossings"})
OUTCOMES: Final = frozenset(
    {
        *("canaries", "selected_again", "lots_told_early", "light_incidents_begun", "light_incidents_ended"),
        *("hits_confirmed", "hits_rejected", "inspections_repeated", "cases_forgotten", "outcomes_revised"),
        *named("lights_", LightAnswerReason),
        *named("overrides_", Light),
        *named("outcomes_", OutcomeState),
    }
)
POLICY: Final = frozenset(
    {
        *("must_refer", "reds_drawn", "reds_over_threshold", "reds_beyond_selection", "reds_not_given"),
        *("staffings", "policies", "thresholds_told"),
    }
)
ESTIMATES: Final = frozenset(
    {
        *("outcomes_repeated", "outcomes_without_selection", "outcomes_outside_window"),
        *("estimates_written", "alerts_disparity"),
    }
)
INTEGRITY: Final = frozenset(
    {
        *("selections_of_an_earlier_duty", "outcomes_without_selection", "outcomes_corrected_too_late"),
        "crossings_without_rotation",
        *named("findings_", (kind for kind in FindingKind if kind is not FindingKind.UNKNOWN)),
    }
)
TRACES: Final = frozenset(
    {
        *("traces_without_purchaser", "records_repeated", "purchasers_forgotten"),
        *named("suggestions_", ("made", "revised", "withdrawn")),
    }
)
_RAIL_ALERTS: Final = (AlertKind.CAR_NOT_CLEARED, AlertKind.TRAIN_NOT_COVERABLE, AlertKind.RELEASED_UNCOVERED)
TRAINS: Final = frozenset(
    {
        *("readings_repeated", "lists_superseded", "passes_bound", "passes_beyond_bound", "visits_overfull"),
        *("released_again", "inspections_of_no_car", "trains_released_covered", "trains_released_uncovered"),
        *named("cars_", (state for state in CarState if state is not CarState.UNKNOWN)),
        *named("alerts_", _RAIL_ALERTS),
        *named("alerts_", (f"{kind}_over" for kind in _RAIL_ALERTS)),
    }
)
