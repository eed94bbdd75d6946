"""Who is at a station: its commission, accredited observers, agents of parties.

Names stay in the database, for those who need to reach people, and can be erased at any time.  The protocol's act
gets counts by role and nominator only (`present_at`).
"""

from collections import Counter

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.trail import note
from tallyroom.console.board.models import Attendant
from tallyroom.console.board.places import station_within
from tallyroom.record.acts import Present

MOST = 60
"""People at one station."""


def present_at(station: str) -> tuple[Present, ...]:
    """How many people of each role, and whose nominees, are entered for a station: what a protocol's act may hold.

    Chair and secretary are members of the commission, and are counted as such: alone in their role they could be known.
    """
    counts = Counter(
        (role if role in _APART else "member", by)
        for role, by in Attendant.objects.filter(station_id=station).values_list("role", "nominated_by")
    )
    return tuple(Present(role, by, count) for (role, by), count in sorted(counts.items()))


_APART = (Attendant.Role.OBSERVER, Attendant.Role.AGENT)


class AttendantForm(forms.ModelForm):  # type: ignore[type-arg] # its base is generic in the types only
    """One more person at a station."""

    class Meta:
        """The fields that are typed; the station is the page's."""

        model = Attendant
        fields = ("role", "nominated_by", "name")
        labels = {  # noqa: RUF012
            "role": gettext_lazy("Role"),
            "nominated_by": gettext_lazy("Nominated by"),
            "name": gettext_lazy("Name"),
        }
        help_texts = {  # noqa: RUF012
            "nominated_by": gettext_lazy(
                "A party, candidate or organisation. Public, as a count; never a person’s name."
            ),
            "name": gettext_lazy("Never public. It can be left empty, and erased later."),
        }


@require_http_methods(["GET", "POST"])
@needs(Action.KEEP_COMMISSION)
def people(request: HttpRequest, station_id: str) -> HttpResponse:
    """Everybody at a station, and the form for one more."""
    station_within(request, Action.KEEP_COMMISSION, station_id)
    form = AttendantForm(request.POST or None, instance=Attendant(station_id=station_id))
    if request.method == "POST" and _added(request, form, station_id):
        messages.success(request, _("Added."))
        return redirect("board_people", station_id)
    context = {
        "form": form,
        "station_id": station_id,
        "people": Attendant.objects.filter(station_id=station_id).order_by("role", "nominated_by", "pk"),
        "present": present_at(station_id),
    }
    return render(request, "board/people.html", context, status=422 if form.errors else 200)


def _added(request: HttpRequest, form: AttendantForm, station_id: str) -> bool:
    if not form.is_valid():
        return False
    if Attendant.objects.filter(station_id=station_id).count() >= MOST:
        form.add_error(None, ValidationError(_("A station has at most %(most)d people.") % {"most": MOST}))
        return False
    try:
        with transaction.atomic():
            row = form.save()
            note(
                person_of(request),
                gettext_noop("attendant added"),
                f"station {station_id}",
                request,
                row=row.pk,
                role=row.role,
            )
    except IntegrityError:
        form.add_error("role", _("The station has one already."))
        return False
    return True


@require_POST
@needs(Action.KEEP_COMMISSION)
def erase(request: HttpRequest, station_id: str) -> HttpResponse:
    """Erase the names of everybody at a station; roles and nominators stay."""
    station_within(request, Action.KEEP_COMMISSION, station_id)
    with transaction.atomic():
        named = Attendant.objects.filter(station_id=station_id).exclude(name="")
        count = named.update(name="", erased_at=timezone.now())
        note(person_of(request), gettext_noop("names erased"), f"station {station_id}", request, count=count)
    messages.success(request, _("The names are erased. Copies in backups of the database end with the backups."))
    return redirect("board_people", station_id)


@require_POST
@needs(Action.KEEP_COMMISSION)
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Take one person off a station, with all that is known of them."""
    row = get_object_or_404(Attendant, pk=number)
    station_within(request, Action.KEEP_COMMISSION, row.station_id)
    with transaction.atomic():
        note(
            person_of(request),
            gettext_noop("attendant removed"),
            f"station {row.station_id}",
            request,
            row=number,
            role=row.role,
        )
        row.delete()
    return redirect("board_people", row.station_id)
