"""What others said, attributed; and complaints, step by step."""

from pathlib import Path

import pytest

from tallyroom.console.accounts.models import User
from tallyroom.console.submissions.wiring import room
from tallyroom.intake.opening import reader
from tallyroom.record.acts import Statement
from tallyroom.tally.replay import replay
from tests.console.night import SCRIPT, acts, on_sqlite, send, text
from tests.console.results_desk import SAID, STATEMENTS, Pair, count

pytestmark = pytest.mark.usefixtures("sequencer")


@on_sqlite
def test_a_statement_is_an_act_and_its_figures_are_held_against_the_count(
    pair: Pair, system: User, folder: Path
) -> None:
    count(system, "S-0001")
    page = send(pair[0], STATEMENTS, **SAID | {"kind": "announcement", "figures": "votes.a=61\npercent.a=60.0"})
    assert "Well done." in text(page)
    (act,) = acts(folder, Statement)
    assert isinstance(act, Statement)
    assert act.figures == {"votes.a": 61, "percent.a": "60.0"}
    contradictions = replay(room().definition, reader(folder)).contradictions["mayor"]
    assert [(one.what, one.ours) for one in contradictions] == [("votes.a", "60")]


@pytest.mark.parametrize(
    "typed",
    [
        {"kind": "certification"},
        {"kind": "field_report"},
        {"kind": ""},
        {"speaker": ""},
        {"speaker": "x" * 121},
        {"text": "x" * 2001},
        {"said_at": "yesterday"},
        {"contest": "king"},
        {"figures": "votes.a"},
        {"figures": "votes.a=1\nvotes.a=2"},
        {"figures": "votes.a=-1"},
        {"text": "a\x00b"},
    ],
)
@on_sqlite
def test_statements_that_are_refused(pair: Pair, folder: Path, typed: dict[str, str]) -> None:
    assert send(pair[0], STATEMENTS, **SAID | {"kind": "concession"} | typed).status_code == 422
    assert acts(folder, Statement) == []


def test_a_complaint_moves_by_acts_that_supersede(pair: Pair, folder: Path) -> None:
    client = pair[0]
    page = send(client, STATEMENTS, **SAID | {"kind": "complaint", "text": SCRIPT, "speaker": SCRIPT})
    assert "<script>alert" not in text(page)
    step = f"{STATEMENTS}1/step/"

    def move(state: str, reason: str = "seen") -> str:
        token = text(client.get(STATEMENTS)).split('name="token" value="')[1][:32]
        return text(client.post(step, {"token": token, "state": state, "reason": reason}, follow=True))

    assert "Write the reason" in move("examined", " ")
    assert "examined" in move("examined", "the station was asked")
    assert "cannot follow" in move("received")
    assert "cannot follow" in move("certified")
    assert "upheld" in move("upheld", "decision 3")
    found = [act for act in acts(folder, Statement) if isinstance(act, Statement)]
    assert [(act.reason, act.speaker) for act in found] == [
        ("received", SCRIPT),
        ("examined", "nobody"),
        ("upheld", "nobody"),
    ]
    assert [act.supersedes for act in found] == [None, 1, 2]
    assert client.post(step, {"token": "0" * 32, "state": "dismissed", "reason": "x"}, follow=True).status_code == 200
    assert len(acts(folder, Statement)) == 3
