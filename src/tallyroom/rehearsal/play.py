"""Playing a night: its steps go through intake into a record, and its snapshots are published as on the night.

The same doors are used as in a real count: protocols are checked by the form's equations and accepted or put
in review, every act is signed, every snapshot is published from the record.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tallyroom.announce.publish import go_on, publish
from tallyroom.election import folder as election_folder
from tallyroom.election.definitionfiles import definition_files
from tallyroom.intake.acceptance import check, decisions, enter, file_protocols, part
from tallyroom.intake.opening import open_record, writer
from tallyroom.record.acts import Annulment, AnyAct, Certification, Correction, Protocol, Recount, Seen
from tallyroom.record.canonical import encode_base64
from tallyroom.record.clerk import Clerk
from tallyroom.record.error import RecordError
from tallyroom.rehearsal.schedule import Certify, Enter, File, Mend, Publish, Schedule, Step
from tallyroom.tally.replay import replay, summarise
from tallyroom.tally.results import Results
from tallyroom.tally.state import State


@dataclass(frozen=True)
class Night:
    """A night to play: its schedule, which knows the definition, and the steps in order of time."""

    schedule: Schedule
    steps: Sequence[Step]


@dataclass(frozen=True)
class Watch:
    """Who looks on: `wait` is told the time of each step before it is played, `progress` the steps done of
    all, `published` each snapshot."""

    wait: Callable[[int], None] = lambda at: None
    progress: Callable[[int, int], None] = lambda done, total: None
    published: Callable[[Results], None] = lambda results: None


def play(night: Night, out: Path, watch: Watch) -> State:
    """Play a night into `out`/election and `out`/site; the state at its end.

    A night that was stopped goes on where its record ends.  Raises RecordError where `out` holds a record
    of something else.
    """
    folder, site = out / "election", out / "site"
    clerk = _clerk(night, folder)
    try:
        state = replay(election_folder.load(folder), clerk.log)
        go_on(state, clerk, folder, site)
        player = _Player(night.schedule, state, clerk, folder, site)
        for done, step in enumerate(night.steps, 1):
            watch.wait(step.at)
            if (results := player.take(step)) is not None:
                watch.published(results)
            watch.progress(done, len(night.steps))
        return state
    finally:
        clerk.log.close()


def _clerk(night: Night, folder: Path) -> Clerk:
    """The clerk of the night's record, which is opened where it is new."""
    if not (folder / "election.toml").exists():
        election_folder.write(folder, night.schedule.definition)
    definition = election_folder.load(folder)
    if definition_files(night.schedule.definition) != election_folder.stored_files(folder):
        raise RecordError(str(folder), "holds another election", mend="Choose another --out.")
    try:
        clerk = writer(folder, definition)
    except RecordError:
        return open_record(folder, definition, night.schedule.time(night.steps[0].at))
    return clerk


class _Player:
    """Plays one step at a time; a step that the record holds already is passed over.

    Every step enters a known number of acts in one piece (a publication in two), so the size of the record
    tells where a night was stopped.
    """

    def __init__(self, schedule: Schedule, state: State, clerk: Clerk, folder: Path, site: Path) -> None:
        self.schedule, self.state, self.clerk = schedule, state, clerk
        self.folder, self.site = folder, site
        self._played = 1
        self._held = clerk.log.size

    def take(self, step: Step) -> Results | None:
        """Play a step; the results if it is a publication that was not in the record yet."""
        acts = self._acts(step)
        protocols = [act for act in acts if isinstance(act, Protocol)]
        self._played += self._length(step, acts, protocols)
        if self._played <= self._held:
            return None
        if isinstance(step, Publish):
            return publish(self.state, self.clerk, self.folder, self.site, self.schedule.time(step.at))
        if protocols:
            file_protocols(self.state, self.clerk, protocols, self.schedule.time(step.at), self.schedule.reason)
        else:
            enter(self.state, self.clerk, acts, step.role if isinstance(step, Enter) else "commission")
        return None

    def _length(self, step: Step, acts: Sequence[AnyAct], protocols: Sequence[Protocol]) -> int:
        """How many acts a step enters, with the decisions on protocols and the seal of bulk acts."""
        if isinstance(step, Publish):
            return 2
        checked = check(self.state, protocols) if protocols else None
        decided = len(decisions(part(checked, self.schedule.reason), checked, 0, "", "")) if checked else 0
        return len(acts) + decided + any(act.bulk for act in acts)

    def _acts(self, step: Step) -> Sequence[AnyAct]:
        match step:
            case Enter():
                return step.acts
            case File():
                return step.protocols
            case Mend():
                return [self._mended(step)]
            case Certify():
                return [self._certification(step)]
        return []

    def _certification(self, step: Certify) -> AnyAct:
        contest = self.schedule.definition.contest().id
        leader = summarise(self.state, self.clerk.log).results().outcome.leader or ""
        seen = Seen(self.clerk.log.size, encode_base64(self.clerk.log.root))
        at = self.schedule.time(step.at)
        return Certification(at=at, contest=contest, snapshot=seen, winner=leader, text="The result stands.")

    def _mended(self, step: Mend) -> AnyAct:
        """The act that puts a station's figures right, or annuls its result."""
        right = self.schedule.protocol(step.station, step.at)
        count = self.state.contests[right.contest]
        if step.kind == "miskeyed":
            return msgspec.structs.replace(right, supersedes=int(count.act[step.station]), reason=step.reason)
        stands = count.act_in_force(step.station)
        if step.kind == "annulment":
            return Annulment(
                at=right.at, contest=right.contest, station=right.station, reason=step.reason, supersedes=stands
            )
        kind = Recount if step.kind == "recount" else Correction
        return kind(
            at=right.at,
            contest=right.contest,
            station=right.station,
            reason=step.reason,
            supersedes=stands,
            lines=right.lines,
            votes=right.votes,
        )
