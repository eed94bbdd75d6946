"""Text messages over real HTTP: a double of a gateway that keeps what it could not deliver and sends it again."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import RemoteDisconnected
from pathlib import Path

import pytest
from django.test import Client

from tallyroom.console.accounts.models import User
from tallyroom.console.board.models import Message, Telephone
from tallyroom.console.submissions.models import Submission
from tallyroom.record.acts import Closed, Opened, Turnout
from tests.console.conftest import Browsers, People
from tests.console.night import SCRIPT, acts, on_sqlite, sequencing, serving, text

SECRET = b"0123456789abcdef0123456789abcdef"
NUMBER = "+994507654321"


@dataclass
class Gateway:
    """The double: signs as the documentation says, keeps messages in order, and sends each until it hears 200."""

    url: str
    secret: bytes = SECRET
    waiting: list[bytes] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)

    def take(self, number: str, message: str, identity: str) -> None:
        """A message arrives from a telephone."""
        self.waiting.append(json.dumps({"id": identity, "from": number, "text": message}).encode())

    def deliver(self) -> int:
        """Send what waits, oldest first, until one is not taken; how many still wait."""
        while self.waiting:
            try:
                status, answer = self.post(self.waiting[0])
            except OSError:
                break
            if status != 200:
                break
            self.replies.append(answer["reply"])
            self.waiting.pop(0)
        return len(self.waiting)

    def post(self, body: bytes, signature: str | None = None) -> tuple[int, dict[str, str]]:
        """One request, as it is on the wire."""
        own = "sha256=" + hmac.new(self.secret, body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Tallyroom-Signature": own if signature is None else signature}
        request = urllib.request.Request(self.url, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"{}")
        except RemoteDisconnected as error:
            raise OSError from error


@pytest.fixture
def gateway(database: str, folder: Path) -> Iterator[Gateway]:
    """The double before the console, which has its secret."""
    (folder / "private" / "sms.secret").write_bytes(SECRET + b"\n")
    with serving() as url:
        yield Gateway(f"{url}/api/sms")


@pytest.fixture
def olga(person: People) -> User:
    return person("olga", "operator", area="N1")


@pytest.fixture
def telephone(olga: User) -> Telephone:
    return Telephone.objects.create(number=NUMBER, station_id="S-0001", enrolled_by=olga)


def test_messages_become_acts_in_order_and_once(gateway: Gateway, telephone: Telephone, folder: Path) -> None:
    for identity, message in enumerate(["O 0001", "T 0001 12 40", "C 0001"]):
        gateway.take(NUMBER, message, f"m-{identity}")
    again = list(gateway.waiting)
    with sequencing():
        assert gateway.deliver() == 0
        gateway.waiting = again  # an answer was lost on the way: the gateway repeats all of them
        assert gateway.deliver() == 0
    assert [type(act) for act in acts(folder, Opened, Turnout, Closed)] == [Opened, Turnout, Closed]
    assert gateway.replies == ["Received, thank you."] * 6
    assert NUMBER not in repr(acts(folder))


def test_what_no_server_takes_is_kept_and_forwarded(gateway: Gateway, telephone: Telephone, folder: Path) -> None:
    there, gateway.url = gateway.url, "http://127.0.0.1:1/console/api/sms"
    gateway.take(NUMBER, "T 0001 12 40", "m-1")
    assert gateway.deliver() == 1
    gateway.url = there
    assert gateway.deliver() == 0  # taken, though no sequencer runs: it is kept in the database
    assert acts(folder, Turnout) == []
    with sequencing():
        gateway.take(NUMBER, "T 0001 20 60", "m-2")
        assert gateway.deliver() == 0
    assert [act.voted for act in acts(folder, Turnout) if isinstance(act, Turnout)] == [40, 60]


@on_sqlite
def test_a_doubtful_message_waits_for_a_person_with_a_reason(
    gateway: Gateway, telephone: Telephone, folder: Path, browser: Browsers, olga: User
) -> None:
    client = browser(olga)
    with sequencing():
        gateway.take(NUMBER, "T 0001 12 101", "m-1")
        assert gateway.deliver() == 0
        assert gateway.replies == ["Kept. The commission will call you about it."]
        message = Message.objects.get()
        assert "1 message to confirm" in text(client.get("/console/board/area/N1/"))
        page = client.get(f"/console/board/messages/{message.pk}/")
        assert "More than the 100 voters on the register." in text(page)
        assert client.post(f"/console/board/messages/{message.pk}/", {"reason": " "}).status_code == 422
        assert acts(folder, Turnout) == []
        client.post(f"/console/board/messages/{message.pk}/", {"reason": "added on the day"})
        client.post(f"/console/board/messages/{message.pk}/", {"reason": "added on the day"})
    (act,) = acts(folder, Turnout)
    assert isinstance(act, Turnout)
    assert (act.voted, act.reason) == (101, "added on the day")


@on_sqlite
def test_a_doubtful_message_can_be_set_aside(
    gateway: Gateway, telephone: Telephone, folder: Path, browser: Browsers, olga: User, person: People
) -> None:
    gateway.take(NUMBER, "T 0001 12 101", "m-1")
    gateway.deliver()
    address = f"/console/board/messages/{Message.objects.get().pk}/"
    stranger = browser(person("otto", "operator", area="N2"))
    assert stranger.post(address, {"refuse": "1"}).status_code == 404
    browser(olga).post(address, {"refuse": "1"})
    assert Message.objects.get().state == Message.State.REFUSED
    assert not Submission.objects.exists()


@on_sqlite
def test_messages_that_are_refused(gateway: Gateway, telephone: Telephone, olga: User, folder: Path) -> None:
    gateway.take("+994500000000", f"T 0001 12 40 {SCRIPT}", "m-1")
    gateway.take(NUMBER, "T 0002 12 40", "m-2")
    gateway.take(NUMBER, "hello", "m-3")
    gateway.take(NUMBER, "T 0001 12 40; DROP TABLE board_message", "m-4")
    assert gateway.deliver() == 0
    assert gateway.replies[0] == ""  # strangers hear nothing, and their text is not kept
    assert Message.objects.get(message_id="m-1").text == ""
    assert "enrolled for station S-0001" in gateway.replies[1]
    olga.duties.all().delete()
    gateway.take(NUMBER, "O 0001", "m-5")
    assert gateway.deliver() == 0
    assert "has no duty there any more" in gateway.replies[-1]
    assert not Submission.objects.exists()
    assert set(Message.objects.values_list("state", flat=True)) == {"refused"}


@on_sqlite
def test_requests_that_are_no_signed_message(gateway: Gateway, telephone: Telephone, folder: Path) -> None:
    body = json.dumps({"id": "m-1", "from": NUMBER, "text": "O 0001"}).encode()
    good = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    for signature in ("", "sha256=", "sha256=" + "0" * 64, good.upper(), good[7:], "sha512" + good[6:]):
        assert gateway.post(body, signature)[0] == 401, signature
    assert gateway.post(body + b" ", good)[0] == 401
    for wrong in (b"", b"[]", b"{", b'{"id":"a"}', b'{"id":"","from":"","text":""}', body[:-1] + b',"state":"entered"}',
                  b'{"id":1,"from":"","text":""}', b'{"id":"a\\u0000","from":"","text":""}', b"\xff"):  # fmt: skip
        assert gateway.post(wrong)[0] == 400, wrong
    assert gateway.post(b"[" * 4000)[0] == 400
    assert gateway.post(b"x" * 5000)[0] == 413
    assert not Message.objects.exists()
    assert gateway.post(body)[0] == 200
    assert gateway.post(body.replace(b"O 0001", b"C 0001"))[0] == 409
    assert Message.objects.count() == 1
    (folder / "private" / "sms.secret").write_bytes(b"short")
    assert gateway.post(body)[0] == 404
    (folder / "private" / "sms.secret").unlink()
    assert gateway.post(body)[0] == 404


@on_sqlite
def test_only_posts_are_answered(browser: Browsers) -> None:
    assert browser().get("/console/api/sms").status_code == 405


def test_a_number_is_enrolled_once_and_erased_at_its_end(browser: Browsers, olga: User, person: People) -> None:
    client: Client = browser(olga)
    address = "/console/board/station/S-0001/telephones/"
    assert client.post(address, {"number": NUMBER}).status_code == 302
    assert client.post(address.replace("0001", "0002"), {"number": NUMBER}).status_code == 422
    assert client.post(address.replace("0001", "0003"), {"number": "+994501111111"}).status_code == 404
    for wrong in ("0501234567", "+", SCRIPT, "+99450123456789012345"):
        page = client.post(address, {"number": wrong})
        assert page.status_code == 422
        assert "<script>alert" not in text(page)
    row = Telephone.objects.get()
    assert (
        browser(person("otto", "operator", area="N2")).post(f"/console/board/telephones/{row.pk}/end/").status_code
        == 404
    )
    client.post(f"/console/board/telephones/{row.pk}/end/")
    assert NUMBER not in text(client.get(address))
    assert Telephone.objects.get().number == f"ended {row.pk}"
    assert client.post(address, {"number": NUMBER}).status_code == 302
