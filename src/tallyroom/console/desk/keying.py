"""Keying: one form, large fields in the order of the paper, by the keyboard alone; a draft survives everything.

What was typed is kept as it is typed.  Handing in goes through the desk's own rules; where the form or the draft
changed meanwhile, the page says so and shows both.
"""

import json
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.desk import work
from tallyroom.console.desk.forms_list import in_areas
from tallyroom.console.desk.models import Draft, FormRow, StepRow
from tallyroom.console.desk.screens import keys_next, posted, shown, steps, to_form
from tallyroom.console.desk.words import FAULTS, sentence
from tallyroom.console.submissions.wiring import room
from tallyroom.election.form import VOTES, Term
from tallyroom.intake import desk
from tallyroom.intake.paper import Paper
from tallyroom.intake.refusal import BadFigures, NotNow, SamePerson, StaleVersion
from tallyroom.intake.stages import Stage
from tallyroom.intake.stationform import Form as StationForm
from tallyroom.intake.stationform import Step

LONGEST = 20
"""Signs of a field that are kept in a draft."""

HELD = timedelta(minutes=10)
"""How long a form that somebody has opened to key is not offered to others."""

TO_KEY = (Stage.FIRST_ENTRY.value, Stage.RECEIVED.value)

FRESH = timedelta(minutes=1)
"""Age up to which the time of a draft is not written again, only because its form is looked at."""

LOOKED_AT = 20
"""Forms looked at for the next one to key."""


@require_http_methods(["GET", "POST"])
@needs(Action.KEY)
@steps
def key(request: HttpRequest, pk: int) -> HttpResponse:
    """Key a form, and hand the entry in."""
    row = work.visible(person_of(request), pk, Action.KEY)
    if request.method == "POST":
        return _posted(request, row)
    user = person_of(request)
    require_keying(row, user)
    draft = _opened(row, user)
    return _page(request, row, draft, draft.typed)


def require_keying(row: FormRow, user: User) -> None:
    """Refuse a form that this person cannot key now."""
    form = row.form
    if not keys_next(form, user.pk, work.events(row, user)):
        raise SamePerson if user.pk in form.hands else NotNow(stage=form.stage)


def _page(
    request: HttpRequest,
    row: FormRow,
    draft: Draft,
    typed: dict[str, str],
    problem: str = "",
    faults: dict[str, str] | None = None,
    other: dict[str, str] | None = None,
) -> HttpResponse:
    """The page with what was typed; `other`: what another tab of the same person has kept."""
    value = row.form
    paper = room().papers[value.contest]
    context = shown(request, row)
    require_keying(row, person_of(request))
    marks = faults or {}
    context |= {
        "fields": [_field(paper, name, typed, marks, other or {}) for name in paper.fields],
        "lines": len(paper.form.lines),
        "second": value.stage == Stage.FIRST_ENTRY,
        "revision": draft.revision,
        "equations": json.dumps(equations(paper)),
        "problem": problem,
        "conflict": other is not None,
        "scans": list(row.scans.order_by("pk")),
        "before": _done_before(request),
    }
    return render(request, "desk/key.html", context, status=409 if other is not None or problem else 200)


def _field(
    paper: Paper, name: str, typed: dict[str, str], faults: dict[str, str], other: dict[str, str]
) -> dict[str, Any]:
    lines = {line.id: line.number for line in paper.form.lines}
    return {
        "name": name,
        "number": lines.get(name, ""),
        "title": paper.titles[name],
        "value": typed.get(name, ""),
        "fault": FAULTS[faults[name]] if name in faults else "",
        "other": other.get(name, "") if other.get(name, "") != typed.get(name, "") else "",
    }


def equations(paper: Paper) -> list[dict[str, Any]]:
    """The equations of the form as data for the page's own arithmetic."""
    return [
        {
            "code": one.code,
            "title": one.title,
            "left": _terms(paper, one.left),
            "right": _terms(paper, one.right),
            "relation": one.relation,
            "severity": one.severity,
            "slack": one.slack,
            "percent": one.slack_percent,
        }
        for one in paper.form.equations
    ]


def _terms(paper: Paper, terms: tuple[Term, ...]) -> list[tuple[int, str]]:
    votes = paper.contest.candidate_ids
    return [(term.coefficient, name) for term in terms for name in (votes if term.field == VOTES else (term.field,))]


def _opened(row: FormRow, user: User) -> Draft:
    """The draft of a person who has just opened a form: it holds the form for a while."""
    if draft := Draft.objects.filter(form=row, user=user).first():
        if draft.saved_at < timezone.now() - FRESH:
            Draft.objects.filter(pk=draft.pk).update(saved_at=timezone.now())
        return draft
    return Draft.objects.get_or_create(form=row, user=user)[0]


def _posted(request: HttpRequest, row: FormRow) -> HttpResponse:
    """Hand in what was typed, or keep it where only that was asked for, or where it cannot be handed in."""
    user, hand = person_of(request), work.Hand.of(request)
    if StepRow.objects.filter(key=hand.key).exists():  # sent twice: `take` answers as it did
        return _after(request, work.take(hand, row.pk, Action.KEY, _nothing))
    paper = room().papers[row.contest]
    typed = {name: text[:LONGEST] for name, text in posted(request, "fig_").items()}
    draft, revision = _opened(row, user), request.POST.get("revision", "")
    if draft.typed != typed and revision != str(draft.revision):
        problem = _("This form is open in another tab too. What you typed here and what was kept there differ.")
        return _page(request, row, draft, typed, problem, other=draft.typed)
    try:
        figures = paper.read(typed)
        if request.POST.get("do") != "hand-in":
            return _page(request, row, _keep(row, user, typed, revision)[0], typed)
        more = work.beyond_the_form(row.form, figures)
        step = partial(desk.key, by=user.pk, figures=figures, paper=paper, seen=hand.seen, at=work.now(), more=more)
        return _after(request, work.take(hand, row.pk, Action.KEY, step))
    except BadFigures as bad:
        return _page(request, row, _keep(row, user, typed, revision)[0], typed, sentence(bad), bad.faults)
    except StaleVersion as stale:
        row.refresh_from_db()
        return _page(request, row, _keep(row, user, typed, revision)[0], typed, sentence(stale))


