"""The Faust app of one stage: one agent on one topic, everything of Faust's that loses or repeats records left out."""

import time
from collections.abc import AsyncIterable
from typing import Any, Final

import faust
from faust.tables.manager import TableManager

from streams.core.stage import Stage
from streams.runtime import transport
from streams.runtime.groups import Groups
from streams.runtime.settings import RuntimeSettings

LAG_SECONDS: Final = 1.0

# Counted in batches here, not in events.
BUFFERED_BATCHES: Final = 8

# Most records of one step of folding, during which nothing else happens: some 50 ms.
POLL_RECORDS: Final = 2_000

# aiokafka hands out the whole of one partition's fetch before the next partition's: a smaller fetch keeps the
# partitions of a backlog abreast.
FETCH_BYTES: Final = 512 * 1024


class NoTables(TableManager):  # type: ignore[misc]
    """Faust starts the flow of records through its table manager; ours has no tables to wait for."""

    async def on_start(self) -> None:
        """The original sleeps for a second first, which every recovery from a kill would pay."""
        await self._update_channels()
        await self.recovery.start()


class App(faust.App):  # type: ignore[misc]
    """A Faust app that carries the groups its transport works with."""

    groups: Groups

    def _create_directories(self) -> None:
        """None: the state is in Kafka."""


def make_app(stage: Stage, settings: RuntimeSettings, groups: Groups) -> App:
    """The app of one worker. Every name is given: Faust's defaults come from module paths."""
    transport.register()
    app = App(
        f"border.{stage.name}",
        broker=f"{transport.SCHEME}://{settings.broker}",
        store="memory://",
        autodiscover=False,
        web_enabled=False,  # it would serve the state to whoever asks
        topic_disable_leader=True,  # no extra topic
        topic_allow_declare=False,
        topic_partitions=stage.source.partitions,
        TableManager=NoTables,
        consumer_group_instance_id=f"{stage.name}-{settings.instance}",  # static member: back at once after a kill
        consumer_auto_offset_reset="earliest",  # overridden by the transport
        consumer_max_fetch_size=FETCH_BYTES,
        broker_max_poll_records=min(POLL_RECORDS, settings.max_records),
        broker_session_timeout=settings.session_seconds,
        broker_heartbeat_interval=settings.heartbeat_seconds,
        broker_commit_interval=1.0,  # of offsets, for display
        stream_buffer_maxsize=BUFFERED_BATCHES,
        stream_wait_empty=False,  # batches that are not folded are read again: a rebalance need not wait for them
    )
    app.groups = groups
    source = app.topic(stage.source.name, key_serializer="raw", value_serializer="raw")

    async def fold(batches: AsyncIterable[transport.Batch]) -> None:
        async for batch in batches:
            await groups.submit(batch)

    app.agent(source, name=f"border.{stage.name}.fold")(fold)
    app.timer(interval=LAG_SECONDS, name=f"border.{stage.name}.lag")(lag_timer(app))
    return app


def lag_timer(app: Any) -> Any:
    """A timer that measures the lag of every partition."""

    async def measure_lag() -> None:
        if app.groups.opened:
            app.groups.measure_lag(app.consumer.lags(), app.consumer.told_at(), time.time())

    return measure_lag
