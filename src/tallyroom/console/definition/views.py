"""The definition: what act 0 of the record fixes, for everybody to read, and its files as they lie on the disk."""

import hashlib
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.definition.words import STATUSES, rule_in_words
from tallyroom.console.publishing import proposing
from tallyroom.console.publishing.models import Proposal
from tallyroom.console.publishing.weighing import basis
from tallyroom.console.submissions.wiring import room
from tallyroom.election.definition import Contest, Definition
from tallyroom.election.folder import stored_files
from tallyroom.intake.opening import read_vkey


class File(NamedTuple):
    """A file of the definition: bytes on the disk, SHA-256 (hex), and whether that is the one that holds here."""

    name: str
    length: int
    sha256: str
    holds: bool


class Standing(NamedTuple):
    """What the record says: what became of candidates, by contest and candidate, and the basis of a proposal."""

    candidates: dict[str, dict[str, str]]
    basis: str


@require_GET
@needs(Action.READ_BOARD)
def page(request: HttpRequest) -> HttpResponse:
    """The definition in words and tables; for its keeper, what became of candidates."""
    found, standing = room().definition, _standing()
    context = {
        "definition": found,
        "standing": standing,
        "key": read_vkey(room().folder / "record") if standing else "",
        "registered": int(found.stations.register.sum()),
        "contests": [_contest(request, one, standing) for one in found.contests],
        "statuses": STATUSES.items(),
        "may_change": standing is not None and person_of(request).may(Action.CHANGE_DEFINITION),
        "days": found.calendar.days(found.called_on, found.day),
        "files": _files(found),
    }
    return render(request, "definition/definition.html", context)


@require_GET
@needs(Action.READ_BOARD)
def file(request: HttpRequest, name: str) -> HttpResponse:
    """A file of the definition, as it is on the disk."""
    content = stored_files(room().folder).get(name)
    if content is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)


def _standing() -> Standing | None:
    """What the record says; None before it is open."""
    if not room().is_open:
        return None
    with room().reading() as state:
        return Standing({id: {**count.candidate_status} for id, count in state.contests.items()}, basis(state))


def _contest(request: HttpRequest, contest: Contest, standing: Standing | None) -> dict[str, Any]:
    proposal = proposing.open_proposal(Proposal.Kind.CANDIDATE, contest.id)
    names = {one.id: one.name for one in contest.candidates}
    became = standing.candidates[contest.id] if standing else {}
    return {
        "contest": contest,
        "rule": rule_in_words(contest.rule),
        "candidates": [(one, STATUSES[became.get(one.id, "registered")]) for one in contest.candidates],
        "proposal": proposal,
        "words": f"{names[proposal.candidate]}: {STATUSES[proposal.status]}. {proposal.text}" if proposal else "",
        "mine": proposal is not None and proposal.made_by_id == person_of(request).pk,
        "moved": proposal is not None and standing is not None and proposal.basis != standing.basis,
    }


def _files(definition: Definition) -> list[File]:
    """The files on the disk; one that was changed, or taken away, since they were read does not hold."""
    stored, found = stored_files(room().folder), []
    for name in sorted({*stored, *definition.files}):
        content = stored.get(name, b"")
        digest = hashlib.sha256(content).hexdigest() if name in stored else ""
        found.append(File(name, len(content), digest, definition.files.get(name) == digest))
    return found
