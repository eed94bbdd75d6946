"""The database backend that `ENGINE = "tallyroom.console.sqlite"` names.

SQLite keeps any value in any column unless the table is STRICT, and a STRICT table knows five types only, so
Django's names of types are mapped to them.  Dates and times are ISO text, truth values 0 and 1, as before.

One transaction writes at a time.  SQLite lets the others look again and again, at growing intervals; here those of
one process queue for a lock, so that each goes on as soon as it can.
"""

import threading
from collections import defaultdict
from typing import Any

from django.db.backends.sqlite3 import base, schema

TYPES = {
    "AutoField": "integer",
    "BigAutoField": "integer",
    "BigIntegerField": "integer",
    "BinaryField": "blob",
    "BooleanField": "integer",
    "CharField": "text",
    "DateField": "text",
    "DateTimeField": "text",
    "DurationField": "integer",
    "FileField": "text",
    "FloatField": "real",
    "GenericIPAddressField": "text",
    "IntegerField": "integer",
    "JSONField": "text",
    "OneToOneField": "integer",
    "PositiveBigIntegerField": "integer",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "integer",
    "SlugField": "text",
    "SmallAutoField": "integer",
    "SmallIntegerField": "integer",
    "TextField": "text",
    "TimeField": "text",
    "UUIDField": "text",
}


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Creates every table STRICT, also the one that takes an altered table's place."""

    sql_create_table = "CREATE TABLE %(table)s (%(definition)s) STRICT"


_turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
"""By database: held by whichever of this process's connections is in a transaction."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite connection with the types of STRICT tables, and with turns for transactions."""

    data_types: Any = TYPES
    SchemaEditorClass = DatabaseSchemaEditor
    _turn: Any = None

    def _start_transaction_under_autocommit(self) -> None:
        turn = _turns[str(self.settings_dict["NAME"])]
        # Whoever has waited so long asks SQLite, which says that the database is locked.
        if turn.acquire(timeout=self.settings_dict["OPTIONS"].get("timeout", 5)):
            self._turn = turn
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc] # the stubs lack it
        except BaseException:
            self._end_turn()
            raise

    def commit(self) -> None:
        """End the transaction, and the turn."""
        try:
            super().commit()
        finally:
            self._end_turn()

    def rollback(self) -> None:
        """Undo the transaction, and end the turn."""
        try:
            super().rollback()
        finally:
            self._end_turn()

    def close(self) -> None:
        """Close the connection; whatever was under way is undone."""
        try:
            super().close()
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        if self._turn is not None:
            self._turn.release()
            self._turn = None
