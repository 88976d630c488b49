"""Faults, one at a time, and exactly which alerts fire of each: the right one, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.stages import STAGE_NAMES
from tests.deploy.prometheus.series import Absent, Level, Rate, Shape

Fired = dict[str, str]
"""An alert's name and labels but for severity."""


@dataclass(frozen=True)
class Fault:
    """`alert` has to fire within its stated time; `also` fires by then too, `later` while the fault lasts."""

    alert: str
    labels: Fired
    change: Mapping[str, Shape]
    also: tuple[tuple[str, Fired], ...] = ()
    later: tuple[tuple[str, Fired], ...] = ()
    over_after_seconds: int = 120
    minutes: int = 0
    """How long it lasts; 0: until a minute after its alert has to be there."""

    name: str = ""
    before_seconds: int = 300
    within_seconds: int = 0
    """Where an alert has two conditions, of the one that its stated time is not of."""


def stage(name: str) -> Fired:
    return {"stage": name}


IDLE = ("backlog", "traces")
BOTA = {"site": "2301-bota"}
BOTA_PORT = {"site": "2301-bota", "port": "2301"}
CAMERA = {**BOTA_PORT, "device": "camera-1"}
GATEWAY = {"job": "gateway", "instance": "10.1.0.1:8600", **BOTA_PORT}


