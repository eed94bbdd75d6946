"""What the desk refuses, each with one sentence that a person can act on.

The sentence is a pattern in English with named places; `detail` fills them.  A console translates the pattern
and fills it again.
"""

from typing import ClassVar


class Refusal(Exception):
    """The desk refuses a step, and nothing has changed."""

    pattern: ClassVar[str] = "This cannot be done."

    def __init__(self, **detail: object) -> None:
        self.detail = detail
        super().__init__(self.pattern % detail)


class NotNow(Refusal):
    """The state that the form is in does not allow the step."""

    pattern = "This form is in the state “%(stage)s”: this step cannot be taken now. Look at the form again."


class StaleVersion(Refusal):
    """Somebody else changed the form after this person had opened it."""

    pattern = "The form was changed after you opened it: you have version %(seen)s, it is at version %(now)s."


class BeingEntered(Refusal):
    """The last step is not yet in the record."""

    pattern = "The last step of this form is being entered into the record. Wait a moment and look again."


class SamePerson(Refusal):
    """A step that needs another person than the one who took an earlier step."""

    pattern = "You have keyed, settled or ordered this form yourself: another person has to take this step."


class NotYours(Refusal):
    """Only the person who handed an entry in can take it back."""

    pattern = "Only the person who handed this entry in can take it back."


class ThirdValue(Refusal):
    """A choice that is neither of the two values that were typed."""

    pattern = "For “%(field)s” only one of the two values that were typed can be chosen."


class ReasonMissing(Refusal):
    """A step that stands in the record with a reason, and none is given."""

    pattern = "Write the reason for this step: it stands in the public record."


class ReasonTooLong(Refusal):
    """A reason that is too long for the record."""

    pattern = "The reason has %(length)s signs: at most %(most)s are possible."


class ErrorsBlock(Refusal):
    """A protocol with an error, or with a figure unread, cannot be accepted as it stands."""

    pattern = "This protocol breaks rules that block acceptance: %(codes)s. Send it back or replace the form."


class NoFigures(Refusal):
    """An annulment has no figures to key, and figures have no annulment to confirm."""

    pattern = "This step does not belong to this kind of form."


class Withheld(Refusal):
    """Figures that would show how people voted, where the election's rule keeps such a station out of the record."""

    pattern = (
        "These figures would show how people voted, so by the election’s rule they are not entered: "
        "the station’s ballots go on the form of a neighbouring station, which both commissions sign."
    )


class BadFigures(Refusal):
    """Fields that are missing, unknown or no whole number: `faults` has what is wrong, by field."""

    pattern = "%(count)s fields cannot be taken as they are; each is marked."

    def __init__(self, faults: dict[str, str]) -> None:
        self.faults = faults
        super().__init__(count=len(faults))
