"""What was used and what came of it, as answers in Slack and as files."""
