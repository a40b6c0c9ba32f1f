"""From a prompt to a session at Devin."""
