"""The nights that ship: Azerbaijan on 7 February 2024, as announced, and two rounds in Ruritania.

Every station is synthetic, numbered S-0001 onward and mapped to no real place.  The Azerbaijani night adds up
to what was announced and puts no faults in; faults are for the fictional country.
"""

import datetime
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from tallyroom.election.areas import Area, Areas
from tallyroom.election.calendar import Calendar, StatutoryDate
from tallyroom.election.candidates import Candidate, Eligibility
from tallyroom.election.definition import Contest, Definition
from tallyroom.election.formfile import shipped_form
from tallyroom.election.rules import Rule, RuleKind
from tallyroom.election.stations import Stations
from tallyroom.record.acts import Call, Statement
from tallyroom.rehearsal import azerbaijan_2024, ruritania
from tallyroom.rehearsal.azerbaijan_facts import Announcement, Facts, facts
from tallyroom.rehearsal.azerbaijan_names import azerbaijani_names
from tallyroom.rehearsal.electorate import Candidate as Standing
from tallyroom.rehearsal.electorate import Electorate
from tallyroom.rehearsal.play import Night
from tallyroom.rehearsal.schedule import Certify, Enter, Mend, Publish, Schedule, Step, in_order
from tallyroom.rehearsal.tampering import Tampering

CONTEST = "president"
COMMISSION = "Central Election Commission"
CONFIRMED = "The station confirmed the figures by telephone"
"""Why a Ruritanian commission sets warnings aside; the country is fictional, and so is the call."""


def azerbaijan_night() -> Night:
    """The night of 7 to 8 February 2024 and the days to 13 February, with every figure that was announced."""
    told = facts()
    night = azerbaijan_2024.electorate()
    schedule = Schedule(_azerbaijan(told, night), night, {}, "")
    steps = [*schedule.day(), *schedule.count(), *_announcements(told, schedule), *_statements(told, schedule)]
    steps.append(_before(schedule))
    annulled_at = _epoch(told.synthetic.annulled_at)
    for place, station in enumerate(np.flatnonzero(night.annulled).tolist()):
        steps.append(Mend(annulled_at + place, "annulment", station, told.synthetic.annulment_reason))
    return Night(schedule, in_order(steps))


def ruritania_night(second: bool = False, tampering: Tampering | None = None) -> Night:
    """A round of the fictional country's election, with the faults that were put in and, if asked for, a fraud."""
    this = ruritania.RUN_OFF if second else ruritania.FIRST_ROUND
    night = (ruritania.run_off if second else ruritania.first_round)(tampering=tampering)
    faults = ruritania.faults(night)
    wrong = {fault.station: fault.wrong for fault in faults}
    schedule = Schedule(_ruritania(this, night, tampering), night, wrong, CONFIRMED)
    steps: list[Step] = [_before(schedule), *schedule.day(), *schedule.count()]
    steps += [Mend(fault.mended_at, fault.kind, fault.station, fault.reason) for fault in faults]
    steps += [Publish(at + 900) for at in night.turnout_at.tolist()]
    last = max(step.at for step in steps)
    steps += [Publish(at) for at in range(this.at(21), this.at(24) + 7200, 1800)]
    steps += [Publish(int(night.reported_at.max()) + 60), Publish(last + 60)]
    if second:
        steps += _decided(schedule, last + 3600)
    return Night(schedule, in_order(steps))


def _before(schedule: Schedule) -> Publish:
    """A first snapshot, of no votes, before the polls open: the page is there when people look for it."""
    definition = schedule.definition
    opening = datetime.datetime.combine(definition.day, definition.opens, definition.zone)
    return Publish(_epoch(opening) - 1800)


def _decided(schedule: Schedule, at: int) -> Iterator[Step]:
    """The run-off is called by two people, each with a key of their own, and certified a day later."""
    night = schedule.night
    winner = night.candidate_ids[int(night.votes[~night.annulled].sum(axis=0).argmax())]
    for place, role in enumerate(("desk-1", "desk-2")):
        call = Call(at=schedule.time(at + 60 * place), contest=CONTEST, candidate=winner)
        yield Enter(at + 60 * place, (call,), role)
    yield Publish(at + 120)
    yield Certify(at + 86_400)
    yield Publish(at + 86_460)


def _announcements(told: Facts, schedule: Schedule) -> Iterator[Step]:
    """What the commission announced, each followed by a snapshot of the count."""
    for turnout in told.turnout:
        at, hour = _epoch(turnout.enter_at), f"{turnout.at:%H:%M}"
        text = f"Turnout by {hour}: {turnout.percent}% of the voters on the list."
        yield _said(
            schedule,
            at,
            "announcement",
            COMMISSION,
            f"{turnout.at:%Y-%m-%d}",
            turnout.source,
            text,
            turnout.figures(),
        )
        if turnout.otherwise is not None:
            other = turnout.otherwise
            text = f"Turnout by {hour} also reported as {other.voted:,} voters."
            figures: dict[str, int | str] = {f"turnout.{hour}.voted": other.voted}
            yield _said(schedule, at, "announcement", COMMISSION, f"{turnout.at:%Y-%m-%d}", other.source, text, figures)
        yield Publish(at)
    count = told.count
    for announced in (count.first, count.night, count.complete, count.final):
        at = _epoch(announced.enter_at)
        yield _said(
            schedule,
            at,
            "announcement",
            COMMISSION,
            announced.at,
            announced.source,
            _heard(told, announced),
            announced.figures(),
        )
        yield Publish(at)


