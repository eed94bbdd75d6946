"""Publishing a snapshot: the preview, what is new in it, what it would reveal; one proposes, another confirms."""

from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from tallyroom.announce.bulletin import Context, bulletin
from tallyroom.announce.language import LANGUAGES
from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.board.entering import now
from tallyroom.console.election import definition
from tallyroom.console.publishing import press, proposing
from tallyroom.console.publishing.models import Proposal
from tallyroom.console.publishing.weighing import basis, difference, published, results_of
from tallyroom.console.publishing.words import rows_in_words
from tallyroom.console.submissions.models import Submission
from tallyroom.console.submissions.outbox import submit
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.opening import reader
from tallyroom.intake.secrecy import revealing
from tallyroom.record.error import RecordError
from tallyroom.record.witness_http import cosigning

Kind = Proposal.Kind
PAGES = {
    Kind.PUBLICATION: "publishing",
    Kind.CALL: "calls",
    Kind.CERTIFICATION: "certifying",
    Kind.CANDIDATE: "definition",
}
"""The page of each kind of proposal."""
SHOWN = 200
"""Revealing stations that are listed."""


@require_GET
@needs(Action.PUBLISH)
def publication(request: HttpRequest) -> HttpResponse:
    """What a snapshot would say now, beside the last one, and the form to propose or confirm it."""
    at, site = now(), Path(settings.SITE_FOLDER)
    with room().reading() as state:
        results = results_of(state, reader(room().folder), at)
        befores = [published(state, site, one.contest) for one in results]
        number, size, seen = len(state.publications) + 1, state.size, basis(state)
        flagged = list(revealing(state))
    context = Context(number, definition().day.isoformat())
    found = proposing.open_proposal(Kind.PUBLICATION)
    return render(
        request,
        "publishing/publication.html",
        {
            "number": number,
            "size": size,
            "basis": seen,
            "contests": [
                (
                    one,
                    rows_in_words(difference(before, one)),
                    [(code, bulletin(one, context, code)) for code in LANGUAGES],
                )
                for one, before in zip(results, befores, strict=True)
            ],
            "flagged": flagged[:SHOWN],
            "flagged_count": len(flagged),
            "rule": definition().secrecy.rule,
            "policy": Path(settings.POLICY_FILE).name,
            "proposal": found,
            "mine": found is not None and found.made_by_id == person_of(request).pk,
            "moved": found is not None and found.basis != seen,
            "last": Proposal.objects.filter(kind=Kind.PUBLICATION).exclude(state=Proposal.State.OPEN).last(),
        },
    )


@require_POST
@needs(Action.PUBLISH)
def propose(request: HttpRequest) -> HttpResponse:
    """Propose to publish what the page has shown."""
    with room().reading() as state:
        size, seen = state.size, basis(state)
    if proposing.unchanged(request, seen):
        proposing.propose(request, Proposal(kind=Kind.PUBLICATION, size=size, basis=seen))
    return redirect("publishing")


@require_POST
@needs(Action.PUBLISH)
def confirm(request: HttpRequest, number: int) -> HttpResponse:
    """Confirm it: the snapshot is made of the record as it stands when it is the sequencer's turn."""
    get_object_or_404(Proposal, pk=number, kind=Kind.PUBLICATION)
    with room().reading() as state:
        seen = basis(state)

    def hand_in(proposal: Proposal) -> list[Submission]:
        details = {"at": now(), "basis": seen}
        person = person_of(request)
        key = proposal.submission_key
        return [submit([], press.ROLE, person, key, Action.PUBLISH, "", press.JOB, details)]

    if proposing.unchanged(request, seen) and _witnessed(request):
        proposing.confirm(request, number, hand_in)
    return redirect("publishing")


def _witnessed(request: HttpRequest) -> bool:
    """Whether the witnesses answer.  They are asked again in the sequencer's turn, where all others wait for them."""
    log = reader(room().folder)
    try:
        cosigning(log, press.policy())(log.checkpoint)
    except RecordError as error:
        messages.error(request, str(error))
        return False
    return True


@require_POST
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """Withdraw a proposal of any kind."""
    return redirect(PAGES[Kind(proposing.withdraw(request, number).kind)])
