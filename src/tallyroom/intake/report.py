"""The report of an import: what became of every row of the table."""

import msgspec

LISTED = 1000
"""How many stations a report names of each kind; the counts are of all."""


class Held(msgspec.Struct, frozen=True):
    """A protocol that went in review: its station, the line of the table, and the equations that it breaks."""

    station_id: str
    line: int
    failures: tuple[str, ...]

    def __str__(self) -> str:
        return f"in review: {self.station_id} (line {self.line}): {', '.join(self.failures)}"


class Difference(msgspec.Struct, frozen=True):
    """A station whose protocol on file has other figures: those of the table and those on file, by name."""

    station_id: str
    line: int
    act: int
    figures: dict[str, tuple[int | None, int | None]]

    def __str__(self) -> str:
        both = [f"{name} {_shown(ours)}, on file {_shown(filed)}" for name, (ours, filed) in self.figures.items()]
        return f"differs: {self.station_id} (line {self.line}, act {self.act}): {'; '.join(both)}"


class ImportReport(msgspec.Struct):
    """What became of the rows of a table, in stations and in votes by candidate.

    first, last: numbers of the acts entered, or None if there are none.  left_out: rows that are no protocol,
    by the rule of the mapping.  votes: of what was entered, by outcome and candidate; figures that could not be
    read add nothing.  held and different name the first stations of their kind, at most LISTED.
    """

    rows: int
    accepted: int = 0
    accepted_with_reason: int = 0
    in_review: int = 0
    unchanged: int = 0
    still_in_review: int = 0
    differs: int = 0
    left_out: dict[str, int] = {}
    votes: dict[str, dict[str, int]] = {}
    first: int | None = None
    last: int | None = None
    held: list[Held] = []
    different: list[Difference] = []

    @property
    def sound(self) -> bool:
        """Whether no protocol of the table is in review, and none differs from what is on file."""
        return self.in_review == self.still_in_review == self.differs == 0

    def text(self) -> str:
        """The report in words: a line for each count that is not 0, then the stations that need a look."""
        counts = {
            "protocols accepted": self.accepted,
            "protocols accepted with the reason given": self.accepted_with_reason,
            "protocols in review": self.in_review,
            "protocols on file already, with the same figures": self.unchanged,
            "of these, still in review": self.still_in_review,
            "protocols on file already with other figures; the record is left as it is": self.differs,
            **{f"rows left out: {why}": count for why, count in self.left_out.items()},
        }
        lines = [f"{count:>9} {what}" for what, count in counts.items() if count]
        return "\n".join([f"{self.rows:>9} rows", *lines, *map(str, self.held), *map(str, self.different)])


def _shown(figure: int | None) -> str:
    return "unread" if figure is None else str(figure)
