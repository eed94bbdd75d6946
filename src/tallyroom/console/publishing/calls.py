"""Calls: two people of the results desk call a contest for a candidate, and one takes the call back with a reason."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_POST

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.trail import note
from tallyroom.console.board.entering import hand_in, key_of, new_token, now, say, sent_once
from tallyroom.console.board.reports import REASON, is_reason
from tallyroom.console.election import definition
from tallyroom.console.publishing import proposing
from tallyroom.console.publishing.models import Proposal
from tallyroom.console.publishing.weighing import basis, results_of
from tallyroom.console.publishing.words import lead_in_words, why_in_words
from tallyroom.console.submissions.models import Submission
from tallyroom.console.submissions.outbox import submit
from tallyroom.console.submissions.wiring import room
from tallyroom.election.definition import Contest
from tallyroom.intake.opening import reader
from tallyroom.record.acts import Call, Uncall

DESKS = ("desk-1", "desk-2")
"""The roles that sign: the first for whoever proposes, the second for whoever confirms."""

Kind = Proposal.Kind


@require_GET
@needs(Action.CALL)
def calls(request: HttpRequest) -> HttpResponse:
    """Each contest: what the arithmetic says, who is called, and the log of calls."""
    with room().reading() as state:
        results, seen = results_of(state, reader(room().folder), now()), basis(state)
    person, rows = person_of(request), []
    for one in results:
        proposal = proposing.open_proposal(Kind.CALL, one.contest)
        mine = proposal is not None and proposal.made_by_id == person.pk
        moved = proposal is not None and proposal.basis != seen
        said = [why_in_words(one.outcome.why), lead_in_words(one.settled)]
        rows.append({"results": one, "said": said, "proposal": proposal, "mine": mine, "moved": moved})
    context = {"rows": rows, "basis": seen, "token": new_token()}
    return render(request, "publishing/calls.html", context)


@require_POST
@needs(Action.CALL)
def propose(request: HttpRequest, contest_id: str) -> HttpResponse:
    """Propose to call a contest for a candidate."""
    contest, candidate = contest_of(contest_id), request.POST.get("candidate", "")
    if candidate not in contest.candidate_ids:
        raise Http404
    with room().reading() as state:
        size, seen = state.size, basis(state)
    proposal = Proposal(kind=Kind.CALL, contest=contest.id, candidate=candidate, size=size, basis=seen)
    proposing.propose(request, proposal)
    return redirect("calls")


@require_POST
@needs(Action.CALL)
def confirm(request: HttpRequest, number: int) -> HttpResponse:
    """Confirm it: both calls go into the record, under the keys of the two desks."""
    get_object_or_404(Proposal, pk=number, kind=Kind.CALL)
    with room().reading() as state:
        seen = basis(state)

    def both(proposal: Proposal) -> list[Submission]:
        act = Call(at=now(), contest=proposal.contest, candidate=proposal.candidate)
        people = (proposal.made_by, person_of(request))
        return [
            submit([act], desk, person, f"{proposal.submission_key}-{desk}", Action.CALL, "")
            for desk, person in zip(DESKS, people, strict=True)
        ]

    if proposing.unchanged(request, seen):
        proposing.confirm(request, number, both)
    return redirect("calls")


@require_POST
@needs(Action.CALL)
@sent_once
def uncall(request: HttpRequest, contest_id: str) -> HttpResponse:
    """Take the calls of a contest back, with the reason; one person is enough, because it makes nothing certain."""
    contest, person = contest_of(contest_id), person_of(request)
    reason = " ".join(request.POST.get("reason", "").split())
    if not reason or not is_reason(reason):
        messages.error(request, _("Write the reason, at most %(most)d letters, signs and spaces.") % {"most": REASON})
        return redirect("calls")
    act = Uncall(at=now(), contest=contest.id, reason=reason)
    with transaction.atomic():
        submission = hand_in([act], person, key_of(request, "uncall"), Action.CALL, "", DESKS[0])
        note(person, gettext_noop("call taken back"), f"contest {contest.id}", request)
    say(request, submission)
    return redirect("calls")


def contest_of(contest_id: str) -> Contest:
    """A contest by its id.  Raises Http404 where there is none."""
    for contest in definition().contests:
        if contest.id == contest_id:
            return contest
    raise Http404
