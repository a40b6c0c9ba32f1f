"""Alembic runs in the connection it is given: one transaction, the store's own."""

from alembic import context

from bot.store.specs import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
