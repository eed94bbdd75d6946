"""The trail refuses change: triggers, so that no query of the console can rewrite what was done."""

from typing import Any

from django.db import migrations

SQLITE = [
    f"""CREATE TRIGGER trail_no_{verb.lower()} BEFORE {verb} ON accounts_trail
        BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END"""
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    """CREATE FUNCTION trail_append_only() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'the trail is append-only'; END $$""",
    """CREATE TRIGGER trail_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounts_trail
       FOR EACH STATEMENT EXECUTE FUNCTION trail_append_only()""",
]


def add(apps: Any, editor: Any) -> None:
    """Make the triggers of this kind of database."""
    for statement in SQLITE if editor.connection.vendor == "sqlite" else POSTGRESQL:
        editor.execute(statement)


def remove(apps: Any, editor: Any) -> None:
    """Take them away again."""
    if editor.connection.vendor == "sqlite":
        for verb in ("update", "delete"):
            editor.execute(f"DROP TRIGGER trail_no_{verb}")
    else:
        editor.execute("DROP TRIGGER trail_append_only ON accounts_trail")
        editor.execute("DROP FUNCTION trail_append_only")


class Migration(migrations.Migration):
    """Triggers on the trail."""

    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
