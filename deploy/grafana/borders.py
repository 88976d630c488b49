"""Dashboards of the border: all of it, one port, one lane. Each leads to the next."""

from typing import Final

from deploy.grafana.model import Dashboard, Row, Variable, panel

OVERVIEW_UID: Final = "border-overview"
PORT_UID: Final = "border-port"
LANE_UID: Final = "border-lane"

TO_PORT: Final = f"/d/{PORT_UID}?var-port=${{__field.labels.port}}&${{DS_PROMETHEUS:queryparam}}&${{__url_time_range}}"
TO_LANE: Final = (
    f"/d/{LANE_UID}?var-port=${{port}}&var-lane=${{__field.labels.lane}}&${{DS_PROMETHEUS:queryparam}}"
    "&${__url_time_range}"
)
# Worlds: those of drills and of the canary are looked at only by choice.
MODE: Final = Variable("mode", "World", "border_port_vehicles_total", "mode", several=True)
PORT: Final = Variable("port", "Port", "border_canary_crossings_total", "port")
LANE: Final = Variable("lane", "Lane", 'border_gateway_device_info{port="$port",lane!=""}', "lane")

# Which devices stand in the chosen lane: their series have no lane of their own.
IN_LANE: Final = ' * on (site, device) group_left (sensor) border_gateway_device_info{port="$port",lane="$lane"}'
WITH_LANE: Final = ' * on (site, device) group_left (lane) border_gateway_device_info{port="$port"}'


def seconds_of(share: float, histogram: str, matchers: str = "", by: str = "le") -> str:
    """The seconds within which a share of a histogram's events were over."""
    return f"histogram_quantile({share}, sum by ({by}) (rate({histogram}_bucket{{{matchers}}}[$__rate_interval])))"


def rate(counter: str, by: str, matchers: str = "") -> str:
    """A counter's events a second."""
    return f"sum by ({by}) (rate({counter}{{{matchers}}}[$__rate_interval]))"


