"""Polling day: the board, turnout, incidents, reports of observers, and who is at the stations."""
