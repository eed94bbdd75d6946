"""Bulletin: one snapshot in words.

The ladder, each rung bound to a condition on this snapshot alone; where it does not hold, nothing is written.

    voting goes on            Turnout at 12:00 was 38.57% ...
    no station in             No results had been reported ...
    some stations in          X leads with ...; X and Y are level ...
    the lead is settled       X has an insurmountable lead ..., if the reported protocols stand
    all stations in           X received ..., preliminary results ... showed
    called by two people      X won ...
    certified                 X was declared the winner ...

`headline` climbs it once and `bulletin` writes all that is true.  No sentence says that somebody won without
a call or a certification, and a statement of somebody else is attributed and never ours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tallyroom.announce import headlines, remarks, words
from tallyroom.announce.figures import clean, day
from tallyroom.announce.ranking import Place, Ranking, rank
from tallyroom.tally.results import AnnulledStation, CallShown, CandidateFigures, Results, StatementShown

LANGUAGES = ("en",)
COUNTED_OUT = ("complete", "certified")
"""The states in which every polling station has reported."""


@dataclass(frozen=True)
class ReportedSentence:
    """A sentence of context that the desk adds, with the source that it is taken from."""

    text: str
    source: str


@dataclass(frozen=True)
class Context:
    """What a bulletin needs beside the results: the snapshot's number, the election's day, reported context.

    date: the day of voting, YYYY-MM-DD.  For a published snapshot all of it has to be found in the record or
    in the election folder, so that a replay gives the same bytes.
    """

    number: int
    date: str
    reported: tuple[ReportedSentence, ...] = ()


def bulletin(results: Results, context: Context, language: str = "en") -> str:
    """One snapshot as plain text: headline, paragraphs with titles, the prefix it was computed from.

    Raises ValueError for a language without a catalogue of sentences.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no bulletin in {language!r}: choose one of {', '.join(LANGUAGES)}")
    lines = [clean(line) for line in _head(results, context)]
    for title, sentences in sections(results, context):
        lines += ["", remarks.TITLES[title].upper(), *(clean(sentence) for sentence in sentences)]
    return "\n".join([*lines, "", remarks.computed_from(results.snapshot)]) + "\n"


def sections(results: Results, context: Context) -> list[tuple[str, list[str]]]:
    """The titled paragraphs that have something to say: (key of `remarks.TITLES`, sentences)."""
    names = {candidate.id: candidate.name for candidate in results.candidates}
    announced, absent, others = statements_by_place(results)
    paragraphs = [
        ("result", list(result_sentences(results))),
        ("progress", list(progress_sentences(results))),
        ("changes", list(_changes(results))),
        ("contradictions", [remarks.contradiction(found, names) for found in results.contradictions]),
        ("announced", [remarks.statement(said) for said in announced[-1:]]),
        ("absent", [remarks.absent(said) for said in absent]),
        ("statements", [statement_sentence(said, results) for said in others]),
        ("context", [remarks.reported_context(said.source, said.text) for said in context.reported]),
        ("record", [remarks.limits()]),
    ]
    return [(title, sentences) for title, sentences in paragraphs if sentences]


def headline(results: Results) -> str:
    """The highest rung of the ladder that this snapshot reaches."""
    outcome = results.outcome
    winner = _winner(results)
    if winner and outcome.status == "certified":
        declared = headlines.declared if results.certification else headlines.declared_elsewhere
        return declared(winner)
    if winner and outcome.status == "called":
        return headlines.won(winner)
    if outcome.status == "no_valid_election":
        return headlines.no_valid_election()
    if outcome.run_off and results.state in COUNTED_OUT:
        return headlines.run_off(_run_off(results))
    if results.state == "before":
        return headlines.before()
    if results.state == "voting":
        return headlines.voting(results.turnout.by_time[-1] if results.turnout.by_time else None)
    if results.progress.stations.reported == 0:
        return headlines.no_results()
    if results.valid == 0:
        return headlines.no_valid_votes()
    return _headline_of_count(results, rank(results.candidates))


def _headline_of_count(results: Results, ranking: Ranking) -> str:
    leader, *level_with = ranking.first
    if level_with or leader.percent is None:
        return headlines.level(ranking.first)
    if results.state != "counting":
        return headlines.received(leader, leader.percent)
    if lead_is_settled(results):
        return headlines.insurmountable(leader, leader.percent)
    return headlines.leads(leader, leader.percent)


def lead_is_settled(results: Results) -> bool:
    """Whether, with stations still out, the lead is larger than all that can still come."""
    settled = results.settled
    stations = results.progress.stations
    return (
        settled is not None
        and settled.by is not None
        and settled.leader_settled
        and settled.lead > settled.outstanding
        and stations.reported < stations.total
    )


def shows_votes(results: Results) -> bool:
    """Whether votes may be shown: voting is over and at least one station has reported."""
    return results.state not in ("before", "voting") and results.progress.stations.reported > 0


def result_sentences(results: Results) -> Iterator[str]:
    """Call or certification, then the order of candidates, then what the figures mean."""
    yield from _decision(results)
    if results.state in ("before", "voting"):
        return
    if not shows_votes(results):
        yield words.no_results_reported()
        return
    if results.basis == "counted":
        yield remarks.as_counted()
    yield from _order(results, rank(results.candidates))
    yield from (words.status_changed(c) for c in results.candidates if c.status != "registered")


