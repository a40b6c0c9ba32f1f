"""Connections, transactions and the schema of the two databases."""
