"""The record: acts of the count as a signed, append-only log that anyone can check."""
