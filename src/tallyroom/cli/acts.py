"""Commands that enter single acts into the record."""

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from tallyroom.cli import say
from tallyroom.cli.say import refuse, write_json
from tallyroom.election.definition import Contest, Definition
from tallyroom.election.fault import BadInput, Fault
from tallyroom.intake.acceptance import enter, file_protocols
from tallyroom.intake.keyholding import issue_key, revoke_key
from tallyroom.intake.opening import writer
from tallyroom.record import acts
from tallyroom.record.canonical import encode_base64
from tallyroom.record.clerk import Clerk
from tallyroom.tally.replay import replay
from tallyroom.tally.state import State

Reason = Annotated[str, typer.Option("--reason", help="Why; stands in the record.")]
Station = Annotated[str, typer.Argument(metavar="STATION")]
Candidate = Annotated[str, typer.Argument(metavar="CANDIDATE")]
Figures = Annotated[
    list[str],
    typer.Argument(metavar="FIGURE=NUMBER...", help="Each line of the form and each candidate; ? is unread."),
]

act = typer.Typer(help="Enter one act into the record.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(act, name="act", epilog="Example:  tallyroom act spring opened S-0001 S-0002")


@dataclass(frozen=True)
class Desk:
    """An open record to write to: its folder, the election, the state, the contest, the claimed time, the signer."""

    folder: Path
    definition: Definition
    state: State
    clerk: Clerk
    contest: Contest
    at: str
    role: str
    as_json: bool

    def enter(self, content: acts.AnyAct, said: str) -> None:
        """Enter an act and say its number."""
        self.done(enter(self.state, self.clerk, [content], self.role), said)

    def done(self, number: int, said: str) -> None:
        """Say the number of an act that was entered."""
        if self.as_json:
            write_json({"act": number, "size": self.state.size})
        else:
            print(f"Act {number}: {said}.")

    def in_force(self, station: str) -> int | None:
        """Number of the act that stands for a station."""
        count = self.state.contests[self.contest.id]
        place = self.definition.stations.index.get(station)
        act = -1 if place is None else count.act_in_force(place)
        return None if act < 0 else act


@act.callback()
def folder(
    context: typer.Context, folder: Annotated[Path, typer.Argument(metavar="DIR", help="The election folder.")]
) -> None:
    """Enter one act into the record."""
    context.obj = folder


def desk_command(
    name: str, example: str, role: str = "commission"
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function of a Desk a command: it gets the options that every act has, and an open record.

    example: what follows the name in the example of its help.  role: the one that signs where --as names none.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        def command(context: typer.Context, **options: Any) -> None:
            common = {option: options.pop(option) for option in _COMMON}
            with _desk(context.obj, role, **common) as desk:
                function(desk, **options)

        own = list(inspect.signature(function).parameters.values())[1:]
        asked = [_parameter("context", typer.Context), *(p.replace(kind=p.KEYWORD_ONLY) for p in own)]
        asked += [_parameter(option, kind, default) for option, (kind, default) in _COMMON.items()]
        command.__signature__ = inspect.Signature(asked)  # type: ignore[attr-defined]
        command.__doc__ = function.__doc__
        return act.command(name, epilog=f"Example:  tallyroom act spring {name} {example}")(command)

    return decorate


def _parameter(name: str, kind: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


_COMMON: dict[str, tuple[Any, Any]] = {
    "contest": (say.Contest, ""),
    "at": (say.At, ""),
    "signer": (Annotated[str, typer.Option("--as", help="The role that signs: commission, desk-1, desk-2, ...")], ""),
    "as_json": (say.Json, False),
}


@contextmanager
def _desk(folder: Path, role: str, contest: str, at: str, signer: str, as_json: bool) -> Iterator[Desk]:
    """The open record, for as long as the command takes."""
    definition = say.load(folder)
    found = say.contest_of(definition, contest)
    clerk = writer(folder, definition)
    try:
        if signer and signer not in clerk.roles:
            refuse("--as", f"no key of a role {signer!r} is in force here", f"Use one of: {', '.join(clerk.roles)}")
        state = replay(definition, clerk.log)
        yield Desk(folder, definition, state, clerk, found, say.now(definition, at), signer or role, as_json)
    finally:
        clerk.log.close()


@desk_command("opened", "S-0001")
def opened(desk: Desk, station: Station) -> None:
    """A polling station opened."""
    desk.enter(acts.Opened(at=desk.at, station=station), f"{station} opened")


@desk_command("closed", "S-0001")
def closed(desk: Desk, station: Station) -> None:
    """A polling station closed."""
    desk.enter(acts.Closed(at=desk.at, station=station), f"{station} closed")


@desk_command("turnout", "S-0001 12:00 417")
def turnout(
    desk: Desk,
    station: Station,
    hour: Annotated[str, typer.Argument(metavar="HH:MM")],
    voted: Annotated[int, typer.Argument(metavar="VOTERS", min=0)],
) -> None:
    """Voters who had received a ballot paper at a station by a fixed hour."""
    desk.enter(
        acts.Turnout(at=desk.at, station=station, hour=hour, voted=voted),
        f"{voted:,} voters at {station} by {hour}",
    )


@desk_command("received", "S-0001")
def received(
    desk: Desk,
    station: Station,
    returned: Annotated[bool, typer.Option("--returned", help="It went back: it was wrong, or not complete.")] = False,
    reason: Reason = "",
) -> None:
    """A station's signed form has arrived, its figures not yet entered; or went back, with a reason."""
    content = acts.Received(at=desk.at, contest=desk.contest.id, station=station, returned=returned, reason=reason)
    desk.enter(content, f"form of {station} {'went back' if returned else 'received'}")


@desk_command("protocol", "S-0001 voters_listed=990 ... smith=312 jones=?")
def protocol(desk: Desk, station: Station, figures: Figures, reason: Reason = "") -> None:
    """A station's protocol was received: it is checked, and accepted or put in review (exit 1)."""
    lines, votes = _figures(desk, figures)
    supersedes = desk.in_force(station)
    content = acts.Protocol(
        at=desk.at,
        contest=desk.contest.id,
        station=station,
        lines=lines,
        votes=votes,
        supersedes=supersedes,
        reason="replaces the protocol on file" if supersedes is not None else "",
    )
    (decision,) = file_protocols(desk.state, desk.clerk, [content], desk.at, reason)
    titles = {equation.code: equation.title for equation in desk.definition.form.equations}
    failures = [
        {**failure._asdict(), "title": titles.get(failure.code, "A figure is unread")} for failure in decision.failures
    ]
    if desk.as_json:
        write_json({"act": decision.act, "accepted": decision.accepted, "failures": failures})
    else:
        print(f"Act {decision.act}: {station} {'accepted' if decision.accepted else 'in review'}.")
        for failure in failures:
            print(f"  {failure['code']} {failure['severity']}: {failure['title']} fails by {failure['amount']}")
    if not decision.accepted:
        raise typer.Exit(1)


def _figures(desk: Desk, pairs: list[str]) -> tuple[acts.Figures, acts.Figures]:
    """Figures by line and by candidate from NAME=NUMBER; every fault at once."""
    faults: list[Fault] = []
    found: acts.Figures = {}
    names = (*desk.definition.form.line_ids, *desk.contest.candidate_ids)
    for pair in pairs:
        name, _, number = pair.partition("=")
        if name not in names or name in found:
            faults.append(
                Fault("figures", None, name, "is not on the form, or stands twice", f"Use: {', '.join(names)}")
            )
        elif number != "?" and not re.fullmatch("[0-9]{1,15}", number):
            faults.append(
                Fault(
                    "figures",
                    None,
                    name,
                    f"{number!r} is no whole number",
                    "Write a number, or ? if it cannot be read",
                )
            )
        found[name] = None if number == "?" or not number.isdecimal() else int(number)
    for name in names:
        if name not in found:
            faults.append(
                Fault("figures", None, name, "is missing", f"Add {name}=NUMBER, or {name}=? if it cannot be read")
            )
    if faults:
        raise BadInput(faults)
    lines = {name: found[name] for name in desk.definition.form.line_ids}
    return lines, {name: found[name] for name in desk.contest.candidate_ids}


@desk_command("correct", "S-0001 voters_listed=990 ... --reason 'columns exchanged'")
def correct(desk: Desk, station: Station, figures: Figures, reason: Reason) -> None:
    """Correct the accepted figures of a station."""
    _change(desk, acts.Correction, station, figures, reason)


@desk_command("recount", "S-0001 voters_listed=990 ... --reason 'ruling of 12 May'")
def recount(desk: Desk, station: Station, figures: Figures, reason: Reason) -> None:
    """Replace the accepted figures of a station by those of a recount."""
    _change(desk, acts.Recount, station, figures, reason)


def _change(
    desk: Desk,
    kind: type[acts.Correction | acts.Recount],
    station: str,
    figures: list[str],
    reason: str,
) -> None:
    lines, votes = _figures(desk, figures)
    content = kind(
        at=desk.at,
        contest=desk.contest.id,
        station=station,
        lines=lines,
        votes=votes,
        reason=reason,
        supersedes=desk.in_force(station),
    )
    desk.enter(content, f"{kind.__name__.lower()} of {station}")


@desk_command("annul", "S-0001 --reason 'ruling of 12 May'")
def annul(desk: Desk, station: Station, reason: Reason) -> None:
    """Annul a station, whether its protocol is accepted, waits or never came: it counts as reported and leaves the
    totals as standing; what was never accepted is in no total."""
    stands = desk.in_force(station)
    content = acts.Annulment(at=desk.at, contest=desk.contest.id, station=station, reason=reason, supersedes=stands)
    desk.enter(content, f"{station} annulled")


@desk_command("status", "smith withdrawn --reason 'own statement of 3 May'")
def status(
    desk: Desk,
    candidate: Candidate,
    became: Annotated[str, typer.Argument(metavar="registered|withdrawn|deregistered|deceased")],
    reason: Reason = "",
) -> None:
    """What became of a candidate."""
    if became not in ("registered", "withdrawn", "deregistered", "deceased"):
        refuse("status", f"{became!r} is not known", "Use registered, withdrawn, deregistered or deceased")
    content = acts.CandidateStatus(
        at=desk.at, contest=desk.contest.id, candidate=candidate, status=cast(Any, became), reason=reason
    )
    desk.enter(content, f"{candidate} is {became}")


@desk_command(
    "statement",
    "--kind concession --by 'Ann Jones' --said-at 2025-05-04T23:10 --source 'News agency' --text 'She congratulates.'",
)
def statement(
    desk: Desk,
    kind: Annotated[str, typer.Option(help=f"One of: {', '.join(acts.STATEMENT_KINDS)}.")],
    by: Annotated[str, typer.Option(help="Who said it, as the source names them.")],
    said_at: Annotated[str, typer.Option(help="When, as the source gives it.")],
    source: Annotated[str, typer.Option(help="Where it was reported.")],
    text: Annotated[str, typer.Option(help="What was said, in short.")],
    figure: Annotated[list[str], typer.Option(help="An announced figure, as PATH=VALUE; may be repeated.")] = [],  # noqa: B006
) -> None:
    """What somebody said about the election: attributed, shown beside the count, never endorsed."""
    if kind not in acts.STATEMENT_KINDS:
        refuse("--kind", f"{kind!r} is not known", f"Use one of: {', '.join(acts.STATEMENT_KINDS)}")
    pairs = (pair.partition("=") for pair in figure)
    content = acts.Statement(
        at=desk.at,
        contest=desk.contest.id,
        kind=cast(Any, kind),
        speaker=by,
        said_at=said_at,
        source=source,
        text=text,
        figures={path: int(value) if value.isdecimal() else value for path, _, value in pairs},
    )
    desk.enter(content, f"{kind.replace('_', ' ')} of {by}")


@desk_command("call", "smith --as desk-2", "desk-1")
def call(desk: Desk, candidate: Candidate) -> None:
    """Call the contest for a candidate; in force once desk-1 and desk-2 have called the same."""
    desk.enter(acts.Call(at=desk.at, contest=desk.contest.id, candidate=candidate), f"{desk.role} calls {candidate}")


@desk_command("uncall", "--reason 'a recount was ordered'", "desk-1")
def uncall(desk: Desk, reason: Reason) -> None:
    """Take back the calls of the contest, and say why."""
    desk.enter(acts.Uncall(at=desk.at, contest=desk.contest.id, reason=reason), "calls taken back")


@desk_command("certify", "--winner smith --text 'Decision 14/2025'")
def certify(
    desk: Desk,
    winner: Annotated[str, typer.Option(help="Id of the winner; none if nobody won.")] = "",
    text: Annotated[str, typer.Option(help="The words of the decision.")] = "",
) -> None:
    """Certify the result as it stands; refused while stations are missing or in review."""
    seen = acts.Seen(desk.clerk.log.size, encode_base64(desk.clerk.log.root))
    content = acts.Certification(at=desk.at, contest=desk.contest.id, snapshot=seen, winner=winner, text=text)
    desk.enter(content, "result certified")


@desk_command("key", "desk-3 --reason 'a third desk for the night'")
def key(
    desk: Desk,
    role: Annotated[str, typer.Argument(metavar="ROLE")],
    revoke: Annotated[bool, typer.Option("--revoke", help="End the role's key, and put nothing in its place.")] = False,
    reason: Reason = "",
) -> None:
    """Issue a key to a role, in place of the one that it has; or end it. The old key signs nothing more."""
    if revoke:
        number = revoke_key(desk.state, desk.clerk, role, desk.at, reason, desk.role)
        desk.done(number, f"the key of {role} is revoked")
    else:
        number = issue_key(desk.folder, desk.state, desk.clerk, role, desk.at, reason, desk.role)
        desk.done(number, f"{role} has the key {desk.clerk.key_id(role)}")
