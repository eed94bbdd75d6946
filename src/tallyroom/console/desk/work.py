"""Taking a step: the duty is asked, the pure transition made, and row, step, trail and acts kept in one transaction.

Every screen and every test goes through `take` or `open_form`; nothing else writes a form.  A page carries a key,
and the same key again is the same step: a request that was sent twice does nothing more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.dispatch import receiver
from django.http import HttpRequest

from tallyroom.console.accounts.access import person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.accounts.trail import note
from tallyroom.console.desk.models import Draft, FormRow, StepRow
from tallyroom.console.rows import write_columns
from tallyroom.console.submissions.models import Status, Submission
from tallyroom.console.submissions.outbox import KeyUsed, decided, submit, wait
from tallyroom.console.submissions.wiring import room
from tallyroom.election.form import Failure
from tallyroom.intake import desk
from tallyroom.intake.adoption import adopted
from tallyroom.intake.daycheck import turnout_failures
from tallyroom.intake.refusal import BeingEntered, StaleVersion
from tallyroom.intake.stages import Event, Stage
from tallyroom.intake.stationform import Form, Purpose, Step
from tallyroom.record.acts import Evidence, Figures

PATIENCE = 10.0
"""Seconds that a page waits for the record before it says that the step is still being entered."""

SIGNER = "commission"

KEYED = (Event.KEY_FIRST, Event.KEY_SAME, Event.KEY_OTHER)
"""Events that end a draft."""


@dataclass(frozen=True)
class Hand:
    """Whose step it is: the person, the request it came with, the page's key, and the version that was seen."""

    user: User
    request: HttpRequest
    key: str
    seen: int

    @classmethod
    def of(cls, request: HttpRequest) -> "Hand":
        """The hand behind a posted page.  Raises PermissionDenied where key or version are not a page's."""
        key, seen = request.POST.get("key", ""), request.POST.get("version", "")
        if not (10 <= len(key) <= 64 and key.isascii() and seen.isascii() and seen.isdecimal() and len(seen) < 10):
            raise PermissionDenied
        return cls(person_of(request), request, key, int(seen))


def now() -> str:
    """The time that acts of this moment claim: RFC 3339, in the election's zone."""
    return datetime.now(room().definition.zone).isoformat(timespec="seconds")


def visible(user: User, pk: int, action: Action = Action.READ_FORMS) -> FormRow:
    """A form in the areas where this person may take an action.  Raises PermissionDenied for any other, or none."""
    row = FormRow.objects.filter(pk=pk).first()
    if row is None or not user.may(action, row.area):
        raise PermissionDenied
    return row


def take(hand: Hand, pk: int, action: Action, step: Callable[[Form], Step]) -> FormRow:
    """Take one step of a form, and wait until its acts are in the record; the row as it is then.

    Raises a Refusal, PermissionDenied or KeyUsed, with nothing changed.
    """
    try:
        with transaction.atomic():
            row = _again(hand, pk) or _step(hand, visible(hand.user, pk, action), action, step)
    except IntegrityError:  # the same page was sent twice at the same moment
        row = _sent_twice(hand, pk)
    return settled(row)


def open_form(hand: Hand, contest: str, station: str, action: Action, step: Callable[[Form], Step]) -> FormRow:
    """Take a step of a station's form, which may have no row yet."""
    return take(hand, row_of(hand.user, contest, station, action).pk, action, step)


def row_of(user: User, contest: str, station: str, action: Action) -> FormRow:
    """The row of a station's form; where there is none, as the record has it.  Raises PermissionDenied as `visible`."""
    area, paper = room().area_of(station), room().papers.get(contest)
    if area is None or paper is None or not user.may(action, area):
        raise PermissionDenied
    named = {"contest": contest, "station": station, "purpose": "protocol"}
    if row := FormRow.objects.filter(**named).first():
        return row
    with room().reading() as state:
        form = adopted(state, paper, station)
    new = FormRow(area=area)
    new.put(form)
    values = {"area": area, "stage": new.stage, "version": new.version, "data": new.data}
    return FormRow.objects.get_or_create(**named, defaults=values)[0]


def open_document(
    hand: Hand, pk: int, action: Action, purpose: Purpose, reason: str, evidence: tuple[Evidence, ...]
) -> FormRow:
    """Order a later document about a station: a new row beside the one that it is about."""
    try:
        with transaction.atomic():
            if replayed := StepRow.objects.filter(key=hand.key).select_related("form").first():
                if replayed.user_id != hand.user.pk:
                    raise KeyUsed
                return replayed.form
            main = visible(hand.user, pk, action)
            stands = _in_force(main)
            form = desk.order(main.form, purpose, hand.user.pk, reason, hand.seen, stands, evidence)
            row = FormRow(area=main.area)
            row.put(form)
            row.save()
            _note(hand, row, f"ordered {purpose}", row.version)
            return row
    except IntegrityError as error:
        raise StaleVersion(seen=hand.seen, now=hand.seen + 1) from error


def confirmation(hand: Hand, main_seen: str) -> Callable[[Form], Step]:
    """The step that confirms an annulment of the station as this person saw it.

    main_seen: the version of the station's own form on the page.  It may have come on since the order; then
    nothing is confirmed before somebody has looked again.
    """

    def step(form: Form) -> Step:
        main = _main(form.contest, form.station)
        if main.waits:
            raise BeingEntered
        if str(main.version) != main_seen:
            raise StaleVersion(seen=main_seen, now=main.version)
        return desk.confirm(form, hand.user.pk, hand.seen, now(), _in_force(main))

    return step


