"""What the tests of the results desk share: protocols put into the record, and two people who publish and certify."""

from django.db import transaction
from django.test import Client

from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.publishing.models import Proposal
from tallyroom.console.submissions.models import Status, Submission
from tallyroom.console.submissions.outbox import submit, wait
from tallyroom.record.acts import Accepted, Act, Protocol
from tests.console.night import text
from tests.tally.village import lines

AT = "2025-06-15T21:00:00+00:00"
PUBLISH, CALLS, CERTIFY = "/console/publishing/", "/console/publishing/calls/", "/console/publishing/certify/"
STATEMENTS = "/console/publishing/statements/"
SAID = {"contest": "mayor", "speaker": "B", "said_at": "2025-06-15T23:10", "source": "Agency", "text": "Well done."}
ALL = tuple(f"S-000{n}" for n in range(1, 7))

Pair = tuple[Client, Client]
"""Two people with every duty of the results desk, at browsers; the fixture `pair` is in conftest."""


def enter(system: User, *entered: Act) -> Submission:
    """Put acts into the record, as the desk would."""
    with transaction.atomic():
        key = f"test-{Submission.objects.count()}"
        submission = submit(entered, "commission", system, key, Action.RECEIVE, "")
    found = wait(submission, 10)
    assert found.status == Status.DONE, found.why
    return found


def count(system: User, *stations: str, votes: tuple[int, int, int] = (60, 30, 10)) -> None:
    for station in stations:
        figures = dict(zip("abc", votes, strict=True))
        protocol = Protocol(at=AT, contest="mayor", station=station, lines=lines(sum(votes)), votes=figures)
        enter(system, protocol, Accepted(at=AT, first=-1))


def seen(client: Client, address: str) -> str:
    """The basis that a page shows."""
    return text(client.get(address)).split('name="basis" value="', 1)[1][:64]


def publish(pair: Pair) -> str:
    one, other = pair
    one.post(f"{PUBLISH}propose/", {"basis": seen(one, PUBLISH)})
    number = Proposal.objects.latest("pk").pk
    return text(other.post(f"{PUBLISH}{number}/confirm/", {"basis": seen(other, PUBLISH)}, follow=True))


def certify(pair: Pair, words: str = "Decision 14") -> str:
    one, other = pair
    one.post(f"{CERTIFY}mayor/propose/", {"text": words, "basis": seen(one, CERTIFY)})
    number = Proposal.objects.latest("pk").pk
    return text(other.post(f"{CERTIFY}{number}/confirm/", {"basis": seen(other, CERTIFY)}, follow=True))
