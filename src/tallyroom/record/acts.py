"""Acts: what an election authority does, one signed statement each, as the record keeps them.

Every act carries the same envelope (type, at, by, prev_checkpoint, and where they apply contest, supersedes,
reason, evidence, sig) and a body of its own.  Acts are written as canonical JSON (RFC 8785) and are referred
to by their number, the position in the record: because an act names the checkpoint its author had seen, a
number below that size is bound to one content.

Acts of consequence are signed one by one.  Acts that come in bulk (stations opening, turnout, forms received,
protocols and their acceptance) carry no signature of their own and are covered by the next `Seal` of the same key.
Acts hold roles and figures; they never name an official, an observer or a voter.

    >>> decode(encode(Opened(at="2024-02-07T08:00:00+04:00", station="S-0001"))).station
    'S-0001'
"""

from typing import ClassVar, Literal, get_args

import msgspec

Figures = dict[str, int | None]
"""Figures of a protocol by line or candidate id; None is a figure that could not be read, never zero."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A checkpoint of the record, as its author had seen it: number of acts and Merkle root (base64)."""

    size: int
    root: str


class Evidence(msgspec.Struct, frozen=True):
    """A scan, photo or document kept outside the record: SHA-256 (hex), length in bytes, media type."""

    sha256: str
    bytes: int
    media: str


class Act(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    gc=False,
):
    """The envelope of every act.

    at: claimed time, RFC 3339 with offset.  by: id of a role's key.  prev_checkpoint: what the author had
    seen.  supersedes: number of the act that this one replaces.  sig: Ed25519, base64, over
    `keys.signed_bytes`; empty where a seal covers the act.
    """

    bulk: ClassVar[bool] = False

    at: str
    by: str = ""
    prev_checkpoint: Seen | None = None
    contest: str = ""
    supersedes: int | None = None
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()
    sig: str = ""


class RolePublicKey(msgspec.Struct, frozen=True):
    """A role and the Ed25519 public key (base64, 32 bytes) that signs for it; id as `keys.key_id` makes it."""

    id: str
    role: str
    public: str


class StationList(msgspec.Struct, frozen=True):
    """The polling stations that the record must account for: how many, and SHA-256 over their ids, one a line."""

    count: int
    sha256: str


class Definition(Act, tag="definition", frozen=True, kw_only=True):
    """Act 0: fixes the whole definition of the election by hash, the list of stations, and data_origin."""

    election: str
    origin: str
    data_origin: Literal["real", "synthetic", "mixed"]
    files: dict[str, str]
    stations: StationList
    keys: tuple[RolePublicKey, ...]
    software: str


class Opened(Act, tag="opened", frozen=True, kw_only=True):
    """A polling station opened."""

    bulk: ClassVar[bool] = True
    station: str


class Closed(Act, tag="closed", frozen=True, kw_only=True):
    """A polling station closed."""

    bulk: ClassVar[bool] = True
    station: str


class Turnout(Act, tag="turnout", frozen=True, kw_only=True):
    """Voters who had received a ballot paper at a station by a fixed hour (local, HH:MM)."""

    bulk: ClassVar[bool] = True
    station: str
    hour: str
    voted: int


class Received(Act, tag="received", frozen=True, kw_only=True):
    """A station's signed result form has arrived, its figures not yet entered; `returned`: it went back."""

    bulk: ClassVar[bool] = True
    station: str
    returned: bool = False


class Present(msgspec.Struct, frozen=True):
    """How many people of a role (member, observer, agent) were there, and who had nominated them."""

    role: str
    nominated_by: str
    count: int


class Protocol(Act, tag="protocol", frozen=True, kw_only=True):
    """Figures of a station's signed result form, by line of the form and by candidate; who was `present`."""

    bulk: ClassVar[bool] = True
    station: str
    lines: Figures
    votes: Figures
    present: tuple[Present, ...] = ()


class InReview(Act, tag="in_review", frozen=True, kw_only=True):
    """A received protocol (by act number) is held back: the codes of the equations that it breaks."""

    bulk: ClassVar[bool] = True
    protocol: int
    failures: tuple[str, ...]


class Accepted(Act, tag="accepted", frozen=True, kw_only=True):
    """The protocols among acts first .. first+count-1 are accepted; `reason` where warnings were set aside."""

    bulk: ClassVar[bool] = True
    first: int
    count: int = 1