def _heard(told: Facts, announced: Announcement) -> str:
    """An announcement of the count in one sentence."""
    names = {candidate.id: candidate.short for candidate in told.candidates}
    shares = ", ".join(f"{names[candidate]} {percent}%" for candidate, percent in announced.percent.items())
    part = announced.stations_percent
    return f"{f'{part}% of polling stations' if part else 'All polling stations'}: {shares} of valid votes."


def _statements(told: Facts, schedule: Schedule) -> Iterator[Step]:
    for said in told.statements:
        at = _epoch(said.enter_at)
        yield _said(schedule, at, said.kind, said.speaker, said.said_at, said.source, said.text, {})
        if said.kind == "certification":
            yield Publish(at)
    names = {candidate.id: candidate.short for candidate in told.candidates}
    for poll in told.exit_polls:
        shares = ", ".join(f"{names[candidate]} {percent}%" for candidate, percent in poll.percent.items())
        at = _epoch(poll.enter_at)
        yield _said(
            schedule,
            at,
            "claim",
            poll.pollster,
            f"{poll.enter_at:%Y-%m-%d}",
            poll.source,
            f"Its exit poll gives {shares}.",
            {},
        )


def _said(
    schedule: Schedule,
    at: int,
    kind: str,
    speaker: str,
    said_at: str,
    source: str,
    text: str,
    figures: dict[str, int | str],
) -> Enter:
    act = Statement(
        at=schedule.time(at),
        contest=CONTEST,
        kind=kind,  # type: ignore[arg-type]
        speaker=speaker,
        said_at=said_at,
        source=source,
        text=text,
        figures=figures,
    )
    return Enter(at, (act,))


def _epoch(moment: datetime.datetime) -> int:
    return int(moment.timestamp())


def _azerbaijan(told: Facts, night: Electorate) -> Definition:
    election = told.election
    return Definition(
        id="azerbaijan-2024",
        name=f"{election.name} (rehearsal with synthetic stations)",
        office="President of the Republic of Azerbaijan",
        day=election.date,
        called_on=election.called_on,
        timezone=election.timezone,
        opens=election.polls_open.time(),
        closes=election.polls_close.time(),
        turnout_hours=tuple(f"{turnout.at:%H:%M}" for turnout in told.turnout),
        languages=("en", "az", "ru"),
        data_origin="synthetic",
        authority="nobody: a rehearsal, not issued by any commission",
        origin="rehearsal.tallyroom.example/azerbaijan-2024",
        areas=_areas(night, "constituency"),
        stations=_stations(night),
        contests=(
            _contest(
                "Election of the president",
                told.candidates,
                Rule(
                    "absolute_majority",
                    additions_share=Fraction(5, 100),
                    citation="Majority of valid votes, else a run-off; the limit on additions is ours",
                ),
            ),
        ),
        form=shipped_form("azerbaijan-100.2"),
        calendar=Calendar(
            (
                _date(
                    "registration_ends",
                    "Registration of candidates ends",
                    election.candidate_registration_ended,
                    told,
                ),
                _date("campaign", "Campaign begins", election.campaign_from, told),
                _date("election_day", "Election day", election.date, told),
            )
        ),
        eligibility=Eligibility(citation=f"Term limit: {election.term_limit}"),
        names=tuple(azerbaijani_names(night.area_ids)),
    )


def _date(key: str, title: str, on: datetime.date, told: Facts) -> StatutoryDate:
    days = (on - told.election.called_on).days
    return StatutoryDate(key, title, days, "called", f"As announced: {told.election.source}")


def _ruritania(this: ruritania.Round, night: Electorate, tampering: Tampering | None) -> Definition:
    suffix = "run-off" if this.number == 2 else "first round"
    told = f" ({tampering})" if tampering else ""
    name = f"ruritania-{this.number}" + (f"-{tampering.fraud.replace('_', '-')}" if tampering else "")
    days = (StatutoryDate("election_day", "Election day", 60, "called", "Ruritanian Electoral Act, fictional"),)
    return Definition(
        id=name,
        name=f"Presidential election in Ruritania, a fictional country, {suffix}{told}",
        office="President of Ruritania",
        day=this.date,
        called_on=this.date - datetime.timedelta(days=60),
        timezone=ruritania.TIMEZONE,
        opens=datetime.time(ruritania.POLLS_OPEN),
        closes=datetime.time(ruritania.POLLS_CLOSE),
        turnout_hours=tuple(f"{hour:02d}:00" for hour in ruritania.TURNOUT_HOURS),
        languages=("en",),
        data_origin="synthetic",
        authority="the election commission of Ruritania, a fictional country",
        origin=f"rehearsal.tallyroom.example/{name}",
        areas=_areas(night, "constituency"),
        stations=_stations(night),
        contests=(_contest(f"Election of the president, {suffix}", this.candidates, _ruritanian_rule(this)),),
        form=shipped_form("generic"),
        calendar=Calendar(days),
        eligibility=Eligibility(citation="Fictional"),
    )


def _ruritanian_rule(this: ruritania.Round) -> Rule:
    kind: RuleKind = "plurality" if this.number == 2 else "absolute_majority"
    return Rule(kind, additions_share=Fraction(5, 100), citation="Ruritanian Electoral Act, fictional")


def _contest(name: str, standing: tuple[Standing, ...], rule: Rule) -> Contest:
    candidates = tuple(
        Candidate(one.id, one.name, one.party, order, one.incumbent, CONTEST) for order, one in enumerate(standing, 1)
    )
    return Contest(CONTEST, name, "President", rule, candidates)


def _areas(night: Electorate, level: str) -> Areas:
    names = zip(night.area_ids, night.area_names, strict=True)
    return Areas(tuple(Area(area_id, name, level) for area_id, name in names))


def _stations(night: Electorate) -> Stations:
    return Stations(night.station_ids, night.name, night.kind, night.area, night.registered, {})
