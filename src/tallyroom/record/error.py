"""What can be wrong with a record, said so that a person can act on it.

    RecordError          anything the record refuses
      Damaged            stored bytes are not what was signed
      Locked             another process is writing to this record

A `Fault` is the same report without stopping: `fsck` and `signatures` collect them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing found wrong: where (a file or "act 17"), what, expected against got, and the mend."""

    where: str
    what: str
    expected: str = ""
    got: str = ""
    mend: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}"
        known = [f"{name} {value}" for name, value in (("expected", self.expected), ("got", self.got)) if value]
        if known:
            text += f" ({', '.join(known)})"
        return f"{text}. {self.mend}" if self.mend else text


class RecordError(Exception):
    """The record refuses; `fault` says what, and `str()` is one line for a person."""

    def __init__(self, where: str, what: str, expected: str = "", got: str = "", mend: str = "") -> None:
        self.fault = Fault(where, what, expected, got, mend)
        super().__init__(str(self.fault))

    def diagnostics(self) -> str:
        """The fault on several lines, one for each thing known."""
        fault = self.fault
        lines = [f"{fault.where}: {fault.what}"]
        for label, value in (("expected", fault.expected), ("got", fault.got), ("mend", fault.mend)):
            if value:
                lines.append(f"  {label + ':':<10}{value}")
        return "\n".join(lines)


class Damaged(RecordError):
    """A stored file is missing, torn, or not what the checkpoint signed."""


class Locked(RecordError):
    """Another process holds the record's writer lock."""
