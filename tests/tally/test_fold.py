"""The fold: one by one, in blocks and from the record give the identical state; totals equal a plain sum."""

from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tallyroom.record import acts
from tallyroom.record.keys import RoleKey
from tallyroom.record.log import Log
from tallyroom.record.note import Signer
from tallyroom.tally.contest import PROGRESS, UNREAD, Status
from tallyroom.tally.fold import fold, objection
from tallyroom.tally.replay import catch_up, replay, replay_station
from tallyroom.tally.state import State
from tests.tally.village import PLACES, lines, village

AT = "2025-06-15T21:00:00+00:00"
CONTESTS = {"mayor": "abc", "council": "xyz"}

stations = st.sampled_from([f"S-{n:04d}" for n in range(1, 8)])  # S-0007 is no station
numbers = st.integers(0, 60)
contests = st.sampled_from([*CONTESTS, "nothing"])
figure = st.one_of(st.none(), st.integers(0, 50))


@st.composite
def figures(draw: st.DrawFn, contest: str) -> dict[str, dict[str, int | None]]:
    votes = {candidate: draw(figure) for candidate in CONTESTS.get(contest, "abc")}
    valid = sum(vote or 0 for vote in votes.values())
    return {"lines": lines(valid, draw(st.integers(0, 5))), "votes": votes}


@st.composite
def any_act(draw: st.DrawFn) -> acts.AnyAct:
    contest, station, number = draw(contests), draw(stations), draw(numbers)
    replaces = draw(st.one_of(st.none(), numbers))
    rare = ["review", "turnout", "change", "change", "call", "other", "received"]
    kind = draw(st.sampled_from(["protocol"] * 6 + ["accepted"] * 4 + rare))
    if kind == "protocol":
        content = draw(figures(contest))
        return acts.Protocol(at=AT, contest=contest, station=station, supersedes=replaces, **content)
    if kind == "accepted":
        return acts.Accepted(at=AT, first=number, count=draw(st.integers(1, 20)))
    if kind == "received":
        returned = draw(st.booleans())
        return acts.Received(at=AT, contest=contest, station=station, returned=returned, reason="torn")
    if kind == "review":
        return acts.InReview(at=AT, protocol=number, failures=("E-01",))
    if kind == "turnout":
        hour = draw(st.sampled_from(["12:00", "20:00", "23:00"]))
        return acts.Turnout(at=AT, station=station, hour=hour, voted=draw(st.integers(0, 90)))
    if kind == "change":
        change = draw(st.sampled_from([acts.Correction, acts.Recount, acts.Annulment]))
        content = {} if change is acts.Annulment else draw(figures(contest))
        replaces = draw(st.one_of(st.just(replaces), st.integers(0, 3)))
        return change(at=AT, contest=contest, station=station, supersedes=replaces, reason="why", **content)
    if kind == "call":
        candidate = draw(st.sampled_from("abcxyz"))
        by = draw(st.sampled_from(["k1", "k2"]))
        return draw(
            st.sampled_from(
                [
                    acts.Call(at=AT, contest=contest, candidate=candidate, by=by),
                    acts.Uncall(at=AT, contest=contest, reason="error"),
                ]
            )
        )
    return draw(
        st.sampled_from(
            [
                acts.Opened(at=AT, station=station),
                acts.Closed(at=AT, station=station),
                acts.CandidateStatus(at=AT, contest=contest, candidate="a", status="withdrawn"),
                acts.Certification(at=AT, contest=contest, snapshot=acts.Seen(0, "")),
                acts.Publication(at=AT, number=1, snapshot=acts.Seen(number, ""), files={}),
                acts.Statement(
                    at=AT, contest="mayor", kind="claim", speaker="s", said_at="t", source="u", text="v",
                    figures={"votes.a": number, "stations.reported": 3},
                ),
            ]
        )
    )  # fmt: skip


nights = st.lists(any_act(), max_size=60)


