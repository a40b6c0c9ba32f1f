"""What admins ask for that takes longer than an answer may: exports and lists, as long jobs."""
