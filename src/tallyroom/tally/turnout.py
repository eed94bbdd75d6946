"""Turnout: voters who had received a ballot paper by the fixed hours of polling day, station by station."""

import numpy as np

from tallyroom.election.definition import Definition
from tallyroom.tally.sums import AreaSums, Rows


class TurnoutCount:
    """Turnout reports of n stations at h fixed hours.

    voted: shape (n, h), -1 where not reported.  sums: totals by area, shape (areas + 1, h).  stations: how
    many stations reported each hour, shape (h,).  fell: reports below an earlier hour of the same station.
    """

    def __init__(self, definition: Definition) -> None:
        stations, hours = len(definition.stations), len(definition.turnout_hours)
        self.hours = definition.turnout_hours
        self.voted: Rows = np.full((stations, hours), -1, np.int64)
        self.sums = AreaSums(definition.areas, hours)
        self.stations: Rows = np.zeros(hours, np.int64)
        self.fell: list[int] = []
        self._area = definition.stations.area
        self._place = {hour: place for place, hour in enumerate(self.hours)}

    def report(self, station: int, hour: str, voted: int, act: int) -> bool:
        """Enter a report (a later one replaces it); False where there is no such hour or it is negative."""
        place = self._place.get(hour)
        if place is None or voted < 0:
            return False
        before = int(self.voted[station, place])
        row = np.zeros(len(self.hours), np.int64)
        row[place] = voted - max(before, 0)
        self.sums.add_one(int(self._area[station]), row)
        self.stations[place] += before < 0
        if place and voted < self.voted[station, :place].max():
            self.fell.append(act)
        self.voted[station, place] = voted
        return True

    def latest(self, station: int) -> int:
        """The last hour's report of a station, or -1."""
        reported = np.flatnonzero(self.voted[station] >= 0)
        return int(self.voted[station, reported[-1]]) if len(reported) else -1