def description(state: State) -> dict[str, object]:
    """Everything in a state, as plain values that compare."""
    return {
        "plain": (
            state.size, state.last_at, state.statements, state.contradictions, state.changes, state.calls,
            state.certified, state.publications, state.published, state.breaches,
            state.keyring.roles, state.keyring.ended, state.said_certified,
        ),
        "turnout": (
            state.turnout.voted.tolist(), state.turnout.sums.values.tolist(), state.turnout.stations.tolist(),
            state.turnout.fell, state.opened.tolist(), state.closed.tolist(),
        ),
        **{
            contest: (
                count.filed.tolist(), count.act.tolist(), count.status.tolist(), count.counted.values.tolist(),
                count.standing.values.tolist(), count.progress.values.tolist(), count.unread.tolist(),
                {s: row.tolist() for s, row in count.changed.items()}, count.in_force, count.candidate_status,
                count.unaccepted,
            )
            for contest, count in state.contests.items()
        },
        "protocol_at": [entry and (entry[0].contest.id, entry[1]) for entry in state.protocol_at],
    }  # fmt: skip


@given(nights, st.data())
def test_any_cut_of_the_acts_folds_to_the_identical_state(night: list[acts.AnyAct], data: st.DataObject) -> None:
    one_by_one, in_blocks = State(village(contests=2)), State(village(contests=2))
    for act in night:
        fold(one_by_one, [act])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(night)), max_size=4)))
    for start, stop in zip([0, *cuts], [*cuts, len(night)], strict=True):
        fold(in_blocks, night[start:stop])
    assert description(in_blocks) == description(one_by_one)


@given(nights)
def test_totals_are_the_sum_of_what_stands_at_each_station(night: list[acts.AnyAct]) -> None:
    state = State(village(contests=2))
    once = {contest: np.zeros(len(PLACES), np.bool_) for contest in state.contests}
    for act in night:
        fold(state, [act])
        for contest, count in state.contests.items():
            once[contest] |= count.status == Status.ACCEPTED
    for count in state.contests.values():
        accepted = once[count.contest.id]
        counted = np.maximum(count.filed[accepted], 0).sum(axis=0)
        assert count.counted.whole.tolist() == counted.tolist()
        stand = [np.maximum(count.standing_row(s), 0) for s in np.flatnonzero(count.status == Status.ACCEPTED)]
        assert count.standing.whole.tolist() == np.sum(stand, axis=0, dtype=int, initial=0).tolist() or not stand
        areas = state.definition.areas
        for area in ("N1", "N2", "S1"):
            here = accepted & np.array([place == area for place in PLACES])
            expected = np.maximum(count.filed[here], 0).sum(axis=0)
            assert count.counted.values[areas.index[area]].tolist() == expected.tolist()
        regions = count.counted.values[[areas.index["N"], areas.index["S"]]].sum(axis=0)
        assert regions.tolist() == count.counted.whole.tolist()


@given(nights)
def test_an_objection_is_what_the_fold_notes_as_a_breach(night: list[acts.AnyAct]) -> None:
    state = State(village(contests=2))
    for act in night:
        why, before = objection(state, act), len(state.breaches)
        fold(state, [act])
        assert [breach.what for breach in state.breaches[before:]] == ([why] if why else [])


