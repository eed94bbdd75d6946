"""From a form to the record: acts are handed in once, however often the form is sent, and their fate is said."""

import re
import secrets
from collections.abc import Sequence
from functools import wraps
from typing import ParamSpec

import msgspec
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from tallyroom.console.accounts.access import View, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.election import definition
from tallyroom.console.submissions.models import Status, Submission
from tallyroom.console.submissions.outbox import KeyUsed, TooLong, submit, wait
from tallyroom.intake import bundle
from tallyroom.record.acts import Act

P = ParamSpec("P")

PATIENCE = 5.0
"""Seconds that a page waits until its acts are durable; then it says that they are on their way."""

_TOKEN = re.compile(r"[0-9a-f]{32}")


def now() -> str:
    """The time of an act: the clock's, in the election's zone, in seconds."""
    return timezone.now().astimezone(definition().zone).isoformat(timespec="seconds")


def new_token() -> str:
    """What a form carries, so that it counts once."""
    return secrets.token_hex(16)


def key_of(request: HttpRequest, room: str) -> str:
    """The submission key of the form that was sent, this person's own.  Raises KeyUsed where its token is none."""
    token = request.POST.get("token", "")
    if not _TOKEN.fullmatch(token):
        raise KeyUsed
    return f"{room}-{person_of(request).pk}-{token}"


def sent_once(view: View[P]) -> View[P]:
    """Answer a form whose token is used up, or that is too long for the record, with a word instead of a fault."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except KeyUsed:
            messages.error(request, _("This form was sent before with other content. Nothing was entered now."))
        except TooLong:
            messages.error(request, _("This is too long for the record. Nothing was entered."))
        except IntegrityError:  # the same form, sent twice at the same moment
            messages.info(request, _("This form is being entered already. Look again in a moment."))
        return redirect(request.path)

    return guarded


def hand_in(
    acts: Sequence[Act], user: User, key: str, action: Action, area_id: str, role: str = "commission"
) -> Submission:
    """Hand acts in, within the caller's transaction; the submission of an earlier sending where there was one.

    Raises PermissionDenied, KeyUsed where the key belongs to other acts, TooLong.
    """
    before = Submission.objects.filter(key=key).first()
    if before is None:
        return submit(acts, role, user, key, action, area_id)
    if before.user_id != user.pk or not same(acts, bundle.decode(before.acts)):
        raise KeyUsed
    return before


def same(acts: Sequence[Act], others: Sequence[Act]) -> bool:
    """Whether acts say the same, whatever their times."""
    return [_timeless(act) for act in acts] == [_timeless(act) for act in others]


def _timeless(act: Act) -> Act:
    return msgspec.structs.replace(act, at="")


def say(request: HttpRequest, *submissions: Submission) -> bool:
    """Wait until it is known what became of submissions, and say it on the next page; False where one is refused."""
    found = [wait(submission, PATIENCE) for submission in submissions]
    done = [one for one in found if one.status == Status.DONE]
    if numbers := [number for one in done for number in _numbers(one)]:
        if len(numbers) == 1:
            messages.success(request, _("In the record: act %(act)d.") % {"act": numbers[0]})
        else:
            counted = {"count": len(numbers), "first": min(numbers), "last": max(numbers)}
            messages.success(request, _("In the record: %(count)d acts, %(first)d to %(last)d.") % counted)
    for one in found:
        if one.status == Status.REFUSED:
            messages.error(request, _("The record did not take it: %(why)s.") % {"why": _(one.why)})
        elif one.status != Status.DONE:
            messages.warning(request, _("Handed in and kept; it is not in the record yet. Look again in a moment."))
    return all(one.status != Status.REFUSED for one in found)


def _numbers(submission: Submission) -> list[int]:
    first = submission.first or 0
    return list(range(first, first + len(bundle.decode(submission.acts))))
