"""Dashboards of what works behind the border: stages, and Kafka as our processes know it."""

from typing import Final

from deploy.grafana.borders import rate, seconds_of
from deploy.grafana.model import Dashboard, Row, Variable, panel

STAGE: Final = Variable("stage", "Stage", "border_records_total", "stage", several=True)
STAGES: Final = 'stage=~"$stage"'

ALL_STAGES: Final = Dashboard(
    "border-stages",
    "Border: stages",
    "What each stage does, how far behind it is, what it refuses, what it keeps.",
    (
        Row(
            "Work",
            (
                panel(
                    "Records",
                    "cps",
                    "Input records a second, committed.",
                    (rate("border_records_total", "stage", STAGES), "{{stage}}"),
                ),
                panel(
                    "From append to commit",
                    "s",
                    "From a transaction's oldest input record to its commit, 99 of 100.",
                    (seconds_of(0.99, "border_stage_latency_seconds", STAGES, "le, stage"), "{{stage}}"),
                ),
                panel(
                    "Lag",
                    "s",
                    "Age of the oldest input record that is not committed.",
                    (f"max by (stage) (border_lag_seconds{{{STAGES}}})", "{{stage}}"),
                ),
                panel(
                    "Since the newest event",
                    "s",
                    "Of stages that move by traffic; convoys and traces may wait for hours.",
                    (f"time() - max by (stage) (border_newest_event_timestamp_seconds{{{STAGES}}})", "{{stage}}"),
                ),
                panel(
                    "Behind the watermark",
                    "s",
                    "How far event time is behind the clock; what is older is late. That of traces moves once a day.",
                    (f"time() - min by (stage) (border_watermark_timestamp_seconds{{{STAGES}}})", "{{stage}}"),
                ),
                panel(
                    "Folding",
                    "s",
                    "Decoding and folding of a batch, 99 of 100.",
                    (seconds_of(0.99, "border_fold_seconds", STAGES, "le, stage"), "{{stage}}"),
                ),
            ),
        ),
        Row(
            "What goes wrong",
            (
                panel(
                    "Dead letters",
                    "none",
                    "Records of ten minutes that could not be processed, by reason.",
                    (f"sum by (reason) (increase(border_dead_letters_total{{{STAGES}}}[10m]))", "{{reason}}"),
                ),
                panel(
                    "Late readings",
                    "cps",
                    "Readings a second that came late: folded all the same, or dead letters.",
                    (rate("border_late_readings_total", "stage, taken", STAGES), "{{stage}}, taken: {{taken}}"),
                ),
                panel(
                    "Registry did not answer",
                    "none",
                    "Questions of ten minutes.",
                    (f"sum by (stage) (increase(border_registry_waits_total{{{STAGES}}}[10m]))", "{{stage}}"),
                ),
                panel(
                    "Silence of the main loop",
                    "s",
                    "At 30 s a worker says that it no longer lives.",
                    (f"max by (stage) (border_loop_silence_seconds{{{STAGES}}})", "{{stage}}"),
                    worst=30,
                ),
                panel(
                    "Rebalances",
                    "none",
                    "Of ten minutes.",
                    (f"sum by (stage) (increase(border_rebalances_total{{{STAGES}}}[10m]))", "{{stage}}"),
                ),
                panel(
                    "Recovery",
                    "s",
                    "Claiming a group and reading its state back, since a worker's start: the mean.",
                    (
                        f"sum by (stage) (border_recovery_seconds_sum{{{STAGES}}})"
                        f" / sum by (stage) (border_recovery_seconds_count{{{STAGES}}})",
                        "{{stage}}",
                    ),
                ),
            ),
        ),
        Row(
            "State and machine",
            (
                panel(
                    "Keys of state",
                    "short",
                    "Vehicles, lanes, ports: what a stage remembers.",
                    (f"sum by (stage) (border_state_keys{{{STAGES}}})", "{{stage}}"),
                ),
                panel(
                    "Bytes of state",
                    "bytes",
                    "Encoded keys and states.",
                    (f"sum by (stage) (border_state_bytes{{{STAGES}}})", "{{stage}}"),
                ),
                panel(
                    "Events of the stage",
                    "cps",
                    "What the stage itself counts, a second: the ten most frequent.",
                    (f"topk(10, {rate('border_stage_events_total', 'stage, event', STAGES)})", "{{stage}} {{event}}"),
                ),
                panel(
                    "Processor",
                    "percentunit",
                    "Share of one core, by job.",
                    ("sum by (job, stage) (rate(process_cpu_seconds_total[$__rate_interval]))", "{{job}} {{stage}}"),
                ),
                panel(
                    "Memory",
                    "bytes",
                    "Resident, by job.",
                    ("sum by (job, stage) (process_resident_memory_bytes)", "{{job}} {{stage}}"),
                ),
                panel(
                    "Runs for",
                    "s",
                    "Since the process began: what falls to 0 was started anew.",
                    (
                        "time() - max by (job, stage, site) (process_start_time_seconds)",
                        "{{job}} {{stage}}{{site}}",
                    ),
                ),
            ),
        ),
    ),
    (STAGE,),
)

