"""Decisions on a form: settling a difference, review, sending it back, replacing it, and later documents about it."""

from collections.abc import Callable
from functools import partial

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.desk import scans, work
from tallyroom.console.desk.models import FormRow
from tallyroom.console.desk.screens import history, labelled, posted, refused, shown, steps, to_form
from tallyroom.console.submissions.wiring import room
from tallyroom.election.form import VOTES
from tallyroom.intake import desk
from tallyroom.intake.refusal import NotNow, SamePerson
from tallyroom.intake.stages import Stage
from tallyroom.intake.stationform import Form, Purpose, Step
from tallyroom.record.acts import Figures

DOCUMENTS: dict[str, Purpose] = {kind: kind for kind in desk.ORDERS}


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "")


@require_http_methods(["GET", "POST"])
@needs(Action.RESOLVE)
@steps
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Where two entries differ: choose one of the two values for each field, or have the form read again."""
    user = person_of(request)
    row = work.visible(user, pk, Action.RESOLVE)
    if request.method == "POST":
        hand = work.Hand.of(request)
        if request.POST.get("do") == "read-again":
            again = _reason(request)[: desk.MOST_SIGNS]
            step = partial(desk.read_again, by=user.pk, seen=hand.seen, reason=again)
            return to_form(work.take(hand, pk, Action.RESOLVE, step))
        return to_form(work.take(hand, pk, Action.RESOLVE, _choice(request, row, hand)))
    form = row.form
    if form.stage not in (Stage.DIFFERS, Stage.SECOND_ENTRY) or form.target is not None:
        raise NotNow(stage=form.stage)
    if user.pk in form.hands:
        raise SamePerson
    entries = labelled(form, *(entry.figures for entry in form.entries))
    differing = [(name, title, values) for name, title, values in entries if name in form.differing]
    context = shown(request, row, differing=differing, entries=entries, scans=row.scans.order_by("pk"))
    return render(request, "desk/resolve.html", context)


def _choice(request: HttpRequest, row: FormRow, hand: work.Hand) -> Callable[[Form], Step]:
    paper = room().papers[row.contest]
    picks = posted(request, "pick_")

    def take(form: Form) -> Step:
        more = work.beyond_the_form(form, _picked(form, picks))
        return desk.choose(form, hand.user.pk, picks, paper, hand.seen, work.now(), more)

    return take


def _picked(form: Form, picks: dict[str, str]) -> Figures:
    """The figures that picks give, for the rules of the day; whether they may be picked is the desk's to say."""
    if len(form.entries) < 2:
        raise NotNow(stage=form.stage)
    return {name: form.entries[1 if picks.get(name) == "2" else 0].figures[name] for name in form.entries[0].figures}


@require_http_methods(["GET", "POST"])
@needs(Action.REVIEW)
@steps
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """A form that broke rules: all of them at once; accept with a reason where only warnings, or send it back."""
    user = person_of(request)
    row = work.visible(user, pk, Action.REVIEW)
    if request.method == "POST":
        hand, why, paper = work.Hand.of(request), _reason(request), room().papers[row.contest]
        if request.POST.get("do") == "send-back":
            step = partial(desk.send_back, by=user.pk, reason=why, seen=hand.seen)
        else:
            step = partial(desk.accept, by=user.pk, reason=why, paper=paper, seen=hand.seen, at=work.now())
        return to_form(work.take(hand, pk, Action.REVIEW, step))
    form = row.form
    if form.stage != Stage.IN_REVIEW or form.target is not None:
        raise NotNow(stage=form.stage)
    blocked = any(failure.severity == "error" for failure in form.failures)
    context = shown(
        request,
        row,
        blocked=blocked,
        own=user.pk in form.hands,
        figures=labelled(form, form.figures),
        marked=_marked(row),
        scans=row.scans.order_by("pk"),
        history=history(row),
    )
    return render(request, "desk/review.html", context)


def _marked(row: FormRow) -> set[str]:
    """The fields that a broken rule names."""
    paper, codes = room().papers[row.contest], {failure.code for failure in row.form.failures}
    named = {name for rule in paper.form.equations if rule.code in codes for name in rule.fields}
    return named | set(paper.contest.candidate_ids if VOTES in named else ())


@require_POST
@needs(Action.RECEIVE)
@steps
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """The form goes back: it is of another station, or not signed."""
    hand, why = work.Hand.of(request), _reason(request)
    step = partial(desk.give_back, by=hand.user.pk, reason=why, seen=hand.seen, at=work.now())
    return to_form(work.take(hand, pk, Action.RECEIVE, step))


@require_POST
@needs(Action.RECEIVE)
@steps
def replace(request: HttpRequest, pk: int) -> HttpResponse:
    """Another form of the same station replaces this one before acceptance, with its scans."""
    row = work.visible(person_of(request), pk, Action.RECEIVE)
    files = scans.uploads(request)
    if isinstance(files, str):
        return refused(request, files, pk, 413)
    evidence = scans.keep(files, row, person_of(request))
    hand, why = work.Hand.of(request), _reason(request)
    step = partial(desk.replace, by=hand.user.pk, reason=why, seen=hand.seen, evidence=evidence)
    return to_form(work.take(hand, pk, Action.RECEIVE, step))


@require_http_methods(["GET", "POST"])
@steps
def change(request: HttpRequest, pk: int, purpose: str) -> HttpResponse:
    """Order a correction or a recount of an accepted result, or an annulment, with its reason and its document."""
    if purpose not in DOCUMENTS:
        raise PermissionDenied
    kind = DOCUMENTS[purpose]
    user, action = person_of(request), work.ORDERING[kind]
    row = work.visible(user, pk, action)
    if request.method == "POST":
        files = scans.uploads(request)
        if isinstance(files, str):
            return refused(request, files, pk, 413)
        evidence = scans.keep(files, row, user)
        made = work.open_document(work.Hand.of(request), pk, action, kind, _reason(request), evidence)
        return to_form(made)
    if not desk.may(row.form, desk.ORDERS[kind]) or row.purpose != "protocol":
        raise NotNow(stage=row.form.stage)
    context = shown(request, row, kind=kind, accepted=row.stage == Stage.ACCEPTED)
    return render(request, "desk/change.html", context)


@require_POST
@needs(Action.ANNUL)
@steps
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """A second person confirms an annulment of the station as the page showed it."""
    hand = work.Hand.of(request)
    return to_form(work.take(hand, pk, Action.ANNUL, work.confirmation(hand, request.POST.get("main", ""))))


@require_POST
@steps
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever may order such a document withdraws an order, so that another document can be ordered."""
    hand = work.Hand.of(request)
    kind = DOCUMENTS.get(work.visible(hand.user, pk).purpose)
    if kind is None:
        raise PermissionDenied
    step = partial(desk.withdraw, by=hand.user.pk, reason=_reason(request), seen=hand.seen)
    return to_form(work.take(hand, pk, work.ORDERING[kind], step))
