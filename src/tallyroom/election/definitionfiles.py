"""The definition of an election as the text files of its folder; reading them back gives an equal definition."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import tomli_w

from tallyroom.election import areas, candidates, stations
from tallyroom.election.definition import Contest, Definition
from tallyroom.election.formfile import form_table
from tallyroom.election.secrecy import secrecy_table

RULE_KEYS = ("kind", "threshold", "minimum_turnout", "void_share", "additions_share", "citation")


def definition_files(definition: Definition) -> dict[str, bytes]:
    """The files of a definition; `load` reads an equal definition back."""
    return {
        "election.toml": tomli_w.dumps(_election_table(definition)).encode(),
        "calendar.toml": tomli_w.dumps({"date": [vars(entry) for entry in definition.calendar.dates]}).encode(),
        "areas.csv": _csv(areas.COLUMNS, ((a.id, a.name, a.level, a.parent_id) for a in definition.areas.areas)),
        "stations.csv": _stations_csv(definition),
        "candidates.csv": _candidates_csv(definition),
        **({"names.csv": _names_csv(definition)} if definition.names else {}),
    }


def _election_table(definition: Definition) -> dict[str, Any]:
    return {
        "id": definition.id,
        "name": definition.name,
        "office": definition.office,
        **({"country": definition.country} if definition.country else {}),
        "date": definition.day,
        "called_on": definition.called_on,
        "timezone": definition.timezone,
        "opens": definition.opens,
        "closes": definition.closes,
        "turnout_hours": list(definition.turnout_hours),
        "languages": list(definition.languages),
        "data_origin": definition.data_origin,
        "authority": definition.authority,
        "origin": definition.origin,
        "eligibility": {
            **({"minimum_age": age} if (age := definition.eligibility.minimum_age) else {}),
            "maximum_terms": definition.eligibility.maximum_terms or "none",
            "citation": definition.eligibility.citation,
        },
        **({"secrecy": table} if (table := secrecy_table(definition.secrecy)) else {}),
        "contest": [_contest_table(contest) for contest in definition.contests],
        "form": form_table(definition.form),
    }


def _contest_table(contest: Contest) -> dict[str, Any]:
    shares = {key: getattr(contest.rule, key) for key in RULE_KEYS if key not in ("kind", "citation")}
    rule = {"kind": contest.rule.kind, "citation": contest.rule.citation}
    rule |= {key: str(share) for key, share in shares.items() if share is not None}
    return {"id": contest.id, "name": contest.name, "office": contest.office, "rule": rule}


def _stations_csv(definition: Definition) -> bytes:
    found = definition.stations
    area_ids = [area.id for area in definition.areas.areas]
    registered = ["" if count < 0 else count for count in found.registered.tolist()]
    columns = (found.ids, [area_ids[a] for a in found.area], found.names, found.kinds, registered)
    details = found.details
    return _csv((*stations.REQUIRED, *details), zip(*columns, *details.values(), strict=True))


def _candidates_csv(definition: Definition) -> bytes:
    rows = [
        (
            *(candidate.id, candidate.name, candidate.party, candidate.ballot_order),
            *("yes" if candidate.incumbent else "no", candidate.contest, _text(candidate.born)),
            "" if candidate.terms_served is None else candidate.terms_served,
        )
        for contest in definition.contests
        for candidate in contest.candidates
    ]
    return _csv((*candidates.REQUIRED, *candidates.OPTIONAL), rows)


def _text(on: date | None) -> str:
    return "" if on is None else on.isoformat()


def _names_csv(definition: Definition) -> bytes:
    rows = [(name.id, name.language, name.text, name.source) for name in definition.names]
    return _csv(("id", "language", "text", "source"), rows)


def _csv(header: Sequence[str], rows: Any) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
