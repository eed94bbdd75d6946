"""Two people: one proposes, another confirms, and only then acts are handed in, in the names of both."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from tallyroom.console.accounts.access import person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.trail import note
from tallyroom.console.board.entering import say
from tallyroom.console.publishing.models import Proposal
from tallyroom.console.submissions.models import Submission

ACTION = {
    Proposal.Kind.PUBLICATION: Action.PUBLISH,
    Proposal.Kind.CALL: Action.CALL,
    Proposal.Kind.CERTIFICATION: Action.CERTIFY,
    Proposal.Kind.CANDIDATE: Action.CHANGE_DEFINITION,
}
"""What both people have to be allowed, in the whole country."""

Open, Confirmed, Withdrawn = Proposal.State.OPEN, Proposal.State.CONFIRMED, Proposal.State.WITHDRAWN


def open_proposal(kind: Proposal.Kind, contest: str = "") -> Proposal | None:
    """The proposal that waits for a second person."""
    found = Proposal.objects.select_related("made_by").filter(kind=kind, contest=contest, state=Open)
    return found.first()


def propose(request: HttpRequest, proposal: Proposal) -> bool:
    """Keep a proposal for a second person; False, with a word on the next page, where one waits already."""
    person = person_of(request)
    _allowed(request, Proposal.Kind(proposal.kind))
    proposal.made_by = person
    try:
        with transaction.atomic():
            proposal.save()
            subject = f"{proposal.kind} {proposal.pk}"
            note(
                person,
                gettext_noop("proposed"),
                subject,
                request,
                contest=proposal.contest,
                candidate=proposal.candidate,
            )
    except IntegrityError:
        messages.error(request, _("A proposal waits already: it is confirmed or withdrawn first."))
        return False
    messages.success(request, _("Proposed. It takes effect once another person confirms it."))
    return True


def confirm(request: HttpRequest, number: int, hand_in: Callable[[Proposal], list[Submission]]) -> bool:
    """Confirm somebody else's proposal: mark it and hand in what follows from it, in one transaction, then wait.

    Raises PermissionDenied for one's own, Http404 where there is none; False where it is decided already or the record
    refuses.
    """
    proposal = get_object_or_404(Proposal.objects.select_related("made_by"), pk=number)
    person = person_of(request)
    _allowed(request, Proposal.Kind(proposal.kind))
    if proposal.made_by_id == person.pk:
        raise PermissionDenied
    if not proposal.made_by.may(ACTION[Proposal.Kind(proposal.kind)]):
        messages.error(request, _("Whoever proposed it has no such duty any more. Withdraw it, and propose anew."))
        return False
    with transaction.atomic():
        marked = Proposal.objects.filter(pk=number, state=Open).update(
            state=Confirmed, decided_by=person, decided_at=timezone.now()
        )
        if not marked:
            messages.error(request, _("This proposal is decided already."))
            return False
        submissions = hand_in(proposal)
        note(person, gettext_noop("confirmed"), f"{proposal.kind} {number}", request, proposed_by=proposal.made_by_id)
    return say(request, *submissions)


def unchanged(request: HttpRequest, seen: str) -> bool:
    """Whether the basis that this person's page was made of is still `seen`; else a word on the next page."""
    if request.POST.get("basis") == seen:
        return True
    messages.error(request, _("More than protocols has come into the record since you looked. Look again."))
    return False


def withdraw(request: HttpRequest, number: int) -> Proposal:
    """Withdraw a proposal; whoever may propose may withdraw."""
    proposal = get_object_or_404(Proposal, pk=number)
    _allowed(request, Proposal.Kind(proposal.kind))
    with transaction.atomic():
        waiting = Proposal.objects.filter(pk=number, state=Open)
        if waiting.update(state=Withdrawn, decided_by=person_of(request), decided_at=timezone.now()):
            note(person_of(request), gettext_noop("withdrawn"), f"{proposal.kind} {number}", request)
            messages.success(request, _("Withdrawn."))
    return proposal


def _allowed(request: HttpRequest, kind: Proposal.Kind) -> None:
    if not person_of(request).may(ACTION[kind]):
        raise PermissionDenied
