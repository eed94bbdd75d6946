"""Could these returns be wrong: statistical tests on a station table, said with care."""