_WORKS: Final = Row(
    "Does it work?",
    (
        panel(
            "Alerts",
            "none",
            "Alerts that fire, the dead man's switch apart. Each has a section in runbooks.md.",
            ('count(ALERTS{alertstate="firing",alertname!="DeadMansSwitch"}) or vector(0)', "firing"),
            kind="stat",
            columns=4,
            lines=5,
            worst=1,
        ),
        panel(
            "Processes that do not answer",
            "none",
            "Targets of Prometheus that are down.",
            ("count(up) - sum(up)", "down"),
            kind="stat",
            columns=4,
            lines=5,
            worst=1,
        ),
        panel(
            "Not ready",
            "none",
            "Processes that answer and say that they are not ready, by kind.",
            ("count by (process) (border_ready) - sum by (process) (border_ready)", "{{process}}"),
            kind="stat",
            lines=5,
            worst=1,
        ),
        panel(
            "Broker and registry",
            "none",
            "1 while they answer the canary.",
            ("max(border_broker_up)", "broker"),
            ("max(border_registry_up)", "registry"),
            kind="stat",
            lines=5,
        ),
        panel(
            "Canary's crossings",
            "none",
            "Synthetic vehicles of ten minutes by how they ended: told in time, late, missing.",
            ("sum by (result) (increase(border_canary_crossings_total[10m]))", "{{result}}"),
            stacked=True,
        ),
        panel(
            "Since the canary last came through",
            "s",
            "Of the five ports that wait longest. One crosses at every port each minute.",
            ("topk(5, time() - border_canary_told_timestamp_seconds)", "{{port}}"),
            worst=180,
            leads_to=TO_PORT,
        ),
        panel(
            "Budget left of the objectives",
            "percentunit",
            "Share of what may go wrong in 30 days that is not used up, of the worst stage, site or port.",
            ('min by (objective) ({__name__=~".+_budget_left:ratio30d"})', "{{objective}}"),
        ),
    ),
)
_LIGHTS: Final = Row(
    "Vehicles and lights",
    (
        panel(
            "Vehicles",
            "cps",
            "Vehicles a second whose light was selected, by port.",
            (rate("border_port_vehicles_total", "port", 'mode=~"$mode"'), "{{port}}"),
            leads_to=TO_PORT,
            stacked=True,
        ),
        panel(
            "From arrival to selection",
            "s",
            "From a vehicle's arrival at the light, as its gateway received it, to its selection's being read.",
            (seconds_of(0.5, "border_selection_seconds", 'mode=~"$mode"'), "half"),
            (seconds_of(0.99, "border_selection_seconds", 'mode=~"$mode"'), "99 of 100"),
            worst=0.25,
        ),
        panel(
            "Reds within the budget",
            "none",
            "Reds of an hour by port, those that were not given after all left out.",
            (
                'sum by (port) (increase(border_port_reds_total{mode=~"$mode"}[1h]))'
                ' - sum by (port) (increase(border_port_reds_withdrawn_total{mode=~"$mode"}[1h]))',
                "{{port}}",
            ),
            leads_to=TO_PORT,
        ),
        panel(
            "Light servers' answers",
            "reqps",
            "Answers a second by what they rest on; `fallback` is by lot.",
            (rate("border_light_answers_total", "kind"), "{{kind}}"),
        ),
        panel(
            "Time of an answer",
            "s",
            "From a controller's question to the answer; an officer must know within 3 s.",
            (seconds_of(0.5, "border_light_answer_seconds"), "half"),
            (seconds_of(0.99, "border_light_answer_seconds"), "99 of 100"),
            worst=3,
        ),
        panel(
            "Answers not in the log yet",
            "none",
            "Told to a controller and not yet acknowledged by the broker.",
            ("sum(border_light_undelivered)", "undelivered"),
        ),
    ),
)
_GATEWAYS: Final = Row(
    "Crossings",
    (
        panel(
            "Readings",
            "cps",
            "Readings a second that gateways have taken, by port.",
            (rate("border_gateway_readings_total", "port"), "{{port}}"),
            leads_to=TO_PORT,
            stacked=True,
        ),
        panel(
            "Oldest reading not in Kafka",
            "s",
            "Of the five gateways that are furthest behind.",
            ("topk(5, max by (site, port) (border_gateway_oldest_seconds))", "{{site}}"),
            leads_to=TO_PORT,
        ),
        panel(
            "Blind, silent, wrong clocks",
            "none",
            "Devices past which traffic goes unseen, unheard for an hour, or whose clocks are off.",
            ("sum(border_gateway_blind)", "blind"),
            ("sum(border_gateway_silence_seconds > bool 3600)", "silent"),
            ("sum(border_gateway_clock_wrong)", "wrong clock"),
        ),
    ),
)
OVERVIEW: Final = Dashboard(
    OVERVIEW_UID,
    "Border: overview",
    "Whether the platform works and what the border does. A port's line leads to its page.",
    (_WORKS, _LIGHTS, _GATEWAYS),
    (MODE,),
)

