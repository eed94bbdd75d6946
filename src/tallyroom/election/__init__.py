"""The election: what was called, where, for whom, by which rules and on which form."""