def _nothing(form: StationForm) -> Step:
    raise StaleVersion(seen=form.version, now=form.version)


def _after(request: HttpRequest, row: FormRow) -> HttpResponse:
    """On to the next form, which says what became of this one."""
    if request.POST.get("then") == "form":
        return to_form(row)
    return _to_next(next_form(person_of(request)), str(row.pk))


def _to_next(row: FormRow | None, done: str) -> HttpResponse:
    """To the page of the form that is keyed next, or to the one that says that none waits."""
    path = reverse("key", args=[row.pk]) if row else reverse("key_next")
    return redirect(f"{path}?done={done}" if done.isdecimal() else path)


def _keep(row: FormRow, user: User, typed: dict[str, str], revision: str) -> tuple[Draft, bool]:
    """Keep a draft; False, with the draft that is there, where another tab has kept one since this page was made."""
    draft = Draft.objects.filter(form=row, user=user).first() or Draft.objects.get_or_create(form=row, user=user)[0]
    if draft.typed == typed:
        return draft, True
    if revision != str(draft.revision):
        return draft, False
    kept = Draft.objects.filter(pk=draft.pk, revision=draft.revision)
    if not kept.update(typed=typed, revision=draft.revision + 1, saved_at=timezone.now()):
        draft.refresh_from_db()
        return draft, False
    draft.typed, draft.revision = typed, draft.revision + 1
    return draft, True


@require_POST
@needs(Action.KEY)
@steps
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what is typed, from the page's script: the new revision, or 409 with what another tab has kept."""
    user = person_of(request)
    row = work.visible(user, pk, Action.KEY)
    if not keys_next(row.form, user.pk, work.events(row, user)):
        return JsonResponse({"gone": True}, status=409)
    titles = room().papers[row.contest].titles
    typed = {name: text[:LONGEST] for name, text in posted(request, "fig_").items() if name in titles}
    try:
        with transaction.atomic():
            kept, done = _keep(row, user, typed, request.POST.get("revision", ""))
    except IntegrityError:
        return JsonResponse({"gone": False}, status=409)
    return JsonResponse({"revision": kept.revision, "typed": kept.typed}, status=200 if done else 409)


@require_GET
@needs(Action.KEY)
@steps
def key_next(request: HttpRequest) -> HttpResponse:
    """The next form that this person can key: one with a first entry before one without, the oldest first."""
    user = person_of(request)
    row = next_form(user)
    if row is not None:
        return _to_next(row, request.GET.get("done", ""))
    return render(request, "desk/none_to_key.html", {"before": _done_before(request)})


def next_form(user: User) -> FormRow | None:
    """A form in this person's areas that waits to be keyed and that nobody else has open; it is held from now on."""
    rows = in_areas(user, Action.KEY).filter(stage__in=TO_KEY, waits=False)
    rows = rows.exclude(purpose="annulment").exclude(_open_elsewhere(user)).order_by("stage", "changed_at", "pk")
    free = [row.pk for row in rows[:LOOKED_AT] if user.pk not in row.form.hands]
    return next((row for pk in free if (row := _held(pk, user))), None)


def _open_elsewhere(user: User) -> Exists:
    return Exists(_elsewhere(OuterRef("pk"), user))


def _elsewhere(form: int | OuterRef, user: User) -> QuerySet[Draft]:
    """Drafts by which others hold a form."""
    return Draft.objects.filter(form=form, saved_at__gt=timezone.now() - HELD).exclude(user=user)


def _held(pk: int, user: User) -> FormRow | None:
    """Open a form for this person, unless another one opens it at the same moment."""
    with transaction.atomic():
        waiting = FormRow.objects.select_for_update(skip_locked=True).filter(pk=pk, stage__in=TO_KEY, waits=False)
        row = waiting.first()
        # Asked once the row is ours: a statement that began before another one's end does not see its draft.
        if row is None or user.pk in row.form.hands or _elsewhere(pk, user).exists():
            return None
        fresh = Draft(form=row, user=user)
        # One statement, whether there is a draft or not.
        Draft.objects.bulk_create(
            [fresh], update_conflicts=True, unique_fields=["form", "user"], update_fields=["saved_at"]
        )
        return row


def _done_before(request: HttpRequest) -> dict[str, Any] | None:
    """What became of the form that this person keyed just before."""
    done = request.GET.get("done", "")
    if not (done.isascii() and done.isdecimal() and len(done) < 15):
        return None
    row = FormRow.objects.filter(pk=int(done), steps__user=person_of(request)).first()
    return {"row": row, "act": row.form.act, "form": row.form} if row else None


@require_POST
@needs(Action.KEY)
@steps
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own entry back, before a second person has keyed."""
    hand = work.Hand.of(request)
    return to_form(work.take(hand, pk, Action.KEY, partial(desk.take_back, by=hand.user.pk, seen=hand.seen)))
