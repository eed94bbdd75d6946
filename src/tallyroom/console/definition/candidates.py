"""Candidates after act 0: one person proposes what became of a candidate, another confirms it, and it is an act.

Votes for a candidate who is no candidate any more are counted and shown as before, with what became of them beside.
"""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.board.entering import now
from tallyroom.console.board.reports import REASON, is_reason
from tallyroom.console.definition.words import STATUSES
from tallyroom.console.publishing import proposing
from tallyroom.console.publishing.calls import contest_of
from tallyroom.console.publishing.models import Proposal
from tallyroom.console.publishing.weighing import basis
from tallyroom.console.submissions.models import Submission
from tallyroom.console.submissions.outbox import submit
from tallyroom.console.submissions.wiring import room
from tallyroom.record.acts import CandidateStatus

Kind = Proposal.Kind


@require_POST
@needs(Action.CHANGE_DEFINITION)
def propose(request: HttpRequest, contest_id: str) -> HttpResponse:
    """Propose what became of a candidate, with the reason."""
    contest = contest_of(contest_id)
    candidate, status = request.POST.get("candidate", ""), request.POST.get("status", "")
    reason = " ".join(request.POST.get("reason", "").split())
    if candidate not in contest.candidate_ids or status not in STATUSES:
        raise Http404
    with room().reading() as state:
        before = state.contests[contest.id].candidate_status.get(candidate, "registered")
        size, seen = state.size, basis(state)
    if not reason or not is_reason(reason):
        messages.error(request, _("Write the reason, at most %(most)d letters, signs and spaces.") % {"most": REASON})
    elif status == before:
        messages.error(request, _("This is what the record says of this candidate already."))
    else:
        said = {"contest": contest.id, "candidate": candidate, "status": status, "text": reason}
        proposing.propose(request, Proposal(kind=Kind.CANDIDATE, size=size, basis=seen, **said))
    return redirect("definition")


@require_POST
@needs(Action.CHANGE_DEFINITION)
def confirm(request: HttpRequest, number: int) -> HttpResponse:
    """Confirm it: the act goes into the record."""
    get_object_or_404(Proposal, pk=number, kind=Kind.CANDIDATE)
    with room().reading() as state:
        seen = basis(state)

    def hand_in(proposal: Proposal) -> list[Submission]:
        act = CandidateStatus(
            at=now(),
            contest=proposal.contest,
            candidate=proposal.candidate,
            status=cast(Any, proposal.status),
            reason=proposal.text,
        )
        key = proposal.submission_key
        return [submit([act], "commission", person_of(request), key, Action.CHANGE_DEFINITION, "")]

    if proposing.unchanged(request, seen):
        proposing.confirm(request, number, hand_in)
    return redirect("definition")
