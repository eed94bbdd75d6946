"""The model of NIST SP 1500-100 version 2, the part of it that our reports use, as types under its own names.

Decoding a document with `ElectionReport` is as strict as the model's own schema: a member, a type or a word that
is not the model's is refused.

Source: NIST, Election Results Common Data Format Specification, version 2 (SP 1500-100r2).
"""

from typing import Literal

import msgspec

CountStatusName = Literal["not-processed", "in-process", "completed"]
ReportStatus = Literal["pre-election", "unofficial-partial", "unofficial-complete", "certified"]
PostElectionStatus = Literal["projected-winner", "winner", "advanced-to-runoff", "withdrawn"]


class _Model(
    msgspec.Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """A class of the model."""


class LanguageString(_Model, frozen=True, tag_field="@type", tag="ElectionResults.LanguageString"):
    """A text in one language."""

    content: str
    language: str


class InternationalizedText(_Model, frozen=True, tag_field="@type", tag="ElectionResults.InternationalizedText"):
    """A text in one or several languages."""

    text: list[LanguageString]


class ExternalIdentifier(_Model, frozen=True, tag_field="@type", tag="ElectionResults.ExternalIdentifier"):
    """What somebody else calls a thing."""

    type: Literal["local-level", "ocd-id"]
    value: str


class CountStatus(_Model, frozen=True, tag_field="@type", tag="ElectionResults.CountStatus"):
    """How far the counting of a unit is."""

    status: CountStatusName
    type: str


class ReportingUnit(_Model, frozen=True, tag_field="@type", tag="ElectionResults.ReportingUnit"):
    """The country, an area or a polling station."""

    id: str = msgspec.field(name="@id")
    type: str
    other_type: str = ""
    name: InternationalizedText | None = None
    external_identifier: list[ExternalIdentifier] = []
    composing_gp_unit_ids: list[str] = []
    count_status: list[CountStatus] = []
    sub_units_reported: int | None = None
    total_sub_units: int | None = None
    voters_registered: int | None = None
    voters_participated: int | None = None


class VoteCounts(_Model, frozen=True, tag_field="@type", tag="ElectionResults.VoteCounts"):
    """Votes of a selection in one unit."""

    count: int
    gp_unit_id: str
    type: str


class BallotCounts(_Model, frozen=True, tag_field="@type", tag="ElectionResults.BallotCounts"):
    """Ballots of one unit: found in the boxes, and invalid among them."""

    gp_unit_id: str
    type: str
    ballots_cast: int | None = None
    ballots_rejected: int | None = None


class CandidateSelection(_Model, frozen=True, tag_field="@type", tag="ElectionResults.CandidateSelection"):
    """A candidate on the ballot paper, with votes by unit."""

    id: str = msgspec.field(name="@id")
    sequence_order: int
    candidate_ids: list[str]
    vote_counts: list[VoteCounts] = []


class CandidateContest(_Model, frozen=True, tag_field="@type", tag="ElectionResults.CandidateContest"):
    """The contest."""

    id: str = msgspec.field(name="@id")
    name: str
    election_district_id: str
    votes_allowed: int
    number_elected: int
    office_ids: list[str]
    vote_variation: str
    sub_units_reported: int
    total_sub_units: int
    contest_selection: list[CandidateSelection]
    other_vote_variation: str = ""


class Candidate(_Model, frozen=True, tag_field="@type", tag="ElectionResults.Candidate"):
    """A candidate."""

    id: str = msgspec.field(name="@id")
    ballot_name: InternationalizedText
    person_id: str
    is_incumbent: bool = False
    party_id: str = ""
    external_identifier: list[ExternalIdentifier] = []
    post_election_status: PostElectionStatus | None = None


class Election(_Model, frozen=True, tag_field="@type", tag="ElectionResults.Election"):
    """The election."""

    name: InternationalizedText
    start_date: str
    end_date: str
    type: str
    election_scope_id: str
    candidate: list[Candidate]
    contest: list[CandidateContest]
    ballot_counts: list[BallotCounts] = []


class Office(_Model, frozen=True, tag_field="@type", tag="ElectionResults.Office"):
    """The office."""

    id: str = msgspec.field(name="@id")
    name: InternationalizedText
    election_district_id: str


class Party(_Model, frozen=True, tag_field="@type", tag="ElectionResults.Party"):
    """A party."""

    id: str = msgspec.field(name="@id")
    name: InternationalizedText


class Person(_Model, frozen=True, tag_field="@type", tag="ElectionResults.Person"):
    """A person who stands."""

    id: str = msgspec.field(name="@id")
    full_name: InternationalizedText


class ElectionReport(_Model, frozen=True, tag_field="@type", tag="ElectionResults.ElectionReport"):
    """A whole report."""

    format: Literal["precinct-level", "summary-contest"]
    generated_date: str
    issuer: str
    issuer_abbreviation: str
    status: ReportStatus
    is_test: bool
    notes: str
    sequence_start: int
    sequence_end: int
    vendor_application_id: str
    gp_unit: list[ReportingUnit]
    office: list[Office]
    person: list[Person]
    election: list[Election]
    test_type: str = ""
    party: list[Party] = []
