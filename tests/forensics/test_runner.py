"""Runners: the same results wherever the work runs, also when a worker dies."""

import os
from functools import partial
from pathlib import Path

import pytest

from tallyroom.forensics.runner import Cluster, Here, Processes, Runner, WorkerDied


@pytest.fixture(autouse=True)
def _workers_find_this_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker imports the function it is given, and takes the search path of the process that started it."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2])


def square(number: int) -> int:
    return number * number


def die_once(marker: str, number: int) -> int:
    """Ends its process the first time that it is asked for 3."""
    if number == 3 and not Path(marker).exists():
        Path(marker).touch()
        os._exit(1)
    return number * number


def die(_number: int) -> int:
    os._exit(1)


def wrong(number: int) -> int:
    raise ValueError(number)


@pytest.mark.parametrize("runner", [Here(), Processes(2)], ids=["here", "processes"])
def test_results_are_in_the_order_of_the_tasks(runner: Runner) -> None:
    told: list[tuple[int, int]] = []
    found = runner.run(square, [5, 3, 4, 1], lambda done, total: told.append((done, total)))
    assert found == [25, 9, 16, 1]
    assert told[-1] == (4, 4)
    assert runner.run(square, []) == []


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    work = partial(die_once, str(tmp_path / "died"))
    assert Processes(2).run(work, [1, 2, 3, 4]) == [1, 4, 9, 16]
    assert (tmp_path / "died").exists()


def test_work_that_kills_every_worker_is_given_up() -> None:
    with pytest.raises(WorkerDied):
        Processes(2).run(die, [1])


def test_an_error_of_the_work_is_that_error() -> None:
    with pytest.raises(ValueError, match="7"):
        Processes(2).run(wrong, [7])


def test_a_cluster_gives_the_same_and_survives_a_dead_worker(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        runner = Cluster(cluster.scheduler_address)
        assert runner.run(square, [5, 3, 4, 1]) == [25, 9, 16, 1]
        assert runner.run(partial(die_once, str(tmp_path / "died")), [1, 2, 3, 4]) == [1, 4, 9, 16]
