"""A form as the record has it: where figures came in by an import or by the command line, before the desk had it."""

from tallyroom.intake.paper import Paper
from tallyroom.intake.stages import Stage
from tallyroom.intake.stationform import Form
from tallyroom.tally.contest import UNREAD, Status
from tallyroom.tally.state import State

STAGES = {
    Status.EXPECTED: Stage.EXPECTED,
    Status.RECEIVED: Stage.RECEIVED,
    Status.IN_REVIEW: Stage.IN_REVIEW,
    Status.ACCEPTED: Stage.ACCEPTED,
    Status.ANNULLED: Stage.ANNULLED,
}


def adopted(state: State, paper: Paper, station: str) -> Form:
    """The form of a station at the stage that the record has it, keyed by nobody here.

    A protocol that is on file without a decision is received: it is keyed anew and then replaces that one.
    """
    count, place = state.contests[paper.contest.id], state.definition.stations.index[station]
    act = int(count.act[place])
    row = count.filed[place].tolist()
    read = {name: None if row[at] == UNREAD else row[at] for name, at in count.position.items()}
    figures = read if act >= 0 else None
    return Form(
        contest=paper.contest.id,
        station=station,
        stage=STAGES[Status(count.status.item(place))],
        act=act if act >= 0 else None,
        figures=figures,
        failures=paper.failures(figures) if figures is not None else (),
    )


def published(state: State, form: Form) -> bool:
    """Whether a published snapshot holds the accepted figures of a form."""
    return form.stage == Stage.ACCEPTED and form.act is not None and form.act < state.last_publication.size
