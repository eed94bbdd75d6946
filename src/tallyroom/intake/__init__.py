"""Intake: from the paper to the record."""
