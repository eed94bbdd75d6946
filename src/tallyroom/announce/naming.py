"""Names in the reader's language: what names.csv gives for candidates, areas, contests and the election.

A row of names.csv names an id (of a candidate, an area, a contest or the election; for a party, its name on the
ballot paper).  Of several rows for one id and language the first is used and the others are attributed variants.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from tallyroom.election.definition import Definition, Name
from tallyroom.tally.results import Results

Names = Mapping[str, str]


def names_in(names: Iterable[Name], code: str) -> dict[str, str]:
    """The first name of each id in a language."""
    found: dict[str, str] = {}
    for name in names:
        if name.language == code:
            found.setdefault(name.id, name.text)
    return found


def variants(definition: Definition, area_id: str, shown: str, code: str) -> list[Name]:
    """The other names of an area in a language that names.csv attributes to a source."""
    named = (name for name in definition.names if name.id == area_id and name.language == code)
    return [name for name in named if name.text != shown and name.source]


def named(results: Results, names: Names) -> Results:
    """Results with the names of a language where there are some."""
    if not names:
        return results
    return replace(
        results,
        election_name=names.get(results.election, results.election_name),
        contest_name=names.get(results.contest, results.contest_name),
        candidates=tuple(
            replace(one, name=names.get(one.id, one.name), party=names.get(one.party, one.party))
            for one in results.candidates
        ),
        areas=tuple(replace(area, name=names.get(area.area_id, area.name)) for area in results.areas),
    )
