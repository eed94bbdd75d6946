"""Screens of an administrator: everybody, one person with all that they did, and each change to them."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tallyroom.console.accounts import changes
from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action, Role
from tallyroom.console.accounts.models import LOGIN, ROLE_NAMES, Duty, Trail, User
from tallyroom.console.election import definition

PAGE = 100
DEEDS = {
    "disable": (changes.disable, gettext_lazy("This person can sign in no more.")),
    "enable": (changes.enable, gettext_lazy("This person can sign in again.")),
    "sign-out": (changes.end_sessions, gettext_lazy("All sessions of this person are ended.")),
    "forget": (changes.forget, gettext_lazy("The name is removed.")),
}
"""Changes that need nothing but a press of a button, and what is said afterwards."""
LISTED_AREAS = 1000
"""Areas that the form suggests; every other id can be typed."""


class DutyForm(forms.Form):
    """A role and where it holds."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=[("", "—"), *((role.value, name) for role, name in ROLE_NAMES.items())]
    )
    area_id = forms.CharField(
        label=gettext_lazy("Area"),
        help_text=gettext_lazy("Id of the area, with all below it; empty for the whole country."),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"list": "areas", "autocomplete": "off"}),
    )

    def clean_role(self) -> Role:
        """The role itself."""
        return Role(self.cleaned_data["role"])


class PersonForm(DutyForm):
    """A new person with a first duty."""

    login = forms.CharField(
        label=gettext_lazy("Login"),
        help_text=gettext_lazy("A short name or an e-mail address, in small letters."),
        max_length=150,
        validators=[LOGIN],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Shown to colleagues only; it can be removed later and is in no public record."),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("login", "name", "role", "area_id")


@require_GET
@needs(Action.MANAGE_USERS)
def everybody(request: HttpRequest) -> HttpResponse:
    """All people by login, with their duties; `q` looks in login and name."""
    query = request.GET.get("q", "").replace("\0", "").strip()[:150]
    found = User.objects.filter(Q(login__icontains=query) | Q(name__icontains=query)) if query else User.objects.all()
    held = Prefetch("duties", Duty.objects.filter(ended_at=None).order_by("role", "area_id"))
    page = Paginator(found.order_by("login").prefetch_related(held), PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/people.html", {"page": page, "query": query, "asked": urlencode({"q": query})})


@require_http_methods(["GET", "POST"])
@needs(Action.MANAGE_USERS)
def add(request: HttpRequest) -> HttpResponse:
    """Add a person; the answer shows their one-time link, once."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data
            person, token = changes.add_person(
                person_of(request), given["login"], given["name"], given["role"], given["area_id"]
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _link(request, person, token)
    context = {"form": form, "areas": definition().areas.areas[:LISTED_AREAS]}
    return render(request, "accounts/add.html", context, status=422 if form.errors else 200)


@require_GET
@needs(Action.MANAGE_USERS)
def person(request: HttpRequest, number: int) -> HttpResponse:
    """One person: duties, what can be changed, and everything they did."""
    return _person(request, get_object_or_404(User, pk=number), DutyForm())


@require_POST
@needs(Action.MANAGE_USERS)
def give(request: HttpRequest, number: int) -> HttpResponse:
    """Give a duty."""
    found = get_object_or_404(User, pk=number)
    form = DutyForm(request.POST)
    if form.is_valid():
        try:
            changes.give(person_of(request), found, form.cleaned_data["role"], form.cleaned_data["area_id"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The duty is given."))
            return redirect("person", number=number)
    return _person(request, found, form, status=422)


@require_POST
@needs(Action.MANAGE_USERS)
def end(request: HttpRequest, number: int, duty: int) -> HttpResponse:
    """End a duty of this person."""
    held = get_object_or_404(Duty.objects.select_related("user"), pk=duty, user_id=number)
    return _changed(request, number, lambda by: changes.end(by, held), _("The duty is ended."))


@require_POST
@needs(Action.MANAGE_USERS)
def change(request: HttpRequest, number: int, what: str) -> HttpResponse:
    """Disable, enable, sign out everywhere, or remove the name."""
    found = get_object_or_404(User, pk=number)
    deed, done = DEEDS[what]
    return _changed(request, number, lambda by: deed(by, found), str(done))


@require_POST
@needs(Action.MANAGE_USERS)
def reset(request: HttpRequest, number: int) -> HttpResponse:
    """Begin the account anew; the answer shows the new link, once."""
    found = get_object_or_404(User, pk=number)
    try:
        token = changes.reset(person_of(request), found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("person", number=number)
    return _link(request, found, token)


def _changed(request: HttpRequest, number: int, deed: Callable[[User], object], done: str) -> HttpResponse:
    try:
        deed(person_of(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return redirect("person", number=number)


def _person(request: HttpRequest, found: User, form: DutyForm, status: int = 200) -> HttpResponse:
    rows = Trail.objects.filter(Q(user=found) | Q(subject=f"user {found.pk}")).select_related("user")
    context = {
        "person": found,
        "duties": found.duties.order_by("ended_at", "role", "area_id").select_related("given_by"),
        "form": form,
        "areas": definition().areas.areas[:LISTED_AREAS],
        "page": Paginator(rows.order_by("-pk"), PAGE).get_page(request.GET.get("page")),
        "myself": found == request.user,
    }
    return render(request, "accounts/person.html", context, status=status)


def _link(request: HttpRequest, person: User, token: str) -> HttpResponse:
    address = request.build_absolute_uri(reverse("link", args=[token]))
    return render(request, "accounts/link_made.html", {"person": person, "address": address})
