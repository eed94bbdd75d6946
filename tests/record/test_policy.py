"""Policies are those of C2SP tlog-policy: who must have cosigned, read strictly, all faults by line."""

from itertools import combinations
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.record.cosignature import Ed25519CosigningKey
from tallyroom.record.error import RecordError
from tallyroom.record.note import Checkpoint, Signer, sign
from tallyroom.record.policy import BadPolicy, Policy, read_policy, satisfied
from tallyroom.record.tree import leaf_hash


def witness_key(number: int, name: str = "") -> Ed25519CosigningKey:
    private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    return Ed25519CosigningKey(name or f"w{number}.example", private, lambda: 1_770_480_000)


LOG = Signer("results.example/2026", Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
KEYS = {name: witness_key(number) for number, name in enumerate(("blue", "green", "amber", "corps", "press"), 20)}
TEXT = Checkpoint(LOG.name, 7, leaf_hash(b"x")).text()

PARTIES = f"""# two of the parties and one of the observers
log {LOG.verifier.vkey} https://results.example

witness blue\t{KEYS["blue"].verifier.vkey}  http://127.0.0.1:7380/
witness green {KEYS["green"].verifier.vkey}
  witness amber {KEYS["amber"].verifier.vkey}
witness corps {KEYS["corps"].verifier.vkey} https://corps.example/witness
witness press {KEYS["press"].verifier.vkey}
group parties 2 blue green amber
group observers any corps press
group both all parties observers
quorum both
"""


def policy(text: str = PARTIES) -> Policy:
    return read_policy(text.encode(), "policy")


def note(*names: str) -> bytes:
    return sign(TEXT, [LOG, *(KEYS[name] for name in names)])


def test_two_of_the_parties_and_one_of_the_observers() -> None:
    """Every subset of the five witnesses, against the rule in words."""
    found = policy()
    for count in range(6):
        for names in combinations(KEYS, count):
            parties = len({"blue", "green", "amber"} & set(names))
            observers = len({"corps", "press"} & set(names))
            assert satisfied(note(*names), found) == (parties >= 2 and observers >= 1, names)


def test_addresses_and_keys() -> None:
    found = policy()
    assert found.logs[0].vkey == LOG.verifier.vkey
    assert [witness.url for witness in found.witnesses.values()] == [
        "http://127.0.0.1:7380",
        "",
        "",
        "https://corps.example/witness",
        "",
    ]


def test_a_single_witness_may_be_the_quorum() -> None:
    one = policy(PARTIES.replace("quorum both", "quorum corps"))
    assert satisfied(note("corps"), one)[0]
    assert not satisfied(note("blue", "green", "amber"), one)[0]


def test_no_witness_may_be_asked_for() -> None:
    none = policy(f"log {LOG.verifier.vkey}\nquorum none\n")
    assert satisfied(note("blue"), none) == (True, ())


def test_the_log_itself_must_have_signed() -> None:
    cosigned_only = sign(TEXT, list(KEYS.values()))
    with pytest.raises(RecordError, match="not signed by a log"):
        satisfied(cosigned_only, policy())
    stranger = Signer("results.example/2026", Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    with pytest.raises(RecordError, match="not signed by a log"):
        satisfied(sign(TEXT, [stranger, *KEYS.values()]), policy())


def test_a_log_does_not_sign_for_another() -> None:
    other = Signer("other.example", Ed25519PrivateKey.from_private_bytes(b"\x09" * 32))
    two = policy(f"log {LOG.verifier.vkey}\nlog {other.verifier.vkey}\nquorum none\n")
    assert satisfied(sign(TEXT, [LOG]), two)[0]
    with pytest.raises(RecordError, match="not signed by a log"):
        satisfied(sign(TEXT, [other]), two)


def test_a_known_witness_whose_signature_fails_spoils_the_note() -> None:
    elsewhere = sign(Checkpoint(LOG.name, 8, leaf_hash(b"y")).text(), [KEYS["corps"]]).split(b"\n\n")[1]
    with pytest.raises(RecordError, match="not its key's"):
        satisfied(note("blue", "green") + elsewhere, policy())


def test_an_unknown_witness_counts_for_nothing() -> None:
    stranger = witness_key(99, "corps.example")
    assert not satisfied(sign(TEXT, [LOG, KEYS["blue"], KEYS["green"], stranger]), policy())[0]


V = [witness_key(number).verifier.vkey for number in range(30, 34)]
A = f"witness a {V[0]}\nwitness b {V[1]}\n"
FAULTS = {
    "no quorum": (A, "policy: has no quorum"),
    "nothing": ("", "policy: has no quorum"),
    "two quorums": (f"{A}quorum a\nquorum b\n", "policy:4: a second quorum"),
    "an unknown quorum": (f"{A}quorum c\n", "policy:3: the quorum is not defined"),
    "a quorum defined below": (f"quorum a\n{A}", "policy:1: the quorum is not defined"),
    "a quorum of two": (f"{A}quorum a b\n", "policy:3: a quorum line is of another form"),
    "a group of nothing": (f"{A}group g any\nquorum a\n", "policy:3: a group line is of another form"),
    "a group of itself": (f"{A}group g any g\nquorum a\n", "policy:3: a member is not defined above"),
    "a group defined below": (f"{A}group g any h\ngroup h any a\nquorum a\n", "policy:3: a member is not"),
    "a member twice": (f"{A}group g 2 a a\nquorum g\n", "policy:3: is a member of a group already"),
    "a member of two groups": (f"{A}group g any a\ngroup h all a b\nquorum h\n", "policy:4: is a member of a group"),
    "none as a member": (f"{A}group g any none\nquorum g\n", "policy:3: a member is not defined"),
    "more than there are": (f"{A}group g 3 a b\nquorum g\n", "policy:3: the number needed"),
    "none of them": (f"{A}group g 0 a b\nquorum g\n", "policy:3: the number needed"),
    "a leading zero": (f"{A}group g 01 a b\nquorum g\n", "policy:3: the number needed"),
    "a sign": (f"{A}group g +1 a b\nquorum g\n", "policy:3: the number needed"),
    "a word for a number": (f"{A}group g most a b\nquorum g\n", "policy:3: the number needed"),
    "a name twice": (f"{A}witness a {V[2]}\nquorum a\n", "policy:3: the name is taken"),
    "a group named as a witness": (f"{A}group a any b\nquorum a\n", "policy:3: the name is taken"),
    "a witness named none": (f"witness none {V[0]}\nquorum none\n", "policy:1: the name is taken"),
    "a key twice": (f"{A}witness c {V[0]}\nquorum c\n", "policy:3: a witness with this key"),
    "a key twice under two names": (
        f"{A}witness c {witness_key(30, 'other.example').verifier.vkey}\nquorum c\n",
        "policy:3: a witness with this key",
    ),
    "a log twice": (f"log {LOG.verifier.vkey}\nlog {LOG.verifier.vkey}\nquorum none\n", "policy:2: a log with this"),
    "a witness that is a log": (f"witness a {LOG.verifier.vkey}\nquorum a\n", "policy:1: not the key of a witness"),
    "a log that is a witness": (f"log {V[0]}\nquorum none\n", "policy:1: not an Ed25519 verifier key of a log"),
    "a key that is none": ("witness a b+c\nquorum a\n", "policy:1: not a verifier key"),
    "a witness without a key": ("witness a\nquorum none\n", "policy:1: a witness line is of another form"),
    "a log without a key": ("log\nquorum none\n", "policy:1: a log line is of another form"),
    "a word too many": (f"witness a {V[0]} https://a.example more\nquorum a\n", "policy:1: a witness line"),
    "an address of another scheme": (f"witness a {V[0]} file:///etc/passwd\nquorum a\n", "policy:1: not an address"),
    "an address with a query": (f"witness a {V[0]} http://a.example/?b\nquorum a\n", "policy:1: not an address"),
    "an unknown line": ("qourum none\nquorum none\n", "policy:1: a line of an unknown kind"),
    "a capital": ("Quorum none\nquorum none\n", "policy:1: a line of an unknown kind"),
    "carriage returns": ("quorum none\r\n", "policy:1: holds a control character"),
    "a NUL": ("quorum none\n\0\n", "policy:2: holds a control character"),
    "a no-break space": ("quorum\u00a0none\n", "policy:1: a line of an unknown kind"),
}


@pytest.mark.parametrize(("text", "fault"), FAULTS.values(), ids=FAULTS)
def test_faults_are_named_by_line(text: str, fault: str) -> None:
    with pytest.raises(BadPolicy) as refused:
        policy(text)
    assert any(str(found).startswith(fault) for found in refused.value.faults), refused.value.diagnostics()


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(BadPolicy) as refused:
        policy("log x\nwitness a b\ngroup g any a\n")
    assert [fault.where for fault in refused.value.faults] == ["policy:1", "policy:2", "policy:3", "policy"]
    assert len(refused.value.diagnostics().splitlines()) == 4


def test_names_are_told_apart_by_their_bytes() -> None:
    """The letter K and the sign for kelvin, a composed and a decomposed e with acute, bytes that are no text."""
    lines = f"witness K {V[0]}\nwitness \u212a {V[1]}\nwitness \u00e9 {V[2]}\nwitness e\u0301 {V[3]}\n"
    found = read_policy(lines.encode() + b"# caf\xe9\ngroup \xff all K \xe2\x84\xaa\nquorum \xff\n")
    assert list(found.witnesses) == ["K", "\u212a", "\u00e9", "e\u0301"]
    assert found.is_met_by(["K", "\u212a"])
    assert not found.is_met_by(["K", "\u00e9", "e\u0301"])


def test_32_of_each_are_read() -> None:
    logs = [Signer(f"l{n}", Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32)) for n in range(1, 33)]
    lines = [f"log {log.verifier.vkey}" for log in logs]
    lines += [f"witness w{n} {witness_key(n + 100).verifier.vkey}" for n in range(32)]
    lines += [f"group g{n} all w{n}" for n in range(31)]
    lines += ["group all-of-them all " + " ".join(f"g{n}" for n in range(31)), "quorum all-of-them"]
    found = policy("\n".join(lines))
    assert found.is_met_by([f"w{n}" for n in range(31)])
    assert not found.is_met_by([f"w{n}" for n in range(30)])


@given(st.binary(max_size=200))
def test_no_bytes_bring_the_reader_down(data: bytes) -> None:
    with pytest.raises(BadPolicy):
        read_policy(b"witness " + data)


def test_a_file_names_itself_in_its_faults(tmp_path: Path) -> None:
    with pytest.raises(BadPolicy, match=r"trust\.policy:1"):
        read_policy(b"nonsense", str(tmp_path / "trust.policy"))
