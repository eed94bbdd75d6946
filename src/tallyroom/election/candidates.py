"""Candidates, and whether each fulfils what the election's own law asks of a candidate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tallyroom.election.fault import Faults
from tallyroom.election.sheet import Sheet, require_columns

REQUIRED = ("candidate_id", "name", "party", "ballot_order", "incumbent")
OPTIONAL = ("contest", "born", "terms_served")
YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True)
class Candidate:
    """A candidate of one contest in ballot-paper order, with the facts that eligibility depends on."""

    id: str
    name: str
    party: str
    ballot_order: int
    incumbent: bool
    contest: str
    born: date | None = None
    terms_served: int | None = None


@dataclass(frozen=True)
class Eligibility:
    """What the law asks: minimum age in years on election day, most terms served before (None: no limit).

    "No limit" is a rule too, and is written as such in election.toml (maximum_terms = "none").
    """

    minimum_age: int | None = None
    maximum_terms: int | None = None
    citation: str = ""

    def objections(self, candidate: Candidate, on: date) -> list[tuple[str, str]]:
        """(field, what is against it) for each rule that the candidate's known facts break."""
        found = []
        if self.minimum_age is not None and candidate.born is not None:
            age = _age(candidate.born, on)
            if age < self.minimum_age:
                found.append(("born", f"{candidate.id} is {age} on {on}, below {self.minimum_age}"))
        served = candidate.terms_served
        if self.maximum_terms is not None and served is not None and served >= self.maximum_terms:
            found.append(("terms_served", f"{candidate.id} has served {served} of {self.maximum_terms} terms"))
        return found

    def unknown(self, candidates: Sequence[Candidate]) -> list[str]:
        """Facts that a rule asks for and that some candidates do not give: these stay unchecked."""
        asked = {"born": self.minimum_age, "terms_served": self.maximum_terms}
        return [
            f"{candidate.id}: {fact} is not given, so the rule is not checked"
            for candidate in candidates
            for fact, rule in asked.items()
            if rule is not None and getattr(candidate, fact) is None
        ]


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def read_candidates(sheet: Sheet, contests: Sequence[str], faults: Faults) -> tuple[Candidate, ...]:
    """Candidates of candidates.csv in ballot-paper order; every fault with its line."""
    if not require_columns(sheet, REQUIRED, OPTIONAL, faults):
        return ()
    orders = sheet.integers("ballot_order", faults)
    terms = _optional_integers(sheet, "terms_served", faults)
    found = []
    for row in range(sheet.rows):
        cell = {column: sheet.text(column)[row] for column in (*REQUIRED, *OPTIONAL)}
        cell["contest"] = cell["contest"] or contests[0]
        found.append(
            Candidate(
                id=cell["candidate_id"],
                name=cell["name"],
                party=cell["party"],
                ballot_order=int(orders.values[row]),
                incumbent=_yes(sheet, row, cell["incumbent"], faults),
                contest=cell["contest"],
                born=_date(sheet, row, cell["born"], faults),
                terms_served=terms[row],
            )
        )
    _check(sheet, found, contests, faults)
    known = [candidate for candidate in found if candidate.contest in contests]
    return tuple(sorted(known, key=lambda candidate: (contests.index(candidate.contest), candidate.ballot_order)))


def _optional_integers(sheet: Sheet, column: str, faults: Faults) -> list[int | None]:
    """The whole numbers of a column that may be absent, None where a cell is empty."""
    if not sheet.has(column):
        return [None] * sheet.rows
    values, unread = sheet.integers(column, faults)
    return [None if empty else value for value, empty in zip(values.tolist(), unread.tolist(), strict=True)]


def _check(sheet: Sheet, found: Sequence[Candidate], contests: Sequence[str], faults: Faults) -> None:
    ids: dict[str, int] = {}
    orders: dict[tuple[str, int], int] = {}
    for row, candidate in enumerate(found):
        line = sheet.line(row)
        if not candidate.id.isascii() or not candidate.id.replace("_", "").replace("-", "").isalnum():
            message = f"{candidate.id!r} is not made of letters a-z, figures, - and _"
            faults.add(sheet.name, line, "candidate_id", message, "Write a short id such as smith_j")
        if candidate.contest not in contests:
            mend = f"Use one of: {', '.join(contests)}"
            faults.add(sheet.name, line, "contest", f"there is no contest {candidate.contest!r}", mend)
        if (first := ids.setdefault(candidate.id, line)) != line:
            message = f"{candidate.id!r} stands on line {first} already"
            faults.add(sheet.name, line, "candidate_id", message, "Give every candidate an id of their own")
        if candidate.ballot_order == 0:
            mend = "Number the ballot paper 1, 2, 3, ..."
            faults.add(sheet.name, line, "ballot_order", "the place on the ballot paper is missing", mend)
            continue
        place = (candidate.contest, candidate.ballot_order)
        if (first := orders.setdefault(place, line)) != line:
            message = f"place {candidate.ballot_order} is taken by line {first}"
            faults.add(sheet.name, line, "ballot_order", message, "Number the ballot paper 1, 2, 3, ...")


def _yes(sheet: Sheet, row: int, cell: str, faults: Faults) -> bool:
    if cell.lower() not in YES_NO:
        faults.add(sheet.name, sheet.line(row), "incumbent", f"{cell!r} is not yes or no", "Write yes or no")
    return YES_NO.get(cell.lower(), False)


def _date(sheet: Sheet, row: int, cell: str, faults: Faults) -> date | None:
    try:
        return date.fromisoformat(cell) if cell else None
    except ValueError:
        faults.add(sheet.name, sheet.line(row), "born", f"{cell!r} is not a date", "Write it as 1961-12-24")
        return None
