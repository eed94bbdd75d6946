"""Progress of long work: a function that is told how much is done of how much."""

from collections.abc import Callable

Progress = Callable[[int, int], None]


def silent(_done: int, _total: int) -> None:
    """Nobody is looking."""
