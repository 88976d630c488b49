"""Dashboards of what comes of it: trains and how well they were scanned, and what referrals find."""

from typing import Final

from deploy.grafana.borders import rate
from deploy.grafana.model import Dashboard, Row, Variable, panel

WORLD: Final = Variable("mode", "World", "border_estimate_passages", "mode", several=True)
PORT: Final = Variable("port", "Port", "border_estimate_passages", "port", several=True)
RAIL_WORLD: Final = Variable("mode", "World", "border_rail_cars", "mode", several=True)
RAIL_PORT: Final = Variable("port", "Port", "border_rail_cars", "port", several=True)
OF_RAIL: Final = 'port=~"$port",mode=~"$mode"'
OF_ALL_LANES: Final = 'port=~"$port",mode=~"$mode",lanes="all"'

RAIL: Final = Dashboard(
    "border-rail",
    "Border: rail",
    "How much of each port's trains was scanned well. A day is the port's own.",
    (
        Row(
            "Coverage",
            (
                panel(
                    "Scanned well",
                    "percentunit",
                    "Cars with a usable scan and a decision, per car seen or listed, of trains that passed.",
                    (f"border_rail_scanned_well_ratio{{{OF_RAIL}}}", "{{port}} {{day}}"),
                    columns=12,
                ),
                panel(
                    "Cars",
                    "short",
                    "Of trains that passed today and yesterday.",
                    (f"sum by (day, count) (border_rail_cars{{{OF_RAIL}}})", "{{day}} {{count}}"),
                    columns=12,
                ),
                panel(
                    "Trains",
                    "short",
                    "Those that passed, were covered, could not be, or left uncovered.",
                    (f"sum by (day, count) (border_rail_trains{{{OF_RAIL}}})", "{{day}} {{count}}"),
                    columns=12,
                ),
                panel(
                    "Since the newest decision",
                    "s",
                    "Since a reading that decided anything of a port's trains.",
                    (f"time() - max by (port) (border_rail_told_timestamp_seconds{{{OF_RAIL}}})", "{{port}}"),
                    columns=12,
                ),
            ),
        ),
        Row(
            "The stage",
            (
                panel(
                    "Records",
                    "cps",
                    "A second.",
                    (rate("border_records_total", "stage", 'stage="trains"'), "{{stage}}"),
                ),
                panel("Lag", "s", "The oldest record.", ('max(border_lag_seconds{stage="trains"})', "trains")),
                panel(
                    "Dead letters",
                    "none",
                    "Of ten minutes, by reason.",
                    ('sum by (reason) (increase(border_dead_letters_total{stage="trains"}[10m]))', "{{reason}}"),
                ),
            ),
        ),
    ),
    (RAIL_PORT, RAIL_WORLD),
)


def _ends(metric: str, matchers: str = OF_ALL_LANES) -> tuple[str, str]:
    return f'{metric}{{{matchers},end=~"seen|low|high"}}', "{{port}} {{end}}"


OUTCOMES: Final = Dashboard(
    "border-outcomes",
    "Border: outcomes",
    "What referrals find, from the estimates that are made once a day of the month before: seen, and the ends of the "
    "95 % interval.",
    (
        Row(
            "What is found",
            (
                panel(
                    "Loaded vehicles among all",
                    "percentunit",
                    "Vehicles in which an inspection finds something, per vehicle, from the random arm.",
                    _ends("border_estimate_violation_ratio"),
                ),
                panel(
                    "Precision of the risk arm",
                    "percentunit",
                    "Hits over inspected.",
                    _ends("border_estimate_precision_ratio", f'{OF_ALL_LANES},arm="RISK"'),
                ),
                panel(
                    "Lift",
                    "short",
                    "Precision of the risk arm over the rate among all: 1 is no better than by lot.",
                    _ends("border_estimate_lift_ratio"),
                ),
            ),
        ),
        Row(
            "What is done",
            (
                panel(
                    "Vehicles",
                    "short",
                    "At a light in the month, by kind of lane.",
                    (
                        'sum by (lanes) (border_estimate_passages{port=~"$port",mode=~"$mode",lanes!="all"})',
                        "{{lanes}}",
                    ),
                    stacked=True,
                ),
                panel(
                    "Referred by cause",
                    "short",
                    "Vehicles of the month; those with several causes are in each.",
                    (f"sum by (arm) (border_estimate_referred{{{OF_ALL_LANES}}})", "{{arm}}"),
                ),
                panel(
                    "Hits by cause",
                    "short",
                    "Referred vehicles with a gun, a magazine or ammunition.",
                    (f"sum by (arm) (border_estimate_hits{{{OF_ALL_LANES}}})", "{{arm}}"),
                ),
                panel(
                    "Referred and not inspected",
                    "percentunit",
                    "Share of the referred.",
                    (f"border_estimate_skipped_ratio{{{OF_ALL_LANES}}}", "{{port}}"),
                ),
                panel(
                    "Inspectors' time per find",
                    "s",
                    "All inspections count.",
                    (f"border_estimate_inspector_seconds{{{OF_ALL_LANES}}}", "{{port}}"),
                ),
                panel(
                    "Travellers' time per find",
                    "s",
                    "From light to end of inspection.",
                    (f"border_estimate_traveller_seconds{{{OF_ALL_LANES}}}", "{{port}}"),
                ),
            ),
        ),
        Row(
            "Where, and on what grounds",
            (
                panel(
                    "Precision by evidence",
                    "percentunit",
                    "All ports; of few inspections it says little.",
                    ('border_estimate_evidence_precision_ratio{mode=~"$mode"}', "{{evidence}}"),
                ),
                panel(
                    "Precision by lane",
                    "percentunit",
                    "The ten best; of few inspections it says little.",
                    ('topk(10, border_estimate_lane_precision_ratio{port=~"$port",mode=~"$mode"})', "{{lane}}"),
                ),
                panel(
                    "End of the month told of",
                    "dateTimeFromNow",
                    "Estimates are told once a day, of each port.",
                    (f"1000 * min by (port) (border_estimate_until_timestamp_seconds{{{OF_ALL_LANES}}})", "{{port}}"),
                    kind="stat",
                ),
                panel(
                    "Stages behind outcomes",
                    "s",
                    "Lag of the stages that count them.",
                    (
                        'max by (stage) (border_lag_seconds{stage=~"outcomes|policy|estimates|integrity"})',
                        "{{stage}}",
                    ),
                ),
            ),
        ),
    ),
    (PORT, WORLD),
)
