"""What others said: entered as acts, attributed and never endorsed; and complaints, with how far they have come."""

import re
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.accounts.trail import note
from tallyroom.console.board.entering import hand_in, key_of, new_token, now, say, sent_once
from tallyroom.console.election import definition
from tallyroom.console.publishing.models import NEXT, Complaint, Step
from tallyroom.console.submissions.models import Status, Submission
from tallyroom.console.submissions.wiring import room
from tallyroom.record.acts import Statement

KINDS = {
    "announcement": gettext_lazy("announcement of figures"),
    "concession": gettext_lazy("concession"),
    "congratulation": gettext_lazy("congratulation"),
    "victory_claim": gettext_lazy("claim of victory"),
    "complaint": gettext_lazy("complaint"),
    "claim": gettext_lazy("claim"),
    "absence": gettext_lazy("absence of an announcement"),
}
"""Kinds that are entered here.  A certification is not one of them: ours takes two people, on a page of its own."""

_FIGURE = re.compile(r"([a-z]+(?:\.[^\s=.]+){0,2})=([0-9]{1,15}|[0-9]{1,3}\.[0-9]{1,4})")


class StatementForm(forms.Form):
    """What somebody said."""

    contest = forms.ChoiceField(label=gettext_lazy("Contest"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=[("", "—"), *KINDS.items()])
    speaker = forms.CharField(
        label=gettext_lazy("Who said it"), help_text=gettext_lazy("As the source names them."), max_length=120
    )
    said_at = forms.CharField(
        label=gettext_lazy("When"), help_text=gettext_lazy("As the source gives it: 2025-06-15T23:10"), max_length=40
    )
    source = forms.CharField(label=gettext_lazy("Source"), max_length=200)
    text = forms.CharField(
        label=gettext_lazy("What was said"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    figures = forms.CharField(
        label=gettext_lazy("Figures announced"),
        help_text=gettext_lazy("One a line, as votes.ID=1200 or percent.ID=54.12; they are held against the count."),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(contest.id, contest.name) for contest in definition().contests]
        self.fields["contest"].choices = choices  # type: ignore[attr-defined]

    def clean_said_at(self) -> str:
        """A date, or a date with a time."""
        typed = str(self.cleaned_data["said_at"])
        try:
            datetime.fromisoformat(typed)
        except ValueError:
            raise ValidationError(_("Write it as 2025-06-15 or 2025-06-15T23:10.")) from None
        return typed

    def clean_figures(self) -> dict[str, int | str]:
        """Figures by path; every line is one."""
        found: dict[str, int | str] = {}
        for line in str(self.cleaned_data["figures"]).split():
            match = _FIGURE.fullmatch(line)
            if match is None or match[1] in found:
                raise ValidationError(_("This line is no figure, or stands twice: %(line)s") % {"line": line[:60]})
            found[match[1]] = match[2] if "." in match[2] or "percent" in match[1] else int(match[2])
        return found


@require_http_methods(["GET", "POST"])
@needs(Action.ENTER_STATEMENT)
@sent_once
def statements(request: HttpRequest) -> HttpResponse:
    """All statements and complaints, and the form for one more."""
    form = StatementForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        say(request, _entered(request, person_of(request), form.cleaned_data))
        return redirect("statements")
    with room().reading() as state:
        said = [(number, one) for number, _size, one in reversed(state.statements) if one.kind in KINDS]
    context = {
        "form": form,
        "token": request.POST.get("token") or new_token(),
        "said": [(number, one, KINDS[one.kind]) for number, one in said if one.kind != "complaint"],
        "complaints": [_shown(complaint) for complaint in Complaint.objects.order_by("-pk")],
        "steps_token": new_token(),
    }
    return render(request, "publishing/statements.html", context, status=422 if form.errors else 200)


def _entered(request: HttpRequest, person: User, typed: dict[str, Any]) -> Submission:
    """Hand a statement in; a complaint gets its row and first step in the same transaction."""
    key = key_of(request, "statement")
    complaint = typed["kind"] == "complaint"
    act = Statement(
        at=now(),
        contest=typed["contest"],
        kind=cast(Any, typed["kind"]),
        speaker=typed["speaker"],
        said_at=typed["said_at"],
        source=typed["source"],
        text=typed["text"],
        figures=typed["figures"],
        reason=Complaint.State.RECEIVED.value if complaint else "",
    )
    with transaction.atomic():
        known = Submission.objects.filter(key=key).exists()
        submission = hand_in([act], person, key, Action.ENTER_STATEMENT, "")
        if complaint and not known:
            fields = {name: typed[name] for name in ("contest", "speaker", "said_at", "source", "text")}
            row = Complaint.objects.create(**fields)
            row.steps.create(state=Complaint.State.RECEIVED, made_by=person, submission_key=key)
        note(person, gettext_noop("statement entered"), f"submission {submission.pk}", request, kind=typed["kind"])
    return submission


def _shown(complaint: Complaint) -> dict[str, Any]:
    """A complaint with its steps, each with its act, and the states that may follow."""
    pairs = _steps(complaint)
    last = Complaint.State(pairs[-1][0].state) if pairs else Complaint.State.DISMISSED
    following = [(state.value, state.label) for state in NEXT[last]]
    return {"complaint": complaint, "steps": pairs, "state": last.label, "following": following}


@require_POST
@needs(Action.ENTER_STATEMENT)
@sent_once
def step(request: HttpRequest, number: int) -> HttpResponse:
    """A complaint comes to its next state: an act in the authority's name that supersedes the last one about it."""
    complaint = get_object_or_404(Complaint, pk=number)
    person, state = person_of(request), request.POST.get("state", "")
    reason = " ".join(request.POST.get("reason", "").split())
    if not reason or len(reason) > 500 or not reason.isprintable():
        messages.error(request, _("Write the reason, at most 500 signs."))
        return redirect("statements")
    key = key_of(request, f"complaint-{number}")
    with transaction.atomic():
        Complaint.objects.select_for_update().get(pk=number)
        earlier = [pair for pair in _steps(complaint) if pair[0].submission_key != key]
        before, entered = earlier[-1] if earlier else (None, None)
        standing = entered.first if entered and entered.status == Status.DONE else None
        if before is None or standing is None or state not in NEXT[Complaint.State(before.state)]:
            messages.error(request, _("This step cannot follow now; look at the complaint again."))
            return redirect("statements")
        act = _step_act(complaint, state, reason, standing)
        submission = hand_in([act], person, key, Action.ENTER_STATEMENT, "")
        Step.objects.get_or_create(
            submission_key=key, defaults={"complaint": complaint, "state": state, "reason": reason, "made_by": person}
        )
        note(person, gettext_noop("complaint moved"), f"complaint {number}", request, state=state)
    say(request, submission)
    return redirect("statements")


def _steps(complaint: Complaint) -> list[tuple[Step, Submission]]:
    """The steps of a complaint with their submissions, in order, without those that the record refused."""
    steps = list(complaint.steps.order_by("pk"))
    found = {one.key: one for one in Submission.objects.filter(key__in=[step.submission_key for step in steps])}
    return [(s, one) for s in steps if (one := found[s.submission_key]).status != Status.REFUSED]


def _step_act(complaint: Complaint, state: str, reason: str, standing: int) -> Statement:
    at = now()
    return Statement(
        at=at,
        contest=complaint.contest,
        supersedes=standing,
        kind="complaint",
        speaker=definition().authority,
        said_at=at,
        source="entered in the console",
        text=f"On the complaint of {complaint.speaker} (act {standing}): {state}. {reason}",
        reason=state,
    )
