"""`border evaluate` from its options to its tables, JSON and page, on small worlds."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.cli import main
from deploy.commands.evaluate import write_page
from deploy.errors import UserError
from deploy.evaluation.processes import JobFailed, run_all
from deploy.evaluation.run import Run, RunOptions, evaluate_run, seed_of
from deploy.evaluation.scores import Grid, RunFailed, evaluate_scores
from deploy.evaluation.summary import summarise
from producers.simulator.crossings import World, crossings
from tests.evaluation.test_page import check_page
from tests.evaluation.worlds import SEED, default_text, small_world
from tests.support import eventually

SHARES = {"0.01", "0.02", "0.05", "0.10"}
SMALL = "evaluate --days 4 --worlds 1 --seeds 1 --first-seed 7 --thin 400"


def small_run() -> Run:
    """One run of a world of four days."""
    return evaluate_run(small_world(4), SEED, SEED, RunOptions(default_text(), replicates=10))


def figures_in(value: Any) -> list[dict[str, Any]]:
    """Every {value, low, high} in a JSON object."""
    if isinstance(value, list):
        return [figure for one in value for figure in figures_in(one)]
    if not isinstance(value, dict):
        return []
    if set(value) == {"value", "low", "high"}:
        return [value]
    return [figure for one in value.values() for figure in figures_in(one)]


def test_one_world_gives_json_with_intervals_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "report.html"
    assert main([*SMALL.split(), "--json", "--html", str(page)]) == 0
    said = capsys.readouterr()
    result = json.loads(said.out)
    assert said.out.count("\n") == 1 and "about" in said.err
    for key in ("lift_at_red", "precision_at_red", "recall_at_red"):
        assert set(result[key]) == SHARES
    assert set(result["baselines"]) == {"random", "weight_only", "watchlist_only"}
    assert set(result["recall_by_load"]) == {"1", "2-5", "6-11", "12-19", "20+", "ammunition"}
    assert {"calibration", "ablation", "fairness", "disparities", "recall_by_actor", "seconds"} <= set(result)
    assert isinstance(result["calibration_slope"], float)
    assert result["worst_world"] == result["worlds"][0]
    assert "chance" in result["single_gun_first_timers"]["note"]
    for figure in figures_in(result):
        low, high = figure["low"], figure["high"]
        assert None in (low, high) or low <= high
    assert "company" in result["not_evaluated"] and "company" not in result["ablation"]
    words = " ".join(check_page(page.read_text()).words)
    assert result["not_evaluated"]["company"] in words
    assert result["command"] in words and "single-gun first-timers" in words

    assert main([*result["command"].split()[1:], "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    for either in (result, again):
        del either["seconds"]
        for world in (*either["worlds"], either["worst_world"]):
            world.pop("seconds", None)
    assert again == result


def test_tables_say_what_was_found(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert main(SMALL.split()) == 0
    said = capsys.readouterr().out
    for words in ("full score", "random light", "weight only", "watchlist only", "worst world", "slope", "chance"):
        assert words in said
    assert "not evaluated: Evidence of company" in said and "tests.core.convoys.measure" in said


def test_a_page_that_cannot_be_written_is_told_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "report.html"
    there.write_text("mine")
    assert main(["evaluate", "--html", str(there)]) == 1
    assert main(["evaluate", "--html", str(tmp_path / "none" / "report.html")]) == 1
    said = capsys.readouterr().err
    assert "exists; give another name" in said and "cannot be written" in said and "about" not in said
    assert there.read_text() == "mine"


def test_a_page_whose_folder_is_gone_at_the_end_does_not_take_the_figures_along(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()

    def take_away() -> None:
        eventually(lambda: bool(multiprocessing.active_children()), what="a process that simulates")
        folder.rmdir()  # would fail if anything had been left in it

    thief = threading.Thread(target=take_away)
    thief.start()
    assert main([*SMALL.split(), "--json", "--html", str(folder / "report.html")]) == 1
    thief.join()
    said = capsys.readouterr()
    assert set(json.loads(said.out)["lift_at_red"]) == SHARES
    assert "report.html could not be written: No such file or directory; the figures are above" in said.err


def test_a_full_disk_is_told_in_a_sentence_and_leaves_no_part_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    (tmp_path / "report.html.part").symlink_to("/dev/full")
    with pytest.raises(UserError, match="could not be written: No space left on device; the figures are above"):
        write_page(page, summarise([small_run()], 20.0) | {"rule_set_version": "1", "command": "border evaluate"})
    assert list(tmp_path.iterdir()) == []


def test_a_rule_set_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("version = 1")
    assert main([*SMALL.split(), "--rule-set", str(file)]) == 1
    said = capsys.readouterr().err
    assert f"rule set {file}: not a rule set" in said and "runs" not in said  # before any world is simulated
    assert main(["evaluate", "--join", "--rule-set", str(file)]) == 1
    assert "leave --join out" in capsys.readouterr().err


def test_options_of_the_join_are_refused_without_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--minutes", "5"]) == 1
    assert "give --join" in capsys.readouterr().err


def test_a_world_that_fails_names_the_command_that_repeats_it() -> None:
    grid = Grid(first_world=3, worlds=2, first_seed=5, seeds=2, days=1, keep_one_in=400)
    broken = RunOptions(default_text().replace("version = ", "# version = ", 1))
    with pytest.raises(RunFailed) as failure:
        evaluate_scores(grid, broken, 20.0, " --rule-set FILE")
    assert failure.value.command.startswith("border evaluate --days 1 --worlds 1 --first-world ")
    assert "--seeds 1 --first-seed " in failure.value.command and "version" in str(failure.value)
    assert failure.value.command.endswith("--thin 400 --rule-set FILE")


def test_every_world_has_every_seed_and_can_be_repeated_alone() -> None:
    grid = Grid(first_world=3, worlds=2, first_seed=10, seeds=3, days=60, keep_one_in=50)
    assert grid.runs == [(3, 10), (3, 11), (3, 12), (4, 10), (4, 11), (4, 12)]
    assert grid.alone(4).runs == [(4, 11)]
    assert "--thin 50 --inbound --rule-set X" in replace(grid, inbound=True).command(" --rule-set X")
    assert Grid(3, 2, 10, 6, 60, 50).expected_seconds == 2 * grid.expected_seconds


def test_worlds_with_the_same_ports_and_seed_share_no_vehicle() -> None:
    def plates(world_seed: int) -> set[str]:
        world = World(days=2, keep_one_in=400)
        return {one.truth.vehicle.plate for one in crossings(world, seed_of(world_seed, 7))}

    one, other = plates(1), plates(2)
    assert one and other and one.isdisjoint(other) and one == plates(1)


def half(number: int, report: Any) -> float:
    report(number)
    if number == 7:
        raise ZeroDivisionError("seven")
    return number / 2


def test_results_come_in_the_order_of_the_jobs_whoever_is_done_first() -> None:
    assert run_all(half, range(5), 1.0, "halves", "numbers") == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_a_job_that_fails_ends_the_others_and_is_named() -> None:
    with pytest.raises(JobFailed) as failure:
        run_all(half, [1, 7, 3], 1.0, "halves", "numbers")
    assert failure.value.number == 1 and isinstance(failure.value.__cause__, ZeroDivisionError)


def die(number: int, report: Any) -> float:
    report(number)
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_process_that_dies_is_told_as_such_and_no_job_is_blamed_for_it() -> None:
    with pytest.raises(JobFailed) as failure:
        run_all(die, [0, 1, 2], 1.0, "numbers", "numbers")
    assert failure.value.number is None and "a worker process died" in failure.value.reason


def test_a_join_whose_process_dies_ends_in_a_sentence_with_the_command_that_repeats_it() -> None:
    options = "--join --seeds 2 --first-seed 7 --minutes 30"
    command = [sys.executable, "-m", "deploy", "evaluate", *options.split()]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True, text=True)

    def workers() -> list[int]:
        try:
            found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            return [int(one) for one in found if "spawn_main" in Path(f"/proc/{one}/cmdline").read_text()]
        except OSError:
            return []  # one of them ended meanwhile

    eventually(lambda: len(workers()) == 2, what="two processes that simulate")
    os.kill(workers()[0], signal.SIGKILL)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 1 and "Traceback" not in said, said
    assert "a worker process died" in said
    assert "border evaluate --join --scenario rush-hour --minutes 30 --seeds 2 --first-seed 7" in said


def test_ctrl_c_ends_the_run_and_its_processes() -> None:
    options = "--days 60 --worlds 2 --seeds 1 --first-seed 7"
    command = [sys.executable, "-m", "deploy", "evaluate", *options.split()]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True, text=True)
    assert process.stderr is not None
    assert "about" in process.stderr.readline()  # stated before the processes start
    # Itself, a helper of multiprocessing, and at least one that works.
    eventually(lambda: processes_of(process.pid) > 2, what="a process that works")
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 130 and "Traceback" not in said
    eventually(lambda: processes_of(process.pid) == 0, what="the end of all processes")


def processes_of(session: int) -> int:
    """Processes of a session that have not ended."""
    found = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue  # ended meanwhile
        found += int(its_session) == session and state != "Z"
    return found
