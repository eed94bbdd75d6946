"""Google's civics XML: the feed of one contest in the format of Google's Civics Common Data Format.

The same report as `nist`, under the same ids, with what that format asks for beside it: an OCD division for the
country (`country` in election.toml; "xx", a code that ISO 3166 leaves to its users, where there is none), level
and role of the office, the stage of the contest.  The order of elements is part of the format.  Elements are
indented, because Google's validator (1.66) takes a nested text without white space around it for an empty one.

Source: Google, Civics Common Data Format specification (civics_cdf_spec.xsd, base_spec.xsd).
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from tallyroom.announce.feedsource import COUNT_STATUS, ORDINARY_TYPES, Feed
from tallyroom.announce.figures import clean
from tallyroom.announce.units import COUNTRY, Scope

UNNAMED = "xx"
LEVEL = "Country"
ROLE = "head of state"

Lines = Iterator[str]


def civics_xml(feed: Feed, scope: Scope) -> bytes:
    """The feed of a scope: an XML document in UTF-8."""
    return ("\n".join(_report(feed, scope)) + "\n").encode()


def _report(feed: Feed, scope: Scope) -> Lines:
    real = feed.definition.data_origin == "real"
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<ElectionReport xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    yield from _election(feed, scope)
    yield _value("Format", "precinct-level" if len(scope.stations) else "summary-contest")
    yield _value("GeneratedDate", feed.generated)
    yield from _inside("GpUnitCollection", _gp_units(feed, scope))
    yield _value("Issuer", feed.definition.authority)
    yield _value("IssuerAbbreviation", feed.definition.id)
    yield _value("IsTest", "false" if real else "true")
    yield _value("Notes", feed.notes)
    yield from _inside("OfficeCollection", _office(feed))
    if feed.parties:
        yield from _inside("PartyCollection", _party_elements(feed))
    yield from _inside("PersonCollection", _people(feed))
    yield _value("SequenceStart", "1")
    yield _value("SequenceEnd", "1")
    yield _value("Status", feed.status)
    if not real:
        yield _value("TestType", f"{feed.definition.data_origin} data")
    yield _value("VendorApplicationId", "tallyroom")
    yield "</ElectionReport>"


def _value(tag: str, text: object) -> str:
    return f"  <{tag}>{_plain(str(text))}</{tag}>"


def _plain(text: str) -> str:
    """A text without what XML has no place for, and escaped."""
    return escape(text if text.isprintable() else clean(text))


def _inside(tag: str, lines: Lines, attributes: str = "") -> Lines:
    yield f"  <{tag}{attributes}>"
    yield from lines
    yield f"  </{tag}>"


def _text(tag: str, feed: Feed, own: str, text: str) -> Lines:
    """A text in the languages that the definition gives it in."""
    yield f"  <{tag}>"
    for content, language in feed.names(own, text):
        yield f"    <Text language={quoteattr(language)}>{_plain(content)}</Text>"
    yield f"  </{tag}>"


def _identifiers(own: str, *others: tuple[str, str, str]) -> Lines:
    """The stable id of a thing, and (type, other type, value) of what else it is called."""
    yield "  <ExternalIdentifiers>"
    for kind, other, value in (("other", "stable", own), *others):
        yield "    <ExternalIdentifier>"
        yield f"      <Type>{kind}</Type>"
        if other:
            yield f"      <OtherType>{other}</OtherType>"
        yield f"      <Value>{_plain(value)}</Value>"
        yield "    </ExternalIdentifier>"
    yield "  </ExternalIdentifiers>"


def _election(feed: Feed, scope: Scope) -> Lines:
    definition = feed.definition
    yield '  <Election objectId="election">'
    yield from _inside("CandidateCollection", _candidates(feed))
    yield from _inside("ContestCollection", _contest(feed, scope))
    yield _value("ElectionScopeId", COUNTRY)
    yield from _identifiers("election", ("local-level", "", definition.id))
    yield from _text("Name", feed, definition.id, definition.name)
    yield _value("StartDate", definition.day.isoformat())
    yield _value("EndDate", definition.day.isoformat())
    yield _value("Type", "general")
    yield "  </Election>"


def _candidates(feed: Feed) -> Lines:
    for own, candidate in zip(feed.candidates, feed.contest.candidates, strict=True):
        yield f'  <Candidate objectId="{own}">'
        yield from _text("BallotName", feed, candidate.id, candidate.name)
        yield from _identifiers(own, ("local-level", "", candidate.id))
        yield _value("IsIncumbent", "true" if candidate.incumbent else "false")
        if candidate.party:
            yield _value("PartyId", feed.parties[candidate.party])
        yield _value("PersonId", own.replace("candidate", "person"))
        if (outcome := feed.outcome(candidate)) is not None:
            yield _value("PostElectionStatus", outcome)
        yield "  </Candidate>"


def _contest(feed: Feed, scope: Scope) -> Lines:
    contest = feed.contest
    whole = feed.whole(-1 if scope.top is None else scope.top)
    variation = {"absolute_majority": "majority", "plurality": "plurality"}.get(contest.rule.kind, "other")
    yield '  <Contest objectId="contest" xsi:type="CandidateContest">'
    for place, own in enumerate(feed.candidates):
        yield from _selection(feed, scope, place, own)
    yield from _text("BallotTitle", feed, contest.id, contest.name)
    yield _value("ElectoralDistrictId", COUNTRY)
    yield from _identifiers("contest", ("other", "contest-stage", _stage(feed)), ("local-level", "", contest.id))
    yield _value("Name", contest.name)
    yield _value("SubUnitsReported", whole["reported"])
    yield _value("TotalSubUnits", whole["stations"])
    yield _value("VoteVariation", variation)
    if variation == "other":
        yield _value("OtherVoteVariation", contest.rule.kind)
    yield _value("NumberElected", "1")
    yield _value("OfficeIds", "office")
    yield _value("VotesAllowed", "1")
    yield "  </Contest>"


def _stage(feed: Feed) -> str:
    return {"pre-election": "no-results", "certified": "official"}.get(feed.status, "preliminary")


def _selection(feed: Feed, scope: Scope, place: int, own: str) -> Lines:
    figures = feed.figures
    yield f'  <BallotSelection objectId="{own.replace("candidate", "selection")}" xsi:type="CandidateSelection">'
    yield _value("SequenceOrder", place + 1)
    yield "    <VoteCountsCollection>"
    wide, stations = feed.wide(scope, place), scope.stations[figures.known[scope.stations, place]]
    ids, votes = feed.units.stations, figures.stations[stations, place].tolist()
    counts = [_count(unit, count) for unit, count in wide]
    counts += [_count(ids[station], count) for station, count in zip(stations.tolist(), votes, strict=True)]
    yield "\n".join(counts)
    yield "    </VoteCountsCollection>"
    yield _value("CandidateIds", own)
    yield "  </BallotSelection>"


def _count(unit: str, count: int) -> str:
    return (
        f"    <VoteCounts>\n      <GpUnitId>{unit}</GpUnitId>\n      <Type>total</Type>\n"
        f"      <Count>{count}</Count>\n    </VoteCounts>"
    )


def _gp_units(feed: Feed, scope: Scope) -> Lines:
    """The country, the areas above the scope, those in it, and its stations."""
    units = feed.units
    composed: Sequence[str] = [units.areas[child] for child in units.children[-1]]
    lower = scope.top
    for above in units.above(scope.top):
        yield from _area(feed, above, [units.areas[lower]] if lower is not None else [], counted=False)
        lower = above
    yield from _country(feed, composed if lower is None else [units.areas[lower]], counted=scope.top is None)
    with_stations = len(scope.stations) > 0
    for place in scope.areas:
        inner = [units.areas[child] for child in units.children[place]]
        inner += [units.stations[s] for s in units.within[place].tolist()] if with_stations else []
        yield from _area(feed, place, inner, counted=True)
    yield from _stations(feed, scope)


def _country(feed: Feed, composed: Sequence[str], counted: bool) -> Lines:
    definition = feed.definition
    division = f"ocd-division/country:{definition.country or UNNAMED}"
    yield f'  <GpUnit objectId="{COUNTRY}" xsi:type="ReportingUnit">'
    yield _value("ComposingGpUnitIds", " ".join(composed))
    yield from _identifiers(COUNTRY, ("ocd-id", "", division))
    yield from _text("InternationalizedName", feed, COUNTRY, definition.country.upper() or definition.name)
    yield from _unit_counts(feed, -1, "country", "", counted)


def _area(feed: Feed, place: int, composed: Sequence[str], counted: bool) -> Lines:
    area, own = feed.definition.areas.areas[place], feed.units.areas[place]
    ordinary = area.level in ORDINARY_TYPES
    yield f'  <GpUnit objectId="{own}" xsi:type="ReportingUnit">'
    if composed:
        yield _value("ComposingGpUnitIds", " ".join(composed))
    yield from _identifiers(own, ("local-level", "", area.id))
    yield from _text("InternationalizedName", feed, area.id, area.name)
    yield from _unit_counts(feed, place, area.level if ordinary else "other", "" if ordinary else area.level, counted)


def _unit_counts(feed: Feed, row: int, kind: str, other: str, counted: bool) -> Lines:
    found = feed.whole(row)
    if counted:
        yield from _count_status(feed.progress(found))
        yield _value("SubUnitsReported", found["reported"])
        yield _value("TotalSubUnits", found["stations"])
    yield _value("Type", kind)
    if other:
        yield _value("OtherType", other)
    if counted:
        yield _value("VotersParticipated", found["voted"])
        yield _value("VotersRegistered", found["registered"])
    yield "  </GpUnit>"


def _count_status(status: str) -> Lines:
    yield f"    <CountStatus>\n      <Status>{status}</Status>\n      <Type>total</Type>\n    </CountStatus>"


def _stations(feed: Feed, scope: Scope) -> Lines:
    stations, figures, ids = feed.definition.stations, feed.figures, feed.units.stations
    voted, registered = figures.column("voted"), figures.column("registered")
    rows, known = figures.stations[scope.stations], figures.known[scope.stations]
    columns = (rows[:, voted], known[:, voted], rows[:, registered], known[:, registered])
    for place, vote, has_vote, register, has_register in zip(
        scope.stations.tolist(), *(column.tolist() for column in columns), strict=True
    ):
        voters = f"\n  <VotersParticipated>{vote}</VotersParticipated>" if has_vote else ""
        voters += f"\n  <VotersRegistered>{register}</VotersRegistered>" if has_register else ""
        yield _STATION.format(
            own=ids[place],
            value=_plain(stations.ids[place]),
            names="\n".join(_text("InternationalizedName", feed, stations.ids[place], stations.names[place])),
            status=COUNT_STATUS[figures.status[place]],
            voters=voters,
        )


_STATION = """  <GpUnit objectId="{own}" xsi:type="ReportingUnit">
  <ExternalIdentifiers>
    <ExternalIdentifier>
      <Type>other</Type>
      <OtherType>stable</OtherType>
      <Value>{own}</Value>
    </ExternalIdentifier>
    <ExternalIdentifier>
      <Type>local-level</Type>
      <Value>{value}</Value>
    </ExternalIdentifier>
  </ExternalIdentifiers>
{names}
  <CountStatus>
    <Status>{status}</Status>
    <Type>total</Type>
  </CountStatus>
  <Type>polling-place</Type>{voters}
  </GpUnit>"""


def _office(feed: Feed) -> Lines:
    yield '  <Office objectId="office">'
    yield _value("ElectoralDistrictId", COUNTRY)
    yield from _identifiers("office")
    yield _value("JurisdictionId", COUNTRY)
    yield _value("Level", LEVEL)
    yield from _text("Name", feed, "", feed.contest.office)
    yield _value("Role", ROLE)
    yield _value("SelectionMethod", "directly-elected")
    yield "  </Office>"


def _party_elements(feed: Feed) -> Lines:
    for name, own in feed.parties.items():
        yield f'  <Party objectId="{own}">'
        yield from _identifiers(own)
        yield from _text("Name", feed, name, name)
        yield _value("PartyScopeGpUnitIds", COUNTRY)
        yield "  </Party>"


def _people(feed: Feed) -> Lines:
    for own, candidate in zip(feed.candidates, feed.contest.candidates, strict=True):
        person = own.replace("candidate", "person")
        yield f'  <Person objectId="{person}">'
        yield from _identifiers(person)
        yield from _text("FullName", feed, candidate.id, candidate.name)
        if candidate.party:
            yield _value("PartyId", feed.parties[candidate.party])
        yield "  </Person>"
