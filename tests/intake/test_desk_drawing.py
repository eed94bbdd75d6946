"""docs/protocol-states.md is drawn from the table that the desk asks."""

from tallyroom.intake.stages import TABLE, Event, Stage, drawing, listing
from tests.conftest import ROOT


def test_the_drawing_in_the_documentation_is_current() -> None:
    text = (ROOT / "docs/protocol-states.md").read_text()
    assert f"```mermaid\n{drawing()}\n```" in text, "put the output of stages.drawing() there"
    assert listing() in text, "put the output of stages.listing() there"


def test_every_stage_can_be_reached_and_every_event_leads_somewhere() -> None:
    reached = {Stage.EXPECTED}
    while more := {rule.to for (old, _), rule in TABLE.items() if old in reached} - reached:
        reached |= more
    assert reached == set(Stage)
    assert {event for _, event in TABLE} == set(Event)
