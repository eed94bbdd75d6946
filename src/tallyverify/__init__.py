"""The verifier for those who doubt: reads a published record and imports nothing of tallyroom."""
