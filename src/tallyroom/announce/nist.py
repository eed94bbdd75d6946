"""NIST SP 1500-100 version 2: one contest's results as a report in JSON, the format of election results reporting.

What the model cannot say (turnout by hour, the state of a protocol, arrival, the log of calls) is in the side-car,
under the same ids.  Invalid ballots stand under `BallotsRejected`: the model has no place for them.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from tallyroom.announce.feedsource import COUNT_STATUS, ORDINARY_TYPES, Feed
from tallyroom.announce.nistmodel import (
    BallotCounts,
    Candidate,
    CandidateContest,
    CandidateSelection,
    CountStatus,
    Election,
    ElectionReport,
    ExternalIdentifier,
    InternationalizedText,
    LanguageString,
    Office,
    Party,
    Person,
    ReportingUnit,
    VoteCounts,
)
from tallyroom.announce.units import COUNTRY, Scope
from tallyroom.election.candidates import Candidate as Standing


def nist_json(feed: Feed, scope: Scope) -> bytes:
    """The report of a scope, as JSON in UTF-8 with a line feed at the end."""
    return msgspec.json.encode(report(feed, scope)) + b"\n"


def report(feed: Feed, scope: Scope) -> ElectionReport:
    """The report of a scope."""
    definition = feed.definition
    return ElectionReport(
        format="precinct-level" if len(scope.stations) else "summary-contest",
        generated_date=feed.generated,
        issuer=definition.authority,
        issuer_abbreviation=definition.id,
        status=feed.status,
        is_test=definition.data_origin != "real",
        test_type="" if definition.data_origin == "real" else f"{definition.data_origin} data",
        notes=feed.notes,
        sequence_start=1,
        sequence_end=1,
        vendor_application_id="tallyroom",
        gp_unit=list(_gp_units(feed, scope)),
        office=[Office(id="office", name=_text(feed, "", feed.contest.office), election_district_id=COUNTRY)],
        party=[Party(id=own, name=_text(feed, name, name)) for name, own in feed.parties.items()],
        person=[
            Person(id=own.replace("candidate", "person"), full_name=_text(feed, one.id, one.name))
            for own, one in zip(feed.candidates, feed.contest.candidates, strict=True)
        ],
        election=[_election(feed, scope)],
    )


def _text(feed: Feed, own: str, text: str) -> InternationalizedText:
    return InternationalizedText(text=[LanguageString(content=c, language=lang) for c, lang in feed.names(own, text)])


def _gp_units(feed: Feed, scope: Scope) -> Iterator[ReportingUnit]:
    """The country, the areas above the scope, those in it, and its stations."""
    units = feed.units
    chain = units.above(scope.top)
    lower = scope.top
    for above in chain:
        yield _area(feed, above, [units.areas[lower]] if lower is not None else [], counted=False)
        lower = above
    yield _country(feed, scope, [units.areas[lower]] if lower is not None else None)
    inside = set(scope.stations.tolist())
    for place in scope.areas:
        composed = [units.areas[child] for child in units.children[place]]
        composed += [units.stations[s] for s in units.within[place].tolist() if s in inside]
        yield _area(feed, place, composed, counted=True)
    yield from _stations(feed, scope)


def _country(feed: Feed, scope: Scope, composed: list[str] | None) -> ReportingUnit:
    units, definition = feed.units, feed.definition
    if composed is None:
        composed = [units.areas[child] for child in units.children[-1]]
    counts = _unit_counts(feed, -1) if scope.top is None else {}
    code = [ExternalIdentifier(type="ocd-id", value=f"ocd-division/country:{definition.country}")]
    return ReportingUnit(
        id=COUNTRY,
        type="country",
        external_identifier=code if definition.country else [],
        composing_gp_unit_ids=composed,
        **counts,
    )


def _area(feed: Feed, place: int, composed: list[str], counted: bool) -> ReportingUnit:
    """An area; counted: whether its figures belong to the report, as those of areas above the scope do not."""
    area = feed.definition.areas.areas[place]
    ordinary = area.level in ORDINARY_TYPES
    return ReportingUnit(
        id=feed.units.areas[place],
        type=area.level if ordinary else "other",
        other_type="" if ordinary else area.level,
        name=_text(feed, area.id, area.name),
        external_identifier=[ExternalIdentifier(type="local-level", value=area.id)],
        composing_gp_unit_ids=composed,
        **(_unit_counts(feed, place) if counted else {}),
    )


def _unit_counts(feed: Feed, row: int) -> dict[str, Any]:
    found = feed.whole(row)
    return {
        "count_status": [CountStatus(status=feed.progress(found), type="total")],
        "sub_units_reported": found["reported"],
        "total_sub_units": found["stations"],
        "voters_registered": found["registered"],
        "voters_participated": found["voted"],
    }


_STATUSES = {name: [CountStatus(status=status, type="total")] for name, status in COUNT_STATUS.items()}
"""By the status of a protocol; shared by the stations, which are many."""


def _stations(feed: Feed, scope: Scope) -> Iterator[ReportingUnit]:
    stations, figures, ids = feed.definition.stations, feed.figures, feed.units.stations
    voted, registered = figures.column("voted"), figures.column("registered")
    rows, known = figures.stations[scope.stations], figures.known[scope.stations]
    columns = (rows[:, voted], known[:, voted], rows[:, registered], known[:, registered])
    for place, vote, has_vote, register, has_register in zip(
        scope.stations.tolist(), *(column.tolist() for column in columns), strict=True
    ):
        yield ReportingUnit(
            id=ids[place],
            type="polling-place",
            name=_text(feed, stations.ids[place], stations.names[place]),
            external_identifier=[ExternalIdentifier(type="local-level", value=stations.ids[place])],
            count_status=_STATUSES[figures.status[place]],
            voters_registered=register if has_register else None,
            voters_participated=vote if has_vote else None,
        )


def _election(feed: Feed, scope: Scope) -> Election:
    definition, contest = feed.definition, feed.contest
    return Election(
        name=_text(feed, definition.id, definition.name),
        start_date=definition.day.isoformat(),
        end_date=definition.day.isoformat(),
        type="general",
        election_scope_id=COUNTRY,
        candidate=[_candidate(feed, own, one) for own, one in zip(feed.candidates, contest.candidates, strict=True)],
        contest=[_contest(feed, scope)],
        ballot_counts=list(_ballots(feed, scope)),
    )


def _candidate(feed: Feed, own: str, candidate: Standing) -> Candidate:
    return Candidate(
        id=own,
        ballot_name=_text(feed, candidate.id, candidate.name),
        person_id=own.replace("candidate", "person"),
        is_incumbent=candidate.incumbent,
        party_id=feed.parties.get(candidate.party, ""),
        external_identifier=[ExternalIdentifier(type="local-level", value=candidate.id)],
        post_election_status=feed.outcome(candidate),
    )


def _contest(feed: Feed, scope: Scope) -> CandidateContest:
    contest = feed.contest
    variation = {"absolute_majority": "majority", "plurality": "plurality"}.get(contest.rule.kind, "other")
    whole = feed.whole(-1 if scope.top is None else scope.top)
    return CandidateContest(
        id="contest",
        name=contest.name,
        election_district_id=COUNTRY,
        votes_allowed=1,
        number_elected=1,
        office_ids=["office"],
        vote_variation=variation,
        other_vote_variation=contest.rule.kind if variation == "other" else "",
        sub_units_reported=whole["reported"],
        total_sub_units=whole["stations"],
        contest_selection=[
            CandidateSelection(
                id=own.replace("candidate", "selection"),
                sequence_order=place + 1,
                candidate_ids=[own],
                vote_counts=_vote_counts(feed, scope, place),
            )
            for place, own in enumerate(feed.candidates)
        ],
    )


def _vote_counts(feed: Feed, scope: Scope, column: int) -> list[VoteCounts]:
    """Votes of one candidate by unit: country and areas always, stations where a figure stands."""
    figures, units = feed.figures, feed.units
    counts = [VoteCounts(count=c, gp_unit_id=own, type="total") for own, c in feed.wide(scope, column)]
    stations = scope.stations[figures.known[scope.stations, column]]
    ids, votes = units.stations, figures.stations[stations, column].tolist()
    counts += [
        VoteCounts(count=count, gp_unit_id=ids[place], type="total")
        for place, count in zip(stations.tolist(), votes, strict=True)
    ]
    return counts


def _ballots(feed: Feed, scope: Scope) -> Iterator[BallotCounts]:
    figures, ids = feed.figures, feed.units.stations
    ballots, invalid = figures.column("ballots"), figures.column("invalid")
    wide = zip(feed.wide(scope, ballots), feed.wide(scope, invalid), strict=True)
    for (own, cast), (_, rejected) in wide:
        yield BallotCounts(gp_unit_id=own, type="total", ballots_cast=cast, ballots_rejected=rejected)
    pair = [ballots, invalid]
    rows, known = figures.stations[scope.stations][:, pair], figures.known[scope.stations][:, pair]
    for place, row, there in zip(scope.stations.tolist(), rows.tolist(), known.tolist(), strict=True):
        if any(there):
            found, spoilt = (figure if has else None for figure, has in zip(row, there, strict=True))
            yield BallotCounts(gp_unit_id=ids[place], type="total", ballots_cast=found, ballots_rejected=spoilt)