def _decision(results: Results) -> Iterator[str]:
    outcome = results.outcome
    winner = _winner(results)
    if winner and outcome.status == "certified":
        if results.certification:
            yield words.declared(winner, results.certification)
        else:
            yield words.declared_elsewhere(winner, outcome.why)
    if winner and outcome.status == "called":
        yield words.won(winner, _completing_call(results.calls, winner), outcome.why)
    yield from (words.uncalled(call) for call in results.calls if call.action == "uncall")
    if outcome.status == "no_valid_election":
        yield words.no_valid_election(outcome.why)
    if outcome.run_off:
        yield words.run_off(_run_off(results), outcome.why, results.progress.stations)
    if outcome.status == "open" and results.state == "complete":
        yield words.still_open(outcome.why)


def _completing_call(calls: Sequence[CallShown], winner: CandidateFigures) -> CallShown | None:
    """The call by a second key that put the call in force, None where the log does not hold it."""
    callers: set[str] = set()
    completing = None
    for call in calls:
        if call.action == "uncall":
            callers, completing = set(), None
        elif call.candidate == winner.id:
            callers.add(call.by)
            completing = call if completing is None and len(callers) == 2 else completing
    return completing


def _order(results: Results, ranking: Ranking) -> Iterator[str]:
    if results.valid == 0:
        yield words.no_valid_votes()
        return
    leader, *level_with = ranking.first
    if level_with and results.outcome.status == "certified":
        yield words.certified_level(ranking.first)
    elif level_with:
        yield words.level(ranking.first, results.progress.stations)
    elif leader.percent is not None:
        yield _position(results, leader, leader.percent)
        yield from _distance(results, leader, ranking.second)
    rest = ranking.second if level_with else ranking.third
    if rest:
        yield words.best_of_rest(rest)


def _position(results: Results, leader: CandidateFigures, percent: str) -> str:
    if results.outcome.status == "certified":
        return words.certified_share(leader, percent)
    if results.state == "counting":
        return words.leads(leader, percent, results.progress.stations)
    return words.received(leader, percent, results.progress.stations)


def _distance(results: Results, leader: CandidateFigures, second: Place) -> Iterator[str]:
    if results.margin and second:
        yield words.lead(leader, second, results.margin)
    settled = results.settled
    if settled is None:
        return
    if lead_is_settled(results):
        yield words.insurmountable(leader, settled)
        if not settled.settled:
            yield words.majority_open(leader)
    elif second and settled.by and settled.outstanding > 0 and settled.hurdle_percent:
        yield words.hurdle(second, settled, settled.hurdle_percent)


def progress_sentences(results: Results) -> Iterator[str]:
    """Turnout, then the three measures of progress, then what is held back."""
    yield from _turnout(results)
    if not shows_votes(results):
        return
    stations, ballots = results.progress.stations, results.progress.ballots
    if stations.reported == stations.total:
        yield words.all_stations_reported(stations)
    else:
        yield words.stations_reported(stations)
        yield words.register_covered(results.progress.registered)
    if ballots.cast is not None and ballots.counted > ballots.cast:
        yield words.more_counted_than_cast(ballots, ballots.cast)
    else:
        yield words.ballots_counted(ballots)
    yield words.valid_votes_counted(results.valid, results.invalid)
    if results.counters.in_review:
        yield remarks.in_review(results.counters)
    if unread := unread_figures(results):
        yield remarks.unread(unread)


def unread_figures(results: Results) -> dict[str, int]:
    """The lines and candidates with unread figures, and in how many protocols."""
    return {line: count for line, count in results.unread.items() if count}


def _turnout(results: Results) -> Iterator[str]:
    turnout = results.turnout
    if results.state in COUNTED_OUT and turnout.voted is not None and turnout.percent is not None:
        yield words.turnout_final(turnout, turnout.voted, turnout.percent)
    elif turnout.by_time:
        yield words.turnout_at(turnout.by_time[-1], turnout.registered_opening)


def _changes(results: Results) -> Iterator[str]:
    for reason, stations in annulled_by_reason(results).items():
        yield remarks.annulled(reason, stations, results.basis)
    yield from (remarks.corrected(station) for station in results.corrections)


def statements_by_place(results: Results) -> tuple[list[StatementShown], ...]:
    """Announced figures, those who took no part, and all other statements, each in the order of the record."""
    announced = [said for said in results.statements if said.kind == "announcement"]
    absent = [said for said in results.statements if said.kind == "absence"]
    others = [said for said in results.statements if said.kind not in ("announcement", "absence")]
    return announced, absent, others


def annulled_by_reason(results: Results) -> dict[str, list[AnnulledStation]]:
    """Annulled stations by the reason given, reasons in the order of the record."""
    reasons: dict[str, list[AnnulledStation]] = {}
    for station in results.annulled:
        reasons.setdefault(station.reason, []).append(station)
    return reasons


def statement_sentence(said: StatementShown, results: Results) -> str:
    """A statement with what this count itself holds beside it: no call yet, or no certification."""
    sentence = remarks.statement(said)
    if said.kind in ("concession", "victory_claim") and results.outcome.winner is None:
        return f"{sentence} {remarks.no_call_in_force() if results.calls else remarks.no_call()}"
    if said.kind == "certification" and results.certification is None:
        return f"{sentence} {remarks.no_certification()}"
    return sentence


def _head(results: Results, context: Context) -> Iterator[str]:
    if results.data_origin in remarks.ORIGIN:
        yield remarks.ORIGIN[results.data_origin]
    yield remarks.dateline(results.election_name, day(context.date), context.number, results.snapshot)
    if results.contest_name != results.election_name:
        yield results.contest_name
    yield ""
    yield headline(results)


def _winner(results: Results) -> CandidateFigures | None:
    return next((c for c in results.candidates if c.id == results.outcome.winner), None)


def _run_off(results: Results) -> list[CandidateFigures]:
    return [candidate for candidate in results.candidates if candidate.id in results.outcome.run_off]