def _main(contest: str, station: str) -> FormRow:
    """The station's own form, which nobody changes before this transaction ends."""
    rows = FormRow.objects.select_for_update()
    return rows.get(contest=contest, station=station, purpose="protocol")


def _in_force(main: FormRow) -> int | None:
    """Number of the act that stands for the station of a form; None where no protocol is on file."""
    with room().reading() as state:
        number = state.contests[main.contest].act_in_force(state.definition.stations.index[main.station])
    return None if number < 0 else number


def beyond_the_form(form: Form, figures: Figures) -> list[Failure]:
    """Rules that ask the polling day: what these figures break of them."""
    if form.purpose != "protocol":
        return []
    with room().reading() as state:
        return turnout_failures(state, form.contest, form.station, figures)


def settled(row: FormRow) -> FormRow:
    """The row once its acts are in the record, or as it is when patience ends."""
    if row.waits and row.submission is not None:
        wait(row.submission, PATIENCE)
        row.refresh_from_db()
    return row


def _again(hand: Hand, pk: int) -> FormRow | None:
    """The row of a step that this page has taken already."""
    replayed = StepRow.objects.filter(key=hand.key).select_related("form__submission").first()
    if replayed is None:
        return None
    if (replayed.user_id, replayed.form_id) != (hand.user.pk, pk):
        raise KeyUsed
    return replayed.form


def _sent_twice(hand: Hand, pk: int) -> FormRow:
    if row := _again(hand, pk):
        return row
    raise StaleVersion(seen=hand.seen, now=hand.seen + 1)


def _step(hand: Hand, row: FormRow, action: Action, step: Callable[[Form], Step]) -> FormRow:
    before = row.form
    form, event, acts = step(before)
    if acts:
        row.submission = submit(acts, SIGNER, hand.user, hand.key, action, row.area)
    row.put(form)
    fields = ("stage", "waits", "version", "data", "changed_at", "submission_id")
    values = {field: getattr(row, field) for field in fields}
    if not FormRow.objects.filter(pk=row.pk, version=before.version).update(**values):
        raise StaleVersion(seen=hand.seen, now=before.version + 1)
    if event in KEYED:
        Draft.objects.filter(form=row, user=hand.user).delete()
    _note(hand, row, event, form.version)
    return row


def _note(hand: Hand, row: FormRow, what: str, version: int) -> None:
    StepRow.objects.create(form=row, version=version, event=what, user=hand.user, key=hand.key)
    subject = f"form {row.pk}"
    note(hand.user, "form stepped", subject, hand.request, what=str(what), station=row.station, version=version)


@receiver(decided)
def follow(sender: object, submissions: list[Submission], **_: object) -> None:
    """Take the forms to where the record has brought them, in the transaction that marks the submissions."""
    found = {submission.pk: submission for submission in submissions}
    rows = list(FormRow.objects.filter(submission__in=list(found), waits=True))
    for row in rows:
        submission = found[row.submission_id or 0]
        row.put(_outcome(row.form, submission))
    annulled = [row for row in rows if row.purpose == "annulment" and row.stage == Stage.ACCEPTED]
    rows += [_annul(row, rows) for row in annulled]
    write_columns(rows, ["stage", "waits", "version", "data", "changed_at"])


def _outcome(form: Form, submission: Submission) -> Form:
    if submission.status == Status.DONE and submission.first is not None:
        return desk.entered(form, submission.first)
    return desk.refused(form, submission.why)


def _annul(document: FormRow, rows: Sequence[FormRow]) -> FormRow:
    """The station's own form, annulled: the one at hand where its last step was decided together with this."""
    own = (document.contest, document.station, "protocol")
    at_hand = (row for row in rows if (row.contest, row.station, row.purpose) == own)
    main = next(at_hand, None) or _main(document.contest, document.station)
    main.put(desk.annulled(main.form))
    return main


def events(row: FormRow, user: User) -> list[Event]:
    """What this person may do with a form now, by the table and by duty."""
    form, actions = row.form, dict(ACTIONS)
    if form.purpose in ORDERING:
        actions[Event.WITHDRAW] = ORDERING[form.purpose]
    return [event for event, action in actions.items() if desk.may(form, event) and user.may(action, row.area)]


ACTIONS: dict[Event, Action] = {
    Event.RETURN: Action.RECEIVE,
    Event.REPLACE: Action.RECEIVE,
    Event.KEY_FIRST: Action.KEY,
    Event.KEY_SAME: Action.KEY,
    Event.TAKE_BACK: Action.KEY,
    Event.CHOOSE: Action.RESOLVE,
    Event.READ_AGAIN: Action.RESOLVE,
    Event.ACCEPT: Action.REVIEW,
    Event.SEND_BACK: Action.REVIEW,
    Event.CONFIRM: Action.ANNUL,
    Event.CORRECT: Action.CORRECT,
    Event.RECOUNT: Action.RECOUNT,
    Event.ANNUL: Action.ANNUL,
}
"""The duty that each event asks for, where a person brings it about."""
ORDERING: dict[Purpose, Action] = {purpose: ACTIONS[event] for purpose, event in desk.ORDERS.items()}
"""The duty that ordering a later document asks for, and withdrawing the order."""
