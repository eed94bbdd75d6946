"""Schema: the JSON Schema (draft 2020-12) of results.json, made from the types in `tally.results`.

The schema is shipped as schemas/results.schema.json.  After a change of the types, write it again with
`python -m tallyroom.announce.schema > src/tallyroom/announce/schemas/results.schema.json`; a test proves
that the two agree.
"""

from importlib.resources import files
from typing import Any

import msgspec

from tallyroom.tally.results import Results


def results_schema() -> dict[str, Any]:
    """The schema of results.json as plain data."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:tallyroom:results",
        **msgspec.json.schema(Results),
    }


def schema_text(schema: dict[str, Any]) -> str:
    """The text in which a schema is shipped."""
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2).decode() + "\n"


def stored_schema() -> str:
    """The text of the shipped schema."""
    return files("tallyroom.announce").joinpath("schemas", "results.schema.json").read_text(encoding="utf-8")


if __name__ == "__main__":
    print(schema_text(results_schema()), end="")
