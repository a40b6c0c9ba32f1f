"""What people say and press in a session's thread: replies, commands, what waits for an answer."""
