"""Keys of roles on this machine: the record says which of their files are in force."""

from pathlib import Path

import pytest

from tallyroom.intake.keyholding import held_keys, issue_key, key_path, revoke_key
from tallyroom.intake.opening import ROLES, open_record, predecessor, writer
from tallyroom.record.acts import Call, decode
from tallyroom.record.canonical import encode_base64
from tallyroom.record.error import RecordError
from tallyroom.record.keyring import Keyring
from tallyroom.record.keys import create_key
from tallyroom.tally.replay import replay
from tests.tally.village import village

AT = "2025-06-15T21:00:00+00:00"


def test_a_key_is_replaced_and_the_new_file_signs_after_a_restart(tmp_path: Path) -> None:
    definition = village()
    clerk = open_record(tmp_path, definition, AT)
    state = replay(definition, clerk.log)
    assert issue_key(tmp_path, state, clerk, "desk-1", AT, signer="desk-1") == 1
    new = clerk.key_id("desk-1")
    clerk.log.close()
    clerk = writer(tmp_path, definition)
    assert clerk.key_id("desk-1") == new
    assert clerk.roles == ROLES
    clerk.log.close()


def test_a_role_that_act_0_did_not_name_gets_a_key_and_loses_it(tmp_path: Path) -> None:
    definition = village()
    clerk = open_record(tmp_path, definition, AT)
    state = replay(definition, clerk.log)
    issue_key(tmp_path, state, clerk, "desk-3", AT)
    clerk.enter([Call(at=AT, contest="mayor", candidate="a")], "desk-3")
    revoke_key(state, clerk, "desk-3", AT, "the desk is closed")
    with pytest.raises(RecordError, match="no key to sign with"):
        clerk.enter([Call(at=AT, contest="mayor", candidate="a")], "desk-3")
    clerk.log.close()
    clerk = writer(tmp_path, definition)
    assert "desk-3" not in clerk.roles
    assert key_path(tmp_path, "desk-3").exists()
    clerk.log.close()


def test_a_file_left_by_a_stop_before_its_act_is_never_used(tmp_path: Path) -> None:
    definition = village()
    clerk = open_record(tmp_path, definition, AT)
    create_key(key_path(tmp_path, "desk-1.2"))
    create_key(key_path(tmp_path, "desk-9"))
    held = held_keys(tmp_path, Keyring.read(clerk.log.entries(), definition.origin))
    assert {role: key.id for role, key in held.items()} == {role: clerk.key_id(role) for role in ROLES}
    clerk.log.close()


@pytest.mark.parametrize("role", ["log", "Desk", "../x", "", "a" * 41])
def test_what_is_no_name_of_a_role_makes_no_file(tmp_path: Path, role: str) -> None:
    definition = village()
    clerk = open_record(tmp_path, definition, AT)
    before = sorted((tmp_path / "private").iterdir())
    with pytest.raises(RecordError, match="no name of a role"):
        issue_key(tmp_path, replay(definition, clerk.log), clerk, role, AT)
    assert sorted((tmp_path / "private").iterdir()) == before
    clerk.log.close()


def test_a_key_that_the_rules_refuse_leaves_no_file(tmp_path: Path) -> None:
    definition = village()
    clerk = open_record(tmp_path, definition, AT)
    before = sorted((tmp_path / "private").iterdir())
    with pytest.raises(RecordError, match="only the commission"):
        issue_key(tmp_path, replay(definition, clerk.log), clerk, "desk-3", AT, signer="desk-1")
    assert sorted((tmp_path / "private").iterdir()) == before
    assert clerk.log.size == 1
    clerk.log.close()


def test_a_record_that_cannot_go_on_is_followed_by_another_that_names_its_end(tmp_path: Path) -> None:
    definition = village()
    ended = open_record(tmp_path / "first", definition, AT)
    ended.enter([Call(at=AT, contest="mayor", candidate="a")])
    root = encode_base64(ended.log.root)
    ended.log.close()
    last = tmp_path / "first" / "record" / "checkpoint"
    (tmp_path / "second").mkdir()
    follows = predecessor(tmp_path / "second", last, "its key was stolen")
    clerk = open_record(tmp_path / "second", definition, AT, follows)
    act = decode(next(iter(clerk.log.entries())))
    assert act.reason == f"succeeds {definition.origin} at 2 acts, root {root}: its key was stolen"
    kept = tmp_path / "second" / "evidence" / act.evidence[0].sha256
    assert kept.read_bytes() == last.read_bytes()
    clerk.log.close()


def test_a_file_that_is_no_checkpoint_is_no_predecessor(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no checkpoint")
    with pytest.raises(RecordError):
        predecessor(tmp_path, tmp_path / "x", "why")
    assert not (tmp_path / "evidence").exists()
