"""The definition of the election: what act 0 of the record fixes, and what becomes of candidates after it."""