@settings(max_examples=15)
@given(night=nights)
def test_the_record_folds_to_the_state_that_was_kept_while_it_grew(
    night: list[acts.AnyAct], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("record")
    key = RoleKey("commission", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    signer = Signer("example.org/village", key.private)
    definition = village(contests=2)
    first = acts.Definition(
        at=AT, election="village", origin="example.org/village", data_origin="synthetic", files={},
        stations=acts.StationList(6, ""), keys=(key.announced(),), software="test",
    )  # fmt: skip
    live = State(definition)
    with Log.create(folder / "record", "example.org/village", signer) as log:
        for act in [first, *night]:
            log.append([acts.encode(act)])
            catch_up(live, log)
        replayed = State(definition)
        catch_up(replayed, log)
        for place, station in enumerate(definition.stations.ids):
            alone = replay_station(definition, log, station)
            assert of_station(alone, place) == of_station(live, place)
    assert description(replayed) == description(live)


def of_station(state: State, place: int) -> list[object]:
    """What the count knows of one station."""
    return [
        (state.size, count.act_in_force(place), count.status.item(place), count.standing_row(place).tolist())
        for count in state.contests.values()
    ]


def test_a_second_protocol_and_a_stale_correction_have_no_effect_and_are_shown() -> None:
    state = State(village())
    good = {"lines": lines(6), "votes": {"a": 1, "b": 2, "c": 3}}
    fold(
        state,
        [
            acts.Protocol(at=AT, contest="mayor", station="S-0001", **good),
            acts.Accepted(at=AT, first=0),
            acts.Protocol(at=AT, contest="mayor", station="S-0001", **good),
            acts.Correction(at=AT, contest="mayor", station="S-0001", supersedes=7, reason="why", **good),
        ],
    )
    assert [breach.act for breach in state.breaches] == [2, 3]
    assert state.contests["mayor"].counted.whole[-3:].tolist() == [1, 2, 3]


def test_an_entry_that_is_no_act_has_no_effect_and_is_shown(tmp_path: Path) -> None:
    definition = village()
    key = RoleKey("commission", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    first = acts.Definition(
        at=AT, election="village", origin=definition.origin, data_origin="synthetic", files={},
        stations=acts.StationList(6, ""), keys=(key.announced(),), software="test",
    )  # fmt: skip
    opened = acts.Opened(at=AT, station="S-0001")
    entries = [acts.encode(first), b"\xff{", b'{"at":"x","type":"joke"}', acts.encode(opened)]
    with Log.create(tmp_path, definition.origin, Signer(definition.origin, key.private)) as log:
        log.append(entries)
        state = replay(definition, log)
    assert [breach.act for breach in state.breaches] == [1, 2]
    assert (state.size, state.last_at, state.opened[0]) == (4, AT, True)


def test_a_form_that_has_arrived_is_received_until_it_goes_back_or_is_entered() -> None:
    state = State(village())
    count = state.contests["mayor"]
    came = acts.Received(at=AT, contest="mayor", station="S-0001")
    back = acts.Received(at=AT, contest="mayor", station="S-0001", returned=True, reason="not signed")
    fold(state, [came])
    assert (count.status[0], count.act[0]) == (Status.RECEIVED, -1)
    assert objection(state, came) == "the form of station S-0001 has arrived already"
    fold(state, [back])
    assert count.status[0] == Status.EXPECTED
    assert objection(state, back) is not None
    good = {"lines": lines(6), "votes": {"a": 1, "b": 2, "c": 3}}
    fold(state, [came, acts.Protocol(at=AT, contest="mayor", station="S-0001", **good)])
    assert (count.status[0], count.act[0]) == (Status.RECEIVED, 3)
    assert objection(state, back) is not None, "its figures are entered"
    fold(state, [acts.Accepted(at=AT, first=3)])
    assert (count.status[0], state.breaches) == (Status.ACCEPTED, [])


def test_two_keys_that_one_role_had_in_turn_are_not_two_people() -> None:
    state = State(village())
    state.keyring.roles.update({"k1": "desk-1", "k2": "desk-1", "k3": "desk-2"})
    called = [acts.Call(at=AT, contest="mayor", candidate="a", by=by) for by in ("k1", "k2", "k3")]
    fold(state, called[:2])
    assert state.calls["mayor"].winner is None
    fold(state, called[2:])
    assert state.calls["mayor"].winner == "a"


def test_an_annulled_station_leaves_the_totals_as_standing_and_stays_counted() -> None:
    state = State(village())
    fold(
        state,
        [
            acts.Protocol(at=AT, contest="mayor", station="S-0002", lines=lines(6), votes={"a": 1, "b": 2, "c": 3}),
            acts.Accepted(at=AT, first=0),
            acts.Annulment(at=AT, contest="mayor", station="S-0002", supersedes=0, reason="court"),
        ],
    )
    count = state.contests["mayor"]
    assert count.status[1] == Status.ANNULLED
    assert count.standing.whole.sum() == 0
    assert count.counted.whole[-3:].tolist() == [1, 2, 3]
    assert state.changes["mayor"][0].valid_before == 6


WAITING = acts.Protocol(at=AT, contest="mayor", station="S-0002", lines=lines(6), votes={"a": 1, "b": 2, "c": 3})
HELD = acts.InReview(at=AT, protocol=0, failures=("E-01",))
RECEIVED = acts.Received(at=AT, contest="mayor", station="S-0002")
VOTED = acts.Turnout(at=AT, station="S-0002", hour="20:00", voted=70)


def annulment(supersedes: int | None, reason: str = "the ballots were burnt") -> acts.Annulment:
    return acts.Annulment(at=AT, contest="mayor", station="S-0002", supersedes=supersedes, reason=reason)


@pytest.mark.parametrize(
    ("before", "supersedes"),
    [([], None), ([RECEIVED], None), ([WAITING], 0), ([WAITING, HELD], 0), ([VOTED], None)],
    ids=["nothing came", "a form without figures", "a protocol", "in review", "only turnout"],
)
def test_a_station_without_an_accepted_protocol_is_annulled_and_in_no_total(
    before: list[acts.AnyAct], supersedes: int | None
) -> None:
    state = State(village())
    fold(state, before)
    for wrong in (7, None if supersedes == 0 else 0):
        assert "for station S-0002: name" in (objection(state, annulment(wrong)) or "")
    assert objection(state, annulment(supersedes, reason="")) == "a reason is missing"
    fold(state, [annulment(supersedes)])
    count, number = state.contests["mayor"], len(before)
    assert (state.breaches, count.status[1], count.act_in_force(1)) == ([], Status.ANNULLED, number)
    assert (count.counted.whole.sum(), count.standing.whole.sum()) == (0, 0)
    progress = dict(zip(PROGRESS, count.progress.whole.tolist(), strict=True))
    assert progress == {"stations": 1, "register": 200, "bound": 220, "cast": 0, "annulled_register": 200}
    assert (count.standing_row(1) == UNREAD).all()
    (change,) = state.changes["mayor"]
    assert (change.valid_before, change.valid_after) == (0, None)
    annulled = f"station S-0002 is annulled: act {number}"
    later = [annulment(number), annulment(None), WAITING, acts.Protocol(**{**_fields(WAITING), "supersedes": 0})]
    assert [objection(state, act) for act in later] == [annulled] * 4
    assert objection(state, acts.Accepted(at=AT, first=0, count=number + 1)) is not None, "it awaits nothing more"
    fold(state, [WAITING, acts.Protocol(**{**_fields(WAITING), "station": "S-0003"})])
    assert [breach.act for breach in state.breaches] == [number + 1]


def _fields(act: acts.Protocol) -> dict[str, object]:
    return {name: getattr(act, name) for name in act.__struct_fields__}


def test_a_correction_needs_an_accepted_result_though_an_annulment_does_not() -> None:
    state = State(village())
    fold(state, [WAITING])
    change = acts.Correction(
        at=AT, contest="mayor", station="S-0002", supersedes=0, reason="why", lines=lines(6), votes=WAITING.votes
    )
    assert objection(state, change) == "station S-0002 has no accepted result to change"


def test_figures_of_another_form_or_beyond_64_bit_json_are_refused() -> None:
    state = State(village())
    good = lines(6)
    for bad in (good | {"valid": -1}, good | {"valid": 2**53}, {"valid": 6}, good | {"other": 1}):
        protocol = acts.Protocol(at=AT, contest="mayor", station="S-0001", lines=bad, votes={"a": 1, "b": 2, "c": 3})
        assert objection(state, protocol) is not None


def test_a_replaced_protocol_is_counted_once_when_one_acceptance_covers_both() -> None:
    state = State(village())
    good = {"lines": lines(6), "votes": {"a": 1, "b": 2, "c": 3}}
    fold(
        state,
        [
            acts.Protocol(at=AT, contest="mayor", station="S-0001", **good),
            acts.Protocol(at=AT, contest="mayor", station="S-0001", supersedes=0, **good),
            acts.Accepted(at=AT, first=0, count=2),
        ],
    )
    assert state.contests["mayor"].counted.whole[-3:].tolist() == [1, 2, 3]
