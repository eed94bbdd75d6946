"""The check of a feed: it is read back as it was written, and published only if it holds together.

Neither JSON Schema nor Google's validator adds anything up, and a JSON Schema does not follow a reference.  So
here: every id is given once and every reference leads to one; units are one tree; votes and ballots of each
place are the sum of those of the places that it is made of, and those of the country and of each area are the
totals of the count.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

import msgspec

from tallyroom.announce.feedsource import Feed
from tallyroom.announce.nistmodel import ElectionReport
from tallyroom.announce.sidecar import SideCar
from tallyroom.announce.units import COUNTRY, Scope
from tallyroom.record.error import RecordError

BALLOTS = "ballots"
INVALID = "invalid"

Counts = dict[str, dict[str, int]]
"""Figures by measure (a candidate's id in the feed, `ballots`, `invalid`), then by unit."""


@dataclass
class Read:
    """What a feed says: ids given, references made, the units that each unit is made of, and figures."""

    ids: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    units: dict[str, Sequence[str]] = field(default_factory=dict)
    counts: Counts = field(default_factory=dict)


class Unsound(RecordError):
    """A feed does not hold together and is not published."""


def check_nist(name: str, content: bytes, feed: Feed, scope: Scope) -> None:
    """Raises Unsound where a report in NIST's JSON does not hold together, or is not of the model."""
    try:
        document = msgspec.json.decode(content, type=ElectionReport)
    except msgspec.MsgspecError as error:
        raise Unsound(name, f"is not of the model: {error}") from error
    _check(name, _read_nist(document), feed, scope, (BALLOTS, INVALID))


def check_civics(name: str, content: bytes, feed: Feed, scope: Scope) -> None:
    """Raises Unsound where a feed in Google's XML does not hold together, or is not well-formed."""
    try:
        expat.ParserCreate().Parse(content, True)
    except expat.ExpatError as error:
        raise Unsound(name, f"is not XML: {error}") from error
    _check(name, _read_civics(content.decode()), feed, scope, ())


def check_sidecar(name: str, content: bytes, feed: Feed, scope: Scope) -> None:
    """Raises Unsound where a side-car is not about the units of its feed."""
    document = msgspec.json.decode(content, type=SideCar)
    expected = {feed.units.stations[place] for place in scope.stations.tolist()}
    if document.stations.keys() != expected:
        raise Unsound(name, "is not about the stations of its feed", f"{len(expected)}", f"{len(document.stations)}")


def _check(name: str, read: Read, feed: Feed, scope: Scope, measures: Iterable[str]) -> None:
    for fault in _faults(read):
        raise Unsound(name, fault)
    for measure, own in _totals(feed, scope, measures).items():
        found = read.counts.get(measure, {})
        for unit, total in own.items():
            if found.get(unit) != total:
                raise Unsound(name, f"{measure} of {unit} is not the count's total", str(total), str(found.get(unit)))


def _faults(read: Read) -> Iterator[str]:
    yield from (f"the id {own} is given {times} times" for own, times in Counter(read.ids).items() if times > 1)
    known = set(read.ids)
    yield from (
        f"{reference} is referred to and is not there" for reference in read.references if reference not in known
    )
    composed = [inner for inners in read.units.values() for inner in inners]
    roots = read.units.keys() - composed
    if roots != {COUNTRY} or len(set(composed)) < len(composed):
        yield f"the units are no tree: tops {', '.join(sorted(roots)) or 'none'}"
    made_of = {unit: inners for unit, inners in read.units.items() if inners}
    for measure, counts in read.counts.items():
        yield from _sums(measure, counts, made_of)


def _sums(measure: str, counts: Mapping[str, int], units: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Where a place with parts has another figure than these have together; parts without a figure have none."""
    for unit, inners in units.items():
        parts = [counts.get(inner) for inner in inners]
        if unit in counts and any(part is not None for part in parts):
            total = sum(part or 0 for part in parts)
            if total != counts[unit]:
                yield f"{measure} of {unit} is {counts[unit]}, and of its parts {total}"
        elif unit in counts and parts and counts[unit]:
            yield f"{measure} of {unit} is {counts[unit]}, and none of its parts has any"


def _totals(feed: Feed, scope: Scope, measures: Iterable[str]) -> Counts:
    """What the count itself has for the country, where it is the scope, and for each area of it."""
    results, wanted = feed.results, {*measures}
    found: Counts = {}
    by_id = {one.id: one.votes for one in results.candidates}
    for own, candidate in zip(feed.candidates, feed.contest.candidates, strict=True):
        found[own] = {COUNTRY: by_id[candidate.id]} if scope.top is None else {}
        found[own] |= {feed.units.areas[a]: results.areas[a].votes[candidate.id] for a in scope.areas}
    if INVALID in wanted:
        found[INVALID] = {COUNTRY: results.invalid} if scope.top is None else {}
        found[INVALID] |= {feed.units.areas[a]: results.areas[a].invalid for a in scope.areas}
    if BALLOTS in wanted and scope.top is None:
        found[BALLOTS] = {COUNTRY: results.progress.ballots.counted}
    return found


def _read_nist(document: ElectionReport) -> Read:
    read = Read(counts={BALLOTS: {}, INVALID: {}})
    for unit in document.gp_unit:
        read.units[unit.id] = unit.composing_gp_unit_ids
        read.references += unit.composing_gp_unit_ids
        read.ids.append(unit.id)
    for kind in (document.office, document.party, document.person):
        read.ids += [one.id for one in kind]
    read.references += [office.election_district_id for office in document.office]
    for election in document.election:
        read.references.append(election.election_scope_id)
        for candidate in election.candidate:
            read.ids.append(candidate.id)
            read.references += [candidate.person_id, *([candidate.party_id] if candidate.party_id else [])]
        for ballots in election.ballot_counts:
            read.references.append(ballots.gp_unit_id)
            for measure, count in ((BALLOTS, ballots.ballots_cast), (INVALID, ballots.ballots_rejected)):
                if count is not None:
                    read.counts[measure][ballots.gp_unit_id] = count
        for contest in election.contest:
            read.ids.append(contest.id)
            read.references += [contest.election_district_id, *contest.office_ids]
            for selection in contest.contest_selection:
                read.ids.append(selection.id)
                read.references += selection.candidate_ids
                counts = {count.gp_unit_id: count.count for count in selection.vote_counts}
                if len(counts) < len(selection.vote_counts):
                    raise Unsound(selection.id, "has two figures for one unit")
                read.references += counts
                read.counts[selection.candidate_ids[0]] = counts
    return read


_OWN = re.compile(r'objectId="([^"]*)"')
_REFERENCE = re.compile(
    r"<(?:ElectionScopeId|ElectoralDistrictId|OfficeIds|PersonId|PartyId|JurisdictionId|PartyScopeGpUnitIds"
    r"|ComposingGpUnitIds|CandidateIds)>([^<]*)<"
)
_UNIT = re.compile(r'<GpUnit objectId="([^"]*)"[^>]*>\s*(?:<ComposingGpUnitIds>([^<]*)<)?')
_COUNT = re.compile(r"<GpUnitId>([^<]*)</GpUnitId>\s*<Type>total</Type>\s*<Count>(\d+)</Count>")
_CANDIDATE = re.compile(r"<CandidateIds>([^<]*)<")


def _read_civics(text: str) -> Read:
    """By patterns: a tree of so many elements takes longer to build than the feed takes to write."""
    read = Read(ids=_OWN.findall(text))
    read.units = {unit: inners.split() for unit, inners in _UNIT.findall(text)}
    read.references = [one for found in _REFERENCE.findall(text) for one in found.split()]
    for selection in text.split("<BallotSelection")[1:]:
        candidate, found = _CANDIDATE.findall(selection)[0], _COUNT.findall(selection)
        counts = {unit: int(count) for unit, count in found}
        if len(counts) < selection.count("<VoteCounts>"):
            raise Unsound(candidate, "has two figures for one unit, or one that is no number")
        read.references += counts
        read.counts[candidate] = counts
    return read
