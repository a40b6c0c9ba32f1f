"""The store: a repository for each kind of row, on SQLite and PostgreSQL. Nothing else keeps state over a restart."""

# Tables of a module of their own are in `metadata` only if that is imported, and this is imported before all others.
from bot.store import admin_tables

__all__ = ["admin_tables"]
