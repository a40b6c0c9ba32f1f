"""Alembic runs in the connection it is given: one transaction, the store's own."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
