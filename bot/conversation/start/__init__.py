"""A message or a command becomes a session at Devin, once."""
