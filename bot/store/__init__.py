"""The store: a repository for each kind of row, on SQLite and PostgreSQL. Nothing else keeps state over a restart."""
