"""Tallyroom: a national election count that anyone can check."""
