"""The desk: every step of a form, what it refuses, and the acts that it makes."""

import pytest

from tallyroom.election.form import Failure
from tallyroom.intake import desk
from tallyroom.intake.bundle import THE_FIRST, decode, encode, numbered
from tallyroom.intake.paper import Paper
from tallyroom.intake.refusal import (
    BadFigures,
    BeingEntered,
    ErrorsBlock,
    NoFigures,
    NotNow,
    NotYours,
    ReasonMissing,
    ReasonTooLong,
    Refusal,
    SamePerson,
    StaleVersion,
    ThirdValue,
)
from tallyroom.intake.stages import Event, Stage
from tallyroom.intake.stationform import Form
from tallyroom.record.acts import (
    Accepted,
    Annulment,
    Correction,
    Evidence,
    Figures,
    InReview,
    Present,
    Protocol,
    Received,
    Recount,
)
from tests.tally.village import village

AT = "2025-06-15T21:00:00+00:00"
PAPER = Paper(village().form, village().contests[0])
SCAN = Evidence("0" * 64, 10, "application/pdf")
ANN, BEN, CAT, DAN = 1, 2, 3, 4


def figures(a: int = 50, b: int = 30, c: int = 20, invalid: int = 0, **changed: int | None) -> Figures:
    """A protocol that breaks no rule, but for what is changed."""
    found = a + b + c + invalid
    lines: Figures = {"voters_listed": 200, "voters_added": 0, "ballots_issued": found, "ballots_found": found}
    return lines | {"valid": a + b + c, "invalid": invalid, "a": a, "b": b, "c": c} | changed


SOUND, WARNED, WRONG = figures(), figures(invalid=10), figures(valid=99)


def received() -> Form:
    return desk.entered(desk.receive(Form(contest="mayor", station="S-0001"), 0, AT, [SCAN]).form, 1)


def keyed(first: Figures, second: Figures, form: Form | None = None) -> desk.Step:
    form = form or received()
    form = desk.key(form, ANN, first, PAPER, form.version, AT).form
    return desk.key(form, BEN, second, PAPER, form.version, AT)


def in_review(found: Figures) -> Form:
    return desk.entered(keyed(found, found).form, 7)


def accepted() -> Form:
    return desk.entered(keyed(SOUND, SOUND).form, 7)


def test_receipt_is_an_act_with_its_scans_and_waits_until_it_is_durable() -> None:
    present = (Present("member", "Party A", 3),)
    form, _, acts = desk.receive(Form(contest="mayor", station="S-0001"), 0, AT, [SCAN], present)
    assert acts == (Received(at=AT, contest="mayor", station="S-0001", evidence=(SCAN,)),)
    assert (form.stage, form.target) == (Stage.EXPECTED, Stage.RECEIVED)
    form = desk.entered(form, 3)
    assert (form.stage, form.target, form.act, form.present) == (Stage.RECEIVED, None, None, present)


def test_two_people_who_key_the_same_file_a_protocol_and_its_acceptance() -> None:
    form, event, acts = keyed(SOUND, SOUND)
    lines, votes = PAPER.split(SOUND)
    protocol = Protocol(at=AT, contest="mayor", station="S-0001", lines=lines, votes=votes, evidence=(SCAN,))
    assert event == Event.KEY_SAME
    assert acts == (protocol, Accepted(at=AT, first=THE_FIRST))
    assert (form.stage, form.target) == (Stage.SECOND_ENTRY, Stage.ACCEPTED)
    form = desk.entered(form, 7)
    assert (form.stage, form.act) == (Stage.ACCEPTED, 7)


def test_the_same_person_cannot_key_both_entries() -> None:
    form = desk.key(received(), ANN, SOUND, PAPER, 2, AT).form
    for found in (SOUND, WRONG):
        with pytest.raises(SamePerson):
            desk.key(form, ANN, found, PAPER, form.version, AT)


def test_all_broken_rules_stand_in_the_review_at_once() -> None:
    broken = figures(valid=99, ballots_issued=300, invalid=10)
    form, _, acts = keyed(broken, broken)
    assert acts[1] == InReview(at=AT, protocol=THE_FIRST, failures=("E-01", "E-02", "E-04", "W-01", "W-02"))
    assert desk.entered(form, 7).stage == Stage.IN_REVIEW


