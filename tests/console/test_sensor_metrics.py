"""Blind sensors by port and role, from the alerts that the lanes stage itself writes."""

import msgspec

from schemas.records import Alert, AlertKind, OperatingMode, SensorRole
from streams.console.sensor_metrics import SensorMetrics
from tests.core.lanes.builders import FRONT, SCALE, Car, LaneRun, readings_of

WORKING, OUT = 40, 15


def alerts_of(out: SensorRole, seen_again: int) -> list[Alert]:
    """What the stage says of cars 15 s apart that a sensor works for, is blind for, and sees again."""
    blind = range(WORKING, WORKING + OUT)
    cars = [
        Car(f"car{at}", 15.0 * at, f"ABC{at:04d}", missing=(out,) if at in blind else ())
        for at in range(WORKING + OUT + seen_again)
    ]
    run = LaneRun()
    run.send(*readings_of(cars))
    return [output.value for output in run.finish().outputs if isinstance(output.value, Alert)]


def metrics_of(ports: set[str]) -> SensorMetrics:
    """One that has nothing to catch up with."""
    metrics = SensorMetrics(ports)
    metrics.all_read()
    return metrics


def gauges(metrics: SensorMetrics) -> dict[tuple[str, ...], float]:
    (family,) = metrics.collect()
    return {tuple(sample.labels.values()): sample.value for sample in family.samples}


def test_an_incident_that_is_over_is_never_told_while_what_was_written_is_read() -> None:
    (begun, ended), metrics = alerts_of(FRONT, 40), SensorMetrics({"2301"})
    metrics.tell(begun)
    assert gauges(metrics) == {}
    metrics.tell(ended)
    metrics.all_read()
    assert gauges(metrics)["2301", FRONT, "OPERATIONAL"] == 0
    assert ("2301", FRONT, "SIMULATED") not in gauges(metrics)


def test_a_blind_sensor_counts_at_its_port_and_role_from_the_first_on_until_it_sees_again() -> None:
    metrics = metrics_of({"2301", "2304"})
    front, scale = alerts_of(FRONT, 40), alerts_of(SCALE, 40)
    assert len(front) == len(scale) == 2
    other = msgspec.structs.replace(front[0], incident_id=front[0].incident_id.replace("2301/03", "2301/04"))
    for alert in (front[0], front[0], other, scale[0]):
        metrics.tell(alert)
    found = gauges(metrics)
    assert (found["2301", FRONT, "SIMULATED"], found["2301", SCALE, "SIMULATED"]) == (2, 1)
    assert (found["2301", FRONT, "OPERATIONAL"], found["2304", SCALE, "OPERATIONAL"]) == (0, 0)
    metrics.tell(front[1])
    assert gauges(metrics)["2301", FRONT, "SIMULATED"] == 1


def test_nobody_makes_series_by_what_he_writes() -> None:
    (begun, _), metrics = alerts_of(FRONT, 40), metrics_of({"2301"})
    before = gauges(metrics)
    metrics.tell(msgspec.structs.replace(begun, port_code="9999"))
    assert metrics.has_unknown()
    for incident_id in ("", "2301/03 SIMULATED EYE 1", f"2301/03 {FRONT}", f"2301/03 SIMULATED {SensorRole.XRAY} 1"):
        metrics.tell(msgspec.structs.replace(begun, incident_id=incident_id))
    metrics.tell(msgspec.structs.replace(begun, kind=AlertKind.RISK))
    metrics.tell(None)
    assert gauges(metrics) == before


def test_a_port_that_becomes_known_is_told_of() -> None:
    (begun, _), ports = alerts_of(FRONT, 40), set[str]()
    metrics = metrics_of(ports)
    metrics.tell(msgspec.structs.replace(begun, operating_mode=OperatingMode.OPERATIONAL))
    assert gauges(metrics) == {}
    ports.add("2301")
    assert gauges(metrics)["2301", FRONT, "OPERATIONAL"] == 1
