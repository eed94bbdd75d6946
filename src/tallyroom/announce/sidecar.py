"""The side-car: what the formats of NIST and Google cannot say, under the same ids of units.

Turnout by hour, the state of every protocol with the act that stands and when it was filed, what was annulled
and corrected, ballots issued, the log of calls.  One file beside each feed, of the same scope.
"""

from collections.abc import Mapping, Sequence

import msgspec
import pyarrow as pa

from tallyroom.announce.feedsource import Feed
from tallyroom.announce.units import COUNTRY, Scope
from tallyroom.tally.results import (
    AnnulledStation,
    CallShown,
    CertificationShown,
    CorrectedStation,
    HourTurnout,
    SnapshotId,
)
from tallyroom.tally.turnout import TurnoutCount


class StationState(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One station: where its protocol stands, and the figures that feeds have no place for.

    act: number of the act in force.  filed_at: its claimed time.  voters: on the register with the day's
    additions.  issued: ballot papers given out.  turnout: voters by fixed hour, as reported.
    """

    status: str
    act: int | None = None
    filed_at: str | None = None
    voters: int | None = None
    issued: int | None = None
    turnout: dict[str, int] = {}


class SideCar(msgspec.Struct, frozen=True):
    """The side-car of one scope.  turnout: voters by area and hour; hours: the country's, with what they rest on."""

    election: str
    contest: str
    data_origin: str
    snapshot: SnapshotId
    hours: tuple[HourTurnout, ...]
    turnout: dict[str, dict[str, int]]
    ballots_cast: int | None
    annulled: tuple[AnnulledStation, ...]
    corrections: tuple[CorrectedStation, ...]
    calls: tuple[CallShown, ...]
    certification: CertificationShown | None
    stations: dict[str, StationState]


def sidecar_json(
    feed: Feed, scope: Scope, table: pa.Table, turnout: TurnoutCount, filed_at: Mapping[int, str]
) -> bytes:
    """The side-car as JSON, one line.  table: the station table; filed_at: claimed times by number of act."""
    return msgspec.json.encode(sidecar(feed, scope, table, turnout, filed_at)) + b"\n"


def sidecar(feed: Feed, scope: Scope, table: pa.Table, turnout: TurnoutCount, filed_at: Mapping[int, str]) -> SideCar:
    """The side-car of a scope."""
    results = feed.results
    inside = {feed.definition.stations.ids[place] for place in scope.stations.tolist()}
    return SideCar(
        election=results.election,
        contest=results.contest,
        data_origin=results.data_origin,
        snapshot=results.snapshot,
        hours=results.turnout.by_time,
        turnout=_by_area(feed, scope, turnout),
        ballots_cast=results.progress.ballots.cast,
        annulled=tuple(one for one in results.annulled if one.station_id in inside),
        corrections=tuple(one for one in results.corrections if one.station_id in inside),
        calls=results.calls,
        certification=results.certification,
        stations=_stations(feed, scope, table, turnout, filed_at),
    )


def _by_area(feed: Feed, scope: Scope, turnout: TurnoutCount) -> dict[str, dict[str, int]]:
    """Voters by fixed hour, for the hours that some station has reported."""
    hours = [place for place, stations in enumerate(turnout.stations.tolist()) if stations]
    rows = turnout.sums.values[:, hours].tolist()
    names = [turnout.hours[place] for place in hours]
    wide = [(COUNTRY, -1)] if scope.top is None else []
    wide += [(feed.units.areas[area], area) for area in scope.areas]
    return {own: dict(zip(names, rows[row], strict=True)) for own, row in wide} if hours else {}


def _stations(
    feed: Feed, scope: Scope, table: pa.Table, turnout: TurnoutCount, filed_at: Mapping[int, str]
) -> dict[str, StationState]:
    rows = table.take(pa.array(scope.stations))
    acts = rows["act"].to_pylist()
    voters, issued = (_figures(rows, column) for column in ("voters", "issued"))
    reported = turnout.voted[scope.stations].tolist()
    return {
        feed.units.stations[place]: StationState(
            status, act, None if act is None else filed_at.get(act), voter, paper, _reported(turnout.hours, hours)
        )
        for place, status, act, voter, paper, hours in zip(
            scope.stations.tolist(), rows["status"].to_pylist(), acts, voters, issued, reported, strict=True
        )
    }


def _figures(rows: pa.Table, column: str) -> Sequence[int | None]:
    found: Sequence[int | None] = rows[column].to_pylist() if column in rows.column_names else [None] * len(rows)
    return found


def _reported(hours: Sequence[str], voted: Sequence[int]) -> dict[str, int]:
    return {hour: count for hour, count in zip(hours, voted, strict=True) if count >= 0}
