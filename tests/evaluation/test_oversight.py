"""Integrity on a small simulated border: the insiders are found, and nobody else is."""

from bisect import bisect_right
from collections import Counter
from dataclasses import replace

import orjson
import pytest

from deploy.cli import main
from deploy.commands.evaluate import show_oversight
from deploy.evaluation.oversight.crossings import FRIENDS_PER_INSIDER
from deploy.evaluation.oversight.integrity import (
    INSIDER_LANES_MIN,
    Found,
    Oversight,
    PortResult,
    PortWorld,
    evaluate_integrity,
    figures_of,
    fold_port,
    is_of_favours,
    officers_of,
)
from deploy.evaluation.oversight.officers import PortOfficers, make_officers
from schemas.records import Finding, FindingKind, Light, OperatingMode, Outcome, OutcomeState
from streams.core.rotation import ROTATION_PREFIX

# San Luis, one vehicle in ten for 40 days: 36,000 crossings. In so few days two of three insiders are found at so small
# a port (8 of those of seeds 1 to 12); this one is.
WORLD = Oversight(days=40, seed=4, thin=10, insiders=0)


def san_luis() -> PortOfficers:
    (officers,) = [one for one in officers_of(WORLD) if one.port.code == "2608"]
    return officers


def test_an_insider_is_found_and_no_honest_officer_is_with_or_without_one() -> None:
    honest = san_luis()
    insider = honest.names[0]
    results = [fold_port(replace(honest, corrupt=(insider,)), WORLD), fold_port(honest, WORLD)]
    with_insider, without = [figures_of(WORLD, [result]) for result in results]
    assert (with_insider["insiders"], with_insider["found"], with_insider["false_findings"]) == (1, 1, 0)
    assert (without["found"], without["findings"]) == (0, 0)
    meetings = [one.vehicle_token for one in results[0].findings if one.kind is FindingKind.MEETINGS]
    assert all(one.favours for one in results[0].findings)
    assert set(meetings) <= {None} | {f"friend-{insider}-{number}" for number in range(FRIENDS_PER_INSIDER)}
    assert with_insider["crossings"] > 25_000


def test_the_world_is_as_told() -> None:
    officers = san_luis()
    counts, crossings = Counter[OutcomeState](), Counter[str]()
    for value in PortWorld(officers, replace(WORLD, days=6)).records():
        if isinstance(value, Outcome):
            counts[value.state] += 1
            crossings[value.vehicle_token or ""] += 1
            assert value.officer_on_duty_id in officers.names
    reds = counts.total() - counts[OutcomeState.PASSED]
    assert 0.04 < reds / counts.total() < 0.08
    assert 0 < counts[OutcomeState.NOT_INSPECTED] < counts[OutcomeState.INSPECTED] / 5
    commuters = [token for token, count in crossings.items() if token.startswith("commuter") and count >= 3]
    assert len(commuters) > 100


def test_officers_are_allotted_all_and_work_five_days_of_seven() -> None:
    every = make_officers(1, 800, 2, INSIDER_LANES_MIN)
    assert sum(len(one.names) for one in every) == 800
    assert sum(len(one.corrupt) for one in every) == 2
    largest = max(every, key=lambda one: len(one.names))
    shifts = Counter(name for number in range(21) for name in largest.present(number))
    assert set(shifts.values()) == {5} and set(shifts) == set(largest.names)
    with pytest.raises(ValueError, match="officers"):
        make_officers(1, 50, 0, INSIDER_LANES_MIN)


def test_findings_are_counted_by_whom_they_name() -> None:
    findings = [
        Found(FindingKind.MEETINGS, "a", "t", favours=True),
        Found(FindingKind.MEETINGS, "a", "u", favours=True),
        Found(FindingKind.MEETINGS, "c", "honest"),
        Found(FindingKind.OVERRIDES, "b", None),
    ]
    figures = figures_of(WORLD, [PortResult("2301", ("a", "c"), findings=findings)])
    assert (figures["insiders"], figures["found"], figures["false_findings"], figures["findings"]) == (2, 1, 2, 4)
    assert figures["false_by_kind"] == {FindingKind.MEETINGS: 1, FindingKind.OVERRIDES: 1}


def test_a_finding_is_of_favours_if_most_of_its_passages_are_of_friends_with_the_insider_it_names() -> None:
    favoured = {"p1": "a", "p2": "a", "p3": "other"}
    told = [("a", ("p1", "p2", "p9")), ("a", ("p1", "p9")), ("b", ("p1", "p2")), ("a", ("p1", "p3", "p3")), (None, ())]
    assert [is_of_favours(finding_of(name, passages), favoured) for name, passages in told] == [True] + [False] * 4


def finding_of(officer_id: str | None, passages: tuple[str, ...]) -> Finding:
    return Finding(
        finding_id="f",
        revision=1,
        kind=FindingKind.MEETINGS,
        port_code="2301",
        operating_mode=OperatingMode.SIMULATED,
        officer_id=officer_id,
        trials=1,
        events=1,
        expected=0.1,
        since_at=0,
        found_at=1,
        passages=passages,
        message="",
    )


def test_the_world_in_which_no_honest_officer_is_found_has_shifts_with_a_full_secondary_and_without_a_dog() -> None:
    honest, full, no_dog = san_luis(), Counter[int](), Counter[int]()
    port = PortWorld(honest, WORLD)
    starts = [start_at for start_at, _ in port.shifts()]
    for value in port.records():
        if isinstance(value, Outcome) and value.light is Light.RED:
            shift = bisect_right(starts, value.selected_at or 0)
            full[shift] += 1 if value.state is not OutcomeState.INSPECTED else -100
            if value.state is OutcomeState.INSPECTED:
                no_dog[shift] += 1 if value.exams_missing else -100
    # On a usual shift one red in twenty is not inspected; on these not one of five and more is.
    assert sum(count >= 5 for count in full.values()) >= 1
    assert sum(count >= 5 for count in no_dog.values()) >= 1


def test_every_port_is_folded_and_the_figures_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show_oversight(evaluate_integrity(Oversight(insiders=1, days=1, thin=400, seed=3)), json=True)
    figures = orjson.loads(capsys.readouterr().out)
    assert {"insiders", "found", "false_findings"} <= figures.keys()
    assert (figures["insiders"], figures["officers"], figures["days"]) == (1, 800, 1)
    assert figures["crossings"] > 400  # of 230,000 a day one in 400, freight and the like included


def test_the_command_refuses_a_border_without_enough_officers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--oversight", "--officers", "20", "--json"]) == 1
    assert "officers" in capsys.readouterr().err
    assert main(["evaluate", "--oversight", "--join"]) == 1


def test_every_duty_of_the_world_is_drawn() -> None:
    values = list(PortWorld(san_luis(), replace(WORLD, days=1)).records())
    ids = [value.assignment_id for value in values if hasattr(value, "assignment_id")]
    assert len(ids) > 50 and all(one.startswith(ROTATION_PREFIX) for one in ids)
