"""The database backend that `ENGINE = "tallyroom.console.sqlite"` names.

SQLite keeps any value in any column unless the table is STRICT, and a STRICT table knows five types only, so
Django's names of types are mapped to them.  Dates and times are ISO text, truth values 0 and 1, as before.
"""

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


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite connection with the types of STRICT tables."""

    data_types: Any = TYPES
    SchemaEditorClass = DatabaseSchemaEditor
