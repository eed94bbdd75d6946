"""People at the desk, for tests: each with a browser, who receive, key, settle and review through the pages."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.test import Client

from tallyroom.console.desk.models import FormRow
from tallyroom.intake.opening import reader
from tallyroom.record.acts import AnyAct, Definition, Seal, decode

SOUND = {"voters_listed": "200", "voters_added": "0", "ballots_issued": "100", "ballots_found": "100"}
SOUND |= {"valid": "100", "invalid": "0", "a": "50", "b": "30", "c": "20"}
WARNED = SOUND | {"ballots_issued": "110", "ballots_found": "110", "invalid": "10"}
WRONG = SOUND | {"valid": "99"}


@dataclass
class Person:
    """Somebody in front of a browser.  answers: the last page."""

    client: Client
    pages: list[Any] = field(default_factory=list)

    def get(self, path: str, **query: str) -> HttpResponse:
        return self.keep(self.client.get(f"/console/desk/{path}", query))

    def post(self, path: str, **fields: Any) -> HttpResponse:
        return self.keep(self.client.post(f"/console/desk/{path}", fields))

    def keep(self, answer: Any) -> Any:
        self.pages.append(answer)
        return answer

    def hidden(self, path: str, **query: str) -> dict[str, str]:
        """The hidden fields of the page at a path: its key, the version seen, the draft's revision."""
        page = self.get(path, **query).content.decode()
        found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        found.pop("csrfmiddlewaretoken", None)
        found.pop("next", None)
        return {name: unescape(value) for name, value in found.items()}

    def receive(self, station: str, contest: str = "mayor", **more: Any) -> FormRow:
        """Mark a station's form as arrived."""
        fields = self.hidden("receive/", station=station, contest=contest)
        answer = self.post("receive/", **fields | more)
        assert answer.status_code == 302, answer.content.decode()
        return FormRow.objects.get(station=station, contest=contest, purpose="protocol")

    def key(self, row: FormRow, figures: dict[str, str], **more: Any) -> HttpResponse:
        """Key a form and hand the entry in."""
        fields = self.hidden(f"forms/{row.pk}/key/") | {f"fig_{name}": text for name, text in figures.items()}
        return self.post(f"forms/{row.pk}/key/", **fields | {"do": "hand-in"} | more)

    def step(self, row: FormRow, page: str, **fields: Any) -> HttpResponse:
        """Open the page of a step, or the form's own page, and post the step."""
        own = page.startswith(("resolve", "review", "change"))
        hidden = self.hidden(f"forms/{row.pk}/{page}/" if own else f"forms/{row.pk}/")
        hidden = hidden or {"key": "no page has made this", "version": str(row.version)}
        return self.post(f"forms/{row.pk}/{page}/", **hidden | fields)


Team = Callable[..., Person]
"""Seats a person: `team("kim", "keyer", area="N1")`; the fixture of this name is in conftest."""


def stage(row: FormRow) -> str:
    """The stage that a form is at now, with nothing of it under way."""
    row.refresh_from_db()
    assert not row.waits
    return row.stage


def entered(folder: Path) -> list[AnyAct]:
    """The acts of the record after act 0, without seals."""
    found = map(decode, reader(folder).verified_entries())
    return [act for act in found if not isinstance(act, Definition | Seal)]


def accepted(team: Team) -> FormRow:
    """The form of a station that two people have keyed alike."""
    row = team("oscar", "operator").receive("S-0001")
    for keyer in ("kim", "lou"):
        team(keyer, "keyer").key(row, SOUND)
    row.refresh_from_db()
    return row
