"""Truth is only ever in our rows: one repository per noun, on SQLite and PostgreSQL."""
