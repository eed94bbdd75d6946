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
a call or a certification, and a statement of somebody else is attributed and never ours.  Every condition is
here and here alone; `words`, `headlines` and `remarks` only say a sentence in one of the languages.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tallyroom.announce.figures import one_line
from tallyroom.announce.headlines import Headlines
from tallyroom.announce.language import Language, language
from tallyroom.announce.ranking import Place, Ranking, rank
from tallyroom.announce.remarks import Remarks
from tallyroom.announce.words import Words
from tallyroom.tally.results import AnnulledStation, CallShown, CandidateFigures, Results, StatementShown

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


def bulletin(results: Results, context: Context, code: str = "en") -> str:
    """One snapshot as plain text: headline, paragraphs with titles, the prefix it was computed from.

    results: with the names of the language (`naming.named`).  Raises ValueError for a language without a file.
    """
    return Bulletin(results, context, language(code)).text


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


class Bulletin:
    """What may be said of one snapshot, sentence by sentence, in one language."""

    def __init__(self, results: Results, context: Context, language: Language) -> None:
        self.results, self.context, self.language = results, context, language
        self.words, self.headlines, self.remarks = Words(language), Headlines(language), Remarks(language)

    @property
    def text(self) -> str:
        """The whole bulletin as plain text."""
        lines = [one_line(line) for line in self._head()]
        for title, sentences in self.sections():
            lines += ["", self.language.upper(self.remarks.title(title)), *map(one_line, sentences)]
        return "\n".join([*lines, "", self.remarks.computed_from(self.results.snapshot)]) + "\n"

    def sections(self) -> list[tuple[str, list[str]]]:
        """The titled paragraphs that have something to say: (key of its title, sentences)."""
        results, remarks = self.results, self.remarks
        announced, absent, others = statements_by_place(results)
        paragraphs = [
            ("result", list(self.result_sentences())),
            ("progress", list(self.progress_sentences())),
            ("changes", list(self._changes())),
            ("contradictions", [remarks.contradiction(found, self.names) for found in results.contradictions]),
            ("announced", [remarks.statement(said) for said in announced[-1:]]),
            ("absent", [remarks.statement(said) for said in absent]),
            ("statements", [self.statement_sentence(said) for said in others]),
            ("context", [remarks.reported_context(said.source, said.text) for said in self.context.reported]),
            ("record", [remarks.limits()]),
        ]
        return [(title, sentences) for title, sentences in paragraphs if sentences]

    @property
    def names(self) -> dict[str, str]:
        """The candidates' names by id."""
        return {candidate.id: candidate.name for candidate in self.results.candidates}

    def headline(self) -> str:
        """The highest rung of the ladder that this snapshot reaches."""
        outcome = self.results.outcome
        winner = self._winner()
        if winner and outcome.status == "certified":
            declared = self.headlines.declared if self.results.certification else self.headlines.declared_elsewhere
            return declared(winner)
        if winner and outcome.status == "called":
            return self.headlines.won(winner)
        if outcome.status == "no_valid_election":
            return self.headlines.no_valid_election()
        if outcome.run_off and self.results.state in COUNTED_OUT:
            return self.headlines.run_off(self._run_off())
        if self.results.state == "before":
            return self.headlines.before()
        if self.results.state == "voting":
            return self.headlines.voting(self.results.turnout.by_time[-1] if self.results.turnout.by_time else None)
        if self.results.progress.stations.reported == 0:
            return self.headlines.no_results()
        if self.results.valid == 0:
            return self.headlines.no_valid_votes()
        return self._headline_of_count(rank(self.results.candidates))

    def _headline_of_count(self, ranking: Ranking) -> str:
        leader, *level_with = ranking.first
        if level_with or leader.percent is None:
            return self.headlines.level(ranking.first)
        if self.results.state != "counting":
            return self.headlines.received(leader, leader.percent)
        if lead_is_settled(self.results):
            return self.headlines.insurmountable(leader, leader.percent)
        return self.headlines.leads(leader, leader.percent)

    def result_sentences(self) -> Iterator[str]:
        """Call or certification, then the order of candidates, then what the figures mean."""
        yield from self._decision()
        if self.results.state in ("before", "voting"):
            return
        if not shows_votes(self.results):
            yield self.words.no_results_reported()
            return
        if self.results.basis == "counted":
            yield self.remarks.as_counted()
        yield from self._order(rank(self.results.candidates))
        yield from (self.words.status_changed(c) for c in self.results.candidates if c.status != "registered")

    def _decision(self) -> Iterator[str]:
        outcome = self.results.outcome
        winner = self._winner()
        if winner and outcome.status == "certified":
            if self.results.certification:
                yield self.words.declared(winner, self.results.certification)
            else:
                yield self.words.declared_elsewhere(winner, outcome.why)
        if winner and outcome.status == "called":
            yield self.words.won(winner, _completing_call(self.results.calls, winner), outcome.why)
        yield from (self.words.uncalled(call) for call in self.results.calls if call.action == "uncall")
        if outcome.status == "no_valid_election":
            yield self.words.no_valid_election(outcome.why)
        if outcome.run_off:
            yield self.words.run_off(self._run_off(), outcome.why, self.results.progress.stations)
        if outcome.status == "open" and self.results.state == "complete":
            yield self.words.still_open(outcome.why)

    def _order(self, ranking: Ranking) -> Iterator[str]:
        if self.results.valid == 0:
            yield self.words.no_valid_votes()
            return
        leader, *level_with = ranking.first
        if level_with and self.results.outcome.status == "certified":
            yield self.words.certified_level(ranking.first)
        elif level_with:
            yield self.words.level(ranking.first, self.results.progress.stations)
        elif leader.percent is not None:
            yield self._position(leader, leader.percent)
            yield from self._distance(leader, ranking.second)
        rest = ranking.second if level_with else ranking.third
        if rest:
            yield self.words.best_of_rest(rest)

    def _position(self, leader: CandidateFigures, percent: str) -> str:
        if self.results.outcome.status == "certified":
            return self.words.certified_share(leader, percent)
        if self.results.state == "counting":
            return self.words.leads(leader, percent, self.results.progress.stations)
        return self.words.received(leader, percent, self.results.progress.stations)

    def _distance(self, leader: CandidateFigures, second: Place) -> Iterator[str]:
        if self.results.margin and second:
            yield self.words.lead(leader, second, self.results.margin)
        settled = self.results.settled
        if settled is None:
            return
        if lead_is_settled(self.results):
            yield self.words.insurmountable(leader, settled)
            if not settled.settled:
                yield self.words.majority_open(leader)
        elif second and settled.by and settled.outstanding > 0 and settled.hurdle_percent:
            yield self.words.hurdle(second, settled, settled.hurdle_percent)

    def progress_sentences(self) -> Iterator[str]:
        """Turnout, then the three measures of progress, then what is held back."""
        yield from self.turnout_sentences()
        if not shows_votes(self.results):
            return
        stations, ballots = self.results.progress.stations, self.results.progress.ballots
        if stations.reported == stations.total:
            yield self.words.all_stations_reported(stations)
        else:
            yield self.words.stations_reported(stations)
            yield self.words.register_covered(self.results.progress.registered)
        if ballots.cast is not None and ballots.counted > ballots.cast:
            yield self.words.more_counted_than_cast(ballots, ballots.cast)
        else:
            yield self.words.ballots_counted(ballots)
        yield self.words.valid_votes_counted(self.results.valid, self.results.invalid)
        if self.results.counters.in_review:
            yield self.remarks.in_review(self.results.counters)
        if unread := unread_figures(self.results):
            yield self.remarks.unread(unread)

    def turnout_sentences(self) -> Iterator[str]:
        """Turnout of the whole day once all stations are in, else of the last hour reported."""
        turnout = self.results.turnout
        if self.results.state in COUNTED_OUT and turnout.voted is not None and turnout.percent is not None:
            yield self.words.turnout_final(turnout, turnout.voted, turnout.percent)
        elif turnout.by_time:
            yield self.words.turnout_at(turnout.by_time[-1], turnout.registered_opening)

    def _changes(self) -> Iterator[str]:
        for reason, stations in annulled_by_reason(self.results).items():
            yield self.remarks.annulled(reason, stations, self.results.basis)
        yield from (self.remarks.corrected(station) for station in self.results.corrections)

    def statement_sentence(self, said: StatementShown) -> str:
        """A statement with what this count itself holds beside it: no call yet, or no certification."""
        sentence = self.remarks.statement(said)
        if said.kind in ("concession", "victory_claim") and self.results.outcome.winner is None:
            return f"{sentence} {self.remarks.no_call_in_force() if self.results.calls else self.remarks.no_call()}"
        if said.kind == "certification" and self.results.certification is None:
            return f"{sentence} {self.remarks.no_certification()}"
        return sentence

    def _head(self) -> Iterator[str]:
        results, context = self.results, self.context
        if origin := self.remarks.origin(results.data_origin):
            yield origin
        yield self.remarks.dateline(results.election_name, context.date, context.number, results.snapshot)
        if results.contest_name != results.election_name:
            yield results.contest_name
        yield ""
        yield self.headline()

    def _winner(self) -> CandidateFigures | None:
        return next((c for c in self.results.candidates if c.id == self.results.outcome.winner), None)

    def _run_off(self) -> list[CandidateFigures]:
        return [candidate for candidate in self.results.candidates if candidate.id in self.results.outcome.run_off]


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


def unread_figures(results: Results) -> dict[str, int]:
    """The lines and candidates with unread figures, and in how many protocols."""
    return {line: count for line, count in results.unread.items() if count}


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
