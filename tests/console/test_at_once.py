"""Many people at once: no form is given out twice, transactions take turns, rows are written with their own values."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.db import connection, connections, transaction

from tallyroom.console.desk.keying import next_form
from tallyroom.console.desk.models import Draft
from tallyroom.console.rows import write_columns
from tallyroom.console.submissions.models import Status, Submission
from tallyroom.console.submissions.sequencer import Sequencer
from tallyroom.console.submissions.wiring import room
from tests.console.conftest import Browsers, People
from tests.console.desk_people import Person

STATIONS = [f"S-000{n}" for n in range(1, 7)]


def test_whoever_asks_for_a_form_at_the_same_moment_gets_another_one(
    person: People, browser: Browsers, folder: Path
) -> None:
    keyers = [person(f"keyer{n}", "keyer") for n in STATIONS]
    with Sequencer(room()):
        operator = Person(browser(person("oscar", "operator")))
        rows = [operator.receive(station) for station in STATIONS]

    def ask(place: int) -> int | None:
        try:
            found = next_form(keyers[place])
            return found.pk if found else None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(keyers)) as pool:
        given = list(pool.map(ask, range(len(keyers))))
    assert sorted(pk for pk in given if pk) == sorted(row.pk for row in rows)
    assert Draft.objects.count() == len(rows)
    assert [next_form(keyer).pk for keyer in keyers] == given  # type: ignore[union-attr] # each still holds theirs


def test_transactions_of_many_threads_take_turns(database: str) -> None:
    row = Submission.objects.create(key="k", role="commission", acts="[]", first=0)

    def count(_: int) -> None:
        try:
            with transaction.atomic():
                found = Submission.objects.select_for_update().get(pk=row.pk)
                found.first = (found.first or 0) + 1
                found.save()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(40)))
    row.refresh_from_db()
    assert row.first == 40


def test_a_transaction_that_fails_or_is_cut_off_ends_its_turn(database: str) -> None:
    for ending in (_undone, connection.close):
        with transaction.atomic():
            Submission.objects.create(key=f"{ending}"[:60], role="commission", acts="[]")
            ending()
        with transaction.atomic():
            assert not Submission.objects.exists()


def _undone() -> None:
    transaction.set_rollback(True)


def test_rows_are_written_each_with_its_own_values(database: str) -> None:
    rows = [Submission.objects.create(key=f"k{n}", role="commission", acts="[]") for n in range(3)]
    for n, row in enumerate(rows):
        row.status, row.first, row.why, row.role = Status.REFUSED, n, f"why {n}", "not written"
    write_columns(rows, ["status", "first", "why"])
    write_columns([], ["status"])
    found = Submission.objects.order_by("pk").values_list("status", "first", "why", "role")
    assert list(found) == [(Status.REFUSED, n, f"why {n}", "commission") for n in range(3)]