KAFKA: Final = Dashboard(
    "border-kafka",
    "Border: Kafka",
    "The log as our processes know it: whether it answers, what goes in and out, how far readers are behind, how long "
    "a commit takes. Brokers' own metrics are their exporter's.",
    (
        Row(
            "The broker",
            (
                panel("Broker answers", "none", "1 while it does.", ("max(border_broker_up)", "broker"), kind="stat"),
                panel(
                    "Registry answers", "none", "1 while it does.", ("max(border_registry_up)", "registry"), kind="stat"
                ),
                panel(
                    "Partitions short of replicas or a leader",
                    "none",
                    "Of the cluster, as it tells the canary.",
                    ("max(border_under_replicated_partitions)", "under-replicated"),
                    ("max(border_offline_partitions)", "offline"),
                ),
                panel(
                    "Room on disks",
                    "percentunit",
                    "Share that is free where processes write, of each kind of directory's fullest.",
                    (
                        "min by (directory) (border_disk_free_bytes / border_disk_size_bytes)",
                        "{{directory}}",
                    ),
                ),
                panel(
                    "Outages",
                    "none",
                    "Times in an hour that a process could not read or write.",
                    ("sum by (part) (increase(border_canary_outages_total[1h]))", "canary: {{part}}"),
                    ("sum by (source) (increase(border_exporter_outages_total[1h]))", "exporter: {{source}}"),
                    ("sum(increase(border_light_outages_total[1h]))", "light"),
                ),
            ),
        ),
        Row(
            "Stages",
            (
                panel(
                    "In, by topic",
                    "cps",
                    "Records a second that stages have folded.",
                    (rate("border_records_total", "topic"), "{{topic}}"),
                ),
                panel(
                    "Out, by topic",
                    "cps",
                    "Records a second that stages have committed.",
                    (rate("border_outputs_total", "topic"), "{{topic}}"),
                ),
                panel(
                    "Changelogs",
                    "bytes",
                    "Bytes a second of state that are written.",
                    (rate("border_changelog_bytes_total", "stage"), "{{stage}}"),
                ),
                panel(
                    "Lag in records",
                    "short",
                    "Input records that are not committed.",
                    ("sum by (stage) (border_lag_records)", "{{stage}}"),
                ),
                panel(
                    "Commit",
                    "s",
                    "Writing and committing a transaction, 99 of 100.",
                    (seconds_of(0.99, "border_commit_seconds", "", "le, stage"), "{{stage}}"),
                ),
                panel(
                    "Transactions",
                    "cps",
                    "Transactions a second.",
                    (rate("border_transaction_records_count", "stage"), "{{stage}}"),
                ),
                panel(
                    "Records of a transaction",
                    "short",
                    "The mean: grows with load, and falls to 1 where a light waits.",
                    (
                        f"{rate('border_transaction_records_sum', 'stage')}"
                        f" / {rate('border_transaction_records_count', 'stage')}",
                        "{{stage}}",
                    ),
                ),
                panel(
                    "Worst partitions",
                    "s",
                    "The ten that are furthest behind.",
                    ("topk(10, border_lag_seconds)", "{{stage}} {{partition}}"),
                ),
            ),
        ),
        Row(
            "Gateways",
            (
                panel(
                    "Delivery",
                    "s",
                    "From a reading's arrival to Kafka's acknowledgement, 99 of 100, by topic.",
                    (seconds_of(0.99, "border_gateway_delivery_seconds", "", "le, topic"), "{{topic}}"),
                ),
                panel(
                    "Not taken",
                    "cps",
                    "Readings a second that Kafka did not take; they are sent again.",
                    (rate("border_gateway_deliveries_returned_total", "site"), "{{site}}"),
                ),
                panel(
                    "Grown too old",
                    "cps",
                    "Readings a second that go to the backlog's topic.",
                    (rate("border_gateway_backlog_readings_total", "site"), "{{site}}"),
                ),
            ),
        ),
    ),
)
