"""Notes are those of C2SP signed-note; hostile ones are refused, each for its own defect."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tallyroom.record.canonical import encode_base64
from tallyroom.record.error import RecordError
from tallyroom.record.note import (
    MAX_NOTE,
    Checkpoint,
    Signature,
    Signer,
    Verifier,
    open_checkpoint,
    open_note,
    sign,
)
from tallyroom.record.tree import EMPTY_ROOT

# The example of the specification.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg"
    "1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
TEXT, LINE = NOTE.split("\n\n")
OTHER = Signer("other", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
NAMESAKE = Signer("example.com/foo", Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))


def other_line(text: str = TEXT + "\n") -> str:
    return Signature(OTHER.name, OTHER.key_id, OTHER.sign(text.encode())).line()


def loose_base64(line: str) -> str:
    """The same bytes, with the two bits set that padding leaves over."""
    head, last = line.rstrip("=\n")[:-1], line.rstrip("=\n")[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return head + alphabet[alphabet.index(last) ^ 1] + "=\n"


def test_the_example_opens() -> None:
    note = open_note(NOTE.encode(), [Verifier.parse(VKEY)])
    assert note.text == TEXT + "\n"
    assert [signature.name for signature in note.verified] == ["example.com/foo"]
    assert not note.unknown


def test_vkey_reads_back() -> None:
    assert Verifier.parse(VKEY).vkey == VKEY


def test_unknown_keys_count_for_nothing() -> None:
    namesake = Signature(NAMESAKE.name, NAMESAKE.key_id, b"\x00" * 64).line()
    data = f"{TEXT}\n\n{other_line()}{namesake}{LINE}{other_line()}"
    note = open_note(data.encode(), [Verifier.parse(VKEY)])
    assert len(note.verified) == 1
    assert [signature.name for signature in note.unknown] == ["other", "example.com/foo", "other"]


def test_text_may_hold_blank_lines_and_what_looks_like_a_signature() -> None:
    text = f"one\n\n\n{other_line()}\nlast\n"
    note = open_note(sign(text, [OTHER]), [OTHER.verifier])
    assert note.text == text


def test_sixteen_signatures_are_read() -> None:
    signers = [Signer(f"w{n}", Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32)) for n in range(1, 17)]
    note = open_note(sign("text\n", signers), [signer.verifier for signer in signers])
    assert [signature.name for signature in note.verified] == [signer.name for signer in signers]


FLIPPED = f"{TEXT}\n\n{LINE.replace('Uw2QOkn8', 'Uw2QOkn9')}"
HOSTILE = {
    "empty": "",
    "no signature lines": f"{TEXT}\n",
    "nothing after the blank line": f"{TEXT}\n\n",
    "no blank line": f"{TEXT}\n{LINE}",
    "no newline at the end": NOTE[:-1],
    "a blank line after the signatures": f"{NOTE}\n",
    "text changed": NOTE.replace("This", "That"),
    "signature changed": FLIPPED,
    "known key fails though another is good": FLIPPED + other_line(),
    "only an unknown key": f"{TEXT}\n\n" + Signature("who", b"1234", b"5" * 64).line(),
    "right id under another name": NOTE.replace("— example.com/foo", "— example.com/bar"),
    "right name with another id": f"{TEXT}\n\n" + Signature("example.com/foo", b"1234", b"5" * 64).line(),
    "the same signature twice": NOTE + LINE,
    "a signature of another length": f"{TEXT}\n\n"
    + Signature("example.com/foo", bytes.fromhex("530d903a"), b"5" * 63).line(),
    "carriage returns": NOTE.replace("\n", "\r\n"),
    "a tab in the text": NOTE.replace(" is ", "\tis "),
    "a NUL in a signature line": NOTE.replace("— ", "— \0"),
    "hyphen for dash": NOTE.replace("— ", "- "),
    "two spaces after the dash": NOTE.replace("— ", "—  "),
    "no-break space after the dash": NOTE.replace("— ", "—\u00a0"),
    "a space at the end of a line": NOTE[:-1] + " \n",
    "an empty name": f"{TEXT}\n\n— {LINE.split(' ')[2]}",
    "a plus in a name": NOTE + other_line().replace("other", "ot+her"),
    "a Unicode space in a name": NOTE + other_line().replace("other", "ot\u2003her"),
    "base64 of four bytes": NOTE + "— other QUJDRA==\n",
    "base64 without padding": NOTE[:-2] + "\n",
    "base64 with loose bits": f"{TEXT}\n\n{loose_base64(LINE)}",
    "base64 for URLs": NOTE.replace("/Ztg", "_Ztg") + "— other -_-_-_-_\n",
    "a line that is no signature": NOTE + "hello\n",
    "longer than the limit": "x" * MAX_NOTE + NOTE,
}


@pytest.mark.parametrize("note", HOSTILE.values(), ids=HOSTILE)
def test_hostile_notes_are_refused(note: str) -> None:
    with pytest.raises(RecordError):
        open_note(note.encode(), [Verifier.parse(VKEY), OTHER.verifier])


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(RecordError, match="UTF-8"):
        open_note(b"\xff" + NOTE.encode(), [Verifier.parse(VKEY)])


def test_loose_base64_decodes_to_the_same_bytes_elsewhere() -> None:
    loose = loose_base64(LINE).split(" ")[2]
    assert base64.b64decode(loose) == base64.b64decode(LINE.split(" ")[2])


VKEYS = {
    "empty": "",
    "two parts": "name+530d903a",
    "no name": "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    "a space in the name": VKEY.replace("/foo", " foo"),
    "a space of another kind before the name": f"\u2029{VKEY}",
    "a control character at the end": f"{VKEY}\x1f",
    "another id": VKEY.replace("530d", "530e"),
    "the id in capitals": VKEY.replace("530d903a", "530D903A"),
    "another signature type": VKEY.replace("+Aek", "+Bek"),
    "a short key": "example.com/foo+530d903a+AekyeRrm56hApGFkyQ==",
    "loose base64": VKEY[:-1] + "l",
}


@pytest.mark.parametrize("vkey", VKEYS.values(), ids=VKEYS)
def test_hostile_vkeys_are_refused(vkey: str) -> None:
    with pytest.raises(RecordError):
        Verifier.parse(vkey)


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_checkpoints_read_back(size: int, root: bytes) -> None:
    checkpoint = Checkpoint("results.example/2026", size, root if size else EMPTY_ROOT)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint


ROOT = encode_base64(b"\x01" * 32)
CHECKPOINTS = {
    "empty": "",
    "two lines": "origin\n5\n",
    "no newline at the end": f"origin\n5\n{ROOT}",
    "an extension line": f"origin\n5\n{ROOT}\nextension\n",
    "no origin": f"\n5\n{ROOT}\n",
    "a leading zero": f"origin\n05\n{ROOT}\n",
    "a sign": f"origin\n+5\n{ROOT}\n",
    "a negative size": f"origin\n-5\n{ROOT}\n",
    "a space around the size": f"origin\n 5\n{ROOT}\n",
    "digits of another script": f"origin\n٥\n{ROOT}\n",
    "a hexadecimal size": f"origin\n0x5\n{ROOT}\n",
    "a size above 64 bits": f"origin\n{10**20}\n{ROOT}\n",
    "a short root": "origin\n5\nAAAA\n",
    "loose base64": f"origin\n5\n{ROOT[:-2]}F=\n",
    "a root of nothing that is not empty": f"origin\n0\n{ROOT}\n",
}


@pytest.mark.parametrize("text", CHECKPOINTS.values(), ids=CHECKPOINTS)
def test_hostile_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(RecordError):
        Checkpoint.parse(text)


def test_a_checkpoint_of_another_origin_is_refused() -> None:
    text = Checkpoint("someone/else", 0, EMPTY_ROOT).text()
    with pytest.raises(RecordError, match="origin"):
        open_checkpoint(sign(text, [OTHER]), OTHER.verifier)
    own = Checkpoint("other", 0, EMPTY_ROOT)
    assert open_checkpoint(sign(own.text(), [OTHER]), OTHER.verifier) == own


@given(st.binary(max_size=300))
def test_no_bytes_bring_the_reader_down(data: bytes) -> None:
    with pytest.raises(RecordError):
        open_note(data, [OTHER.verifier])