FAULTS = (
    Fault(
        "BrokerDown",
        {},
        {
            "border_broker_up*": Level(0),
            'border_ready{*"vehicles"*': Level(0),
            'border_lag_seconds*"vehicles"*': Absent(),
            "border_lag_seconds*": Rate(1),
            "border_records_total*": Rate(0),
            "border_outputs_total*": Rate(0),
            "border_port_newest_reading*": Rate(0),
            "border_light_silence_seconds*": Rate(1),
            "border_gateway_oldest_seconds*lane*": Rate(1),
            'border_light_answers_total*"selection"*': Rate(0),
            'border_light_answers_total*"fallback"*': Rate(0.3),
        },
        also=(
            ("GatewayBacklogOld", BOTA_PORT),
            ("GatewayBacklogOld", {"site": "2304-wtb", "port": "2304"}),
            ("LightsFallBack", {"port": "2301"}),
            ("LightsFallBack", {"port": "2304"}),
            ("StageNotReady", stage("vehicles")),
            ("DecisionsBehind", stage("lanes")),
            *(("StageStalled", stage(name)) for name in IDLE),
        ),
        later=(
            ("PortSilent", {"port": "2301"}),
            ("PortSilent", {"port": "2304"}),
            *(("StageStalled", stage(name)) for name in STAGE_NAMES if name not in ("vehicles", *IDLE)),
        ),
        minutes=4,
        name="as a frozen one was seen to do: workers with input start again, idle ones tell that it is silent",
        over_after_seconds=300,
    ),
    Fault("PartitionsOffline", {}, {"border_offline_partitions*": Level(3)}),
    Fault("PartitionsUnderReplicated", {}, {"border_under_replicated_partitions*": Level(40)}),
    Fault("RegistryDown", {}, {"border_registry_up*": Level(0)}, over_after_seconds=300),
    Fault("CanaryStopped", {"job": "canary", "instance": "127.0.0.1:9302"}, {'up{job="canary"*': Level(0)}),
    Fault(
        "CanaryMissing",
        {"port": "2301"},
        {'border_canary_told*"2301"*': Rate(0), 'border_canary_crossings_total*"2301"*"missing"*': Rate(1 / 60)},
        name="two are missing",
        over_after_seconds=300,
    ),
    Fault(
        "CanaryMissing",
        {"port": "2301"},
        {'border_canary_told*"2301"*': Absent(), 'border_canary_crossings_total*"2301"*"missing"*': Rate(1 / 60)},
        name="none has ever been told since the canary's start",
    ),
    Fault(
        "RegistryUnreachable",
        stage("vehicles"),
        {'border_registry_waits_total*"vehicles"*': Rate(1)},
    ),
    Fault(
        "StageStopped",
        stage("integrity"),
        {'up{*"integrity"}': Level(0), 'border_*job="stage"*"integrity"*': Absent()},
        later=(("WorkerStopped", {"job": "stage", "instance": "127.0.0.1:9108", "stage": "integrity"}),),
        minutes=7,
        name="a stage's only worker is gone",
        over_after_seconds=300,
    ),
    Fault(
        "StageStopped",
        stage("trains"),
        {'*job="stage"*stage="trains"*': Absent()},
        name="a stage is no target any more",
        over_after_seconds=300,
    ),
    Fault(
        "WorkerStopped",
        {"job": "stage", "instance": "127.0.0.1:9102", "stage": "backlog"},
        {'up{*"backlog"}': Level(0)},
        over_after_seconds=300,
        also=(("StageStopped", stage("backlog")),),
    ),
    Fault(
        "StageStalled",
        stage("vehicles"),
        {
            'border_records_total*stage="vehicles"*': Rate(0),
            'border_outputs_total*stage="vehicles"*': Rate(0),
        },
        name="a stage takes nothing of what comes in",
        over_after_seconds=300,
    ),
    Fault(
        "StageStalled",
        stage("lanes"),
        {'border_records_total*"lanes"*': Rate(0), 'border_lag_seconds*"lanes"*': Rate(1)},
        also=(("DecisionsBehind", stage("lanes")),),
        name="a stage that is fed from outside gets ever further behind",
        over_after_seconds=300,
    ),
    Fault(
        "StageStalled",
        stage("outcomes"),
        {'border_loop_silence_seconds*"outcomes"*': Rate(1)},
        name="a worker's main loop hangs",
        over_after_seconds=300,
    ),
    Fault(
        "StageNotReady",
        stage("convoys"),
        {'border_ready*"convoys"*': Level(0), 'border_lag_seconds*"convoys"*': Absent()},
    ),
    Fault(
        "RecoverySlow",
        stage("vehicles"),
        {'border_recovery_seconds_count*"vehicles"*': Level(5)},
        over_after_seconds=1900,
    ),
    Fault(
        "WorkerRestarting",
        stage("policy"),
        {'process_start_time_seconds*"policy"*': Rate(0.1)},
        over_after_seconds=960,
    ),
    Fault("DecisionsBehind", stage("vehicles"), {'border_lag_seconds*"vehicles"*': Level(14)}),
    Fault("StageLagging", stage("integrity"), {'border_lag_seconds*"integrity"*': Level(80)}),
    Fault(
        "DeadLettersFlood",
        stage("lanes"),
        {'border_dead_letters_total*"lanes"*"undecodable"*': Rate(5)},
        over_after_seconds=360,
    ),
    Fault(
        "PortSilent",
        {"port": "2304"},
        {'border_port_newest_reading*"2304"*': Rate(0)},
    ),
    Fault(
        "PortSilent",
        {"port": "2304"},
        {'border_port_newest_reading*"2304"*': Rate(0), "border_light_silence_seconds*": Rate(1)},
        name="and holds up all ticks, at an hour without selections",
    ),
    Fault(
        "PortSilent",
        {"port": "2304"},
        {
            'border_port_newest_reading*"2304"*': Rate(0),
            "border_light_silence_seconds*": Rate(1),
            'border_light_answers_total*"selection"*': Rate(0),
            'border_light_answers_total*"fallback"*': Rate(0.3),
        },
        also=(("LightsFallBack", {"port": "2301"}), ("LightsFallBack", {"port": "2304"})),
        name="and the way to the light server is cut besides",
    ),
    Fault(
        "LightServerStopped",
        {"job": "light", "instance": "127.0.0.1:7331"},
        {'up{job="light"*': Level(0), 'border_light_*job="light"*': Absent()},
    ),
    Fault(
        "LightFeedSilent",
        {"job": "light", "instance": "127.0.0.1:7331"},
        {"border_light_silence_seconds*": Rate(1)},
    ),
    Fault(
        "LightsFallBack",
        {"port": "2301"},
        {
            'border_light_answers_total*"2301"*"selection"*': Rate(0.1),
            'border_light_answers_total*"2301"*"fallback"*': Rate(0.2),
        },
    ),
    Fault(
        "LightsFallBack",
        {"port": "2304"},
        {
            'border_light_answers_total*"2304"*"selection"*': Rate(0),
            'border_light_answers_total*"2304"*"fallback"*': Rate(1 / 30),
        },
        before_seconds=900,
        within_seconds=350,
        minutes=20,
        name="where two vehicles come in a minute",
    ),
    Fault(
        "LightAnswersUnkept",
        {"instance": "127.0.0.1:7331"},
        {"border_light_unkept_total*": Rate(0.2)},
        over_after_seconds=360,
    ),
    Fault(
        "LightAnswersUndelivered",
        {"job": "light", "instance": "127.0.0.1:7331"},
        {"border_light_undelivered*": Level(400)},
    ),
    Fault(
        "GatewayStopped",
        BOTA_PORT,
        {
            'up{*"2301-bota"*': Level(0),
            'border_gateway_*"2301-bota"*': Absent(),
            'border_port_newest_reading*"2301"*': Absent(),
            "border_light_silence_seconds*": Rate(1),
        },
        name="since before lanes began, and holds up all ticks",
    ),
    Fault("GatewayBacklogOld", BOTA_PORT, {'border_gateway_oldest_seconds*"2301-bota"*': Rate(1)}),
    Fault("GatewaySpoolFull", BOTA, {'border_gateway_spool_full*"2301-bota"*': Level(1)}),
    Fault("GatewaySpoolDamaged", BOTA, {'border_gateway_damaged*"2301-bota"*': Level(2)}),
    Fault("SensorBlind", CAMERA, {'border_gateway_blind*"2301-bota"*"camera-1"*': Level(1)}),
    Fault(
        "LaneSensorsBlind",
        {"port": "2301", "role": "SCALE"},
        {'border_lane_sensors_blind*"SCALE"*"OPERATIONAL"*': Level(1)},
        name="the first one",
    ),
    Fault(
        "DeviceSilent",
        {**GATEWAY, "device": "camera-1"},
        {'border_gateway_silence_seconds*"2301-bota"*"camera-1"*': Level(4000)},
        name="a device that was not here the day before, for over an hour",
    ),
    Fault("DeviceClockWrong", CAMERA, {'border_gateway_clock_wrong*"2301-bota"*"camera-1"*': Level(1)}),
    Fault(
        "DeviceRejected",
        {**BOTA, "device": "scale-1"},
        {'border_gateway_rejections_total*"2301-bota"*"scale-1"*': Rate(1)},
        over_after_seconds=360,
    ),
    Fault(
        "GatewayStrangers",
        BOTA,
        {'border_gateway_strangers_total*"2301-bota"*': Rate(1)},
        over_after_seconds=360,
    ),
    Fault(
        "RailReleasedUncovered",
        {"port": "2304"},
        {'border_rail_trains*"OPERATIONAL"*"released_uncovered"*': Level(1)},
    ),
    Fault(
        "RedsAboveBudget",
        {"port": "2301", "lanes": "PASSENGER"},
        {'border_port_reds_total*"OPERATIONAL"*': Rate(0.03)},
        over_after_seconds=3700,
        minutes=75,
    ),
    Fault("ServiceStopped", {"job": "sharing", "instance": "127.0.0.1:7400"}, {'up{job="sharing"*': Level(0)}),
    Fault("ExporterOutage", {"source": "rail"}, {"border_exporter_outages_total*": Rate(0.1)}, over_after_seconds=180),
    Fault("SharingOutage", {"part": "log"}, {"border_sharing_outages_total*": Rate(0.1)}, over_after_seconds=180),
    Fault(
        "SharingUnauthenticated",
        {},
        {"border_sharing_unauthenticated_total*": Rate(1)},
        over_after_seconds=700,
    ),
    Fault(
        "DiskFilling",
        {"host": "10.0.0.1"},
        {"node_filesystem_avail_bytes*": Level(6e9), 'border_disk_free_bytes*"10.0.0.1:9300"*': Level(6e9)},
        name="a disk is nearly full, and node_exporter and a process tell so",
        over_after_seconds=3700,
    ),
    Fault(
        "DiskFilling",
        {"host": "10.1.0.1"},
        {'border_disk_free_bytes*"2301-bota"*': Level(6e9)},
        name="a gateway tells that its own is nearly full",
        over_after_seconds=3700,
    ),
    Fault(
        "DiskFilling",
        {"host": "127.0.0.1"},
        {'border_disk_free_bytes*job="light"*': Level(6e9)},
        name="two light servers of one machine tell so",
        over_after_seconds=3700,
    ),
    Fault(
        "DiskFilling",
        {"host": "10.1.0.1"},
        {'border_disk_free_bytes*"2301-bota"*': Rate(-25e6)},
        before_seconds=2400,
        within_seconds=920,
        minutes=17,
        name="a gateway's will be full within four hours",
        over_after_seconds=3700,
    ),
)
