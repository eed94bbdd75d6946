"""Schema: the JSON Schemas (draft 2020-12) of the JSON files of a site, made from their types.

They are shipped as schemas/<name>.schema.json, and every file is held against its own before it is published.
After a change of the types, write them again with `python -m tallyroom.announce.schema`; a test proves that they
agree.
"""

import json
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import jsonschema_rs
import msgspec

from tallyroom.announce.manifest import Manifest
from tallyroom.announce.pointer import Pointer
from tallyroom.announce.sidecar import SideCar
from tallyroom.announce.update import Update
from tallyroom.record.error import RecordError
from tallyroom.tally.results import Results

TYPES: dict[str, type] = {
    "results": Results,
    "update": Update,
    "manifest": Manifest,
    "pointer": Pointer,
    "sidecar": SideCar,
}
"""By the name of the schema."""

_FOLDER = files("tallyroom.announce").joinpath("schemas")


def schema_of(name: str) -> dict[str, Any]:
    """A schema as plain data, made from its type."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tallyroom:{name}",
        **msgspec.json.schema(TYPES[name]),
    }


def schema_text(schema: dict[str, Any]) -> str:
    """The text in which a schema is shipped."""
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2).decode() + "\n"


def stored_schema(name: str = "results") -> str:
    """The text of a shipped schema."""
    return _FOLDER.joinpath(f"{name}.schema.json").read_text(encoding="utf-8")


def check_schema(name: str, content: bytes) -> None:
    """RecordError where a file is not valid by its shipped schema."""
    try:
        _validator(name).validate(msgspec.json.decode(content))
    except (jsonschema_rs.ValidationError, msgspec.MsgspecError) as error:
        what = (str(error).splitlines() or [""])[0][:200]
        raise RecordError(f"{name}.json", f"is not valid by its schema and is not published: {what}") from error


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(stored_schema(name)))


if __name__ == "__main__":
    with as_file(_FOLDER) as folder:
        for each in TYPES:
            (folder / f"{each}.schema.json").write_text(schema_text(schema_of(each)), encoding="utf-8")
