"""A failpoint breaks the process at its place and at its pass."""

import multiprocessing
import signal

import pytest

from streams.runtime.failpoints import Failpoints


def pass_thrice(wanted: str) -> None:
    failpoints = Failpoints(wanted)
    for _ in range(3):
        failpoints.hit("after_fold")


def exit_code_of(wanted: str) -> int | None:
    process = multiprocessing.get_context("spawn").Process(target=pass_thrice, args=(wanted,))
    process.start()
    process.join(20)
    return process.exitcode


def test_the_third_pass_kills() -> None:
    assert exit_code_of("after_fold:3") == -signal.SIGKILL


def test_a_pass_that_is_never_reached_does_not_kill() -> None:
    assert exit_code_of("after_fold:4") == 0


def test_another_place_does_not_kill() -> None:
    assert exit_code_of("after_begin:1") == 0


def test_a_name_that_no_place_has_is_refused() -> None:
    with pytest.raises(ValueError, match="no failpoint"):
        Failpoints("after_lunch:1")
