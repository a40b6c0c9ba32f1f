"""What the outbox holds is sent: posts, edits, reactions, files, private answers."""
