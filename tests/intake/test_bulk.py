"""Protocols in bulk: outcomes, what is on file, imports that are stopped, and nothing written for bad input."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tallyroom.election.definition import Definition
from tallyroom.election.fault import BadInput, Faults
from tallyroom.election.filing import Filing, read_filing
from tallyroom.election.formfile import shipped_form
from tallyroom.election.infer import infer
from tallyroom.election.mapping import default_mapping
from tallyroom.election.secrecy import Secrecy
from tallyroom.election.tablefile import read_table_file
from tallyroom.intake import bulk
from tallyroom.intake.bulk import import_protocols, most_rows
from tallyroom.record.acts import Accepted, Annulment, InReview, Protocol, Seal, decode
from tallyroom.record.clerk import Clerk
from tallyroom.tally.contest import Status
from tallyroom.tally.fold import fold
from tallyroom.tally.state import State

NewClerk = Callable[[str], Clerk]

AT = "2024-02-07T21:00:00+04:00"
HEADER = "station_id,region,registered,ballots,valid,invalid,v_a,v_b"
CLEAN = "S-0001,N,100,50,50,0,40,10"
WARNED = "S-0002,N,100,50,40,10,30,10"
BROKEN = "S-0003,S,100,50,45,2,30,10"
UNREAD = "S-0004,S,100,50,50,0,,10"


class Stopped(Exception):
    """The power went off."""


def filed(folder: Path, *rows: str, definition: Definition | None = None) -> Filing:
    """The filing of a station table with these rows."""
    (folder / "t.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    faults = Faults()
    sheet = read_table_file(folder / "t.csv", faults)
    assert sheet is not None
    form = definition.form if definition else shipped_form("generic")
    filing = read_filing(sheet, default_mapping(sheet, form), faults)
    faults.refuse()
    assert filing is not None
    return filing


@pytest.fixture
def definition(tmp_path: Path) -> Definition:
    """An election of the four stations above."""
    return infer(filed(tmp_path, CLEAN, WARNED, BROKEN, UNREAD), "test", Faults())


def state_of(definition: Definition, clerk: Clerk) -> State:
    """The state of the whole record."""
    state = State(definition)
    fold(state, [decode(entry) for entry in clerk.log.entries()])
    return state


def test_each_protocol_gets_the_outcome_that_it_deserves(
    tmp_path: Path, definition: Definition, new_clerk: NewClerk
) -> None:
    clerk = new_clerk("a")
    filing = filed(tmp_path, UNREAD, BROKEN, WARNED, CLEAN)
    report = import_protocols(filing, definition, "president", State(definition), clerk, AT, "seen on paper")
    assert (report.rows, report.accepted, report.accepted_with_reason, report.in_review) == (4, 1, 1, 2)
    assert [(held.station_id, held.line, held.failures) for held in report.held] == [
        ("S-0004", 2, ("UNREAD",)),
        ("S-0003", 3, ("E-01", "E-02", "W-02")),
    ]
    assert report.votes == {
        "accepted": {"a": 40, "b": 10},
        "accepted_with_reason": {"a": 30, "b": 10},
        "in_review": {"a": 30, "b": 20},
    }
    assert (report.first, report.last, report.sound) == (0, 7, False)
    state = state_of(definition, clerk)
    assert state.breaches == []
    count = state.contests["president"]
    assert count.status.tolist() == [Status.ACCEPTED, Status.ACCEPTED, Status.IN_REVIEW, Status.IN_REVIEW]
    assert count.filed[3].tolist() == [100, 50, 50, 0, -1, 10]


def test_the_acts_of_a_batch_stand_in_their_order(tmp_path: Path, definition: Definition, new_clerk: NewClerk) -> None:
    clerk = new_clerk("a")
    filing = filed(tmp_path, UNREAD, BROKEN, WARNED, CLEAN)
    import_protocols(filing, definition, "president", State(definition), clerk, AT, "seen on paper")
    acts = [decode(entry) for entry in clerk.log.entries()]
    assert [type(act) for act in acts] == [*[Protocol] * 4, Accepted, Accepted, InReview, InReview, Seal]
    assert [act.station for act in acts[:4] if isinstance(act, Protocol)] == [
        "S-0001",
        "S-0002",
        "S-0004",
        "S-0003",
    ]
    clean, warned, unread, broken, _ = acts[4:]
    assert isinstance(clean, Accepted)
    assert isinstance(warned, Accepted)
    assert (clean.first, clean.count, clean.reason) == (0, 1, "")
    assert (warned.first, warned.count, warned.reason) == (1, 1, "seen on paper")
    assert isinstance(unread, InReview)
    assert isinstance(broken, InReview)
    assert (unread.protocol, broken.protocol) == (2, 3)
    first = acts[2]
    assert isinstance(first, Protocol)
    assert first.votes == {"a": None, "b": 10}


def test_without_a_reason_nothing_that_warns_is_accepted(
    tmp_path: Path, definition: Definition, new_clerk: NewClerk
) -> None:
    filing = filed(tmp_path, CLEAN, WARNED)
    report = import_protocols(filing, definition, "president", State(definition), new_clerk("a"), AT)
    assert (report.accepted, report.accepted_with_reason, report.in_review) == (1, 0, 1)
    assert report.held[0].failures == ("W-02",)


def test_what_is_on_file_is_left_as_it_is(tmp_path: Path, definition: Definition, new_clerk: NewClerk) -> None:
    clerk = new_clerk("a")
    import_protocols(filed(tmp_path, CLEAN, UNREAD), definition, "president", State(definition), clerk, AT)
    size = clerk.log.size
    changed = CLEAN.replace("40,10", "39,11")
    again = filed(tmp_path, changed, UNREAD)
    report = import_protocols(again, definition, "president", state_of(definition, clerk), clerk, AT)
    assert (report.unchanged, report.differs, report.sound, report.first) == (1, 1, False, None)
    assert report.different[0].figures == {"a": (39, 40), "b": (11, 10)}
    assert clerk.log.size == size
    assert "differs: S-0001 (line 2, act 0): a 39, on file 40; b 11, on file 10" in report.text()


def test_rows_of_annulled_stations_are_left_out_and_named(
    tmp_path: Path, definition: Definition, new_clerk: NewClerk
) -> None:
    clerk = new_clerk("a")
    import_protocols(filed(tmp_path, BROKEN), definition, "president", State(definition), clerk, AT)
    burnt = [("S-0001", None, "the ballots were burnt"), ("S-0003", 0, "nobody can mend it")]
    clerk.enter([Annulment(at=AT, contest="president", station=s, supersedes=n, reason=why) for s, n, why in burnt])
    size = clerk.log.size
    state = state_of(definition, clerk)
    report = import_protocols(filed(tmp_path, CLEAN, BROKEN), definition, "president", state, clerk, AT)
    assert (report.unchanged, report.differs, report.still_in_review, report.first) == (1, 1, 0, None)
    assert (report.different[0].station_id, report.different[0].act) == ("S-0001", 3)
    assert clerk.log.size == size
    assert state_of(definition, clerk).breaches == []


def test_an_unread_figure_differs_from_one_that_was_read(
    tmp_path: Path, definition: Definition, new_clerk: NewClerk
) -> None:
    clerk = new_clerk("a")
    import_protocols(filed(tmp_path, UNREAD), definition, "president", State(definition), clerk, AT)
    read = filed(tmp_path, UNREAD.replace(",,", ",40,"))
    report = import_protocols(read, definition, "president", state_of(definition, clerk), clerk, AT)
    assert report.different[0].figures == {"a": (40, None)}


@pytest.mark.parametrize("stop_after", range(1, 5))
def test_an_import_that_was_stopped_and_repeated_leaves_the_record_of_one_that_ran_through(
    tmp_path: Path, definition: Definition, new_clerk: NewClerk, monkeypatch: pytest.MonkeyPatch, stop_after: int
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 1)
    filing = filed(tmp_path, UNREAD, WARNED, CLEAN, BROKEN)
    through, stopped = new_clerk("through"), new_clerk("stopped")
    import_protocols(filing, definition, "president", State(definition), through, AT, "seen")

    def stop(done: int, rows: int) -> None:
        assert rows == 4
        if done == stop_after:
            raise Stopped

    with pytest.raises(Stopped):
        import_protocols(filing, definition, "president", State(definition), stopped, AT, "seen", stop)
    report = import_protocols(filing, definition, "president", state_of(definition, stopped), stopped, AT, "seen")
    assert report.unchanged == stop_after
    assert stopped.log.root == through.log.root
    assert stopped.log.size == through.log.size


def test_bad_input_is_refused_with_every_fault_and_nothing_is_written(
    tmp_path: Path, definition: Definition, new_clerk: NewClerk
) -> None:
    clerk = new_clerk("a")
    filing = filed(tmp_path, CLEAN, CLEAN.replace("S-0001", "S-0099"))
    (tmp_path / "t.csv").write_text("station_id,region,registered,ballots,valid,v_a,v_c\nS-0077,N,1,1,1,1,0\n")
    faults = Faults()
    sheet = read_table_file(tmp_path / "t.csv", faults)
    assert sheet is not None
    other = read_filing(sheet, default_mapping(sheet, definition.form), faults)
    assert other is not None
    for bad, named in (
        (filing, ["t.csv:3: station_id: 'S-0099' is no station of the election"]),
        (
            other,
            [
                "t.csv:2: station_id: 'S-0077' is no station of the election",
                "t.csv:1: invalid: the table has no column for this line or candidate of the election",
                "t.csv:1: b: the table has no column for this line or candidate of the election",
                "t.csv:1: v_c: 'c' is no candidate of contest 'president'",
            ],
        ),
    ):
        with pytest.raises(BadInput) as caught:
            import_protocols(bad, definition, "president", State(definition), clerk, AT)
        assert [str(fault).split(". ")[0] for fault in caught.value.faults] == named
    assert clerk.log.size == 0


def test_an_unknown_contest_is_a_key_error(tmp_path: Path, definition: Definition, new_clerk: NewClerk) -> None:
    with pytest.raises(KeyError, match="there are: president"):
        import_protocols(filed(tmp_path, CLEAN), definition, "mayor", State(definition), new_clerk("a"), AT)


def test_a_table_has_no_more_rows_than_stations_and_summaries(tmp_path: Path, definition: Definition) -> None:
    assert most_rows(definition, "president", filed(tmp_path, CLEAN).mapping) == 4 + 2 + 1


def test_rows_that_would_show_how_people_voted_keep_a_table_out_where_the_rule_withholds_them(
    tmp_path: Path, definition: Definition, new_clerk: NewClerk
) -> None:
    strict, clerk = replace(definition, secrecy=Secrecy(rule="withhold")), new_clerk("one")
    small, unanimous = "S-0001,N,100,8,8,0,5,3", "S-0002,N,100,50,40,10,40,0"
    table = filed(tmp_path, small, unanimous, "S-0003,S,100,50,45,5,30,15", definition=strict)
    with pytest.raises(BadInput) as caught:
        import_protocols(table, strict, "", state_of(strict, clerk), clerk, AT)
    assert [(fault.line, fault.field) for fault in caught.value.faults] == [(2, "votes"), (3, "votes")]
    assert clerk.log.size == 0
    report = import_protocols(table, definition, "", state_of(definition, clerk), clerk, AT)
    assert report.rows == 3
