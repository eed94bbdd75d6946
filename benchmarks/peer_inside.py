"""What runs inside tally-ho's own environment for `peer_tally_ho.py`: its election, its people, what it archived.

    python benchmarks/peer_inside.py people 8       makes the election and five people for each of 8 teams
    python benchmarks/peer_inside.py archive        barcodes in the archive with their votes, as JSON

It knows the peer by the names of its models.  `counting` is middleware of the peer's server.
"""

# ruff: noqa: PLC0415 - Django and the peer's modules have to be set up before their models are imported

import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import console_people
import console_served

ROLES = ("Intake Clerk", "Data Entry 1 Clerk", "Data Entry 2 Clerk", "Corrections Clerk", "Quality Control Clerk")
FIRST_BARCODE, FIRST_CENTER, A_CENTER = 10_000_000, 10_001, 4
"""Barcode of the first form, number of the first center, and stations in each center."""
COUNT = "X-Statements"


def counting(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Middleware outside of all of its own: each answer tells how many statements its request took."""
    from django.db import connection

    def answer(request: Any) -> Any:
        asked: list[str] = []

        def note(execute: Any, sql: str, *rest: Any) -> Any:
            asked.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            response = get_response(request)
        response[COUNT] = str(len(asked))
        return response

    return answer


def load(teams: int) -> int:
    """Make an election as large as ours, and five people for each team; the number that it gave the election."""
    import django

    django.setup()
    from django.apps import apps
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import Group
    from django.db import connection, transaction
    from tally_ho.libs.models.enums.form_state import FormState
    from tally_ho.libs.models.enums.gender import Gender
    from tally_ho.libs.verify.quarantine_checks import create_quarantine_checks

    models = SimpleNamespace(**{model.__name__: model for model in apps.get_app_config("tally").get_models()})
    with transaction.atomic():
        tally = models.Tally.objects.create(name="Benchmark")
        region = models.Region.objects.create(name="Region", tally=tally)
        office = models.Office.objects.create(name="Office", number=1, tally=tally, region=region)
        race = models.ElectrolRace.objects.create(tally=tally, election_level="Presidential", ballot_name="president")
        ballot = models.Ballot.objects.create(tally=tally, number=1, electrol_race=race)
        constituency = models.Constituency.objects.create(name="Country", tally=tally)
        for n in range(1, console_people.CANDIDATES + 1):
            named = {"candidate_id": n, "full_name": f"Candidate {n}", "order": n}
            models.Candidate.objects.create(tally=tally, ballot=ballot, electrol_race=race, **named)
        districts = [
            models.SubConstituency.objects.create(
                code=n + 1, name=f"District {n:03d}", tally=tally, constituency=constituency, number_of_ballots=1
            )
            for n in range(console_served.DISTRICTS)
        ]
        for district in districts:
            district.ballots.add(ballot)
        centers = models.Center.objects.bulk_create(
            models.Center(
                tally=tally, office=office, constituency=constituency, code=FIRST_CENTER + n, name=f"Center {n}",
                sub_constituency=districts[n % console_served.DISTRICTS],
            )
            for n in range(console_served.STATIONS // A_CENTER)
        )  # fmt: skip
        places = [(n, centers[n // A_CENTER], n % A_CENTER + 1) for n in range(console_served.STATIONS)]
        models.Station.objects.bulk_create(
            models.Station(
                tally=tally, center=center, station_number=number, sub_constituency=center.sub_constituency,
                gender=Gender.UNISEX, registrants=console_people.FIGURES["voters_listed"],
            )
            for _, center, number in places
        )  # fmt: skip
        models.ResultForm.objects.bulk_create(
            models.ResultForm(
                tally=tally, ballot=ballot, office=office, center=center, station_number=number, gender=Gender.UNISEX,
                barcode=str(FIRST_BARCODE + n), serial_number=n, form_state=FormState.UNSUBMITTED,
            )
            for n, center, number in places
        )  # fmt: skip
        create_quarantine_checks(tally_id=tally.id)
        password = make_password(console_people.PASSWORD)
        for role, name in enumerate(ROLES):
            group, _ = Group.objects.get_or_create(name=name)
            for team in range(teams):
                login = {"username": f"person{team}-{role}", "password": password}
                person = models.UserProfile.objects.create(**login, tally=tally, reset_password=False)
                person.groups.add(group)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return int(tally.id)


def archived() -> dict[str, int]:
    """Barcode of each form in the archive, and all votes of its results that stand."""
    import django

    django.setup()
    from tally_ho.apps.tally.models.result_form import ResultForm
    from tally_ho.libs.models.enums.form_state import FormState

    return {form.barcode: form.num_votes for form in ResultForm.objects.filter(form_state=FormState.ARCHIVED)}


if __name__ == "__main__":
    print(json.dumps(archived() if sys.argv[1] == "archive" else load(int(sys.argv[2]))))