class Correction(Act, tag="correction", frozen=True, kw_only=True):
    """Figures that replace those of the act it supersedes, after acceptance."""

    station: str
    lines: Figures
    votes: Figures


class Recount(Act, tag="recount", frozen=True, kw_only=True):
    """Figures of a recount, which replace those of the act it supersedes."""

    station: str
    lines: Figures
    votes: Figures


class Annulment(Act, tag="annulment", frozen=True, kw_only=True):
    """A station is annulled: it counts as reported and leaves every total as standing.

    supersedes: its act in force, accepted or awaiting a decision; None where no protocol is on file.
    """

    station: str


class CandidateStatus(Act, tag="candidate_status", frozen=True, kw_only=True):
    """What became of a candidate."""

    candidate: str
    status: Literal["registered", "withdrawn", "deregistered", "deceased"]


StatementKind = Literal[
    "announcement",
    "concession",
    "congratulation",
    "victory_claim",
    "complaint",
    "claim",
    "observation",
    "field_report",
    "absence",
    "certification",
]
STATEMENT_KINDS: tuple[str, ...] = get_args(StatementKind)


class Statement(Act, tag="statement", frozen=True, kw_only=True):
    """What somebody said about the election, attributed and never endorsed.

    speaker: who said it, as the source names them.  said_at: when, as the source gives it.  figures: what
    an announcement gave, by path ("votes.c1", "percent.c1", "turnout.12:00.voted", "stations.reported",
    "valid", "annulled"); whole numbers as integers, percentages as strings in the decimals announced.
    """

    kind: StatementKind
    speaker: str
    said_at: str
    source: str
    text: str
    figures: dict[str, int | str] = {}


class Call(Act, tag="call", frozen=True, kw_only=True):
    """A person calls the contest for a candidate; in force once two different keys have called the same."""

    candidate: str


class Uncall(Act, tag="uncall", frozen=True, kw_only=True):
    """A call is taken back, with its reason."""


class Publication(Act, tag="publication", frozen=True, kw_only=True):
    """Snapshot `number`, computed from the first `snapshot.size` acts, was published.

    files: SHA-256 (hex) of each published file by its path below v/<number>/.  A second publication of the
    same number adds the files that follow (station tables).
    """

    number: int
    snapshot: Seen
    files: dict[str, str]


class Certification(Act, tag="certification", frozen=True, kw_only=True):
    """The authority itself certifies the result of a contest as it stands at `snapshot`."""

    snapshot: Seen
    winner: str = ""
    text: str = ""


class Attachment(Act, tag="attachment", frozen=True, kw_only=True):
    """Scans or documents (`evidence`) that belong to an earlier act, by its number."""

    act: int


class Key(Act, tag="key", frozen=True, kw_only=True):
    """A key of a role is issued, revoked (by id), or both at once: the old one is replaced by a new one.

    proof: Ed25519 (base64) of the new key, as `sig` but over the act without `proof` too: whoever asked for
    the key holds it.
    """

    key: RolePublicKey | None = None
    proof: str = ""
    revokes: str = ""


class Seal(Act, tag="seal", frozen=True, kw_only=True):
    """One signature over a range of bulk acts: SHA-256 (hex) of their leaf hashes, in order."""

    first: int
    count: int
    leaves_sha256: str


AnyAct = (
    Definition
    | Opened
    | Closed
    | Turnout
    | Received
    | Protocol
    | InReview
    | Accepted
    | Correction
    | Recount
    | Annulment
    | CandidateStatus
    | Statement
    | Call
    | Uncall
    | Publication
    | Certification
    | Attachment
    | Key
    | Seal
)

_decoder = msgspec.json.Decoder(AnyAct)
_encoder = msgspec.json.Encoder(order="sorted")


def encode(act: Act) -> bytes:
    """Canonical JSON of an act: sorted members, no white space, RFC 8785 for text and whole numbers."""
    return _encoder.encode(act)


def decode(entry: bytes) -> AnyAct:
    """The act that an entry of the record holds.

    Raises msgspec.ValidationError for an unknown type, an unknown or missing field, a float, a wrong type.
    """
    act: AnyAct = _decoder.decode(entry)
    return act
