"""A tlog-policy: the quorum of witnesses on the checkpoint, against what the record's own policy says of the same."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.record.cosignature import Ed25519CosigningKey, MlDsaCosigningKey
from tallyroom.record.log import CHECKPOINT
from tallyroom.record.note import Signer, sign
from tallyroom.record.policy import BadPolicy, read_policy, satisfied
from tallyverify.__main__ import main, verify
from tallyverify.record import Fault, Policy, Unreadable, open_checkpoint
from tests.tallyverify.night import Night

LOG = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
TEXT = f"example.org/log\n7\n{'A' * 43}=\n"
NAMES = "ABCD"


def cosigner(name: str, time: int = 1_700_000_000) -> Ed25519CosigningKey:
    return Ed25519CosigningKey(f"w/{name}", Ed25519PrivateKey.from_private_bytes(name.encode() * 32), lambda: time)


WITNESSES = {name: cosigner(name) for name in NAMES}
HEAD = f"# ours\n\nlog {LOG.verifier.vkey} https://example.org/\n" + "".join(
    f"witness {name} {key.verifier.vkey}\n" for name, key in WITNESSES.items()
)
POLICIES = [
    "quorum none",
    "quorum A",
    "quorum D",
    "group g 2 A B C\nquorum g",
    "group g any A B\n\tgroup h all C D \ngroup both all g h\nquorum both",
    "group g 1 A B\ngroup h 2 g C D\nquorum h",
]


@given(st.sampled_from(POLICIES), st.sets(st.sampled_from(NAMES)))
def test_a_quorum_is_met_where_the_record_says_so(policy: str, names: set[str]) -> None:
    note = sign(TEXT, [LOG, *(WITNESSES[name] for name in sorted(names))])
    met, _ = satisfied(note, read_policy((HEAD + policy).encode()))
    if met:
        assert open_checkpoint(note, Policy(HEAD + policy))[1] == 7
    else:
        with pytest.raises(Fault, match="not cosigned by") as refused:
            open_checkpoint(note, Policy(HEAD + policy))
        assert str(refused.value).rpartition("not cosigned by ")[2].split(", ") == sorted({*NAMES} - names)


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "quorum E",
        "quorum A\nquorum A",
        "quorum A B",
        "quorum none\nwitness A2 " + WITNESSES["A"].verifier.vkey,
        "quorum none\nwitness A " + cosigner("E").verifier.vkey,
        "quorum none\nwitness none " + cosigner("E").verifier.vkey,
        "quorum none\nwitness E " + LOG.verifier.vkey,
        "quorum none\nwitness E " + cosigner("E").verifier.vkey[:-4],
        "quorum none\nlog " + LOG.verifier.vkey,
        "quorum none\nlog " + WITNESSES["A"].verifier.vkey,
        "quorum none\ngroup g 3 A B",
        "quorum none\ngroup g 0 A B",
        "quorum none\ngroup g -1 A B",
        "quorum none\ngroup g some A B",
        "quorum none\ngroup g any",
        "quorum none\ngroup g any A A",
        "quorum none\ngroup g any A E",
        "quorum none\ngroup g any g",
        "quorum none\ngroup A any B",
        "quorum none\ngroup g any A B\ngroup h any A C",
        "quorum none\nmirror A",
        "witness\nquorum none",
    ],
)
def test_a_policy_that_the_record_refuses_is_refused(lines: str) -> None:
    with pytest.raises(BadPolicy):
        read_policy((HEAD + lines).encode())
    with pytest.raises(Unreadable):
        Policy(HEAD + lines)


def test_a_witness_of_a_type_that_is_not_read_is_refused() -> None:
    """Never left out in silence: a quorum that the policy asks for is met or not, and is not made smaller."""
    post_quantum = MlDsaCosigningKey("w/E", MLDSA44PrivateKey.from_seed_bytes(bytes(32)), lambda: 1)
    with pytest.raises(Unreadable, match=r"its type is another .expected 4, got 6"):
        Policy(f"{HEAD}witness E {post_quantum.verifier.vkey}\nquorum A")


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u3000", "\x0b", "\x85"])
def test_a_key_whose_name_is_spelt_with_another_space_is_no_key(space: str) -> None:
    with pytest.raises(Unreadable):
        Policy(f"log {space}{LOG.verifier.vkey}\nquorum none")


def test_a_cosignature_is_the_witness_s_own_over_this_checkpoint_and_time() -> None:
    key, policy = WITNESSES["A"], Policy(f"{HEAD}quorum A")
    good = key.sign(TEXT.encode())
    later = (int.from_bytes(good[:8], "big") + 1).to_bytes(8, "big") + good[8:]
    for bad in (later, good[:8], good[:-1], good[:8] + bytes(len(good) - 8), key.sign(TEXT.replace("7", "8").encode())):
        forged = type("Forged", (), {"name": key.name, "key_id": key.key_id, "sign": lambda self, text, b=bad: b})()
        with pytest.raises(Fault, match="the signature is not of the key"):
            open_checkpoint(sign(TEXT, [LOG, forged]), policy)
    with pytest.raises(Fault, match="w/A cosigned at no time"):
        open_checkpoint(sign(TEXT, [LOG, cosigner("A", 2**63)]), policy)


def test_a_site_without_the_quorum_is_refused_and_the_missing_witnesses_are_named(
    night: Night, site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = (site / CHECKPOINT).read_bytes()
    text = note.decode().rpartition("\n\n")[0] + "\n"
    (site / CHECKPOINT).write_bytes(sign(text, [night.signer, WITNESSES["A"], WITNESSES["D"]]))
    policy = tmp_path / "policy"
    head = HEAD.replace(LOG.verifier.vkey, night.vkey)
    policy.write_text(head + "group g 2 A B C\nquorum g\n")
    assert main([str(site), "--policy", str(policy)]) == 1
    said = capsys.readouterr().out
    assert "has not the quorum g: not cosigned by B, C" in said
    assert "WARNING" not in said
    policy.write_text(head + "group g 2 A B D\nquorum g\n")
    assert verify(str(site), None, policy, tree_only=False)["faults"] == []
