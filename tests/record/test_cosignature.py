"""Cosignatures are those of C2SP tlog-cosignature, of both types; hostile ones are refused."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from tallyroom.record.cosignature import (
    Ed25519CosigningKey,
    MlDsaCosigningKey,
    cosigned_at,
    parse_cosigner,
)
from tallyroom.record.error import RecordError
from tallyroom.record.note import Checkpoint, Signer, Verifier, join_vkey, open_checkpoint, open_note, sign
from tallyroom.record.tree import EMPTY_ROOT, leaf_hash

NOW = 1_770_480_000
NAME = "blue.example/w"
TEXT = Checkpoint("results.example/2026", 7, leaf_hash(b"x")).text()
Key = Ed25519CosigningKey | MlDsaCosigningKey

ED = Ed25519CosigningKey(NAME, Ed25519PrivateKey.from_private_bytes(b"\x11" * 32), lambda: NOW)
ML = MlDsaCosigningKey(NAME, MLDSA44PrivateKey.from_seed_bytes(b"\x12" * 32), lambda: NOW)
both = pytest.mark.parametrize("key", [ED, ML], ids=["Ed25519", "ML-DSA-44"])


@both
def test_a_cosignature_verifies_under_its_vkey_and_carries_its_time(key: Key, signer: Signer) -> None:
    note = sign(TEXT, [signer, key])
    opened = open_note(note, [parse_cosigner(key.verifier.vkey)])
    (signature,) = opened.verified
    assert cosigned_at(signature) == NOW
    assert [one.name for one in opened.unknown] == [signer.name]
    assert open_checkpoint(note, signer.verifier).size == 7


@both
def test_vkeys_read_back(key: Key) -> None:
    again = parse_cosigner(key.verifier.vkey)
    assert (type(again), again.vkey, again.key_id) == (type(key.verifier), key.verifier.vkey, key.key_id)


def test_the_example_of_the_specification_has_the_message_of_the_specification() -> None:
    """The text that is signed, byte for byte; ML-DSA-44 signs a structure of fixed layout."""
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    private = Ed25519PrivateKey.from_private_bytes(b"\x11" * 32)
    signed = Ed25519CosigningKey(NAME, private, lambda: 1679315147).sign(text.encode())
    private.public_key().verify(signed[8:], b"cosignature/v1\ntime 1679315147\n" + text.encode())
    root = Checkpoint.parse(text).root
    other = MLDSA44PrivateKey.from_seed_bytes(b"\x12" * 32)
    signed = MlDsaCosigningKey(NAME, other, lambda: 1679315147).sign(text.encode())
    message = b"subtree/v1\n\x00\x0eblue.example/w" + bytes.fromhex("00000000641850cb")
    message += b"\x1bexample.com/behind-the-sofa" + bytes(8) + (20852163).to_bytes(8, "big") + root
    other.public_key().verify(signed[8:], message)


@both
def test_a_cosignature_is_bound_to_time_and_checkpoint(key: Key) -> None:
    signature = key.sign(TEXT.encode())
    verify = key.verifier.verify
    assert verify(TEXT.encode(), signature)
    assert not verify(TEXT.replace("\n7\n", "\n8\n").encode(), signature)
    assert not verify(TEXT.encode(), (NOW + 1).to_bytes(8, "big") + signature[8:])
    for other in (b"", signature[:8], signature[:-1], signature + b"\0", signature[8:]):
        assert not verify(TEXT.encode(), other)


@both
def test_a_time_beyond_63_bits_is_refused(key: Key) -> None:
    late = type(key)(NAME, key._private, lambda: 2**63)
    assert not key.verifier.verify(TEXT.encode(), late.sign(TEXT.encode()))


def test_ml_dsa_signs_only_checkpoints_and_names_itself() -> None:
    for text in ("not a checkpoint\n", "origin\n0\n" + TEXT.split("\n")[2] + "\n", "o" * 256 + TEXT[20:]):
        with pytest.raises(RecordError):
            ML.sign(text.encode())
        assert not ML.verifier.verify(text.encode(), ML.sign(TEXT.encode()))
    assert not ML.verifier.verify(b"\xff", ML.sign(TEXT.encode()))
    namesake = MlDsaCosigningKey("red.example/w", MLDSA44PrivateKey.from_seed_bytes(b"\x12" * 32), lambda: NOW)
    assert not ML.verifier.verify(TEXT.encode(), namesake.sign(TEXT.encode()))
    assert ML.verifier.verify(Checkpoint("o", 0, EMPTY_ROOT).text().encode(), ML.sign(b"o\n0\n" + _root() + b"\n"))


def _root() -> bytes:
    return Checkpoint("o", 0, EMPTY_ROOT).text().split("\n")[2].encode()


def test_one_key_has_another_id_for_each_type(signer: Signer) -> None:
    raw = signer.verifier.public
    assert parse_cosigner(Ed25519CosigningKey("n", signer._private, lambda: 0).verifier.vkey).public == raw
    ids = {Verifier("n", raw).key_id, Ed25519CosigningKey("n", signer._private, lambda: 0).key_id}
    assert len(ids) == 2


HOSTILE = {
    "empty": "",
    "the key of a log": "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    "another id": ED.verifier.vkey.replace(ED.key_id.hex(), "00000000"),
    "a short Ed25519 key": join_vkey("n", 0x04, b"short"),
    "a short ML-DSA key": join_vkey("n", 0x06, b"short"),
    "loose base64": ED.verifier.vkey[:-1],
}


@pytest.mark.parametrize("vkey", HOSTILE.values(), ids=HOSTILE)
def test_hostile_vkeys_are_refused(vkey: str) -> None:
    with pytest.raises(RecordError):
        parse_cosigner(vkey)
