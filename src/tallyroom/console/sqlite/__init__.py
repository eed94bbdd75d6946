"""Django's SQLite store with STRICT tables: a value of the wrong type is refused, not kept."""
