"""The stage workers of the platform that runs here, as they tell over HTTP."""

from collections.abc import Sequence
from typing import Any, Final

from deploy.doctor.check import Check, Level, Problem, verdict
from deploy.scrape import WorkerState
from deploy.stages import STAGE_NAMES

LAG_SECONDS_WARN: Final = 5.0
LAG_SECONDS_FAIL: Final = 60.0
"""A light is drawn by lot after a second without its selection; a minute behind, no vehicle is still at its light."""


def check_workers(running: dict[str, Any] | None, states: Sequence[WorkerState], directory: str) -> list[Check]:
    """Each worker: does it answer, has it recovered, is it behind; and is every stage there."""
    if running is None:
        return [
            Check("stage workers", Level.OK, f"no platform runs in {directory}; its workers are asked where it runs")
        ]
    started = {process["stage"] for process in running["processes"]}
    if not started:
        return [Check("stage workers", Level.OK, f"the platform in {directory} was started without stages")]
    missing = [stage for stage in STAGE_NAMES if stage not in started]
    checks = [check_worker(state) for state in states]
    if missing:
        mend = "was it started by an older version? `border down`, then `border up`"
        checks.append(Check("stage others", Level.FAIL, f"no worker of {', '.join(missing)}", mend))
    return checks


def check_worker(state: WorkerState) -> Check:
    """One worker."""
    name, mend = f"stage {state.name}", f"look at the end of its log, {state.name}.log in the state directory"
    if not state.answers:
        return Check(name, Level.FAIL, "does not answer", f"{mend}; a stopped process: kill -CONT")
    problems = []
    if not state.ready:
        what = "is not ready: it reads its state back, or waits for the registry"
        problems.append(Problem(Level.WARN, what, f"ask again in a minute; then {mend}"))
    words = f"{state.lag_records:,.0f} records, {state.lag_seconds:.1f} s behind"
    if state.lag_seconds > LAG_SECONDS_WARN:
        level = Level.FAIL if state.lag_seconds > LAG_SECONDS_FAIL else Level.WARN
        problems.append(
            Problem(level, words, "border top: is it stuck, or slower than what comes? more workers, else its log")
        )
    return verdict(name, f"ready, {words}", problems)
