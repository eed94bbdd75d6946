"""The audit: ways to show that a count is right, or to find where it is not."""
