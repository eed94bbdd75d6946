"""Faults of input: where a file is wrong, and how to mend it; all of them at once, never a traceback."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: file, line (1 is the first; None for the whole file), field, message, mend."""

    file: str
    line: int | None
    field: str
    message: str
    mend: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        what = f"{self.field}: {self.message}" if self.field else self.message
        return f"{place}: {what}. {self.mend}."


class BadInput(Exception):
    """Input that cannot be used; `faults` names every place.  Nothing has been written."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


@dataclass
class Faults:
    """Collects faults while a file is read, keeps the first `limit` in full, and counts the rest."""

    limit: int = 1000
    kept: list[Fault] = field(default_factory=list)
    count: int = 0

    def add(self, file: str, line: int | None, field: str, message: str, mend: str) -> None:
        """Note one more fault."""
        self.count += 1
        if self.count <= self.limit:
            self.kept.append(Fault(file, line, field, message, mend))

    def __iter__(self) -> Iterator[Fault]:
        yield from self.kept
        if self.count > self.limit:
            rest = self.count - self.limit
            yield Fault("", None, "", f"{rest} more faults of the same input are not listed", "Mend these first")

    def refuse(self) -> None:
        """Raise BadInput if there is any fault."""
        if self.count:
            raise BadInput(tuple(self))
