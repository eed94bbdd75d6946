"""Submissions: acts on their way from the database into the record."""
