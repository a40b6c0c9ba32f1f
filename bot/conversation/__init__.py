"""The conversation: one session and its thread, from the message that starts it to its end."""
