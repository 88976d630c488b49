"""Runs in processes under a progress bar on stderr: independent pieces of work, told apart by a number."""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.sharedctypes import SynchronizedArray
from typing import Final, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

PROCESSES: Final = 2
PROGRESS_EVERY_SECONDS: Final = 0.2

Job = TypeVar("Job")
Result = TypeVar("Result")
Report = Callable[[float], None]  # told how far a piece of work has got, in its own unit

_done: "SynchronizedArray[float] | None" = None  # of a process of the pool, by its initializer


class JobFailed(Exception):
    """A piece of work failed; `__cause__` says why, `number` which, or None where a process died: with it went what the
    others were at, so nobody knows whose work killed it."""

    def __init__(self, number: int, error: BaseException, died: bool) -> None:
        super().__init__(f"piece of work {number} failed")
        self.number = None if died else number
        self.reason = f"{type(error).__name__}: {error}"
        if died:
            self.reason = "a worker process died; it was killed, or the memory was not enough"


def run_all(
    work: Callable[[Job, Report], Result], jobs: Sequence[Job], size: float, title: str, unit: str
) -> list[Result]:
    """The results of all jobs, in their order. Raises JobFailed for the first that fails; that ends the others too.

    `work` is a function of a module, since a process imports it; every job is `size` of `unit` long.
    """
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[what]}")
    context = get_context("spawn")  # a fork would copy the bar's thread's locks
    done = context.Array("d", len(jobs))
    pool = ProcessPoolExecutor(min(PROCESSES, len(jobs)), context, share_progress, (done,))
    console = Console(stderr=True)
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task(title, total=size * len(jobs), what="")
        try:
            futures = [submit(pool, work, job, number, size) for number, job in enumerate(jobs)]
            waiting = set(futures)
            while waiting:
                finished, waiting = wait(waiting, PROGRESS_EVERY_SECONDS, FIRST_COMPLETED)
                for future in finished:
                    raise_failed(futures, future)
                progress.update(task, completed=sum(done[:]), what=f"{sum(done[:]):.0f} {unit}")
        except BaseException:
            for process in multiprocessing.active_children():
                process.terminate()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
    return [future.result() for future in futures]


def submit(
    pool: ProcessPoolExecutor, work: Callable[[Job, Report], Result], job: Job, number: int, size: float
) -> "Future[Result]":
    """Hand over a job. Raises JobFailed if a process has died already, at an earlier one or in starting."""
    try:
        return pool.submit(work_on, work, job, number, size)
    except (BrokenProcessPool, BrokenPipeError) as error:
        raise JobFailed(number, error, died=True) from error


def raise_failed(futures: Sequence["Future[Result]"], finished: "Future[Result]") -> None:
    """Raises JobFailed if this one's work raised."""
    error = finished.exception()
    if error is not None:
        raise JobFailed(futures.index(finished), error, isinstance(error, BrokenProcessPool)) from error


def share_progress(done: "SynchronizedArray[float]") -> None:
    """In a process of the pool: where it says how far each job has got. Ctrl-C is the parent's to answer."""
    global _done
    _done = done
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def work_on(work: Callable[[Job, Report], Result], job: Job, number: int, size: float) -> Result:
    """In a process of the pool: one job, the `number`th."""
    assert _done is not None
    shared = _done

    def report(done: float) -> None:
        shared[number] = min(max(done, 0.0), size)

    result = work(job, report)
    shared[number] = size
    return result
