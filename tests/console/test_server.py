"""Starting the console: key, database, first administrator, the site beside it, and the commands for people."""

import json
import os
import re
import subprocess
import sys
import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tallyroom.console import server
from tallyroom.console.accounts import commands
from tallyroom.console.accounts.invitations import invitation_of
from tallyroom.console.accounts.models import User
from tallyroom.console.database import database_of
from tallyroom.console.site import beside_site
from tallyroom.election.fault import BadInput
from tests.conftest import ROOT
from tests.console.conftest import People
from tests.console.serving import LINE, Serving


def test_the_key_is_for_its_owner_alone_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "private" / "console.secret"
    server.create_secret(path)
    first = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert len(first.strip()) == 64
    server.create_secret(path)
    assert path.read_text() == first


def test_the_first_administrator_has_a_link_until_they_signed_in(database: str) -> None:
    first, second = server.first_administrator(), server.first_administrator()
    assert first is not None
    assert second is not None
    assert (first[0], second[0]) == ("administrator", "administrator")
    assert [invitation_of(token) is not None for _, token in (first, second)] == [False, True]
    administrator = User.objects.get()
    assert [str(duty) for duty in administrator.duties.all()] == ["administrator"]
    administrator.set_password("four plain words together")
    administrator.save()
    assert server.first_administrator() is None


def test_whoever_is_administrator_already_is_the_first(person: People) -> None:
    person("anna", "administrator")
    first = server.first_administrator()
    assert first is not None
    assert first[0] == "anna"
    assert User.objects.count() == 1


def test_a_first_administrator_who_was_disabled_stays_so(person: People) -> None:
    server.first_administrator()
    User.objects.update(is_active=False)
    assert server.first_administrator() is None


def test_without_an_address_the_database_is_a_durable_file(tmp_path: Path) -> None:
    found = database_of("", tmp_path)
    assert found["NAME"] == str(tmp_path / "private" / "console.sqlite3")
    assert "synchronous=FULL" in found["OPTIONS"]["init_command"]
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_an_address_of_postgresql_is_read(tmp_path: Path) -> None:
    found = database_of("postgresql://anna:p%40ss@db.example:5433/night?sslmode=require", tmp_path)
    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
    assert [found[name] for name in names] == ["night", "anna", "p@ss", "db.example", "5433", {"sslmode": "require"}]


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://host/", "night", "postgresql://u:secret@h:port/x"])
def test_another_address_is_refused_without_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        database_of(url, tmp_path)
    assert "DATABASE_URL" in str(refused.value)
    assert "secret" not in str(refused.value)


# The published site beside the console.


def ask(application: Any, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    answers: list[tuple[str, list[tuple[str, str]]]] = []
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": BytesIO()}
    body = b"".join(application(environ, lambda status, headers: answers.append((status, headers))))
    ((status, headers),) = answers
    return int(status.split()[0]), dict(headers), body


@pytest.fixture
def site(tmp_path: Path) -> Any:
    """A site of a few files, with things beside it that nobody may see."""
    folder = tmp_path / "site"
    (folder / "v" / "1").mkdir(parents=True)
    (folder / "index.html").write_text("<p>page</p>")
    (folder / "embed.html").write_text("<p>card</p>")
    (folder / "v" / "1" / "results.json").write_text("{}")
    (tmp_path / "private.key").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "private.key")
    return beside_site(folder, lambda environ, start: [start("200 OK", []) or b"console"])


def test_pages_of_the_site_have_its_headers(site: Any) -> None:
    status, headers, body = ask(site, "/")
    assert (status, body, headers["Content-Type"]) == (200, b"<p>page</p>", "text/html; charset=utf-8")
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "public, max-age=5"
    assert "immutable" in ask(site, "/v/1/results.json")[1]["Cache-Control"]
    assert ask(site, "/", "HEAD")[2] == b""


def test_the_card_may_stand_in_pages_of_others(site: Any) -> None:
    assert "frame-ancestors *;" in ask(site, "/embed.html")[1]["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/console", "/console/", "/console/accounts/login/"])
def test_the_console_has_its_own_part(site: Any, path: str) -> None:
    assert ask(site, path)[2] == b"console"


@pytest.mark.parametrize(
    "path",
    ["/v/", "/../private.key", "/v/../../private.key", "/link", "/\x00", "/\xff\xfe", "//etc/passwd", "/" + "a" * 5000],
)
def test_nothing_outside_the_site_is_served(site: Any, path: str) -> None:
    status, _, body = ask(site, path)
    assert status == 404
    assert b"secret" not in body


def test_a_site_is_read_and_never_written(site: Any) -> None:
    assert ask(site, "/index.html", "POST")[0] == 405


