"""What was spent, and who is told."""
