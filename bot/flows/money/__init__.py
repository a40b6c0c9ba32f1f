"""What was spent, and who is informed of it."""
