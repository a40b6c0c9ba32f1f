"""What people do with a session that exists: replies, verbs, buttons, lists."""
