"""What the desk says, in the reader's language: stages, events, purposes, refusals, and the rules that a form broke."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from tallyroom.election.form import UNREAD, Failure, Form
from tallyroom.intake.daycheck import FELL, TURNOUT
from tallyroom.intake.paper import MISSING, NO_NUMBER, UNKNOWN
from tallyroom.intake.refusal import Refusal
from tallyroom.intake.stages import Event, Stage

STAGES: dict[Stage, str | Promise] = {
    Stage.EXPECTED: _("expected"),
    Stage.RECEIVED: _("received"),
    Stage.FIRST_ENTRY: _("first entry"),
    Stage.SECOND_ENTRY: _("second entry"),
    Stage.DIFFERS: _("differs"),
    Stage.IN_REVIEW: _("in review"),
    Stage.ACCEPTED: _("accepted"),
    Stage.PUBLISHED: _("published"),
    Stage.ANNULLED: _("annulled"),
    Stage.WITHDRAWN: _("withdrawn"),
}
EVENTS: dict[str, str | Promise] = {
    Event.RECEIVE: _("the form arrived"),
    Event.RETURN: _("the form went back"),
    Event.REPLACE: _("another form replaced it"),
    Event.KEY_FIRST: _("keyed by a first person"),
    Event.TAKE_BACK: _("the entry was taken back"),
    Event.KEY_SAME: _("a second person keyed the same"),
    Event.KEY_OTHER: _("a second person keyed other figures"),
    Event.CHOOSE: _("the difference was settled"),
    Event.READ_AGAIN: _("to be read again by two"),
    Event.ACCEPT: _("warnings were set aside"),
    Event.SEND_BACK: _("sent back by a reviewer"),
    Event.CONFIRM: _("the annulment was confirmed"),
    Event.WITHDRAW: _("the order was withdrawn"),
    "ordered correction": _("a correction was ordered"),
    "ordered recount": _("a recount was ordered"),
    "ordered annulment": _("an annulment was ordered"),
}
PURPOSES: dict[str, str | Promise] = {
    "protocol": _("protocol"),
    "correction": _("correction"),
    "recount": _("recount"),
    "annulment": _("annulment"),
}
ROLES: dict[str, str | Promise] = {
    "member": _("member of the commission"),
    "observer": _("observer"),
    "agent": _("party agent"),
}
KINDS: dict[str, str | Promise] = {
    "duplicate": _("a duplicate of the form"),
    "elsewhere": _("a form of another station"),
}
FAULTS: dict[str, str | Promise] = {
    MISSING: _("Nothing is typed. Type the figure, or ? if it cannot be read."),
    NO_NUMBER: _("This is no whole number of at most nine digits."),
    UNKNOWN: _("This field is not on the form."),
}

_SENTENCES = (
    gettext_noop("This cannot be done."),
    gettext_noop("This form is in the state “%(stage)s”: this step cannot be taken now. Look at the form again."),
    gettext_noop("The form was changed after you opened it: you have version %(seen)s, it is at version %(now)s."),
    gettext_noop("The last step of this form is being entered into the record. Wait a moment and look again."),
    gettext_noop("You have keyed, settled or ordered this form yourself: another person has to take this step."),
    gettext_noop("Only the person who handed this entry in can take it back."),
    gettext_noop("For “%(field)s” only one of the two values that were typed can be chosen."),
    gettext_noop("Write the reason for this step: it stands in the public record."),
    gettext_noop("The reason has %(length)s signs: at most %(most)s are possible."),
    gettext_noop("This protocol breaks rules that block acceptance: %(codes)s. Send it back or replace the form."),
    gettext_noop("This step does not belong to this kind of form."),
    gettext_noop("%(count)s fields cannot be taken as they are; each is marked."),
    gettext_noop(
        "These figures would show how people voted, so by the election’s rule they are not entered: "
        "the station’s ballots go on the form of a neighbouring station, which both commissions sign."
    ),
)
"""The patterns of `intake.refusal`, so that the catalogues have them."""

_OWN_RULES = {
    TURNOUT: (
        _("Fewer ballot papers issued than voters in the last turnout report"),
        _("Ask the station for both figures; say why the protocol is accepted"),
    ),
    FELL: (
        _("The turnout reports of the day fall"),
        _("Compare the reports of the hours; say why the protocol is accepted"),
    ),
    UNREAD: (_("A figure could not be read"), _("Ask the station for a legible form, or read it again from the scan")),
}


@dataclass(frozen=True)
class Broken:
    """One broken rule for a person: its code, title, instruction and citation, how bad it is, the fields it names.

    amount: by how many votes or voters; 0 where the rule weighs its fields, as in a percentage.
    """

    code: str
    title: str | Promise
    instruction: str | Promise
    citation: str
    blocks: bool
    amount: int
    at_least: bool
    fields: tuple[str, ...]


def sentence(refusal: Refusal) -> str:
    """A refusal as one sentence in the reader's language."""
    detail = dict(refusal.detail)
    if isinstance(stage := detail.get("stage"), Stage):
        detail["stage"] = STAGES[stage]
    return gettext(refusal.pattern) % detail


def broken(form: Form, failures: Iterable[Failure]) -> list[Broken]:
    """The rules of an election's form, or of the day, that failures name."""
    rules = {equation.code: equation for equation in form.equations}
    found = []
    for code, severity, amount, at_least in failures:
        blocks = severity == "error"
        if rule := rules.get(code):
            texts = (rule.title, rule.instruction, rule.citation)
            counts = all(abs(term.coefficient) == 1 for term in (*rule.left, *rule.right))
            found.append(Broken(code, *texts, blocks, amount if counts else 0, at_least, rule.fields))
        else:
            title, instruction = _OWN_RULES[code]
            found.append(Broken(code, title, instruction, "", blocks, amount, at_least, ()))
    return found
