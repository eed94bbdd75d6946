"""Replay: the count from the record alone, every entry proved against the signed checkpoint.

>>> state = replay(definition, log)                 # doctest: +SKIP
>>> summarise(state, log).results()                 # doctest: +SKIP
"""

import base64
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import msgspec

from tallyroom.election.definition import Definition
from tallyroom.record.acts import AnyAct, Publication, decode
from tallyroom.record.acts import Definition as DefinitionAct
from tallyroom.record.error import RecordError
from tallyroom.record.log import Log
from tallyroom.tally.fold import NoAct, fold, pass_over
from tallyroom.tally.state import State
from tallyroom.tally.summary import Basis, Summary

BLOCK = 256
"""Acts decoded at once: few enough to stay in the processor's cache, enough to be filed together."""


def replay(
    definition: Definition, log: Log, size: int | None = None, progress: Callable[[int, int], None] | None = None
) -> State:
    """The state after the first `size` acts (all, if None).  Constant memory beside the state itself.

    Raises RecordError where the record is damaged, or where act 0 fixes another definition than this one.
    """
    state = State(definition)
    catch_up(state, log, size, progress)
    return state


def catch_up(
    state: State, log: Log, size: int | None = None, progress: Callable[[int, int], None] | None = None
) -> None:
    """Fold what the record holds beyond the state, up to `size` acts (all, if None)."""
    stop = log.size if size is None else min(size, log.size)
    entries = log.verified_entries(state.size, stop)
    if state.size == 0 < stop:
        first = _act(next(entries))
        _same_definition(state.definition, first)
        fold(state, [first])
    while state.size < stop:
        fold(state, map(_act, islice(entries, BLOCK)))
        if progress is not None:
            progress(state.size, stop)


def replay_station(
    definition: Definition,
    log: Log,
    station: str,
    size: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> State:
    """The state of one station after the first `size` acts (all, if None): of all others it says nothing.

    Every entry is proved; only those that name the station, and decisions on acts by their numbers, are read.  An
    act that is not in its canonical form, which no reader of signatures accepts, may be passed over.
    """
    state, stop = State(definition), log.size if size is None else min(size, log.size)
    marks = (*DECISIONS, b'"station":' + msgspec.json.encode(station))
    catch_up(state, log, min(1, stop))
    for entry in log.verified_entries(state.size, stop):
        if any(mark in entry for mark in marks):
            fold(state, [_act(entry)])
        else:
            pass_over(state)
        if progress is not None and state.size % BLOCK == 0:
            progress(state.size, stop)
    return state


def _act(entry: bytes) -> AnyAct | NoAct:
    try:
        return decode(entry)
    except msgspec.MsgspecError as error:
        return NoAct(str(error))


def _same_definition(definition: Definition, first: object) -> None:
    """Refuse a definition whose files are not the ones that act 0 fixed."""
    if not isinstance(first, DefinitionAct):
        raise RecordError("act 0", "is not a definition", "definition", type(first).__name__)
    for name in sorted({*first.files, *definition.files}):
        fixed, found = first.files.get(name, "absent"), definition.files.get(name, "absent")
        if fixed != found:
            mend = "Put the file back as it was when the record was opened; a new definition needs a new record."
            raise RecordError(name, "was changed after the record was opened", f"SHA-256 {fixed}", found, mend)


def summarise(
    state: State, log: Log, contest: str = "", time: str = "", basis: Basis = "standing", publishing: bool = False
) -> Summary:
    """The summary of a contest (the first, if not named) with the root of the record at the state's size."""
    count = state.contests[state.definition.contest(contest).id]
    root = base64.b64encode(log.root_at(state.size)).decode()
    return Summary(state, count, root, time or state.last_at, basis, publishing)


class Published(NamedTuple):
    """A snapshot that the record says was published: its number, size, time, and SHA-256 of each file."""

    number: int
    size: int
    at: str
    files: dict[str, str]


def publications(log: Log) -> list[Published]:
    """All snapshots that the record says were published, oldest first, with the files of every act of each."""
    found: dict[int, Published] = {}
    for entry in log.entries():
        if TYPE_OF_PUBLICATION in entry and isinstance(act := decode(entry), Publication):
            first = found.setdefault(act.number, Published(act.number, act.snapshot.size, act.at, {}))
            first.files.update(act.files)
    return list(found.values())


DECISIONS = (b'"type":"accepted"', b'"type":"in_review"')
"""In the canonical form of every act that decides on protocols by their numbers and names no station."""

TYPE_OF_PUBLICATION = b'"type":"publication"'
"""In the canonical form of every publication act; spares decoding the others."""
