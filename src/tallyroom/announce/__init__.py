"""Announce: from totals to the public."""
