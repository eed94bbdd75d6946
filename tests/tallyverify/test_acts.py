"""An act has one form: the verifier reads an entry as an act exactly where the record does.

But for the words of three closed lists, which no figure depends on: to the verifier these are text.
"""

import json
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tallyroom.record import acts
from tallyroom.record.signatures import read_act as recorded
from tallyverify.acts import read_act
from tests.tally.test_fold import any_act
from tests.tallyverify.night import Night

WORDS = {"data_origin", "status", "kind"}
FIELDS = sorted({field for kind in acts.AnyAct.__args__ for field in kind.__struct_fields__} - WORDS)
VALUES = st.sampled_from(["", "x", "ü", 0, 1, -1, 2**53 - 1, 2**53, 1.0, True, None, [], ["a"], {}, {"a": 1}, {"ü": 1}])


def agree(entry: bytes) -> bool:
    """Whether an entry is an act; the two must say the same."""
    try:
        read_act(entry)
        ours = True
    except (ValueError, RecursionError):
        ours = False
    assert ours == (not isinstance(recorded(entry), str)), entry
    return ours


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def test_every_act_of_a_night_is_one(night: Night) -> None:
    assert all(agree(entry) for entry in night.entries)


@given(any_act(), st.lists(st.tuples(st.sampled_from(FIELDS), st.one_of(st.just("gone"), VALUES)), max_size=2))
def test_fields_are_refused_as_the_record_refuses_them(act: acts.AnyAct, changes: list[tuple[str, Any]]) -> None:
    members = json.loads(acts.encode(act))
    for name, value in changes:
        members.pop(name, None)
        if value != "gone":
            members[name] = value
    agree(canonical(members))


@given(any_act(), st.data())
@example(acts.Accepted(at="t", first=1), None)
def test_bytes_are_refused_as_the_record_refuses_them(act: acts.AnyAct, data: st.DataObject | None) -> None:
    assume(not isinstance(act, acts.CandidateStatus | acts.Statement))  # which hold words of closed lists
    entry = bytearray(acts.encode(act))
    if data is None:
        assert agree(bytes(entry))
        return
    place = data.draw(st.integers(0, len(entry)))
    entry[place : place + data.draw(st.integers(0, 1))] = data.draw(
        st.sampled_from([b" ", b"", b"0", b"\\u0061", b'"', b"-"])
    )
    agree(bytes(entry))


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"[]",
        b"null",
        b"NaN",
        b'{"type":["opened"]}',
        b'{"at":"t","station":"s"}',
        b'{"at":"t","station":"s","type":"opened"} ',
        b'{"at":"t","at":"t","station":"s","type":"opened"}',
        b'{"at":"\\ud800","station":"s","type":"opened"}',
        b'{"at":"t","count":1,"first":0,"type":"accepted"}',
        b'{"at":"t","reason":"","station":"s","type":"opened"}',
        b'{"at":"t","hour":"12:00","station":"s","type":"turnout","voted":9007199254740992}',
        b'{"at":"t","evidence":[],"station":"s","type":"opened"}',
        b"[" * 50_000,
        b'{"at":"\xff","station":"s","type":"opened"}',
    ],
)
def test_what_is_no_act(entry: bytes) -> None:
    assert not agree(entry)
