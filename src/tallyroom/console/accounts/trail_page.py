"""The audit trail on the screen: read only, with filters, the newest first."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from tallyroom.console.accounts.access import needs
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import Trail

PAGE = 100


class FilterForm(forms.Form):
    """What to look for; an empty field looks for everything."""

    login = forms.CharField(label=_("Login"), max_length=150, required=False)
    action = forms.ChoiceField(label=_("What"), required=False)
    subject = forms.CharField(label=_("On what"), max_length=200, required=False)
    since = forms.DateField(label=_("From day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Trail.objects.order_by("action").values_list("action", flat=True).distinct()
        choices = self.fields["action"]
        assert isinstance(choices, forms.ChoiceField)
        choices.choices = [("", "—"), *((action, gettext(action)) for action in known)]

    def condition(self) -> Q:
        """The rows that were asked for."""
        asked, found = self.cleaned_data, Q()
        if asked["login"]:
            found &= Q(user__login=asked["login"].casefold())
        if asked["action"]:
            found &= Q(action=asked["action"])
        if asked["subject"]:
            found &= Q(subject=asked["subject"])
        if asked["since"]:
            found &= Q(at__gte=timezone.make_aware(datetime.combine(asked["since"], time.min)))
        if asked["until"]:
            found &= Q(at__lte=timezone.make_aware(datetime.combine(asked["until"], time.max)))
        return found


@require_GET
@needs(Action.READ_TRAIL)
def trail(request: HttpRequest) -> HttpResponse:
    """One page of the trail."""
    form = FilterForm(request.GET)
    rows = Trail.objects.filter(form.condition()) if form.is_valid() else Trail.objects.none()
    page = Paginator(rows.select_related("user").order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {"form": form, "page": page, "asked": asked.urlencode()}
    return render(request, "accounts/trail.html", context, status=422 if form.errors else 200)
