"""The use cases: each takes one inbox row, one change or one due time."""
