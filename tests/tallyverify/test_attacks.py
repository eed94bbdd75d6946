"""A night is accepted; each attack on its site is refused, and the message names what does not hold."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tallyroom.announce.publish import VKEY
from tallyroom.record import acts
from tallyroom.record.log import CHECKPOINT
from tallyroom.record.note import Signer
from tallyverify.__main__ import Check, main, verify
from tallyverify.figures import guarded
from tallyverify.record import Policy, Site
from tests.tallyverify.night import Night, at, edit, protocol, rebuild, signed

Attack = Callable[[Night, Path], object]


@pytest.fixture
def check(night: Night, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, Any], str]]:
    """Runs the verifier; its exit code, its document, and all faults as lines."""

    def run(site: object, *arguments: str) -> tuple[int, dict[str, Any], str]:
        code = main([str(site), "--json", *(arguments or ("--vkey", night.vkey))])
        document = json.loads(capsys.readouterr().out)
        return code, document, "\n".join(document["faults"])

    return run


def test_the_night_is_accepted(night, check):
    code, document, faults = check(night.site)
    assert (code, faults, document["notes"], document["snapshots"]) == (0, "", [], 3)
    assert document["size"] == len(night.entries)
    whole = document["totals"]["mayor"]["standing"][""]
    assert (whole["a"], whole["stations.reported"], whole["register.annulled"]) == (141, 12, 500)
    areas = document["totals"]["mayor"]["standing"]
    assert whole["valid"] == areas["N"]["valid"] + areas["S"]["valid"] == 314
    assert document["totals"]["mayor"]["counted"][""]["valid"] == 342


def test_a_key_from_the_site_is_called_so(night, capsys):
    assert main([str(night.site)]) == 0
    said = capsys.readouterr().out
    assert "WARNING: the log's key was taken from the site itself" in said
    assert night.vkey in said
    assert main([str(night.site), "--vkey", night.vkey]) == 0
    assert "WARNING" not in capsys.readouterr().out


def test_what_a_check_does_not_show_is_said(night, capsys):
    main([str(night.site)])
    said = capsys.readouterr().out
    assert "that the paper was honest, that voting was free" in said
    assert "more than the hash of other files" in said


def digit(path: str, before: str, after: str) -> Attack:
    """Changes figures in a file, at their first place."""
    return lambda night, site: edit(site / path, lambda data: data.replace(before.encode(), after.encode(), 1))


def in_a_tile(night: Night, site: Path) -> None:
    edit(next((site / "tile/0/000.p").glob(str(len(night.entries)))), lambda data: bytes([data[0] ^ 1]) + data[1:])


def in_a_bundle(night: Night, site: Path) -> None:
    path = site / f"tile/entries/000.p/{len(night.entries)}"
    edit(path, lambda data: data.replace(b'"a":17', b'"a":18', 1))


def changed(night: Night) -> list[bytes]:
    """The acts of the night with one vote more in the protocol of station 7."""
    entries = [entry.replace(b'"a":17', b'"a":18') if b"S-0007" in entry else entry for entry in night.entries]
    assert entries != night.entries
    return entries


def tree_not_signed(night: Night, site: Path) -> None:
    kept = (site / CHECKPOINT).read_bytes()
    rebuild(night, site, changed(night))
    (site / CHECKPOINT).write_bytes(kept)


def signed_by_another(night: Night, site: Path) -> None:
    other = Signer(night.signer.name, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    rebuild(night, site, changed(night), other)
    (site / VKEY).write_text(other.verifier.vkey)


def insider(change: Callable[[list[bytes], Night], object]) -> Attack:
    """Acts changed by somebody who has the log's key and signs the new tree, but has no role's key."""

    def attack(night: Night, site: Path) -> None:
        entries = night.entries
        rebuild(night, site, change(entries, night) or entries)  # type: ignore[arg-type]

    return attack


def drop(entries: list[bytes], night: Night) -> None:
    del entries[night.number("protocol", 3)]


def swap(entries: list[bytes], night: Night) -> None:
    places = [night.number("protocol", nth) for nth in (2, 3)]
    one, other = (json.loads(entries[place])["station"].encode() for place in places)
    for place, before, after in zip(places, (one, other), (other, one), strict=True):
        entries[place] = entries[place].replace(before, after)


def repeat(entries: list[bytes], night: Night) -> None:
    entries.append(entries[night.number("protocol", 3)])


def change_signed(entries: list[bytes], night: Night) -> None:
    place = night.number("annulment")
    entries[place] = entries[place].replace(b"the box was open", b"it was not liked")


def add(act: acts.Act, **how: Any) -> Attack:
    """An act added at the end, rightly signed by a role unless `how` says otherwise."""
    return lambda night, site: rebuild(night, site, [*night.entries, signed(night, act, **how)])


CALL = acts.Call(at=at(23), contest="mayor", candidate="b")
NEVER = msgspec.structs.replace(CALL, prev_checkpoint=acts.Seen(3, "A" * 43 + "="))
TO_COME = msgspec.structs.replace(CALL, prev_checkpoint=acts.Seen(900, ""))
TRAVERSAL = acts.Publication(
    at=at(23), number=4, snapshot=acts.Seen(1, ""), files={"../../election/private/log.key": "0" * 64}
)


def older_checkpoint(night: Night, site: Path) -> None:
    (site / CHECKPOINT).write_bytes(night.first_checkpoint)


def unpublished(night: Night, site: Path) -> None:
    (site / "v/3/council").rename(site / "v/3/other")


ATTACKS: list[tuple[str, Attack, tuple[str, ...]]] = [
    ("a digit in a bundle", in_a_bundle, ("checkpoint: the root of the acts", r"tile/0/000.p/\d+: SHA-256")),
    ("a bit in a tile", in_a_tile, (r"tile/0/000.p/\d+: SHA-256",)),
    (
        "results.json",
        digit("v/3/results.json", '"votes": 141', '"votes": 142'),
        (r"v/3/results.json: candidates\[0\].votes \(expected 141, got 142\)", "v/3/results.json: SHA-256"),
    ),
    (
        "a percentage",
        digit("v/3/results.json", '"percent": "44.90"', '"percent": "44.91"'),
        (r"candidates\[0\].percent \(expected 44.90, got 44.91\)",),
    ),
    (
        "the leader",
        digit("v/3/results.json", '"leader": "a"', '"leader": "b"'),
        (r"outcome.leader \(expected a, got b\)",),
    ),
    (
        "areas.csv",
        digit("v/2/areas.csv", "N1,North one,district,N,3,2,", "N1,North one,district,N,3,3,"),
        (r"v/2/areas.csv line 3: stations_reported \(expected 2, got 3\)", "v/2/areas.csv: SHA-256"),
    ),
    (
        "stations.csv",
        digit("v/3/stations.csv", '"annulled"', '"accepted"'),
        (r"v/3/stations.csv line 6: status \(expected annulled, got accepted\)", "v/3/stations.csv: SHA-256"),
    ),
    (
        "a second contest",
        digit("v/3/council/results.json", '"winner": "z"', '"winner": "x"'),
        (r"v/3/council/results.json: outcome.winner \(expected z, got x\)",),
    ),
    (
        "a correction",
        digit("v/3/results.json", '"valid_after": 21', '"valid_after": 22'),
        (r"v/3/results.json: corrections\[0\].valid_after \(expected 21, got 22\)",),
    ),
    (
        "an annulment",
        digit("v/3/results.json", "the box was open", "the box was shut"),
        (r"annulled\[0\].reason \(expected the box was open, got the box was shut\)",),
    ),
    (
        "what was said",
        digit("v/2/results.json", "long queues", "no queues"),
        (r"v/2/results.json: statements\[0\].text \(expected =long queues, got =no queues\)",),
    ),
    ("a bulletin", digit("v/3/bulletin.en.txt", "1", "2"), ("v/3/bulletin.en.txt: SHA-256",)),
    ("a parquet file", digit("v/3/stations.parquet", "PAR1", "PAR2"), ("v/3/stations.parquet: SHA-256",)),
    ("a tree that is not signed", tree_not_signed, ("checkpoint: the root of the acts",)),
    ("a tree signed by another key", signed_by_another, ("checkpoint: is not signed by the key of its log",)),
    (
        "an insider and a seal",
        insider(lambda entries, night: changed(night)),
        (r"act \d+: the seal is not over the acts before it",),
    ),
    ("an insider and a signature", insider(change_signed), (r"act \d+: the signature is not of the key",)),
    ("a protocol dropped", insider(drop), ("the seal is not over the acts", "prev_checkpoint is no checkpoint")),
    ("two stations swapped", insider(swap), ("the seal is not over the acts",)),
    ("the same act twice", insider(repeat), (r"act 103 and later: no seal covers them",)),
    ("an act of another election", add(CALL, origin="example.org/city"), ("act 103: the signature is not of",)),
    ("a back-dated act", add(NEVER), ("act 103: prev_checkpoint is no checkpoint of 3 acts",)),
    (
        "a checkpoint to come",
        add(acts.Call(at=at(23), contest="mayor", candidate="b", prev_checkpoint=acts.Seen(900, ""))),
        ("act 103: prev_checkpoint is no checkpoint of 900 acts",),
    ),
    ("a path out of the site", add(TRAVERSAL), (r"act 103 \(publication\): publishes what cannot be checked",)),
    (
        "the definition",
        digit("definition/stations.csv", "S-0001,N1", "S-0001,N2"),
        ("definition/stations.csv: SHA-256", "v/3/areas.csv line"),
    ),
    ("the rule", digit("definition/election.toml", "absolute_majority", "plurality"), ("definition/election.toml",)),
    ("a snapshot gone", lambda night, site: shutil.rmtree(site / "v/2"), ("v/2/results.json: is not there",)),
    ("a contest gone", unpublished, ("v/3/council/results.json: is not there",)),
    ("a bundle gone", lambda night, site: shutil.rmtree(site / "tile/entries"), ("tile/entries/000.p/103: is not",)),
    ("a tile gone", lambda night, site: shutil.rmtree(site / "tile/0"), ("tile/0/000.p/103: is not there",)),
    ("the definition gone", lambda night, site: shutil.rmtree(site / "definition"), ("definition/areas.csv: is not",)),
    ("an older checkpoint", older_checkpoint, ("latest.json: .* knows .expected 3, got 1",)),
]  # fmt: skip


@pytest.mark.parametrize(("attack", "said"), [(a, s) for _, a, s in ATTACKS], ids=[name for name, _, _ in ATTACKS])
def test_an_attack_is_refused(night, site, check, attack, said):
    attack(night, site)
    code, document, faults = check(site)
    assert code == 1
    assert not document["holds"]
    assert document["proved"] == []
    for line in said:
        assert re.search(line, faults), faults


def test_figures_that_every_key_signed_are_found_by_the_replay(night, site, check):
    """All hashes and signatures hold, for the insider has every key: only the arithmetic is left to tell."""
    edit(
        site / "v/3/areas.csv",
        lambda data: data.replace(b"N1,North one,district,N,3,3,", b"N1,North one,district,N,3,2,"),
    )
    first = night.number("publication", 4)
    published = [json.loads(entry) for entry in night.entries[first:]]
    published[0]["files"]["areas.csv"] = hashlib.sha256((site / "v/3/areas.csv").read_bytes()).hexdigest()
    again = [
        acts.Publication(at=act["at"], number=3, snapshot=acts.Seen(**act["snapshot"]), files=act["files"])
        for act in published
    ]
    rebuild(night, site, night.entries[:first] + [signed(night, act, "desk-1", seen=first) for act in again])
    code, _, faults = check(site)
    assert code == 1
    assert faults == "v/3/areas.csv line 3: stations_reported (expected 3, got 2)"


def test_an_act_against_the_rules_is_a_note_and_no_failure(night, site, check):
    """It is signed and in the record for all to see, and no published figure takes it in."""
    late = protocol(1, "mayor", (900, 0, 0))
    correction = acts.Correction(
        at=at(23), contest="mayor", station="S-0001", reason="late", supersedes=1, lines=late.lines, votes=late.votes
    )
    rebuild(night, site, [*night.entries, signed(night, correction)])
    code, document, faults = check(site)
    assert (code, faults) == (0, "")
    assert len(document["notes"]) == 1
    assert document["notes"][0].startswith("act 103 (correction): has no effect")


def without_the_last_act(night: Night, site: Path) -> None:
    """As a crash, or the moment between the two acts of a snapshot, leaves a site."""
    rebuild(night, site, night.entries[:-1])


@pytest.mark.parametrize("there", [True, False])
def test_station_tables_that_are_not_published_yet_are_a_note(night, site, check, there):
    without_the_last_act(night, site)
    for path in () if there else site.glob("v/3/**/stations.csv"):
        path.unlink()
    code, document, faults = check(site)
    assert (code, faults) == (0, "")
    assert len(document["notes"]) == 2
    assert document["notes"][0] == "v/3/stations.csv: no act of publication gives its hash as yet"


def test_station_tables_that_are_not_published_yet_are_compared_all_the_same(night, site, check):
    without_the_last_act(night, site)
    edit(site / "v/3/stations.csv", lambda data: data.replace(b'"annulled"', b'"accepted"'))
    code, _, faults = check(site)
    assert (code, faults) == (1, "v/3/stations.csv line 6: status (expected annulled, got accepted)")


def test_other_files_that_no_act_gives_the_hash_of_are_a_fault(night, site, check):
    entries = [acts.decode(entry) for entry in night.entries]
    place = night.number("publication", 4)
    assert isinstance(entries[place], acts.Publication)
    files = {name: digest for name, digest in entries[place].files.items() if name != "areas.csv"}
    act = msgspec.structs.replace(entries[place], files=files)
    rebuild(night, site, [*night.entries[:place], signed(night, act, "desk-1")])
    code, _, faults = check(site)
    assert (code, faults) == (1, "v/3/areas.csv: no act of publication gives its hash")


@pytest.mark.parametrize("entry", [b"", b"{}", b'{"at":"t","station":"S-0001","type":"opened","x":1}', b"\xff"])
def test_an_entry_that_is_no_act_is_a_fault_and_without_effect(night, site, check, entry):
    rebuild(night, site, [*night.entries, entry])
    code, document, faults = check(site)
    assert (code, document["notes"]) == (1, [])
    assert re.fullmatch("act 103: is no act: .*", faults)


@pytest.mark.parametrize(
    ("name", "cell", "held"),
    [
        ("=1+1", "'=1+1", True),
        ("=1+1", "=1+1", False),
        ("=1+1", "''=1+1", False),
        ("-1", "'-1", True),
        ("@a", "'@a", True),
        ("+a", "'+a", True),
        ("North one", "'North one", False),
        ("North  one", "North one", True),
        ("North\u200fone", "Northone", True),
        ("North-one", "North one", False),
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_stands_behind_an_apostrophe(night, tmp_path, name, cell, held):
    found = Check(Site(str(night.site)), b"", Policy("quorum none"), tree_only=False)
    found.faults.clear()
    rows = [["name", "votes"], [guarded(name), -1]]
    found._rows("areas.csv", iter(rows), f"name,votes\n{cell},-1\n".encode())
    assert (found.faults == []) == held
    found._rows("areas.csv", iter(rows), f"name,votes\n{cell},'-1\n".encode())
    assert found.faults[-1].startswith("areas.csv line 2: votes (expected -1")


def test_the_tree_alone(night, site, check):
    edit(site / "v/3/results.json", lambda data: data.replace(b"141", b"142"))
    code, document, _ = check(site, "--vkey", night.vkey, "--tree-only")
    assert (code, len(document["proved"]), document["totals"]) == (0, 1, {})
    in_a_bundle(night, site)
    assert check(site, "--vkey", night.vkey, "--tree-only")[0] == 1


def test_a_site_that_agrees_with_itself_alone_is_refused_under_the_printed_key(night, site, check):
    """With a new log and new roles everything agrees; only a key from elsewhere tells."""
    signed_by_another(night, site)
    _, _, faults = check(site, "--vkey", (site / VKEY).read_text())
    assert "seal" in faults
    assert "not signed by the key" not in faults


def test_a_policy_names_the_key(night, check, tmp_path, capsys):
    policy = tmp_path / "policy"
    policy.write_text(f"# ours\n\nlog {night.vkey} https://example.org/\nquorum none\n")
    assert check(night.site, "--policy", str(policy))[0] == 0
    policy.write_text(f"log {night.vkey}\nwitness A x\nquorum A\n")
    assert main([str(night.site), "--policy", str(policy)]) == 2
    assert "is no verifier key" in capsys.readouterr().err


CALLS: list[tuple[list[str], str]] = [
    (["/nowhere"], "neither a folder nor an address"),
    (["ftp://example.org/"], "neither a folder nor an address"),
    (["file:///etc"], "neither a folder nor an address"),
    (["SITE", "--vkey", "nonsense"], "is no verifier key"),
    (["SITE", "--vkey", "a+00000000+AQ=="], "is no verifier key"),
    (["SITE", "--policy", "/nowhere"], "No such file"),
    (["EMPTY"], "checkpoint: is not there"),
]


@pytest.mark.parametrize(("call", "said"), CALLS)
def test_what_cannot_be_read_gives_two(night, tmp_path, capsys, call, said):
    places = {"SITE": str(night.site), "EMPTY": str(tmp_path)}
    assert main([places.get(word, word) for word in call]) == 2
    assert said in capsys.readouterr().err


def deep(night: Night, site: Path) -> None:
    (site / "v/3/results.json").write_bytes(b"[" * 1_000_000)


def wrong_types(night: Night, site: Path) -> None:
    (site / "v/3/results.json").write_text('{"candidates": 5, "progress": [], "valid": 314.0, "turnout": null}')


def link_out(night: Night, site: Path) -> None:
    (site / "v/3/results.json").unlink()
    (site / "v/3/results.json").symlink_to(night.folder / "private/log.key")


def pipe(night: Night, site: Path) -> None:
    (site / "v/3/results.json").unlink()
    os.mkfifo(site / "v/3/results.json")


def write(path: str, data: bytes) -> Attack:
    return lambda night, site: (site / path).write_bytes(data)


HOSTILE: list[tuple[str, Attack, str]] = [
    ("lists without end", deep, "v/3/results.json: is not JSON"),
    ("wrong types", wrong_types, r"valid \(expected 314, got 314.0\)"),
    ("a huge number", write("v/3/results.json", b"9" * 10_000), "v/3/results.json: is not JSON"),
    ("a huge file", write("v/3/results.json", b" " * 8_000_001), "v/3/results.json: is longer than"),
    ("not text", write("v/3/areas.csv", b"\xff\xfe\x00"), "v/3/"),
    ("a cell without end", write("v/3/areas.csv", b'"' + b"x" * 200_000), "v/3/"),
    ("a link out of the site", link_out, "v/3/results.json: is not there, or is not a plain file"),
    ("a pipe", pipe, "v/3/results.json: is not there, or is not a plain file"),
    ("no checkpoint", write(CHECKPOINT, b"\xff\n\n"), "checkpoint: is not a signed checkpoint"),
    ("a torn bundle", write("tile/entries/000.p/103", b"\x01"), "does not hold so many whole acts"),
    ("definition without end", write("definition/election.toml", b"a = " + b"[" * 100_000), "definition/: is not"),
    ("definition of nothing", write("definition/areas.csv", b""), "definition/: is not the definition"),
    ("latest.json", write("latest.json", b"[]"), "latest.json"),
]


@pytest.mark.parametrize(("attack", "said"), [(a, s) for _, a, s in HOSTILE], ids=[name for name, _, _ in HOSTILE])
def test_hostile_files_are_faults(night, site, check, attack, said):
    attack(night, site)
    code, _, faults = check(site)
    assert code == 1
    assert re.search(said, faults), faults


def test_no_control_character_of_a_hostile_file_reaches_the_terminal(night, site, capsys):
    edit(site / "v/3/results.json", lambda data: data.replace(b'"leader": "a"', b'"leader": "\\u001b[2J"'))
    assert main([str(site)]) == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "got ?[2J" in said


@settings(max_examples=60)
@given(data=st.data())
def test_any_byte_changed_in_any_file_that_the_record_binds_is_found(night, tmp_path_factory, data):
    replaced = {path for path in night.site.iterdir() if path.is_file() and path.name != CHECKPOINT}
    older = {path for path in night.site.glob("tile/*/000.p/*") if path.name != str(len(night.entries))}
    twins = {*night.site.rglob("*.br"), *night.site.rglob("*.gz")}
    files = sorted({path for path in night.site.rglob("*") if path.is_file()} - replaced - older - twins)
    path = data.draw(st.sampled_from(files)).relative_to(night.site)
    site = Path(shutil.copytree(night.site, tmp_path_factory.mktemp("bytes") / "site"))
    content = bytearray((site / path).read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    (site / path).write_bytes(content)
    assert not verify(str(site), night.vkey, None, tree_only=False)["holds"]
