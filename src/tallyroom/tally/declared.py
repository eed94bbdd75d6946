"""What is declared: the effects of acts about a contest or the record itself, and the rules that they must keep to.

Each rule checks an act and returns its effect, or raises an Objection and has changed nothing.
"""

from tallyroom.record.acts import (
    Call,
    CandidateStatus,
    Certification,
    Key,
    Publication,
    Statement,
    Uncall,
)
from tallyroom.record.acts import Definition as DefinitionAct
from tallyroom.record.error import RecordError
from tallyroom.record.keyring import Keyring
from tallyroom.tally.contest import ContestCount, Status
from tallyroom.tally.effects import Effect, Objection, contest_of
from tallyroom.tally.state import State
from tallyroom.tally.summary import Summary


def defined(state: State, act: DefinitionAct) -> Effect:
    """Act 0 gives the keys of roles; it stands once."""
    if state.size:
        raise Objection("the definition is act 0 and stands once")
    keyring = Keyring(state.definition.origin)
    try:
        keyring.define(act)
    except RecordError as error:
        raise Objection(str(error)) from error
    return lambda: setattr(state, "keyring", keyring)


def key(state: State, act: Key) -> Effect:
    """Which keys are in force is part of the count: two keys that one role had in turn are not two people."""
    try:
        state.keyring.check(state.size, act)
    except RecordError as error:
        raise Objection(error.fault.what) from error
    return lambda: state.keyring.change(state.size, act)


def candidate_status(state: State, act: CandidateStatus) -> Effect:
    """What became of a candidate."""
    count = contest_of(state, act)
    _candidate(count, act.candidate)
    return lambda: count.candidate_status.update({act.candidate: act.status})


def _candidate(count: ContestCount, candidate: str) -> None:
    if candidate not in count.contest.candidate_ids:
        raise Objection(f"there is no candidate {candidate!r}")


def statement(state: State, act: Statement) -> Effect:
    """What others said; figures that differ from ours are contradictions from then on."""
    contest = act.contest or next(iter(state.contests))
    if contest not in state.contests:
        raise Objection(f"there is no contest {contest!r}")

    def effect() -> None:
        if act.kind == "certification" and not _missing(state.contests[contest]):
            state.said_certified[contest] = act
        state.statements.append((state.size, state.last_publication.size, act))
        state.contradictions[contest] += state.announced[contest].contradictions(state.size, act)

    return effect


def call(state: State, act: Call) -> Effect:
    """A role calls a candidate; the role's last call counts."""
    _candidate(contest_of(state, act), act.candidate)

    def effect() -> None:
        calls = state.calls[act.contest]
        calls.by[state.keyring.roles.get(act.by, act.by)] = act.candidate
        calls.log.append((state.size, act))

    return effect


def uncall(state: State, act: Uncall) -> Effect:
    """All calls of a contest are taken back."""
    contest_of(state, act)
    calls = state.calls[act.contest]
    if not calls.by or not act.reason:
        raise Objection("there is no call to take back, or a reason is missing")

    def effect() -> None:
        calls.by.clear()
        calls.log.append((state.size, act))

    return effect


def certification(state: State, act: Certification) -> Effect:
    """The authority certifies a contest in which every station is accepted or annulled."""
    count = contest_of(state, act)
    if act.winner:
        _candidate(count, act.winner)
    if missing := _missing(count):
        raise Objection(f"{missing} stations are missing or in review: nothing can be certified")
    return lambda: state.certified.update({act.contest: (state.size, act)})


def _missing(count: ContestCount) -> int:
    """Stations without an accepted protocol."""
    return int((count.status < Status.ACCEPTED).sum())


def publication(state: State, act: Publication) -> Effect | None:
    """A snapshot of the whole prefix, the next in number; a further act of the same snapshot only lists more files."""
    if act.number in state.publications:
        if act.snapshot != state.publications[act.number].snapshot:
            raise Objection(f"snapshot {act.number} was published of another prefix")
        return None
    if act.snapshot.size != state.size or act.number != len(state.publications) + 1:
        raise Objection(f"snapshot {act.number} of size {act.snapshot.size} does not follow the record")

    def effect() -> None:
        for contest, count in state.contests.items():
            summary = Summary(state, count, act.snapshot.root, act.at, publishing=True)
            shown = summary.results(range(len(state.definition.areas)))
            state.history[contest].take(act.number, shown, state.marks(contest))
        state.publications[act.number] = act
        for contest, count in state.contests.items():
            state.published[contest] = int((count.status >= Status.ACCEPTED).sum())

    return effect