def test_before_the_first_snapshot_the_top_leads_to_the_console(tmp_path: Path) -> None:
    status, headers, _ = ask(beside_site(tmp_path, lambda environ, start: []), "/")
    assert (status, headers["Location"]) == (303, "/console/")


# The whole, as its own process.


def test_serve_shows_console_and_public_pages_in_one_process(serving: Serving, published: Path) -> None:
    front, login = serving.ask("/"), serving.ask("/console/accounts/login/")
    assert (front.status, login.status) == (200, 200)
    assert front.body == (published / "site" / "index.html").read_bytes()
    assert login.headers["set-cookie"].startswith("tallyroom_csrf=")
    assert json.loads(serving.ask("/latest.json").body)
    assert serving.ask("/console/static/console/console.css").status == 200
    link = LINE.search("".join(serving.lines))
    assert link is not None
    page = serving.ask(link.group(2))
    assert page.status == 200
    assert "administrator" in page.body.decode()
    assert serving.stop() == ""
    assert (published / "private" / "console.secret").stat().st_mode & 0o777 == 0o600


def test_many_visitors_at_once_are_served(serving: Serving) -> None:
    statuses: list[int] = []

    def visit() -> None:
        for _ in range(5):
            statuses.append(serving.ask("/console/accounts/login/").status)

    visitors = [threading.Thread(target=visit) for _ in range(16)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert statuses == [200] * 80


def test_behind_tls_cookies_and_headers_are_strict(database: str, folder: Path) -> None:
    seen = """
from django.test import Client
from tallyroom.console.server import prepare
from pathlib import Path
prepare(Path(%r), None, "https://count.example")
client = Client()
far = client.get("/console/accounts/login/", secure=True, HTTP_HOST="count.example")
print(far.headers["Strict-Transport-Security"], far.cookies["tallyroom_csrf"]["secure"])
print(client.get("/console/accounts/login/", secure=True, HTTP_HOST="evil.example").status_code)
"""
    environment = os.environ | {"DATABASE_URL": database, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", seen % str(folder)], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout.splitlines(), done.returncode) == (["max-age=31536000 True", "400"], 0), done.stderr


# People, by the command line.


def test_a_person_is_added_listed_reset_and_disabled(database: str) -> None:
    assert invitation_of(commands.add("Anna", "keyer", "N1") or "") is not None
    assert commands.add("anna", "resolver", "") is None
    assert invitation_of(commands.reset("ANNA")) is not None
    duties = [{"role": "keyer", "area": "N1"}, {"role": "resolver", "area": ""}]
    assert commands.people() == [{"login": "anna", "may_sign_in": True, "duties": duties}]
    commands.disable("anna")
    assert commands.people() == [{"login": "anna", "may_sign_in": False, "duties": []}]
    with pytest.raises(BadInput, match="may not sign in"):
        commands.reset("anna")


@pytest.mark.parametrize(
    ("login", "role", "area", "sentence"),
    [
        ("anna", "king", "", "--role: there is no role 'king'. Use one of: administrator,"),
        ("anna", "keyer", "Z", "anna: There is no area Z. See: tallyroom user --help."),
        ("anna", "certifier", "N1", "anna: This role is for the whole country: leave the area empty. See:"),
        ("An na", "keyer", "", "An na: Small Latin letters, digits and . _ + @ - only. See:"),
        ("-rf", "keyer", "", "-rf: Small Latin letters, digits and . _ + @ - only. See:"),
    ],
)
def test_what_cannot_be_added_is_said(database: str, login: str, role: str, area: str, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        commands.add(login, role, area)
    assert str(refused.value).startswith(sentence)
    assert not User.objects.exists()


def test_a_login_that_there_is_not_is_said(database: str) -> None:
    with pytest.raises(BadInput, match=r"^eve: there is no such person. See: tallyroom user list.$"):
        commands.disable("eve")


def test_the_commands_make_the_database_where_it_is_not_yet(folder: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("TALLYROOM", "DJANGO"))}
    environment["PYTHONPATH"] = str(ROOT / "src")
    start = [sys.executable, "-m", "tallyroom.cli.main", "user"]
    add = [*start, "add", str(folder), "anna", "--role", "keyer", "--url", "https://count.example/", "--json"]
    done = subprocess.run(add, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^https://count.example/console/accounts/link/[\w-]{43}/$", json.loads(done.stdout)["link"])
    assert {path.stat().st_mode & 0o777 for path in (folder / "private").glob("console.*")} == {0o600}
    again = subprocess.run(add, env=environment, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == "anna: This person has that duty already. See: tallyroom user --help.\n"
