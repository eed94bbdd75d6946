"""Runners: many independent pieces of work, here, in processes of this machine, or on a Dask cluster.

A piece of work is a function of a task and of nothing else (its random numbers are seeded by the task), so that every
runner gives the same results in the order of the tasks.  A worker that dies is replaced and its tasks are done again.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from tallyroom.forensics.progress import Progress, silent

T = TypeVar("T")
R = TypeVar("R")

MOST_DEATHS = 3
"""Times in a row that workers may die without any task done; then the work itself is at fault."""


PIECES = 100
"""A cluster is given so many pieces of work, not each task by itself: its scheduler needs longer than a short task."""

PATIENCE = 5
"""Seconds in which a scheduler has to answer."""


class WorkerDied(Exception):
    """Workers died again and again on the same tasks."""


class Runner(Protocol):
    """Does the same work on many tasks."""

    def run(self, work: Callable[[T], R], tasks: Sequence[T], progress: Progress = silent) -> list[R]:
        """The results in the order of the tasks."""


class Here:
    """One task after the other, in this process."""

    def run(self, work: Callable[[T], R], tasks: Sequence[T], progress: Progress = silent) -> list[R]:
        """The results in the order of the tasks."""
        results = []
        for number, task in enumerate(tasks, 1):
            results.append(work(task))
            progress(number, len(tasks))
        return results


_work: Callable[[Any], Any] | None = None


def _keep(work: Callable[[Any], Any]) -> None:
    global _work  # noqa: PLW0603  a process is told its work once; it holds a whole table
    _work = work


def _do(task: Any) -> Any:
    assert _work is not None
    return _work(task)


class Processes:
    """As many tasks at once as there are processes, on this machine."""

    def __init__(self, processes: int) -> None:
        self.processes = processes

    def run(self, work: Callable[[T], R], tasks: Sequence[T], progress: Progress = silent) -> list[R]:
        """The results in the order of the tasks.  Raises WorkerDied."""
        results: dict[int, R] = {}
        deaths = 0
        while len(results) < len(tasks):
            before = len(results)
            left = [number for number in range(len(tasks)) if number not in results]
            try:
                self._round(work, tasks, left, results, progress)
            except BrokenProcessPool:
                deaths = deaths + 1 if len(results) == before else 0
                if deaths >= MOST_DEATHS:
                    raise WorkerDied(f"workers died {deaths} times on the same {len(left)} tasks") from None
        return [results[number] for number in range(len(tasks))]

    def _round(
        self,
        work: Callable[[T], R],
        tasks: Sequence[T],
        left: list[int],
        results: dict[int, R],
        progress: Progress,
    ) -> None:
        context = get_context("spawn")
        with ProcessPoolExecutor(self.processes, context, initializer=_keep, initargs=(work,)) as pool:
            futures: dict[Future[Any], int] = {pool.submit(_do, tasks[number]): number for number in left}
            while futures:
                done, _ = wait(futures, return_when=FIRST_COMPLETED)
                for future in done:
                    results[futures.pop(future)] = future.result()
                progress(len(results), len(tasks))


class Cluster:
    """Tasks on the workers of a Dask scheduler, `tcp://host:port` (the extra `cluster`)."""

    def __init__(self, address: str) -> None:
        self.address = address

    def reach(self) -> None:
        """Raises OSError where no scheduler answers, ImportError without the extra."""
        _distributed().Client(self.address, timeout=PATIENCE).close()

    def run(self, work: Callable[[T], R], tasks: Sequence[T], progress: Progress = silent) -> list[R]:
        """The results in the order of the tasks; Dask gives the tasks of a dead worker to another."""
        dask = _distributed()
        with dask.Client(self.address, timeout=PATIENCE) as client:
            there = client.scatter(work, broadcast=True)
            size = max(1, len(tasks) // PIECES)
            pieces = [list(tasks[start : start + size]) for start in range(0, len(tasks), size)]
            futures = [client.submit(_call, there, piece, pure=False) for piece in pieces]
            for number, _ in enumerate(dask.as_completed(futures), 1):
                progress(min(number * size, len(tasks)), len(tasks))
            results: list[list[R]] = client.gather(futures)
            return [result for piece in results for result in piece]


def _distributed() -> Any:
    """The extra, which is slow to import and has no types for its own calls.  Raises ImportError without it."""
    return import_module("distributed")


def _call(work: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
    return [work(task) for task in tasks]
