"""Rehearsal: nights to practise on."""
