"""What happened beside the counting: annulments, corrections, calls, certification, and what others said."""

from tallyroom.record.acts import Act, Annulment, Call, Correction, Recount
from tallyroom.tally.results import (
    AnnulledStation,
    CallShown,
    CertificationShown,
    CorrectedStation,
    StatementShown,
)
from tallyroom.tally.state import State


def annulled(state: State, contest: str) -> tuple[AnnulledStation, ...]:
    """Annulled stations of a contest, in the order of the acts."""
    return tuple(
        AnnulledStation(_station_id(state, change.station), change.content.reason, change.act)
        for change in state.changes[contest]
        if isinstance(change.content, Annulment)
    )


def corrections(state: State, contest: str) -> tuple[CorrectedStation, ...]:
    """Corrections and recounts of a contest, in the order of the acts."""
    return tuple(
        CorrectedStation(
            station_id=_station_id(state, change.station),
            kind="recount" if isinstance(change.content, Recount) else "correction",
            reason=change.content.reason,
            act=change.act,
            supersedes=change.content.supersedes or 0,
            valid_before=change.valid_before,
            valid_after=change.valid_after,
        )
        for change in state.changes[contest]
        if isinstance(change.content, Correction | Recount)
    )


def statements(state: State) -> tuple[StatementShown, ...]:
    """What others said, each with the size of the snapshot then in force."""
    return tuple(
        StatementShown(said.kind, said.speaker, said.said_at, said.source, said.text, size)
        for _, size, said in state.statements
    )


def calls(state: State, contest: str) -> tuple[CallShown, ...]:
    """The log of calls of a contest and of their taking back."""
    return tuple(
        CallShown(
            action="call" if isinstance(act, Call) else "uncall",
            candidate=act.candidate if isinstance(act, Call) else None,
            by=_role(state, act),
            at=act.at,
            act=number,
            reason=act.reason,
        )
        for number, act in state.calls[contest].log
    )


def certification(state: State, contest: str) -> CertificationShown | None:
    """The authority's own certification of a contest, if there is one."""
    if contest not in state.certified:
        return None
    number, act = state.certified[contest]
    return CertificationShown(_role(state, act), act.at, act.text, number)


def _role(state: State, act: Act) -> str:
    """The role whose key an act names; the key's id where act 0 does not know it."""
    return state.keyring.roles.get(act.by, act.by)


def _station_id(state: State, station: int) -> str:
    return state.definition.stations.ids[station]
