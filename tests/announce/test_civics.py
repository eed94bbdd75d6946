"""The feed in Google's XML: what Google's own validator says of it, and that it tells the votes of the count."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tallyroom.announce import units as units_module
from tallyroom.announce.civics import civics_xml
from tallyroom.announce.feedcheck import check_civics
from tallyroom.record import acts
from tests.announce.feeds import counted, feed_of, night

VALIDATOR = Path(sys.executable).with_name("civics_cdf_validator")


def validated(feed: bytes, shared: Path, tmp_path: Path) -> str:
    """What the validator says of a feed.  It needs a list of divisions, else it asks for one over the network."""
    if not VALIDATOR.exists():
        pytest.skip("civics-cdf-validator is not installed")
    (tmp_path / "feed.xml").write_bytes(feed)
    (tmp_path / "divisions.csv").write_text("id,name\nocd-division/country:xx,None\n")
    schema, divisions = shared / "schemas/civics_cdf_spec.xsd", tmp_path / "divisions.csv"
    arguments = ["--xsd", schema, "--rule_set", "election_results", "-c", "az", "--ocdid_file", divisions, "-v"]
    command = [VALIDATOR, "validate", tmp_path / "feed.xml", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def found(report: str) -> dict[str, int]:
    return {kind: int(count) for count, kind in re.findall(r"(\d+) (Fatal|Error|Warning) messages? found", report)}


def test_google_s_validator_finds_nothing_fatal_and_no_error(shared: Path, tmp_path: Path) -> None:
    feed = feed_of(counted(night()))
    report = validated(civics_xml(feed, feed.units.scope(None)), shared, tmp_path)
    assert (found(report)["Fatal"], found(report)["Error"]) == (0, 0), report


def test_the_validator_would_find_a_reference_that_leads_nowhere(shared: Path, tmp_path: Path) -> None:
    feed = feed_of(counted(night()))
    broken = civics_xml(feed, feed.units.scope(None)).replace(b"<OfficeIds>office<", b"<OfficeIds>none<")
    assert found(validated(broken, shared, tmp_path))["Error"] > 0


def test_a_part_of_a_large_country_passes_too(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units_module, "MOST_STATIONS", 2)
    feed = feed_of(counted(night()))
    for scope in (feed.units.scopes[0], feed.units.outline):
        content = civics_xml(feed, scope)
        check_civics("part", content, feed, scope)
        report = validated(content, shared, tmp_path)
        assert (found(report)["Fatal"], found(report)["Error"]) == (0, 0), report


@pytest.mark.parametrize("acts_of_night", [[], night()], ids=["before", "night"])
def test_votes_are_those_of_the_count(acts_of_night: list[acts.AnyAct]) -> None:
    feed = feed_of(counted(acts_of_night))
    scope = feed.units.scope(None)
    content = civics_xml(feed, scope)
    check_civics("civics.xml", content, feed, scope)
    selections = list(ElementTree.fromstring(content).iter("BallotSelection"))
    votes = {
        selection.findtext("CandidateIds"): next(
            int(count.findtext("Count") or "") for count in selection.iter("VoteCounts")
        )
        for selection in selections
    }
    by_id = {one.id: one.votes for one in feed.results.candidates}
    assert votes == {f"candidate_{n}": by_id[own] for n, own in enumerate("abc", 1)}


def test_texts_are_escaped() -> None:
    feed = feed_of(counted([]))
    root = ElementTree.fromstring(civics_xml(feed, feed.units.scope(None)))
    assert root.findtext(".//Candidate/BallotName/Text") == "Anna <Böll> & Co"
    assert root.findtext(".//Party/Name/Text") == 'Party "One"'
