"""Certification: the authority's own, by two people, once every station is accepted and the rule has an answer.

Who won is computed by the election's rule and never typed.  The certified prefix is the record as it stood when the
second person confirmed; the final protocol is made from exactly that prefix.
"""

from typing import NamedTuple

import numpy as np
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.board.entering import now
from tallyroom.console.desk.words import STAGES
from tallyroom.console.publishing import proposing
from tallyroom.console.publishing.calls import contest_of
from tallyroom.console.publishing.models import Proposal
from tallyroom.console.publishing.weighing import Standing, basis, results_of, standing
from tallyroom.console.publishing.words import why_in_words
from tallyroom.console.submissions.models import Submission
from tallyroom.console.submissions.outbox import submit
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.adoption import STAGES as AT_THE_DESK
from tallyroom.intake.opening import reader
from tallyroom.record.acts import Certification, Seen
from tallyroom.record.canonical import encode_base64
from tallyroom.tally.contest import Status
from tallyroom.tally.results import Results
from tallyroom.tally.state import State

Kind = Proposal.Kind
LISTED = 50
"""Missing stations that the page lists at the most."""


class WordsForm(forms.Form):
    """The words of the decision."""

    text = forms.CharField(max_length=1000)


class Missing(NamedTuple):
    """A station without an accepted protocol, and where its form is."""

    station: str
    name: str
    stage: str | Promise


def missing(state: State, contest_id: str) -> list[Missing]:
    """The first stations that keep a contest from being certified, those in review before the others."""
    count, stations = state.contests[contest_id], state.definition.stations
    places = np.flatnonzero(count.status < Status.ACCEPTED)
    first = places[np.argsort(-count.status[places].astype(np.int64), kind="stable")][:LISTED].tolist()
    stages = [STAGES[AT_THE_DESK[Status(count.status.item(place))]] for place in first]
    return [Missing(stations.ids[p], stations.names[p], stage) for p, stage in zip(first, stages, strict=True)]


class Weighed:
    """One contest as it stands: its results, what a certification would rest on, the prefix and its basis."""

    def __init__(self, contest_id: str) -> None:
        with room().reading() as state:
            log = reader(room().folder)
            every = results_of(state, log, now())
            self.results: Results = next(one for one in every if one.contest == contest_id)
            self.standing: Standing = standing(state, self.results)
            self.seen = Seen(state.size, encode_base64(log.root_at(state.size)))
            self.basis = basis(state)
            self.missing = missing(state, contest_id)


@require_GET
@needs(Action.CERTIFY)
def certifying(request: HttpRequest) -> HttpResponse:
    """Each contest with what is missing, or with the form to propose or confirm its certification."""
    person, rows = person_of(request), []
    for contest in room().definition.contests:
        weighed, proposal = Weighed(contest.id), proposing.open_proposal(Kind.CERTIFICATION, contest.id)
        names = {candidate.id: candidate.name for candidate in contest.candidates}
        rows.append(
            {
                "weighed": weighed,
                "why": why_in_words(weighed.results.outcome.why),
                "winner": names.get(weighed.standing.winner, ""),
                "proposal": proposal,
                "mine": proposal is not None and proposal.made_by_id == person.pk,
                "proposed": names.get(proposal.candidate, "") if proposal else "",
            }
        )
    return render(request, "publishing/certifying.html", {"rows": rows})


@require_POST
@needs(Action.CERTIFY)
def propose(request: HttpRequest, contest_id: str) -> HttpResponse:
    """Propose to certify what the page has shown."""
    contest, form = contest_of(contest_id), WordsForm(request.POST)
    weighed = Weighed(contest.id)
    if not form.is_valid():
        messages.error(request, _("Write the words of the decision, at most 1000 signs."))
    elif _ready(request, weighed):
        proposing.propose(
            request,
            Proposal(
                kind=Kind.CERTIFICATION,
                contest=contest.id,
                candidate=weighed.standing.winner,
                text=form.cleaned_data["text"],
                size=weighed.seen.size,
                basis=weighed.basis,
            ),
        )
    return redirect("certifying")


@require_POST
@needs(Action.CERTIFY)
def confirm(request: HttpRequest, number: int) -> HttpResponse:
    """Confirm it: the act names the prefix that this person has seen."""
    proposal = get_object_or_404(Proposal, pk=number, kind=Kind.CERTIFICATION)
    weighed = Weighed(contest_of(proposal.contest).id)
    if proposal.candidate != weighed.standing.winner or proposal.basis != weighed.basis:
        messages.error(request, _("The result is not the one that was proposed. Withdraw it, and propose anew."))
        return redirect("certifying")

    def hand_in(proposal: Proposal) -> list[Submission]:
        act = Certification(
            at=now(),
            contest=proposal.contest,
            snapshot=weighed.seen,
            winner=proposal.candidate,
            text=proposal.text,
        )
        return [submit([act], "commission", person_of(request), proposal.submission_key, Action.CERTIFY, "")]

    if _ready(request, weighed):
        proposing.confirm(request, number, hand_in)
    return redirect("certifying")


def _ready(request: HttpRequest, weighed: Weighed) -> bool:
    """Whether nothing stands in the way; else a word on what does."""
    found = weighed.standing
    if not proposing.unchanged(request, weighed.basis):
        return False
    if not found.possible:
        detail = {"missing": found.missing, "review": found.in_review}
        messages.error(
            request,
            _("Nothing can be certified: %(missing)d stations are missing, %(review)d of them in review.") % detail
            if found.missing
            else why_in_words(found.open) or _("This result is certified already, and nothing has changed since."),
        )
    return found.possible
