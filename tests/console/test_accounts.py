"""People and their duties."""

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from tallyroom.console.accounts.models import Trail
from tallyroom.console.accounts.trail import note
from tests.console.conftest import Browsers, People


def test_the_start_page_asks_for_sign_in_first(browser: Browsers) -> None:
    answer = browser().get("/console/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/accounts/login/?next=/console/")


def test_a_person_sees_the_start_page(browser: Browsers, person: People) -> None:
    answer = browser(person("anna", "keyer", area="N1")).get("/console/")
    assert answer.status_code == 200
    assert "anna" in answer.content.decode()


@pytest.mark.parametrize("statement", ["UPDATE accounts_trail SET action = 'x'", "DELETE FROM accounts_trail"])
def test_the_trail_is_never_changed(person: People, statement: str) -> None:
    note(person("anna"), "tested", "nothing")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Trail.objects.get().action == "tested"
