"""Desk: forms are received, keyed, compared, reviewed and changed."""
