"""Who stands behind a request, and the gate before a view: no duty, no page."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def person_of(request: HttpRequest) -> User:
    """The person who is signed in.  Raises PermissionDenied for nobody; the middleware has asked before."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def needs(action: Action) -> Callable[[View[P]], View[P]]:
    """Open a view to those who may take an action in some area; the view narrows it to its own area."""

    def gate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not person_of(request).may_somewhere(action):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return gate
