"""What Devin is asked for a person, and what it answers."""
