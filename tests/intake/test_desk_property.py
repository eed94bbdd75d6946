"""Whatever people do, in whatever order: nothing is accepted that two different people did not stand for."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tallyroom.intake import desk
from tallyroom.intake.paper import Paper
from tallyroom.intake.refusal import Refusal
from tallyroom.intake.stages import NEXT, TABLE, Event, Stage
from tallyroom.intake.stationform import Form
from tallyroom.record.acts import Accepted, Annulment, Correction, Figures, Protocol, Recount
from tests.tally.village import village

AT = "2025-06-15T21:00:00+00:00"
PAPER = Paper(village().form, village().contests[0])
PEOPLE = st.integers(1, 4)
REASONS = st.sampled_from(["", " ", "seen on the paper"])


@st.composite
def readings(draw: st.DrawFn) -> Figures:
    """What somebody reads off the paper: sound, with a warning, with an error, or with a figure unread."""
    votes = {name: draw(st.sampled_from([10, 11])) for name in "abc"}
    valid, invalid = sum(votes.values()), draw(st.sampled_from([0, 9]))
    found = valid + invalid
    figures: Figures = {"voters_listed": 200, "voters_added": 0, "ballots_issued": found, "ballots_found": found}
    figures |= {"valid": valid, "invalid": invalid, **votes}
    spoilt = draw(st.sampled_from([*[None] * 6, "valid", "a"]))
    return figures if spoilt is None else figures | {spoilt: draw(st.sampled_from([None, 7]))}


class Desk(RuleBasedStateMachine):
    """People at one form; `typed` is everything that was keyed, by person, since the desk opened."""

    def __init__(self) -> None:
        super().__init__()
        self.form = Form(contest="mayor", station="S-0001")
        self.typed: list[tuple[int, Figures]] = []
        self.acts = 1

    def step(self, take: object, *arguments: object) -> None:
        before = self.form
        try:
            form, event, acts = take(*arguments)  # type: ignore[operator]
        except Refusal:
            assert self.form is before
            return
        assert (before.stage, event) in TABLE
        assert form.version == before.version + 1
        led = NEXT[before.stage, event]
        judged = {NEXT.get((led, verdict)) for verdict in (Event.CLEAR, Event.HOLD)}
        assert {form.stage, form.target or form.stage} <= {before.stage, led, *judged}
        self.form = form
        for act in acts:
            self.judge(before, act)

    def judge(self, before: Form, act: object) -> None:
        """What goes into the record, against everything that people have done."""
        if isinstance(act, Protocol | Correction | Recount):
            figures = {**act.lines, **act.votes}
            keyers = {by for by, typed in self.typed if typed == figures}
            settled = self.form.resolver
            entries = {entry.by: entry.figures for entry in self.form.entries}
            assert len(entries) == 2
            assert all((by, typed) in self.typed for by, typed in entries.items())
            if settled is None:
                assert set(entries) <= keyers
            else:
                assert settled not in entries
                assert all(figures[name] in [typed[name] for typed in entries.values()] for name in figures)
            if isinstance(act, Correction | Recount):
                assert act.reason
                assert not [f for f in PAPER.failures(figures) if f.severity == "error"]
        if isinstance(act, Accepted):
            failures = PAPER.failures(self.form.figures or {})
            assert not [failure for failure in failures if failure.severity == "error"]
            assert bool(failures) == bool(act.reason)
        if isinstance(act, Annulment):
            assert before.ordered_by != self.form.resolver
            assert act.reason

    seen = st.sampled_from([0, 0, 0, 0, 1])

    @rule(old=seen)
    def receive(self, old: int) -> None:
        self.step(desk.receive, self.form, self.form.version - old, AT)

    @rule(by=PEOPLE, figures=readings(), old=seen)
    def key(self, by: int, figures: Figures, old: int) -> None:
        self.typed.append((by, figures))
        self.step(desk.key, self.form, by, figures, PAPER, self.form.version - old, AT)

    @precondition(lambda self: self.form.stage == Stage.FIRST_ENTRY)
    @rule(by=PEOPLE)
    def key_the_same(self, by: int) -> None:
        self.key(by=by, figures=dict(self.form.entries[0].figures), old=0)

    @rule(by=PEOPLE)
    def take_back(self, by: int) -> None:
        self.step(desk.take_back, self.form, by, self.form.version)

    @rule(by=PEOPLE, data=st.data())
    def choose(self, by: int, data: st.DataObject) -> None:
        picks = {name: data.draw(st.sampled_from(["1", "2", "2", "1", "3", "11"])) for name in self.form.differing}
        self.step(desk.choose, self.form, by, picks, PAPER, self.form.version, AT)

    @rule(by=PEOPLE)
    def read_again(self, by: int) -> None:
        self.step(desk.read_again, self.form, by, self.form.version)

    @rule(by=PEOPLE, reason=REASONS)
    def accept(self, by: int, reason: str) -> None:
        self.step(desk.accept, self.form, by, reason, PAPER, self.form.version, AT)

    @rule(by=PEOPLE, reason=REASONS)
    def send_back(self, by: int, reason: str) -> None:
        self.step(desk.send_back, self.form, by, reason, self.form.version)

    @rule(by=PEOPLE, reason=REASONS)
    def give_back(self, by: int, reason: str) -> None:
        self.step(desk.give_back, self.form, by, reason, self.form.version, AT)

    @rule(by=PEOPLE, reason=REASONS)
    def replace(self, by: int, reason: str) -> None:
        self.step(desk.replace, self.form, by, reason, self.form.version)

    @rule(by=PEOPLE)
    def confirm(self, by: int) -> None:
        self.step(desk.confirm, self.form, by, self.form.version, AT, self.form.changes)

    @precondition(lambda self: self.form.target is not None)
    @rule(taken=st.sampled_from([True, True, True, False]))
    def record(self, taken: bool) -> None:
        self.acts += 2
        self.form = desk.entered(self.form, self.acts) if taken else desk.refused(self.form, "the record says no")

    @precondition(lambda self: self.form.stage == Stage.ACCEPTED and self.form.purpose == "protocol")
    @rule(by=PEOPLE, reason=REASONS, purpose=st.sampled_from(["correction", "recount", "annulment"]))
    def order(self, by: int, reason: str, purpose: str) -> None:
        try:
            self.form = desk.order(self.form, purpose, by, reason, self.form.version, self.form.act or 0)  # type: ignore[arg-type]
        except Refusal:
            return

    @invariant()
    def nothing_is_accepted_alone(self) -> None:
        form = self.form
        if Stage.ACCEPTED in (form.stage, form.target) and form.purpose != "annulment":
            assert len({entry.by for entry in form.entries}) == 2
            assert form.figures is not None
            assert not [failure for failure in form.failures if failure.severity == "error"]


TestDesk = Desk.TestCase
TestDesk.settings = settings(max_examples=150, stateful_step_count=40)
