"""The gateways of the platform that runs here, as they tell over HTTP: ready, room, clocks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client.parser import text_string_to_metric_families

from deploy.doctor.check import Check, Level, Problem, verdict
from deploy.doctor.machine import FREE_BYTES_FAIL, FREE_BYTES_WARN
from deploy.scrape import GatewayState, fetch, gateway_state

OLDEST_SECONDS_WARN: Final = 10.0
OLDEST_SECONDS_FAIL: Final = 60.0
"""What is older than ten seconds when it is delivered goes to the backlog and gets no light; a line that is cut for a
minute does not come back by itself."""

NAMED_MAX: Final = 5

TOLD_BY_ALL: Final = ("border_gateway_spool_full", "border_gateway_damaged", "border_gateway_spool_bytes")
"""What every gateway tells from its start on."""


@dataclass(frozen=True)
class GatewayFound:
    """A gateway as its metrics tell."""

    state: GatewayState
    is_full: bool = False
    damaged: int = 0
    spool_bytes: float = 0
    free_bytes: float = 0
    clocks_wrong: tuple[str, ...] = ()
    """Devices."""

    lacking: tuple[str, ...] = ()
    """Metrics that whatever answers does not tell."""


def describe_gateway(gateway: dict[str, Any]) -> GatewayFound:
    """A gateway of platform.json, or whatever else answers at its port."""
    try:
        state, text = gateway_state(gateway), fetch(gateway["metrics_port"], "/metrics")
        families = list(text_string_to_metric_families(text or ""))
    except ValueError:  # no metrics at all
        answers = GatewayState(gateway["name"], ready=False, answers=True, devices=gateway["devices"])
        return GatewayFound(answers, lacking=TOLD_BY_ALL)
    if text is None:
        return GatewayFound(state)
    samples = [sample for family in families for sample in family.samples]
    values = {sample.name: sample.value for sample in samples}  # of metrics with one series each
    lacking = tuple(name for name in TOLD_BY_ALL if math.isnan(values.get(name, math.nan)))
    if lacking:
        return GatewayFound(state, lacking=lacking)
    return GatewayFound(
        state,
        bool(values["border_gateway_spool_full"]),
        int(values["border_gateway_damaged"]),
        values["border_gateway_spool_bytes"],
        values.get("border_disk_free_bytes", math.inf),  # not told by an older version
        tuple(one.labels["device"] for one in samples if one.name == "border_gateway_clock_wrong" and one.value),
    )


def check_gateways(running: dict[str, Any] | None, found: Sequence[GatewayFound], directory: str) -> list[Check]:
    """Each gateway: does it answer and take readings, has it room, does it deliver, are its devices' clocks right."""
    if running is None:
        what = f"no platform runs in {directory}; its gateways are asked where it runs"
    elif not found:
        what = f"the platform in {directory} was started without gateways"
    else:
        return [check_gateway(one) for one in found]
    return [Check("gateway", Level.OK, what)]


def check_gateway(found: GatewayFound) -> Check:
    """One gateway."""
    state = found.state
    name, log = state.name.replace("-", " ", 1), f"look at the end of its log, {state.name}.log in the state directory"
    if not state.answers:
        return Check(name, Level.FAIL, "does not answer", f"{log}; devices that keep readings send them again")
    if found.lacking:
        what = f"answers, but is no gateway: it does not tell {', '.join(found.lacking)}"
        return Check(name, Level.FAIL, what, f"does another process have its port? {log}")
    problems = []
    if not state.ready:
        problems.append(Problem(Level.FAIL, "takes no readings: it starts, stops, or its disk failed", log))
    oldest = f"the oldest {state.oldest_seconds:.1f} s"
    words = f"{state.devices} devices, {state.kept:,.0f} readings not delivered, {oldest}"
    if state.oldest_seconds > OLDEST_SECONDS_WARN:
        level = Level.FAIL if state.oldest_seconds > OLDEST_SECONDS_FAIL else Level.WARN
        mend = "nothing is lost while it has room; does it reach the broker and the registry? mend its line"
        problems.append(Problem(level, words, mend))
    return verdict(name, f"ready, {words}", [*problems, *_of_room(found), *_of_clocks(found)])


def _of_room(found: GatewayFound) -> list[Problem]:
    mend, problems = "make room on its disk, or raise spool_bytes_max in its site's file", []
    free = f"{found.free_bytes / (1 << 30):.1f} GiB free below its spool of {found.spool_bytes / (1 << 20):.0f} MiB"
    if found.is_full:
        problems.append(Problem(Level.FAIL, f"takes nothing, its spool is full: {free}", mend))
    elif math.isnan(found.free_bytes):
        what = "cannot tell how much is free on the disk of its spool"
        problems.append(Problem(Level.WARN, what, "is its directory still there, and may it read it?"))
    elif found.free_bytes < FREE_BYTES_WARN:
        level = Level.FAIL if found.free_bytes < FREE_BYTES_FAIL else Level.WARN
        problems.append(Problem(level, free, mend))
    if found.damaged:
        what = f"{found.damaged} readings have changed on its disk"
        problems.append(Problem(Level.FAIL, what, "replace the disk; they stand in the spool's table `damaged`"))
    return problems


def _of_clocks(found: GatewayFound) -> list[Problem]:
    wrong, devices = found.clocks_wrong, found.state.devices
    if not wrong:
        return []
    if 1 < devices == len(wrong):
        what = f"the clocks of all its {devices} devices are off, against its own"
        return [Problem(Level.WARN, what, "is it this machine's own clock? let a time service set it")]
    named = ", ".join(wrong[:NAMED_MAX]) + (f" and {len(wrong) - NAMED_MAX} more" if len(wrong) > NAMED_MAX else "")
    return [Problem(Level.WARN, f"clocks are off of {named}", "set them right, or give them a time server")]
