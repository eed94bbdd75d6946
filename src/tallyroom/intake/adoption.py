"""A form and the record: as the record has it where figures came in without the desk, and where the two differ."""

from tallyroom.intake.paper import Paper
from tallyroom.intake.stages import Stage
from tallyroom.intake.stationform import Form
from tallyroom.record.acts import decode
from tallyroom.record.log import Log
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


def unlike(form: Form, log: Log) -> bool:
    """Whether a form that is in the record has other figures than its act, or names an act of another station.

    The desk's database is a draft of the record: whoever changes a figure there changes no total, but would show it.
    Raises Damaged where the record is.
    """
    if form.stage not in (Stage.ACCEPTED, Stage.IN_REVIEW) or form.target or form.act is None or not form.figures:
        return False
    act = decode(log.tree.entry(form.act)) if form.act < log.size else None
    recorded = {**getattr(act, "lines", {}), **getattr(act, "votes", {})}
    of = (getattr(act, "contest", ""), getattr(act, "station", ""))
    return of != (form.contest, form.station) or recorded != dict(form.figures)