def test_an_unread_figure_is_no_zero_and_blocks() -> None:
    unread = figures(c=0) | {"c": None}
    with pytest.raises(ErrorsBlock, match="UNREAD"):
        desk.accept(in_review(unread), CAT, "it is surely nothing", PAPER, 5, AT)
    assert keyed(unread, figures(c=0)).event == Event.KEY_OTHER


def test_an_error_blocks_whoever_asks_and_whatever_they_write() -> None:
    with pytest.raises(ErrorsBlock, match="E-01"):
        desk.accept(in_review(WRONG), CAT, "I am the chair", PAPER, 5, AT)


def test_a_warning_needs_a_reason_of_somebody_who_keyed_nothing() -> None:
    form = in_review(WARNED)
    for who in (ANN, BEN):
        with pytest.raises(SamePerson):
            desk.accept(form, who, "seen on the paper", PAPER, form.version, AT)
    for nothing in ("", " \n"):
        with pytest.raises(ReasonMissing):
            desk.accept(form, CAT, nothing, PAPER, form.version, AT)
    with pytest.raises(ReasonTooLong):
        desk.accept(form, CAT, "x" * 2001, PAPER, form.version, AT)
    form, _, acts = desk.accept(form, CAT, " seen on the paper ", PAPER, form.version, AT)
    assert acts == (Accepted(at=AT, first=7, reason="seen on the paper"),)
    assert desk.entered(form, 9).stage == Stage.ACCEPTED
    assert desk.entered(form, 9).act == 7


def test_more_rules_than_the_forms_own_are_warnings_too() -> None:
    late = Failure("TURNOUT", "warning", 5, False)
    form = desk.key(received(), ANN, SOUND, PAPER, 2, AT).form
    step = desk.key(form, BEN, SOUND, PAPER, form.version, AT, [late])
    assert isinstance(step.acts[1], InReview)
    assert step.acts[1].failures == ("TURNOUT",)


def test_a_third_person_chooses_between_the_two_values_and_nothing_else() -> None:
    form = keyed(SOUND, figures(a=51, invalid=1, ballots_issued=101)).form
    assert form.stage == Stage.DIFFERS
    assert form.differing == ("ballots_issued", "ballots_found", "valid", "invalid", "a")
    picks = dict.fromkeys(form.differing, "2")
    for who in (ANN, BEN):
        with pytest.raises(SamePerson):
            desk.choose(form, who, picks, PAPER, form.version, AT)
    for wrong in ("52", "3", "", "0", "-1"):
        with pytest.raises(ThirdValue, match="A"):
            desk.choose(form, CAT, picks | {"a": wrong}, PAPER, form.version, AT)
    with pytest.raises(ThirdValue):
        desk.choose(form, CAT, {"a": "1"}, PAPER, form.version, AT)
    with pytest.raises(ThirdValue):
        desk.choose(form, CAT, picks | {"b": "1"}, PAPER, form.version, AT)
    step = desk.choose(form, CAT, picks | {"a": "1"}, PAPER, form.version, AT)
    assert isinstance(step.acts[0], Protocol)
    assert step.acts[0].votes["a"] == 50
    assert step.form.target == Stage.IN_REVIEW


def test_who_settled_a_difference_sets_no_warning_aside() -> None:
    form = keyed(SOUND, WARNED).form
    form = desk.entered(
        desk.choose(form, CAT, dict.fromkeys(form.differing, "2"), PAPER, form.version, AT).form, 7
    )
    with pytest.raises(SamePerson):
        desk.accept(form, CAT, "fine", PAPER, form.version, AT)
    assert desk.accept(form, DAN, "fine", PAPER, form.version, AT).form.target == Stage.ACCEPTED


def test_a_form_read_again_keeps_the_first_reading() -> None:
    form = keyed(SOUND, WARNED).form
    with pytest.raises(SamePerson):
        desk.read_again(form, BEN, form.version)
    form = desk.read_again(form, CAT, form.version).form
    assert (form.stage, form.entries) == (Stage.RECEIVED, ())
    assert [entry.figures for entry in form.past[0].entries] == [SOUND, WARNED]
    assert keyed(WARNED, WARNED, form).form.target == Stage.IN_REVIEW


def test_what_is_sent_back_replaces_what_is_on_file() -> None:
    form = in_review(WRONG)
    with pytest.raises(ReasonMissing):
        desk.send_back(form, CAT, "", form.version)
    form = desk.send_back(form, CAT, "the sum on the paper is 100", form.version).form
    step = keyed(SOUND, SOUND, form)
    assert isinstance(step.acts[0], Protocol)
    assert step.acts[0].supersedes == 7
    assert step.acts[0].reason == "the sum on the paper is 100"


