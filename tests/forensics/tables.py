"""Small tables to test on."""

from typing import Any

import numpy as np

from tallyroom.forensics.returns import UNREAD, Returns, grouping, nested


def table(
    registered: list[int],
    ballots: list[int],
    votes: dict[str, list[int]],
    valid: list[int] | None = None,
    area: list[str] | None = None,
    **more: Any,
) -> Returns:
    """Returns from lists; valid votes are the sum of the candidates' unless given."""
    counts = {name: np.array(column, np.int64) for name, column in votes.items()}
    summed = sum(counts.values()) if valid is None else np.array(valid, np.int64)
    return Returns(
        name="table",
        station_ids=tuple(f"P{number}" for number in range(len(registered))),
        registered=np.array(registered, np.int64),
        ballots=np.array(ballots, np.int64),
        valid=np.asarray(summed, np.int64),
        invalid=np.full(len(registered), UNREAD, np.int64),
        votes=counts,
        areas=nested({"area": area}) if area else (),
        **more,
    )


__all__ = ["grouping", "table"]
