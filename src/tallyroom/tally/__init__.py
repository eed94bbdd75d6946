"""The tally: from the record to totals, progress and outcome."""