_PORT_LIGHTS: Final = Row(
    "Vehicles and lights of $port",
    (
        panel(
            "Vehicles",
            "cps",
            "Vehicles a second whose light was selected, by kind of lane.",
            (rate("border_port_vehicles_total", "lanes", 'port="$port",mode=~"$mode"'), "{{lanes}}"),
            stacked=True,
        ),
        panel(
            "Reds of an hour against what the budget allows",
            "none",
            "Reds given within the budget, and how many it has allowed. Those that must be referred are not counted.",
            (
                'sum(increase(border_port_reds_total{port="$port",mode=~"$mode"}[1h]))'
                ' - sum(increase(border_port_reds_withdrawn_total{port="$port",mode=~"$mode"}[1h]))',
                "given",
            ),
            ('sum(increase(border_port_reds_allowed_total{port="$port",mode=~"$mode"}[1h]))', "allowed"),
        ),
        panel(
            "Since the newest reading",
            "s",
            "By world; heartbeats count. TEST is the canary.",
            ('time() - max by (mode) (border_port_newest_reading_timestamp_seconds{port="$port"})', "{{mode}}"),
        ),
        panel(
            "Since the canary last came through",
            "s",
            "A synthetic vehicle crosses each minute.",
            ('time() - max(border_canary_told_timestamp_seconds{port="$port"})', "canary"),
            worst=180,
        ),
        panel(
            "Canary's crossings",
            "none",
            "Of ten minutes, by how they ended.",
            ('sum by (result) (increase(border_canary_crossings_total{port="$port"}[10m]))', "{{result}}"),
            stacked=True,
        ),
    ),
)
_PORT_GATEWAYS: Final = Row(
    "Gateways of $port",
    (
        panel(
            "Readings by lane",
            "cps",
            "Readings a second that were taken; a lane's line leads to its page.",
            (
                f'sum by (lane) (rate(border_gateway_readings_total{{port="$port"}}[$__rate_interval]){WITH_LANE})',
                "{{lane}}",
            ),
            leads_to=TO_LANE,
            stacked=True,
        ),
        panel(
            "From arrival to Kafka",
            "s",
            "From a reading's arrival at the gateway to Kafka's acknowledgement.",
            (seconds_of(0.5, "border_gateway_delivery_seconds", 'port="$port"'), "half"),
            (seconds_of(0.99, "border_gateway_delivery_seconds", 'port="$port"'), "99 of 100"),
        ),
        panel(
            "Readings on disk, not in Kafka",
            "none",
            "By the topic that they go to.",
            ('sum by (queue) (border_gateway_kept{port="$port"})', "{{queue}}"),
        ),
        panel(
            "Spool",
            "bytes",
            "Bytes on each gateway's disk.",
            ('max by (site) (border_gateway_spool_bytes{port="$port"})', "{{site}}"),
        ),
        panel(
            "Refused inputs",
            "cps",
            "Inputs a second that are no reading, by reason, and of strangers.",
            (rate("border_gateway_rejections_total", "reason", 'port="$port"'), "{{reason}}"),
            (rate("border_gateway_strangers_total", "reason", 'port="$port"'), "stranger: {{reason}}"),
        ),
        panel(
            "Blind devices and wrong clocks by lane",
            "none",
            "A lane's line leads to its page.",
            (f'sum by (lane) (border_gateway_blind{{port="$port"}}{WITH_LANE})', "blind in {{lane}}"),
            (f'sum by (lane) (border_gateway_clock_wrong{{port="$port"}}{WITH_LANE})', "wrong clock in {{lane}}"),
            leads_to=TO_LANE,
        ),
        panel(
            "Blind sensors by role",
            "none",
            "Sensors past which the lanes stage sees vehicles go unseen. The alerts SENSOR_BLIND name the lanes.",
            (
                'max by (role) (border_lane_sensors_blind{port="$port",mode=~"OPERATIONAL|SIMULATED"})',
                "{{role}}",
            ),
            stacked=True,
        ),
    ),
)
ONE_PORT: Final = Dashboard(
    PORT_UID,
    "Border: port",
    "One port of entry: its lights, its gateways. A lane's line leads to its page.",
    (_PORT_LIGHTS, _PORT_GATEWAYS),
    (PORT, MODE),
)


def _of_devices(metric: str) -> str:
    return f'max by (device, sensor) ({metric}{{port="$port"}}{IN_LANE})'


ONE_LANE: Final = Dashboard(
    LANE_UID,
    "Border: lane",
    "The devices of one lane, as the site's file names them.",
    (
        Row(
            "Devices in $lane",
            (
                panel(
                    "Readings",
                    "cps",
                    "Readings a second that were taken, by role.",
                    (
                        'sum by (sensor) (rate(border_gateway_readings_total{port="$port"}[$__rate_interval])'
                        f"{IN_LANE})",
                        "{{sensor}}",
                    ),
                    columns=12,
                    stacked=True,
                ),
                panel(
                    "Since a device was last heard",
                    "s",
                    "Heartbeats count.",
                    (_of_devices("border_gateway_silence_seconds"), "{{device}}"),
                    columns=12,
                ),
                panel(
                    "Readings now",
                    "cps",
                    "Over about ten minutes.",
                    (_of_devices("border_gateway_recent_rate"), "{{device}}"),
                    columns=12,
                ),
                panel(
                    "Readings as usual",
                    "cps",
                    "Over about a day: what now is compared with to tell a blind device.",
                    (_of_devices("border_gateway_usual_rate"), "{{device}}"),
                    columns=12,
                ),
                panel(
                    "Blind",
                    "none",
                    "1 while traffic passes that a device should see and does not.",
                    (_of_devices("border_gateway_blind"), "{{device}}"),
                    worst=1,
                ),
                panel(
                    "Clock ahead",
                    "s",
                    "How far a device's clock is ahead of the gateway's; behind is below 0.",
                    (_of_devices("border_gateway_clock_ahead_seconds"), "{{device}}"),
                    may_be_negative=True,
                ),
                panel(
                    "Wrong clock",
                    "none",
                    "1 while a device's clock is further off than the site allows.",
                    (_of_devices("border_gateway_clock_wrong"), "{{device}}"),
                    worst=1,
                ),
            ),
        ),
    ),
    (PORT, LANE),
)
