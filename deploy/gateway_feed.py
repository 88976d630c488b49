"""Simulated readings to running gateways: each in its device's format, over that device's own connection.

simulated reading ─► its words ─► the device's speaker, in the feed's thread ─► its gateway ─► acknowledged
                          └► read as the gateway will read them ─► the id it has there, for officers and the truth
"""

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from deploy.errors import UserError
from deploy.site_writing import way_to
from producers.descriptors import raise_descriptors
from producers.emulators.simulated_speech import SAYS, document, format_of, role_of
from producers.emulators.speaker import Speaker
from producers.formats import FORMATS
from producers.formats.reading_format import Device, Framing, Rejection
from producers.publisher import DeliveryError, Reading
from producers.simulator import SimulatedReading
from producers.site import SiteError, load_site
from schemas.records import SensorRole

# Readings said and not yet kept: half a minute of 300/s, while a gateway is started again. Then the world waits.
UNDER_WAY_MAX: Final = 10_000
# So long nothing is acknowledged, and gateways are taken for gone: one that was killed is back long before.
SILENCE_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.02
# A connection for each device: 402 lanes have 4,422 of them.
DESCRIPTORS: Final = 8_192

Place = tuple[str, SensorRole, str]  # lane, role and format: one device


class GatewayFeed:
    """Speaks to the gateways of the sites in a directory. A context manager: leaving it waits until all is kept.

    `acknowledged` gets the ids that gateways say they keep, one a line. Raises UserError for a directory without sites.
    """

    def __init__(self, directory: Path, acknowledged: IO[str] | None = None) -> None:
        self._devices: dict[Place, Device] = {}
        self._speakers: dict[str, Speaker] = {}
        self._acknowledged = acknowledged
        self._loop, self._end = asyncio.new_event_loop(), asyncio.Event()
        self._failure: str | None = None
        self._said = self._kept = 0
        files = sorted(directory.glob("*/site.toml"))
        if not files:
            raise UserError(f"{directory} holds no site; give a directory of directories with a site.toml in each")
        for file in files:
            self._add(file)
        self._thread = threading.Thread(target=self._run, name="devices", daemon=True)

    def _add(self, file: Path) -> None:
        try:
            site = load_site(file)
            for one in site.devices:
                device, name = one.device, one.device.format
                if device.lane_id is None or name not in SAYS:
                    continue
                self._devices[device.lane_id, device.sensor, name] = device
                self._speakers[device.device_id] = Speaker(
                    device.device_id, way_to(site, one), partial(document, name), self._keep, self._refuse
                )
        except SiteError as error:
            raise UserError(str(error)) from error
        except ValueError as error:
            raise UserError(f"{file}: {error}") from error

    def spoken(self, items: Iterator[SimulatedReading]) -> Iterator[SimulatedReading]:
        """The items, each once it is on its way and as its gateway will have it; without what gateways say themselves.

        Raises DeliveryError if a gateway refuses one or none answers, UserError if no device can say it.
        """
        for item in items:
            name = format_of(item.reading)
            if name is None:
                continue
            lane_id, role = item.reading.lane_id, role_of(item.reading)
            device = self._devices.get((lane_id, role, name))
            if device is None:
                text = f"no device of lane {lane_id} speaks {name} as {role}; these sites are of another world or rate"
                raise UserError(text)
            words = SAYS[name](item.reading)
            heard = understood(words, device, item.reading)
            self._wait(UNDER_WAY_MAX - 1)
            self._loop.call_soon_threadsafe(self._speakers[device.device_id].say, words)
            self._said += 1
            yield item._replace(reading=heard)

    def poll(self) -> None:
        """Raises DeliveryError if a gateway has refused something, or a device cannot go on."""
        if self._failure is not None:
            raise DeliveryError(self._failure)

    def _wait(self, under_way_max: int) -> None:
        """Until no more than so many are under way."""
        kept, until = self._kept, time.monotonic() + SILENCE_SECONDS
        while (left := self._said - self._kept) > under_way_max:
            self.poll()
            if self._kept > kept:
                kept, until = self._kept, time.monotonic() + SILENCE_SECONDS
            if time.monotonic() > until:
                raise DeliveryError(
                    f"{left} readings wait, and no gateway has acknowledged one for {SILENCE_SECONDS:g} s; do the "
                    "gateways of these sites run?"
                )
            time.sleep(POLL_SECONDS)
        self.poll()

    def _keep(self, ids: Sequence[str]) -> None:
        if self._acknowledged is not None:
            try:
                self._acknowledged.writelines(f"{one}\n" for one in ids)
            except OSError as error:  # a device would take it for its line's
                self._failure = self._failure or f"what gateways acknowledge cannot be written: {error.strerror}"
        self._kept += len(ids)

    def _refuse(self, why: str) -> None:
        self._failure = self._failure or f"a simulated device was not understood: {why}"

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._speak())

    async def _speak(self) -> None:
        tasks = [asyncio.create_task(speaker.run()) for speaker in self._speakers.values()]
        for task in tasks:
            task.add_done_callback(self._ended)
        await self._end.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._refuse(f"{type(error).__name__}: {error}")

    def __enter__(self) -> "GatewayFeed":
        raise_descriptors(DESCRIPTORS)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._wait(0)
        finally:
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join()


def understood(words: bytes, device: Device, said: Reading) -> Reading:
    """A reading as its device's gateway will have it. Raises UserError for a device that is set up for other words,
    or whose readings would stand in the log as those of travellers."""
    if device.operating_mode is not said.operating_mode:
        raise UserError(
            f"{device.device_id} is {device.operating_mode}: simulated devices speak only for those that have "
            f'operating_mode = "{said.operating_mode}"'
        )
    form = FORMATS[device.format]
    payload = document(device.format, [words]) if form.framing is Framing.DOCUMENT else words
    (heard,) = form.read(payload, device, said.received_at)
    if isinstance(heard, Rejection):
        raise UserError(f"{device.device_id} is set up for other words than simulated devices say: {heard}")
    assert isinstance(heard, type(said))
    return heard