def test_a_replacement_form_starts_anew_and_keeps_all_scans() -> None:
    other = Evidence("1" * 64, 11, "image/png")
    form = desk.replace(in_review(WRONG), DAN, "signed by the whole commission", 5, [other]).form
    assert (form.stage, form.evidence, form.figures) == (Stage.RECEIVED, (SCAN, other), None)


def test_a_form_of_another_station_goes_back_before_any_figure_is_on_file() -> None:
    form, _, acts = desk.give_back(received(), DAN, "it is of S-0002", 2, AT)
    assert acts == (Received(at=AT, contest="mayor", station="S-0001", returned=True, reason="it is of S-0002"),)
    form = desk.entered(form, 2)
    assert (form.stage, form.evidence) == (Stage.EXPECTED, ())
    sent_back = desk.send_back(in_review(WRONG), CAT, "unreadable", 5).form
    with pytest.raises(NotNow):
        desk.give_back(sent_back, DAN, "it is of S-0002", sent_back.version, AT)


def test_only_the_keyer_takes_an_entry_back() -> None:
    form = desk.key(received(), ANN, SOUND, PAPER, 2, AT).form
    with pytest.raises(NotYours):
        desk.take_back(form, BEN, form.version)
    assert desk.take_back(form, ANN, form.version).form.stage == Stage.RECEIVED


def test_a_stale_version_and_a_form_that_waits_are_refused() -> None:
    form = received()
    after = desk.key(form, ANN, SOUND, PAPER, form.version, AT).form
    with pytest.raises(StaleVersion):
        desk.key(after, BEN, SOUND, PAPER, form.version, AT)
    with pytest.raises(BeingEntered):
        desk.read_again(keyed(SOUND, SOUND).form, CAT, 4)


def test_what_the_record_refuses_can_be_read_again() -> None:
    form = desk.refused(keyed(SOUND, SOUND).form, "station S-0001 has an accepted protocol: act 3")
    assert (form.stage, form.target, form.refused[:7]) == (Stage.SECOND_ENTRY, None, "station")
    assert desk.read_again(form, CAT, form.version).form.stage == Stage.RECEIVED


@pytest.mark.parametrize(("purpose", "kind"), [("correction", Correction), ("recount", Recount)])
def test_a_later_document_is_keyed_by_two_and_replaces_the_act_in_force(purpose: str, kind: type) -> None:
    main = accepted()
    form = desk.order(main, purpose, CAT, "ruling of 17 June", main.version, 7, [SCAN])  # type: ignore[arg-type]
    once = desk.key(form, ANN, WARNED, PAPER, 0, AT).form
    with pytest.raises(SamePerson):
        desk.key(once, ANN, WARNED, PAPER, 1, AT)
    lines, votes = PAPER.split(SOUND)
    expected = {"at": AT, "contest": "mayor", "station": "S-0001", "lines": lines, "votes": votes}
    step = keyed(SOUND, SOUND, form)
    assert step.acts == (kind(**expected, supersedes=7, reason="ruling of 17 June", evidence=(SCAN,)),)
    assert step.form.target == Stage.ACCEPTED


def test_a_later_document_that_breaks_a_rule_waits_for_a_reviewer() -> None:
    form = desk.order(accepted(), "recount", CAT, "ruling of 17 June", 5, 7)
    held, _, acts = keyed(WARNED, WARNED, form)
    assert (held.stage, held.target, acts) == (Stage.IN_REVIEW, None, ())
    (act,) = desk.accept(held, DAN, "as ruled", PAPER, held.version, AT).acts
    assert isinstance(act, Recount)
    assert act.reason == "ruling of 17 June / as ruled"
    assert act.votes["a"] == 50


def test_an_annulment_is_ordered_by_one_and_confirmed_by_another() -> None:
    form = desk.order(accepted(), "annulment", CAT, "ballots were burnt", 5, 7)
    with pytest.raises(SamePerson):
        desk.confirm(form, CAT, 0, AT, 7)
    with pytest.raises(NoFigures):
        desk.key(form, ANN, SOUND, PAPER, 0, AT)
    with pytest.raises(NoFigures):
        desk.confirm(received(), DAN, 2, AT, 7)
    step = desk.confirm(form, DAN, 0, AT, 7)
    expected = Annulment(at=AT, contest="mayor", station="S-0001", supersedes=7, reason="ballots were burnt")
    assert step.acts == (expected,)


