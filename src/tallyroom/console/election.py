"""The election that this console serves: its definition, loaded once."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from tallyroom.election import folder as election_folder
from tallyroom.election.definition import Definition


def definition() -> Definition:
    """The definition in the election folder.  Raises BadInput with all that is wrong in it."""
    return _load(Path(settings.FOLDER))


@lru_cache(maxsize=8)
def _load(folder: Path) -> Definition:
    return election_folder.load(folder)


def area_name(area_id: str) -> str:
    """The name of an area; its id where the definition has no such area; "" for the whole country."""
    areas = definition().areas
    return areas.areas[areas.index[area_id]].name if area_id in areas.index else area_id


def shown(request: HttpRequest) -> dict[str, Any]:
    """What every page says of the election: a context processor."""
    return {"election": definition()}
