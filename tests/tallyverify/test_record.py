"""Keys, checkpoints and the tree, against those of the record."""

import base64
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.record.canonical import encode_base64
from tallyroom.record.note import Signer, sign
from tallyroom.record.tiles import entries_path, tile_path
from tallyroom.record.tree import Frontier, leaf_hashes
from tallyverify.record import LOG as LOG_TYPE
from tallyverify.record import Fault, Policy, Tree, Unreadable, open_checkpoint
from tallyverify.record import Signer as Key
from tallyverify.record import tile_path as path_of

LOG = Signer("example.org/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = Signer("witness", Ed25519PrivateKey.from_private_bytes(bytes(32)))
ROOT = encode_base64(bytes(32))
TEXT = f"example.org/log\n7\n{ROOT}\n"


def opened(note: bytes) -> tuple[str, int, str]:
    return open_checkpoint(note, Policy(f"log {LOG.verifier.vkey}\nquorum none"))


def test_a_checkpoint_is_opened_among_other_signatures() -> None:
    assert opened(sign(TEXT, [OTHER, LOG])) == ("example.org/log", 7, ROOT)


def test_the_vkey_of_the_specification_is_read() -> None:
    key = Key("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", LOG_TYPE)
    assert (key.name, key.id) == ("example.com/foo", bytes.fromhex("530d903a"))


@pytest.mark.parametrize(
    "note",
    [
        b"",
        TEXT.encode(),
        sign(TEXT, [OTHER]),
        sign(TEXT, [LOG, LOG]),
        sign(TEXT, [LOG])[:-1],
        sign(TEXT, [LOG]).replace(b"\n7\n", b"\n8\n"),
        sign(TEXT, [LOG]) + b"\x07 x AAAAAAA=\n",
        sign(TEXT, [LOG]) + "— torn\n".encode(),
        sign(f"example.org/log\n07\n{ROOT}\n", [LOG]),
        sign("example.org/log\n7\nAAAA\n", [LOG]),
        sign(f"example.org/log\n7\n{ROOT}\nmore\n", [LOG]),
        sign(f"example.org/other\n7\n{ROOT}\n", [LOG]),
    ],
)
def test_what_is_no_checkpoint_of_the_log(note: bytes) -> None:
    with pytest.raises(Fault, match="checkpoint: "):
        opened(note)


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31), b"\xff" * 32, b"\xed" + b"\xff" * 30 + b"\x7f"])
def test_a_key_under_which_anyone_can_sign_is_refused(key: bytes) -> None:
    data = b"\x01" + key
    key_id = sha256(b"log\n" + data).hexdigest()[:8]
    with pytest.raises(Unreadable, match="not a key that a signature can be trusted under"):
        Key(f"log+{key_id}+{base64.b64encode(data).decode()}", LOG_TYPE)


@given(st.lists(st.integers(0, 40), max_size=12))
def test_the_tree_has_the_root_of_every_size(batches: list[int]) -> None:
    tree, frontier, roots = Tree(), Frontier(), [encode_base64(Frontier().root())]
    for number, size in enumerate(batches):
        leaves = leaf_hashes(f"{number} {place}".encode() for place in range(size))
        tree.extend(leaves)
        for leaf in leaves:
            frontier.append(leaf)
            roots.append(encode_base64(frontier.root()))
    assert [tree.root(size) for size in range(len(roots))] == roots


@given(st.integers(0, 10**10), st.integers(1, 256), st.integers(0, 5))
def test_paths_are_those_of_the_record(n: int, width: int, level: int) -> None:
    assert path_of("entries", n, width) == entries_path(n, width)
    assert path_of(str(level), n, width) == tile_path(level, n, width)