def test_a_form_that_waits_at_any_stage_can_be_annulled_and_names_what_stands_then() -> None:
    expected = Form(contest="mayor", station="S-0001")
    first = desk.key(received(), ANN, SOUND, PAPER, 2, AT).form
    differs = desk.key(first, BEN, SOUND | {"a": 49}, PAPER, 3, AT).form
    for form, stood in ((expected, None), (received(), None), (first, None), (differs, None), (in_review(WRONG), 7)):
        ordered = desk.order(form, "annulment", CAT, "ballots were burnt", form.version, stood)
        assert (ordered.stage, ordered.changes) == (Stage.RECEIVED, stood)
        for stands in (stood, 9):
            (act,) = desk.confirm(ordered, DAN, 0, AT, stands).acts
            assert isinstance(act, Annulment)
            assert act.supersedes == stands
        done = desk.annulled(form)
        assert (done.stage, done.target, done.entries) == (Stage.ANNULLED, None, form.entries)
        with pytest.raises(NotNow):
            desk.order(done, "annulment", CAT, "again", done.version, 9)


def test_an_order_is_withdrawn_before_its_document_is_accepted() -> None:
    ordered = desk.order(accepted(), "recount", CAT, "ruling of 17 June", 5, 7)
    for form in (ordered, keyed(SOUND, WARNED, ordered).form, keyed(WARNED, WARNED, ordered).form):
        done, _, acts = desk.withdraw(form, DAN, "the ruling was of another station", form.version)
        assert (done.stage, done.past[-1].reason, acts) == (Stage.WITHDRAWN, "the ruling was of another station", ())
        with pytest.raises(NotNow):
            desk.withdraw(done, DAN, "again", done.version)
    with pytest.raises(ReasonMissing):
        desk.withdraw(ordered, DAN, " ", ordered.version)
    with pytest.raises(StaleVersion):
        desk.withdraw(ordered, DAN, "why", ordered.version + 1)
    for form in (received(), in_review(WRONG)):
        with pytest.raises(NoFigures):
            desk.withdraw(form, DAN, "why", form.version)


def test_a_form_whose_last_step_waits_for_the_record_is_annulled_all_the_same() -> None:
    waiting = keyed(SOUND, SOUND).form
    assert waiting.target == Stage.ACCEPTED
    with pytest.raises(BeingEntered):
        desk.order(waiting, "annulment", CAT, "why", waiting.version, None)
    assert (desk.annulled(waiting).stage, desk.annulled(waiting).target) == (Stage.ANNULLED, None)


def test_only_accepted_results_are_changed() -> None:
    for form in (received(), in_review(WRONG)):
        with pytest.raises(NotNow):
            desk.order(form, "correction", CAT, "why", form.version, 7)


@pytest.mark.parametrize(
    ("typed", "faults"),
    [
        ({"a": ""}, {"a": "missing"}),
        ({"a": "1.5", "b": "-3"}, {"a": "no number", "b": "no number"}),
        ({"a": "٣"}, {"a": "no number"}),
        ({"a": "1e9"}, {"a": "no number"}),
        ({"a": "9" * 10}, {"a": "no number"}),
        ({"d": "1", "state": "accepted"}, {"d": "unknown", "state": "unknown"}),
    ],
)
def test_figures_are_whole_numbers_of_this_paper(typed: dict[str, str], faults: dict[str, str]) -> None:
    whole = {name: str(figure) for name, figure in SOUND.items()}
    assert PAPER.read(whole | {"a": " 7 ", "b": "?"}) == SOUND | {"a": 7, "b": None}
    with pytest.raises(BadFigures) as found:
        PAPER.read(whole | typed)
    assert found.value.faults == faults


@pytest.mark.parametrize("wrong", [-1, True, 1.0, 10**9, "7"])
def test_figures_of_another_type_are_refused_by_the_desk_itself(wrong: object) -> None:
    with pytest.raises(BadFigures):
        desk.key(received(), ANN, SOUND | {"a": wrong}, PAPER, 2, AT)  # type: ignore[dict-item]


def test_a_bundle_reads_back_and_takes_its_numbers() -> None:
    acts = list(keyed(SOUND, SOUND).acts)
    again = decode(encode(acts))
    assert again == acts
    assert numbered(again, 41)[1] == Accepted(at=AT, first=41)


def test_every_refusal_is_a_sentence() -> None:
    for kind in Refusal.__subclasses__():
        assert kind.pattern.endswith(".")
